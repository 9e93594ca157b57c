"""BiSeNet's ``79999_iter.pth``: its names at full size, a small one read, damaged ones refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mien.checkpoints.registry import kinds
from mien.errors import ConfigMismatch
from mien.faces.parsing.regions import load_parser
from mien.judges.bisenet import CLASSES, Bisenet, BisenetConfig
from mien.judges.regions import ID, REGIONS


@pytest.fixture(scope="module")
def network() -> Bisenet:
    torch.manual_seed(0)
    return Bisenet(BisenetConfig(8, 8)).eval()


def published(network: Bisenet) -> dict[str, torch.Tensor]:
    """As the file has it: with the two heads that only training needs."""
    tensors = dict(network.state_dict())
    heads = {k.replace("conv_out.", "", 1): v for k, v in tensors.items() if k[:9] == "conv_out."}
    for head in ("conv_out16", "conv_out32"):
        tensors |= {f"{head}.{name}": value.clone() for name, value in heads.items()}
    return tensors


def test_names_and_shapes_at_full_size() -> None:
    with torch.device("meta"):
        shapes = {k: tuple(v.shape) for k, v in Bisenet().state_dict().items()}
    learned = {k: v for k, v in shapes.items() if not k.endswith("num_batches_tracked")}
    heads = 2 * (128 * 64 * 9 + 4 * 64 + 64 * 19)  # at 1/16 and 1/32, for training alone
    numbers = sum(torch.Size(v).numel() for v in learned.values()) + heads
    assert 0 < 53_289_463 - 4 * numbers < 60_000  # bytes of the published file, and its names
    assert shapes["cp.resnet.conv1.weight"] == (64, 3, 7, 7)
    assert shapes["cp.resnet.layer4.0.downsample.0.weight"] == (512, 256, 1, 1)
    assert shapes["cp.arm32.conv.conv.weight"] == (128, 512, 3, 3)
    assert shapes["cp.conv_avg.conv.weight"] == (128, 512, 1, 1)
    assert shapes["ffm.convblk.conv.weight"] == (256, 256, 1, 1)
    assert shapes["ffm.conv1.weight"] == (64, 256, 1, 1)
    assert shapes["conv_out.conv_out.weight"] == (19, 256, 1, 1)


def test_a_file_of_its_layout(network: Bisenet, tmp_path: Path) -> None:
    path = tmp_path / "79999_iter.pth"
    torch.save(published(network), path)
    assert kinds(path) == ["bisenet"]
    parser = load_parser(path)
    x = torch.rand(1, 3, 64, 64) * 2 - 1
    shares = parser.shares(x)
    assert shares.shape == (1, 19, 32, 32)
    assert torch.equal(shares, network.shares(x))
    # Its classes stand in another order than ours.
    logits = torch.nn.functional.interpolate(
        network(x), (32, 32), mode="bilinear", align_corners=True
    )
    own = logits.softmax(dim=1)
    assert torch.allclose(shares[:, ID["hair"]], own[:, CLASSES.index("hair")])
    assert sorted(CLASSES) == sorted(REGIONS)


@pytest.mark.parametrize("damage", ["missing", "surplus", "shape"])
def test_a_file_that_does_not_fit(network: Bisenet, tmp_path: Path, damage: str) -> None:
    tensors = published(network)
    if damage == "missing":
        del tensors["ffm.conv2.weight"]
    elif damage == "surplus":
        tensors["sp.conv1.weight"] = torch.zeros(3)
    else:
        tensors["ffm.conv1.weight"] = torch.zeros(3, 3, 1, 1)
    torch.save(tensors, tmp_path / "x.pth")
    with pytest.raises(ConfigMismatch, match="does not fit in 1 parameter: "):
        load_parser(tmp_path / "x.pth")
