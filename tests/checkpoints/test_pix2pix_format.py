"""The public pix2pix and CycleGAN files: every variant is read by shape, without a flag."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mien.checkpoints.formats.pix2pix import PATCH, RESNET, TRANSLATORS, UNET
from mien.checkpoints.registry import convert, find_kind
from mien.errors import CheckpointError, ConfigMismatch, UnsafeCheckpoint
from mien.hub.loading import load, load_translator

STATE = dict[str, Tensor]


class Maker:
    """Random tensors under the public names."""

    def __init__(self, norm: str, running: bool = False, counted: bool = True) -> None:
        self.norm, self.running, self.counted = norm, running, counted
        self.source = torch.Generator().manual_seed(0)
        self.state: STATE = {}

    def draw(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.source) * 0.1

    def conv(self, name: str, o: int, i: int, k: int, bias: bool | None = None) -> None:
        self.state[f"{name}.weight"] = self.draw(o, i, k, k)
        if self.norm == "instance" if bias is None else bias:
            self.state[f"{name}.bias"] = self.draw(o)

    def up(self, name: str, i: int, o: int, k: int, bias: bool | None = None) -> None:
        self.conv(name, o, i, k, bias)
        self.state[f"{name}.weight"] = self.draw(i, o, k, k)

    def normal(self, name: str, width: int) -> None:
        if self.norm == "batch":
            self.state[f"{name}.weight"] = 1 + self.draw(width)
            self.state[f"{name}.bias"] = self.draw(width)
        if self.norm == "batch" or self.running:
            self.state[f"{name}.running_mean"] = self.draw(width)
            self.state[f"{name}.running_var"] = 1 + self.draw(width).abs()
            if self.counted:
                self.state[f"{name}.num_batches_tracked"] = torch.tensor(7)


def unet(norm: str, downs: int, ngf: int = 4, **old: bool) -> STATE:
    made = Maker(norm, **old)
    widths = [min(ngf << i, 8 * ngf) for i in range(downs)]
    prefix = "model.model."
    for level, width in enumerate(widths):
        last, outer = level == downs - 1, widths[level - 1]
        if level == 0:
            made.conv(f"{prefix}0", width, 3, 4)
            made.up(f"{prefix}3", 2 * width, 3, 4, bias=True)
            prefix += "1.model."
            continue
        made.conv(f"{prefix}1", width, outer, 4)
        if last:
            made.up(f"{prefix}3", width, outer, 4)
            made.normal(f"{prefix}4", outer)
            break
        made.normal(f"{prefix}2", width)
        made.up(f"{prefix}5", 2 * width, outer, 4)
        made.normal(f"{prefix}6", outer)
        prefix += "3.model."
    return made.state


def resnet(norm: str, blocks: int, dropout: bool = False, ngf: int = 4, **old: bool) -> STATE:
    made = Maker(norm, **old)
    made.conv("model.1", ngf, 3, 7)
    made.normal("model.2", ngf)
    for i, width in enumerate((ngf, 2 * ngf)):
        made.conv(f"model.{4 + 3 * i}", 2 * width, width, 3)
        made.normal(f"model.{5 + 3 * i}", 2 * width)
    second = 6 if dropout else 5
    for i in range(10, 10 + blocks):
        for at in (1, second):
            made.conv(f"model.{i}.conv_block.{at}", 4 * ngf, 4 * ngf, 3)
            made.normal(f"model.{i}.conv_block.{at + 1}", 4 * ngf)
    for i, width in enumerate((4 * ngf, 2 * ngf)):
        made.up(f"model.{10 + blocks + 3 * i}", width, width // 2, 3)
        made.normal(f"model.{11 + blocks + 3 * i}", width // 2)
    made.conv(f"model.{17 + blocks}", 3, ngf, 7, bias=True)
    return made.state


def patch(norm: str, channels: int, ndf: int = 4) -> STATE:
    made = Maker(norm)
    made.conv("model.0", ndf, channels, 4, bias=True)
    for at, width in ((2, 2 * ndf), (5, 4 * ndf), (8, 8 * ndf)):
        made.conv(f"model.{at}", width, width // 2, 4)
        made.normal(f"model.{at + 1}", width)
    made.conv("model.11", 1, 8 * ndf, 4, bias=True)
    return made.state


def saved(path: Path, state: Any, modern: bool = True) -> Path:
    torch.save(state, path, _use_new_zipfile_serialization=modern)
    return path


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("downs", [7, 8])
def test_unets(tmp_path, norm, downs, modern):
    state = unet(norm, downs)
    loaded = load_translator(saved(tmp_path / "latest_net_G.pth", state, modern))
    config = {"ngf": 4, "downs": downs, "norm": norm, "in_channels": 3, "out_channels": 3}
    assert config.items() <= loaded.config.items()
    assert len(loaded.network.state_dict()) == len(state)
    deepest = f"outer.{'inside.' * (downs - 1)}up.weight"
    theirs = f"model.model.1.model.{'3.model.' * (downs - 2)}3.weight"
    assert torch.equal(loaded.network.state_dict()[deepest], state[theirs])
    side = 1 << downs
    assert loaded.network(torch.zeros(1, 3, side, side)).shape == (1, 3, side, side)


@pytest.mark.parametrize("dropout", [True, False])
@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("blocks", [6, 9])
def test_residual_generators(tmp_path, norm, blocks, dropout):
    state = resnet(norm, blocks, dropout)
    loaded = load_translator(saved(tmp_path / "latest_net_G_A.pth", state))
    assert {"ngf": 4, "blocks": blocks, "norm": norm}.items() <= loaded.config.items()
    assert len(loaded.network.state_dict()) == len(state)
    own = loaded.network.blocks[blocks - 1].conv1.weight
    assert torch.equal(own, state[f"model.{9 + blocks}.conv_block.{6 if dropout else 5}.weight"])
    assert loaded.network(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize(("norm", "channels"), [("batch", 6), ("instance", 3)])
def test_discriminators(tmp_path, norm, channels):
    path = saved(tmp_path / "latest_net_D.pth", patch(norm, channels))
    assert convert(path).kind == PATCH
    loaded = load(path, PATCH)
    assert {"in_channels": channels, "ndf": 4, "norm": norm}.items() <= loaded.config.items()
    with pytest.raises(CheckpointError, match="holds a 'translation-patch', a network that turns"):
        load_translator(path)


@pytest.mark.parametrize("counted", [True, False])
def test_files_older_than_pytorch_0_4(tmp_path, counted):
    running = saved(tmp_path / "a.pth", resnet("instance", 6, running=True, counted=counted), False)
    plain = saved(tmp_path / "b.pth", resnet("instance", 6), False)
    old, new = load_translator(running), load_translator(plain)
    assert old.config == new.config
    uncounted = load_translator(saved(tmp_path / "c.pth", unet("batch", 7, counted=counted)))
    assert uncounted.config["norm"] == "batch"


def test_files_of_several_processes(tmp_path):
    state = {f"module.{name}": value for name, value in resnet("instance", 6).items()}
    assert find_kind(saved(tmp_path / "a.pth", state), TRANSLATORS) == RESNET
    assert load_translator(tmp_path / "a.pth").config["blocks"] == 6


def test_what_does_not_fit_is_listed(tmp_path):
    state = unet("batch", 8)
    state["model.model.1.model.1.weight"] = torch.zeros(8, 5, 4, 4)
    del state["model.model.3.bias"]
    state["extra.weight"] = torch.zeros(1)
    path = saved(tmp_path / "a.pth", state)
    with pytest.raises(ConfigMismatch) as caught:
        load_translator(path)
    for part in ("does not fit in 3 parameters", "instead of [8, 4, 4, 4]", "3.bias is missing"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "state",
    [
        {"model.model.0.weight": torch.zeros(3)},
        {"model.model.0.weight": torch.zeros(2, 3, 4, 4)},
        {"model.10.conv_block.1.weight": torch.zeros(())},
        {"model.11.weight": torch.zeros(1, 1, 4, 4)},
        {"model.model.0.weight": torch.zeros(0, 3, 4, 4), "model.model.3.weight": torch.zeros(0)},
        {f"model.model.{'1.model.' * i}0.weight": torch.zeros(1, 1, 4, 4) for i in range(30)},
        {f"model.{10 + i}.conv_block.1.weight": torch.zeros(1) for i in range(500)},
    ],
)
def test_odd_shapes_are_refused_in_one_line(tmp_path, state):
    path = saved(tmp_path / "odd.pth", state)
    for kind in (None, UNET, RESNET, PATCH):
        with pytest.raises(CheckpointError) as caught:
            convert(path, kind)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 1500


def test_truncated_and_hostile_files(tmp_path):
    path = saved(tmp_path / "a.pth", unet("batch", 7))
    data = path.read_bytes()
    for length in (0, 10, 1000, len(data) // 2):
        path.write_bytes(data[:length])
        with pytest.raises(CheckpointError):
            load_translator(path)
    evil = tmp_path / "evil.pth"
    evil.write_bytes(b"cos\nsystem\n(S'touch /tmp/never'\ntR.")
    with pytest.raises(UnsafeCheckpoint):
        load_translator(evil)


def test_a_face_generator_is_no_translator(tmp_path):
    from checkpoints.foreign_networks import rosinality_generator

    path = saved(tmp_path / "g.pt", {"g_ema": rosinality_generator()})
    with pytest.raises(CheckpointError, match="holds a 'stylegan2-generator'"):
        load_translator(path)
    with pytest.raises(CheckpointError, match="a pix2pix U-Net is wanted"):
        load(path, UNET)
