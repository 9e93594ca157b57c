"""Our generators in the forms of other tools: the same pictures come out of them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from checkpoints.foreign_networks import rosinality_generator, rosinality_images
from mien.checkpoints import native
from mien.checkpoints.export import save_onnx, save_rosinality, to_rosinality
from mien.checkpoints.layout import DISCRIMINATOR, GENERATOR
from mien.checkpoints.native import Native
from mien.checkpoints.registry import convert
from mien.errors import InputError, MissingExtra
from mien.stylegan2.generator import Generator, GeneratorConfig

CONFIG = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 256, "channel_max": 16}


def generator(c_dim: int = 0) -> tuple[Native, Generator]:
    """A random generator, its biases and noise strengths not zero, and its file in memory."""
    config = {**CONFIG, "c_dim": c_dim, "mapping_layers": 2}
    torch.manual_seed(3)
    network = Generator(GeneratorConfig(**config)).eval().requires_grad_(False)
    for parameter in network.parameters():
        if parameter.ndim < 2:
            parameter.add_(torch.randn_like(parameter) * 0.5)
    network.mapping.w_avg.normal_()
    return Native(GENERATOR, 1, config, {}, network.state_dict()), network


@pytest.fixture
def z() -> torch.Tensor:
    return torch.from_numpy(np.random.RandomState(1).randn(3, 16)).float()


def test_rosinality_names_and_back(tmp_path: Path) -> None:
    state = rosinality_generator()
    torch.save({"g_ema": state, "latent_avg": torch.ones(16)}, tmp_path / "a.pt")
    there = convert(tmp_path / "a.pt")
    back = to_rosinality(there)
    assert back["g_ema"].keys() == state.keys()
    for name, tensor in state.items():
        assert torch.equal(back["g_ema"][name], tensor), name
    assert torch.equal(back["latent_avg"], torch.ones(16))
    save_rosinality(there, tmp_path / "b.pt")
    loaded = torch.load(tmp_path / "b.pt", weights_only=True)
    assert torch.equal(loaded["g_ema"]["conv1.conv.weight"], state["conv1.conv.weight"])


def test_rosinality_draws_what_we_draw(z: torch.Tensor) -> None:
    file, network = generator()
    w, image = rosinality_images(to_rosinality(file)["g_ema"], z)
    assert (network.mapping(z) - w).abs().max() < 1e-5
    assert (network(z) - image).abs().max() < 1e-4


@pytest.mark.parametrize("label", [None, [0.0, 1.0, 0.0, 1.0, 0.0]])
def test_a_label_is_folded_in(z: torch.Tensor, label: list[float] | None) -> None:
    file, network = generator(c_dim=5)
    w, image = rosinality_images(to_rosinality(file, label)["g_ema"], z)
    c = torch.tensor([label or [0.0] * 5]).expand(len(z), -1)
    assert (network.mapping(z, c) - w).abs().max() < 1e-5
    assert (network(z, c) - image).abs().max() < 1e-4


def test_what_rosinality_has_no_form_for() -> None:
    file, _ = generator(c_dim=5)
    with pytest.raises(InputError, match="label has 2 numbers, this generator takes 5"):
        to_rosinality(file, [0.0, 1.0])
    with pytest.raises(InputError, match="label has 2 numbers, this generator takes none"):
        to_rosinality(generator()[0], [0.0, 1.0])
    with pytest.raises(InputError, match="only generators"):
        to_rosinality(Native(DISCRIMINATOR, 1, {}, {}, {}))
    wide = Native(GENERATOR, 1, {**file.config, "z_dim": 8}, {}, file.tensors)
    with pytest.raises(InputError, match="z has 8 numbers and w 16"):
        to_rosinality(wide)


def test_onnx_without_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match=r"needs onnx.*mien\[onnx\]"):
        save_onnx(generator()[0], tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


ONNX_RUN = """
import sys
import numpy as np
import onnxruntime
from mien.checkpoints.export import save_onnx
from mien.checkpoints.registry import open_checkpoint
from mien.hub.loading import load_generator

source, out = sys.argv[1:]
save_onnx(open_checkpoint(source), out)
network = load_generator(source).network
session = onnxruntime.InferenceSession(out)
for n in (1, 3):
    ws = np.random.RandomState(n).randn(n, network.num_ws, network.config.w_dim).astype("float32")
    (image,) = session.run(None, {"ws": ws})
    print(np.abs(image - network.synthesis(network.mapping.w_avg.new_tensor(ws)).numpy()).max())
"""


def test_onnx_draws_what_we_draw(tmp_path: Path) -> None:
    """In a process of its own: the exporter's symbolic sizes are no ints, which tests check."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}")
    file, _ = generator()
    native.save(tmp_path / "a.safetensors", file.kind, file.tensors, file.config)
    paths = [str(tmp_path / name) for name in ("a.safetensors", "a.onnx")]
    command = [sys.executable, "-c", ONNX_RUN, *paths]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert [float(line) < 1e-4 for line in ran.stdout.split()] == [True, True]
    assert ran.stderr == ""
