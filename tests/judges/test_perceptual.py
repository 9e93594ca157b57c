"""LPIPS: trunk and heads out of files, arithmetic as others compute it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import torchmetrics
from safetensors.torch import save_file
from torch.nn import functional
from torchmetrics.functional.image.lpips import NetLinLayer, _normalize_tensor, _spatial_average

from mien.errors import CheckpointError, ConfigMismatch, InputError, UnknownName, WeightsMissing
from mien.hub.perceptual import load_lpips
from mien.judges.perceptual import TRUNKS, Perceptual, find_trunk
from mien.metrics.paired import lpips_distance

HEADS = Path(torchmetrics.__file__).parent / "functional" / "image" / "lpips_models"


def state(kind: str, seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights with torchvision's names, a classifier behind them."""
    torch.manual_seed(seed)
    network = Perceptual(kind)
    found = {k: v for k, v in network.state_dict().items() if k.startswith("features.")}
    return {**found, "classifier.6.weight": torch.rand(2, 2)}


def pictures(size: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(1)
    a, b = torch.rand(2, 3, 3, size, size, generator=source) * 2 - 1
    return a, b


def alexnet_by_hand(x: torch.Tensor, w: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """The five maps of torchvision's AlexNet, layer by layer."""

    def conv(x: torch.Tensor, i: int, stride: int, padding: int) -> torch.Tensor:
        name = f"features.{i}"
        return functional.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride, padding).relu()

    x = (x - torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)) / torch.tensor(
        [0.458, 0.448, 0.450]
    ).view(3, 1, 1)
    one = conv(x, 0, 4, 2)
    two = conv(functional.max_pool2d(one, 3, 2), 3, 1, 2)
    three = conv(functional.max_pool2d(two, 3, 2), 6, 1, 1)
    four = conv(three, 8, 1, 1)
    return [one, two, three, four, conv(four, 10, 1, 1)]


def test_equals_others_arithmetic_with_the_released_heads(tmp_path: Path) -> None:
    weights = state("alexnet")
    torch.save(weights, tmp_path / "alex.pth")
    loaded = load_lpips(tmp_path / "alex.pth", HEADS / "alex.pth")
    assert loaded.name == "lpips-alexnet"
    released = torch.load(HEADS / "alex.pth", map_location="cpu", weights_only=True)
    a, b = pictures()
    expected = torch.zeros(3, 1, 1, 1)
    maps = zip(alexnet_by_hand(a, weights), alexnet_by_hand(b, weights), strict=True)
    for i, (x, y) in enumerate(maps):
        head = NetLinLayer(x.shape[1]).eval()
        head.model[-1].weight.data = released[f"lin{i}.model.1.weight"]
        squared = (_normalize_tensor(x) - _normalize_tensor(y)) ** 2
        expected = expected + _spatial_average(head(squared), keep_dim=True)
    ours = loaded.network(a, b)
    torch.testing.assert_close(ours, expected.detach().flatten(), rtol=1e-4, atol=1e-6)
    maps = loaded.network.feature_maps(a), loaded.network.feature_maps(b)
    double = lpips_distance(*maps, [head.detach() for head in loaded.network.heads])
    torch.testing.assert_close(double.float(), ours, rtol=1e-4, atol=1e-6)
    assert float(loaded.network(a, a).abs().max()) == 0
    torch.testing.assert_close(loaded.network(b, a), ours)


def test_vgg16_out_of_safetensors(tmp_path: Path) -> None:
    weights = {k: v for k, v in state("vgg16").items() if not k.startswith("classifier")}
    assert TRUNKS["vgg16"].channels == (64, 128, 256, 512, 512)
    assert find_trunk({k: tuple(v.shape) for k, v in weights.items()}) == "vgg16"
    assert "features.28.weight" in weights
    network = Perceptual("vgg16")
    network.load_state_dict(weights, strict=False)
    shapes = [tuple(m.shape[1:]) for m in network.feature_maps(torch.zeros(1, 3, 16, 16))]
    assert shapes == [(64, 16, 16), (128, 8, 8), (256, 4, 4), (512, 2, 2), (512, 1, 1)]
    small = state("alexnet")
    save_file(small, tmp_path / "a.safetensors")
    plain = load_lpips(tmp_path / "a.safetensors")
    assert plain.name == "alexnet"
    assert all(bool((head == 1).all()) for head in plain.network.heads)


def test_gradients_are_numbers_for_equal_pictures() -> None:
    torch.manual_seed(0)
    network = Perceptual("alexnet")
    a = pictures(40)[0][:1].requires_grad_(True)
    network(a, a.detach()).sum().backward()
    assert a.grad is not None
    assert bool(a.grad.isfinite().all())


def test_by_the_names_of_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    shutil.copy(HEADS / "alex.pth", tmp_path / "weights" / "lpips-alex.pth")
    torch.save(state("alexnet"), tmp_path / "a.pth")
    assert load_lpips(tmp_path / "a.pth", "alexnet-heads").name == "lpips-alexnet"
    with pytest.raises(WeightsMissing, match="mien weights pull vgg16-heads"):
        load_lpips(tmp_path / "a.pth", "vgg16-heads")
    with pytest.raises(WeightsMissing, match="mien weights pull alexnet"):
        load_lpips("alexnet")


def test_refuses(tmp_path: Path) -> None:
    torch.save(state("alexnet"), tmp_path / "a.pth")
    with pytest.raises(ConfigMismatch, match="belong to alexnet"):
        load_lpips(tmp_path / "a.pth", HEADS / "vgg.pth")
    with pytest.raises(CheckpointError, match="linear heads"):
        load_lpips(tmp_path / "a.pth", tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match="trunk of torchvision"):
        load_lpips(HEADS / "alex.pth")
    torch.save({"features.0.weight": torch.rand(2, 3, 3, 3)}, tmp_path / "b.pth")
    with pytest.raises(CheckpointError, match="alexnet, vgg16"):
        load_lpips(tmp_path / "b.pth")
    with pytest.raises(UnknownName, match="resnet"):
        Perceptual("resnet")
    network = load_lpips(tmp_path / "a.pth").network
    a, b = pictures(40)
    with pytest.raises(InputError, match="pairs are needed"):
        network(a, b[:2])
    with pytest.raises(InputError, match="at least 31 pixels"):
        network(a[..., :20, :20], b[..., :20, :20])
