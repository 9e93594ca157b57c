"""Faces to unit vectors: our own network, and any recogniser in an ONNX file."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.checkpoints import native
from mien.errors import (
    CheckpointError,
    ConfigMismatch,
    InputError,
    MissingExtra,
    WeightsMissing,
)
from mien.hub.loading import load_identity
from mien.judges.identity import Identity, IdentityConfig
from mien.judges.onnx_identity import TEMPLATE, OnnxIdentity, similarity
from mien.judges.tagger import Tagger, residual_trunk

SMALL = IdentityConfig(resolution=32, width=4, dim=6)


def network(config: IdentityConfig = SMALL) -> Identity:
    torch.manual_seed(0)
    return Identity(config).eval()


def test_vectors_have_length_one_whatever_the_size() -> None:
    judge = network()
    for size in (32, 57, 200):
        found = judge.embed(torch.rand(3, 3, size, size) * 2 - 1)
        assert found.shape == (3, 6)
        torch.testing.assert_close(found.norm(dim=1), torch.ones(3))


def test_one_picture_at_a_time_gives_the_same() -> None:
    judge, images = network(), torch.rand(3, 3, 40, 40) * 2 - 1
    alone = torch.cat([judge.embed(one[None]) for one in images])
    torch.testing.assert_close(judge(images), alone)


def test_only_the_middle_is_looked_at() -> None:
    judge = network(IdentityConfig(resolution=32, width=4, dim=6, crop=0.5))
    images = torch.rand(1, 3, 64, 64)
    other = images.clone()
    other[..., :16, :] = -1
    assert torch.equal(judge.embed(images), judge.embed(other))
    assert torch.equal(judge.prepare(images), images[..., 16:48, 16:48])


def test_gradients_reach_the_pixels() -> None:
    images = torch.rand(2, 3, 40, 40, requires_grad=True)
    network().embed(images)[0, 0].backward()
    assert images.grad is not None
    assert images.grad[0].abs().max() > 0
    assert images.grad[1].abs().max() == 0


@pytest.mark.parametrize("values", [{"resolution": 40}, {"dim": 0}, {"crop": 0.0}])
def test_refuses_configurations(values: dict[str, float]) -> None:
    with pytest.raises(InputError):
        IdentityConfig(**values)  # pyright: ignore[reportArgumentType]


def test_is_loaded_from_a_file(tmp_path: Path) -> None:
    judge, images = network(), torch.rand(2, 3, 40, 40)
    path = tmp_path / "who.safetensors"
    native.save(path, "identity", judge.state_dict(), asdict(SMALL), half=True)
    found = load_identity(path)
    assert found.name == "who"
    assert found.network.config == SMALL
    torch.testing.assert_close(found.network.embed(images), judge.embed(images), atol=0.02, rtol=0)


def test_shipped_size_fits() -> None:
    count = sum(p.numel() for p in Identity().state_dict().values())
    assert 2 * count < 3_000_000


# ONNX


class Mean(torch.nn.Module):
    """A recogniser that sees mean colours of the four quarters."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool2d(x, 56).flatten(1) + 0.5


def write_onnx(path: Path, shape: list[int | str], last: bool = False) -> Path:
    """The network of :class:`Mean`, made node by node."""
    from onnx import TensorProto, helper, numpy_helper, save

    nodes = [helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2])] if last else []
    nodes += [
        helper.make_node(
            "AveragePool", ["t" if last else "x"], ["p"], kernel_shape=[56, 56], strides=[56, 56]
        ),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Add", ["f", "half"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [shape[0], 12])],
        [numpy_helper.from_array(np.float32(0.5).reshape(1), "half")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(model, str(path))
    return path


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("shape", [["n", 3, 112, 112], [1, 3, 112, 112], [1, 112, 112, 3]])
def test_onnx_recogniser(tmp_path: Path, engine: str, shape: list[int | str]) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip(engine)
    path = write_onnx(tmp_path / "arc.onnx", shape, last=shape[-1] == 3)
    judge = OnnxIdentity(path, engine=engine)
    images = torch.rand(3, 3, 256, 256) * 2 - 1
    found = judge.embed(images)
    expected = torch.nn.functional.normalize(Mean()(judge.prepare(images)), dim=1)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert (judge.engine, judge.resolution, judge.dim) == (engine, 112, 12)
    swapped = OnnxIdentity(path, bgr=True, engine=engine).embed(images.flip(1))
    torch.testing.assert_close(swapped, found)


def test_onnx_by_path_through_the_hub(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    path = write_onnx(tmp_path / "arc.onnx", ["n", 3, 112, 112])
    loaded = load_identity(path)
    assert loaded.name == "arc"
    assert len(loaded.sha256) == 64
    assert loaded.network(torch.rand(1, 3, 64, 64)).shape == (1, 12)
    with pytest.raises(CheckpointError, match="does not exist"):
        load_identity(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    with pytest.raises(CheckpointError, match="is no ONNX network"):
        load_identity(tmp_path / "bad.onnx")
    flat = write_onnx(tmp_path / "flat.onnx", [1, 4, 112, 112])
    with pytest.raises(ConfigMismatch, match=r"\[1, 4, 112, 112\]"):
        load_identity(flat)


def test_arcface_by_its_name_says_which_file_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    with pytest.raises(WeightsMissing, match=r"put w600k_r50\.onnx there by hand, from buffalo_l"):
        load_identity("arcface")


def test_onnx_needs_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "arc.onnx").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mien\[onnx\]'"):
        OnnxIdentity(tmp_path / "arc.onnx")
    with pytest.raises(InputError, match="none of onnxruntime, openvino"):
        OnnxIdentity(tmp_path / "arc.onnx", engine="tvm")


def test_five_points_come_to_where_arcface_has_them(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    judge = OnnxIdentity(write_onnx(tmp_path / "arc.onnx", ["n", 3, 112, 112]))
    points = torch.tensor(TEMPLATE) * 1.5 + torch.tensor([20.0, 9.0])
    image = torch.zeros(1, 3, 200, 200)
    x, y = points[2].round().long().tolist()
    image[..., y - 2 : y + 2, x - 2 : x + 2] = 1
    seen = judge.prepare(image, points[None])[0, 0]
    row, column = divmod(int(seen.argmax()), 112)
    assert abs(column - TEMPLATE[2][0]) < 2
    assert abs(row - TEMPLATE[2][1]) < 2


def test_similarity_is_exact_where_one_exists() -> None:
    source = torch.rand(2, 5, 2, dtype=torch.float64)
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64) * 1.7
    target = source @ turn.T + torch.tensor([0.3, -2.0], dtype=torch.float64)
    found = similarity(source, target)
    torch.testing.assert_close(found[:, :, :2], turn.expand(2, 2, 2))
    torch.testing.assert_close(found[0, :, 2], torch.tensor([0.3, -2.0], dtype=torch.float64))


def test_the_trunk_of_judges_halves_four_times_and_is_named_as_files_name_it() -> None:
    stem, norm, stages = residual_trunk(4, 2)
    x = norm(stem(torch.zeros(1, 3, 64, 64)))
    sides = [x.shape[-1], *((x := stage(x)).shape[-1] for stage in stages)]
    assert (sides, x.shape[1]) == ([32, 32, 16, 8, 4], 32)
    names = set(Identity(IdentityConfig(width=4, blocks=2)).state_dict())
    shared = {name for name in names if name.startswith(("stem", "stages."))}
    assert shared == {name for name in Tagger().state_dict() if name.startswith("stem")} | {
        f"stages.{name}" for name in stages.state_dict()
    }
