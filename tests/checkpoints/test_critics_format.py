"""8-bit weights and pytorch-fid's file: read exactly, refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from mien.checkpoints import critics, fit
from mien.checkpoints.registry import open_checkpoint
from mien.errors import CheckpointError, ConfigMismatch
from mien.hub import loading
from mien.judges.inception import Conv, Inception, InceptionConfig


def test_a_byte_is_least_plus_step_times_it(tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    tensors = {"a": torch.tensor([0, 1, 255], dtype=torch.uint8), "b": torch.tensor([2.5])}
    save_file(tensors, path, {"quantization": json.dumps({"a": [-1.0, 0.5]})})
    found = critics.read_quantized(path)
    assert found["a"].tolist() == [-1.0, -0.5, 126.5]
    assert found["b"].tolist() == [2.5]


@pytest.mark.parametrize(
    ("table", "cause"),
    [
        ("[1, 2]", "is not a table of least values and steps"),
        ("{", "is not a table of least values and steps"),
        ('{"a": [1]}', "is not a table of least values and steps"),
        ('{"b": [0, 1]}', "has no least value and step for a"),
    ],
)
def test_a_table_that_does_not_fit(table: str, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    save_file({"a": torch.zeros(3, dtype=torch.uint8)}, path, {"quantization": table})
    with pytest.raises(CheckpointError, match=cause) as error:
        critics.read_quantized(path)
    assert "\n" not in str(error.value)


def test_another_network_is_named() -> None:
    path = loading.resolve("mobilenet")
    with pytest.raises(CheckpointError, match="holds a 'mobilenet', a 'inception' is wanted"):
        open_checkpoint(path, "inception")
    with pytest.raises(CheckpointError, match="holds a 'tagger', a 'inception' is wanted"):
        open_checkpoint(loading.resolve("judge"), "inception")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "part.safetensors"
    mark = torch.zeros(1, 1, 960, 320, dtype=torch.uint8)
    table = json.dumps({"block_16_project/kernel": [0.0, 1.0]})
    save_file({"block_16_project/kernel": mark}, path, {"quantization": table})
    with pytest.raises(ConfigMismatch, match=r"Conv1/kernel is missing"):
        critics.read(path, "mobilenet")
    torch.save({"a": torch.zeros(3)}, tmp_path / "other.pth")
    for kind in critics.KINDS:
        with pytest.raises(CheckpointError, match="is not 8-bit weights"):
            critics.read(tmp_path / "other.pth", kind)


class _Unfolded(nn.Module):
    """A convolution without bias, batch normalisation, ReLU: as pytorch-fid computes it."""

    def __init__(self, conv: nn.Conv2d, state: dict[str, Tensor], name: str) -> None:
        super().__init__()
        self.conv, self.state, self.name = conv, state, name

    def forward(self, x: Tensor) -> Tensor:
        own = {k: self.state[f"{self.name}.bn.{k}"] for k in ("weight", "bias")}
        mean, var = (self.state[f"{self.name}.bn.running_{k}"] for k in ("mean", "var"))
        weight = self.state[f"{self.name}.conv.weight"]
        x = functional.conv2d(x, weight, None, self.conv.stride, self.conv.padding)
        x = functional.batch_norm(x, mean, var, own["weight"], own["bias"], eps=0.001)
        return functional.relu(x)


def test_the_form_of_fid(tmp_path: Path) -> None:
    """A made-up file with pytorch-fid's names gives what the unfolded network gives."""
    torch.manual_seed(0)
    unfolded = fit.build(lambda: Inception(InceptionConfig("fid", ("mixed10",))))
    convs = {n: m for n, m in unfolded.named_modules() if isinstance(m, Conv)}
    state: dict[str, Tensor] = {"fc.weight": torch.zeros(8, 2048), "fc.bias": torch.zeros(8)}
    for name, module in convs.items():
        weight = module.conv.weight
        width, size = len(weight), weight[0].numel()
        state[f"{name}.conv.weight"] = torch.randn_like(weight) * (2 / size) ** 0.5
        state[f"{name}.bn.weight"] = torch.rand(width) + 0.5
        state[f"{name}.bn.bias"] = torch.randn(width) * 0.1
        state[f"{name}.bn.running_mean"] = torch.randn(width) * 0.1
        state[f"{name}.bn.running_var"] = torch.rand(width) + 0.5
        state[f"{name}.bn.num_batches_tracked"] = torch.tensor(0)
    path = tmp_path / "fid.pth"
    torch.save(state, path)
    found = open_checkpoint(path, "inception")
    assert found.config == {"form": "fid"}
    network = fit.build(lambda: Inception(InceptionConfig("fid", ("mixed10",))))
    fit.fill(network, found.tensors, path)
    for name, module in convs.items():
        parent, _, last = name.rpartition(".")
        setattr(unfolded.get_submodule(parent), last, _Unfolded(module.conv, state, name))
    unfolded.Conv2d_1a_3x3.conv = convs["Conv2d_1a_3x3"].conv
    image = torch.rand(1, 3, 90, 90) * 2 - 1
    with torch.no_grad():
        for taps in (["mixed2"], ["mixed10"]):
            ours, theirs = network(image, taps)[taps[0]], unfolded(image, taps)[taps[0]]
            assert float((ours - theirs).abs().max() / theirs.abs().max()) < 1e-4


def test_the_forms_differ_in_range_and_last_pool() -> None:
    torch.manual_seed(1)
    keras = Inception(InceptionConfig("keras", ("mixed9", "mixed10")))
    fid = fit.build(lambda: Inception(InceptionConfig("fid", ("mixed9", "mixed10"))))
    fid.load_state_dict(keras.state_dict())
    image = torch.rand(1, 3, 139, 139) * 2 - 1
    with torch.no_grad():
        a, b = keras(image), fid(image * 0.5 + 0.5)
    torch.testing.assert_close(a["mixed9"], b["mixed9"])
    # Only the pooled branch, the last 192 channels, is another one.
    torch.testing.assert_close(a["mixed10"][:, :-192], b["mixed10"][:, :-192])
    assert not torch.allclose(a["mixed10"][:, -192:], b["mixed10"][:, -192:])
    assert (keras.resolution, fid.resolution) == (224, 299)
