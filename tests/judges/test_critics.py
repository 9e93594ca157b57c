"""Networks that have seen the world see what they should, cheaply, and pass gradients on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from judges import critics_reference
from mien.errors import CheckpointError, InputError, UnknownName, WeightsMissing
from mien.hub import loading
from mien.judges import inception, mobilenet, recognition
from mien.judges.inception import Inception, InceptionConfig
from mien.judges.mobilenet import MobileNet
from mien.judges.recognition import EYES, SIDE, Recognition

NEAR = 1e-4
"""Largest error of an activation, as a share of the largest activation of its map."""

NAMES = {
    "inception": "inception_v3",
    "mobilenet": "mobilenet_v2",
}  # ours -> in reference.npz


@pytest.fixture(scope="module")
def networks() -> dict[str, nn.Module]:
    """The three that ship."""
    return {
        "inception": loading.load_inception().network,
        "mobilenet": loading.load_mobilenet().network,
        "recognition": loading.load_recognition().network,
    }


def far(found: Tensor, wanted: Tensor) -> float:
    """Largest error as a share of the largest value."""
    assert found.shape == wanted.shape
    return float((found.float() - wanted).abs().max() / wanted.abs().max())


@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_reference_activations(name: str, networks: dict[str, nn.Module], shared: Path) -> None:
    reference = np.load(shared / "critics" / "reference.npz")
    prefix = f"{NAMES[name]}/"
    wanted = {k.removeprefix(prefix): reference[k] for k in reference if k.startswith(prefix)}
    assert len(wanted) == 4
    with torch.no_grad():
        found = networks[name](torch.from_numpy(reference["image"]) * 2 - 1, list(wanted))
    assert list(found) == list(wanted)
    for tap, values in wanted.items():
        assert far(found[tap], torch.from_numpy(values)) < NEAR, tap


@pytest.mark.shared
def test_reference_face(networks: dict[str, nn.Module], shared: Path) -> None:
    reference = np.load(shared / "critics" / "reference.npz")
    crops = torch.from_numpy(reference["face_recognition/image"])
    with torch.no_grad():
        found = networks["recognition"].encode(crops)
    assert far(found, torch.from_numpy(reference["face_recognition/out"])) < NEAR


def test_what_was_seen_is_still_seen() -> None:
    wanted = json.loads(critics_reference.PATH.read_text())
    found = critics_reference.seen()
    assert sum(map(len, wanted.values())) > 300
    assert found.keys() == wanted.keys()
    for key, values in wanted.items():
        assert far(torch.tensor(found[key]), torch.tensor(values)) < NEAR, key


@pytest.mark.parametrize("name", NAMES)
def test_gradient_reaches_the_pixels(name: str, networks: dict[str, nn.Module]) -> None:
    image = critics_reference.waves(80).requires_grad_(True)
    maps = networks[name].feature_maps(image)
    assert [x.shape[1] for x in maps] == [
        {**inception.TAPS, **mobilenet.TAPS}[tap] for tap in networks[name].config.taps
    ]
    sum(x.float().square().mean() for x in maps).backward()
    assert image.grad is not None
    assert (image.grad != 0).float().mean() > 0.9
    assert all(p.grad is None for p in networks[name].parameters())


def test_gradient_reaches_the_pixels_of_a_face(networks: dict[str, nn.Module]) -> None:
    image = critics_reference.waves(128).requires_grad_(True)
    networks["recognition"].embed(image).square().sum().backward()
    assert image.grad is not None
    assert image.grad[:, :, 40:100, 40:90].abs().min() > 0


@pytest.mark.parametrize(
    ("name", "tap", "deeper"),
    [("inception", "mixed2", "Mixed_6a"), ("mobilenet", "block_2_add", "blocks.3")],
)
def test_no_deeper_than_asked(
    name: str, tap: str, deeper: str, networks: dict[str, nn.Module]
) -> None:
    calls: list[str] = []
    hooks = [
        module.register_forward_hook(lambda *_, n=n: calls.append(n))
        for n, module in networks[name].named_modules()
        if n and not list(module.children())
    ]
    with torch.no_grad():
        found = networks[name](critics_reference.waves(64), [tap])
    for hook in hooks:
        hook.remove()
    assert list(found) == [tap]
    assert calls
    assert not [n for n in calls if n.startswith(deeper)]


def test_taps_come_in_the_order_asked_for(networks: dict[str, nn.Module]) -> None:
    with torch.no_grad():
        found = networks["mobilenet"](critics_reference.waves(64), ["out_relu", "Conv1_relu"])
    assert [(k, v.shape[1]) for k, v in found.items()] == [("out_relu", 1280), ("Conv1_relu", 32)]


def test_every_tap_has_the_channels_it_says(networks: dict[str, nn.Module]) -> None:
    image, crop = critics_reference.waves(75), torch.rand(1, 3, SIDE, SIDE) * 255
    for name, taps in (("inception", inception.TAPS), ("mobilenet", mobilenet.TAPS)):
        with torch.no_grad():
            found = networks[name](image, list(taps))
        assert {tap: x.shape[1] for tap, x in found.items()} == taps
    network = Recognition(recognition.RecognitionConfig(tuple(recognition.TAPS)))
    with torch.no_grad():
        assert {k: v.shape[1] for k, v in network(crop).items()} == recognition.TAPS


def test_bf16_and_channels_last(networks: dict[str, nn.Module]) -> None:
    network = MobileNet()
    network.load_state_dict(networks["mobilenet"].state_dict())
    image = critics_reference.waves(64)
    with torch.no_grad():
        found = network.to(torch.bfloat16)(image, ["block_5_add"])["block_5_add"]
        exact = networks["mobilenet"](image, ["block_5_add"])["block_5_add"]
    assert found.dtype == torch.bfloat16
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert (found.float() - exact).norm() / exact.norm() < 0.05


def test_features_do_not_depend_on_the_size(networks: dict[str, nn.Module]) -> None:
    large = critics_reference.waves(448)
    small = nn.functional.interpolate(
        large, size=(224, 224), mode="bilinear", align_corners=False, antialias=True
    )
    network = networks["mobilenet"]
    with torch.no_grad():
        a, b = network.features(large), network.features(small)
    assert a.shape == (1, 1280)
    torch.testing.assert_close(a, b)


def test_features_of_inception(networks: dict[str, nn.Module]) -> None:
    image = critics_reference.waves(100)
    with torch.no_grad():
        found = networks["inception"].features(image)
        shown = nn.functional.interpolate(image, size=(224, 224), mode="bilinear")
        maps = networks["inception"](shown, ["mixed10"])["mixed10"]
    assert maps.shape[-2:] == (5, 5)
    torch.testing.assert_close(found, maps.mean(dim=(2, 3)))


def test_judges_are_told_apart(tmp_path: Path) -> None:
    from mien.judges.tagger import Tagger

    assert isinstance(loading.load_judge("judge").network, Tagger)
    assert isinstance(loading.load_judge("mobilenet").network, MobileNet)
    copied = tmp_path / "eyes.safetensors"
    copied.write_bytes(loading.resolve("mobilenet").read_bytes())
    assert isinstance(loading.load_judge(copied).network, MobileNet)
    assert isinstance(loading.load_judge(loading.resolve("judge")).network, Tagger)
    for other in ("portraits", loading.resolve("portraits")):
        with pytest.raises(CheckpointError, match="'stylegan2-generator', a 'tagger' is wanted"):
            loading.load_judge(other)


def test_bad_taps_and_pictures(networks: dict[str, nn.Module]) -> None:
    with pytest.raises(UnknownName, match="did you mean 'mixed7'"):
        InceptionConfig(taps=("mixed77",))
    with pytest.raises(InputError, match="name each feature map once"):
        InceptionConfig(taps=("mixed7", "mixed7"))
    with pytest.raises(InputError, match="none; name each"):
        networks["mobilenet"](torch.zeros(1, 3, 64, 64), [])
    network = networks["inception"]
    for tap, least in (("activation_5", 19), ("mixed2", 27), ("mixed7", 43), ("mixed10", 75)):
        with torch.no_grad():
            assert network(torch.zeros(1, 3, least, least), [tap])[tap].shape[-1] == 1
        with pytest.raises(InputError, match=f"at least {least} pixels"):
            network(torch.zeros(1, 3, least - 1, 200), [tap])


def test_eyes_come_to_their_places() -> None:
    """Two dots drawn where the eyes are are found where a crop has them, turned and scaled."""
    network = Recognition()
    turned, large = ((0.7, 0.35), (0.45, 0.6)), ((0.3, 0.4), (0.7, 0.45))
    for side, eyes in ((150, EYES), (300, turned), (700, large)):
        at = (torch.arange(side) + 0.5) / side
        for number, (x, y) in enumerate(eyes):
            dot = torch.exp(-((at[None] - x) ** 2 + (at[:, None] - y) ** 2) / (2 * 0.02**2))
            image = (dot * 2 - 1).expand(1, 3, side, side)
            crop = network.crop(image, torch.tensor([eyes]))[0, 0] / 255
            assert crop.shape == (SIDE, SIDE)
            place = (torch.arange(SIDE) + 0.5) / SIDE
            found = (crop.sum(0) @ place / crop.sum(), crop.sum(1) @ place / crop.sum())
            assert found == pytest.approx(EYES[number], abs=0.006)


def test_eyes_in_one_place_are_refused() -> None:
    with pytest.raises(InputError, match="both eyes of a face lie in one place"):
        Recognition().crop(torch.zeros(1, 3, 64, 64), torch.full((1, 2, 2), 0.5))


def test_missing_and_changed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mien.hub import catalogue

    with pytest.raises(WeightsMissing, match=r"run: mien weights pull inception-fid"):
        loading.load_inception("inception-fid")
    row = catalogue.find("mobilenet")
    source = loading.resolve("mobilenet")
    changed = bytearray(source.read_bytes())
    changed[-1] ^= 1
    (tmp_path / row.file).write_bytes(changed)
    monkeypatch.setattr(loading, "find_file", lambda file: tmp_path / file)
    with pytest.raises(CheckpointError, match=r"has sha256 .*, the catalogue says") as error:
        loading.load_mobilenet()
    assert "\n" not in str(error.value)
    (tmp_path / row.file).write_bytes(changed[:-1])
    with pytest.raises(CheckpointError, match=f"bytes, 'mobilenet' has {row.bytes}"):
        loading.load_mobilenet()
    monkeypatch.setattr(loading, "find_file", lambda file: None)
    with pytest.raises(WeightsMissing, match="'mobilenet' are not on this disk"):
        loading.load_mobilenet()


def test_names_of_inception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FID's name is earned by the hash; a file of the same form has its own."""
    from mien.hub import catalogue
    from mien.metrics.protocol import ORIGINAL_INCEPTION, frechet_name

    shipped = loading.load_inception()
    assert shipped.name == "inception"
    assert frechet_name(shipped.name) == "FD-inception"
    state = {}
    with torch.device("meta"):
        shapes = Inception().state_dict()
    for name, value in shapes.items():
        stem, part = name.removesuffix(".conv.weight").removesuffix(".conv.bias"), name[-6:]
        if part == "weight":
            state[f"{stem}.conv.weight"] = torch.full(value.shape, 0.01)
            ones = torch.ones(len(value))
            state |= {f"{stem}.bn.weight": ones, f"{stem}.bn.bias": ones * 0}
            state |= {f"{stem}.bn.running_mean": ones * 0, f"{stem}.bn.running_var": ones}
    path = tmp_path / "made.pth"
    torch.save(state, path)
    loaded = loading.load_inception(path)
    assert (loaded.name, loaded.config) == ("made", {"form": "fid"})
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    rows = [replace(r, sha256=sha256) if r.url else r for r in catalogue.ROWS]
    monkeypatch.setattr(catalogue, "ROWS", tuple(rows))
    monkeypatch.setattr(loading, "load", lambda *_: loaded)
    loaded = loading.load_inception(path)
    assert loaded.name == ORIGINAL_INCEPTION
    assert frechet_name(loaded.name) == "FID"
