"""Photo ↔ sketch: each method learns, goes on bit for bit, and refuses what it cannot use."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.checkpoints import native
from mien.data.pairs import PairedSet, UnpairedSet
from mien.errors import ConfigMismatch, InputError, TrainingDiverged, UnknownName
from mien.hub.loading import load_translator
from mien.sketch import train as translation
from mien.sketch.config import METHODS, TranslationConfig
from mien.sketch.presets import PRESETS, preset
from mien.sketch.step import TRAINERS, count_parameters, relight, sample, shake
from mien.training import state
from training import tiny

OFTEN = translation.TranslationCadence(0.004, 0.008, 1, validate=4, probe=2)
SIZE = {"autoencoder": 192, "pix2pix": 64, "cyclegan": 32}


def tiny_config(method, **changes):
    small = {
        "resolution": SIZE[method], "ngf": 4, "ndf": 4, "channel_max": 8, "blocks": 1, "pool": 3,
        "kimg": 0.012, "batch": 4, "ema_kimg": 0.004,
    }  # fmt: skip
    return preset(method, **(small | changes))


def pairs(size, count=40, seed=0, part="train"):
    """Smooth colour pictures, and their negatives in grey as sketches."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(0, 255, (count, 3, 4, 4))).float()
    photo = torch.nn.functional.interpolate(coarse, size=(size, size), mode="bilinear")
    photos = photo.permute(0, 2, 3, 1).numpy().astype(np.uint8)
    grey = 255 - photos.mean(axis=-1, keepdims=True).astype(np.uint8)
    entries = np.stack([np.arange(count), np.zeros(count, np.int64)], axis=1)
    names = tuple(f"{i:03d}" for i in range(count))
    sketches = np.ascontiguousarray(np.broadcast_to(grey, photos.shape))
    return PairedSet(Path("made.zip"), part, "honest", names, photos, sketches, entries, "0" * 16)


def tensors(folder):
    return native.load(state.checkpoints(folder)[-1]).tensors


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("method", METHODS)
def test_resumed_run_equals_an_unbroken_one(tmp_path, method, precision):
    config = tiny_config(method, precision=precision, jitter=0.05)
    data, kept = pairs(config.resolution), pairs(config.resolution, 6, 1, "kept-out")
    whole = list(translation.train(config, data, tmp_path / "whole", cadence=OFTEN, kept=kept))
    stop = iter([False, True])
    first = list(
        translation.train(
            config, data, tmp_path / "cut", cadence=OFTEN, kept=kept, pause=lambda: next(stop)
        )
    )
    torch.manual_seed(99)  # whatever happens between must not matter
    rest = list(translation.train(config, data, tmp_path / "cut", cadence=OFTEN, kept=kept))
    assert [line["nimg"] for line in whole] == [4, 8, 12]
    assert [line["nimg"] for line in first + rest] == [4, 8, 12]
    a, b = tensors(tmp_path / "whole"), tensors(tmp_path / "cut")
    assert a.keys() == b.keys()
    assert not [key for key in a if not torch.equal(a[key], b[key])]
    for one, other in zip(whole, first + rest, strict=True):
        assert {k: v for k, v in one.items() if k not in ("s/kimg", "time")} == {
            k: v for k, v in other.items() if k not in ("s/kimg", "time")
        }
    assert {"loss/G", "val/loss/G", f"val/{config.direction}/ssim"} <= whole[-1].keys()
    assert ("loss/D" in whole[-1]) == ("val/loss/D" in whole[-1]) == (method != "autoencoder")
    for direction in config.directions:
        assert (tmp_path / "cut" / "grids" / f"{direction}-00000012.png").is_file()


@pytest.mark.parametrize("method", METHODS)
def test_exports_the_averaged_generators(tmp_path, method):
    config = tiny_config(method, direction="sketch-to-photo", kimg=0.004)
    data = pairs(config.resolution)
    list(translation.train(config, data, tmp_path / "run", cadence=OFTEN))
    files = translation.export(tmp_path / "run", tmp_path / "out", {"data": "made"})
    unfinished = load_translator(state.checkpoints(tmp_path / "run")[-1])
    assert unfinished.meta["direction"] == "sketch-to-photo"
    both = ["sketch-to-photo", "photo-to-sketch"]
    assert list(files) == (both if method == "cyclegan" else both[:1])
    for direction, name in zip(files, ("G_ema", "F_ema"), strict=False):
        loaded = load_translator(files[direction])
        said = {key: loaded.meta[key] for key in ("method", "direction", "kimg", "split", "data")}
        assert said == {
            "method": method, "direction": direction, "kimg": 0.004, "split": "honest",
            "data": "made",
        }  # fmt: skip
        own = tensors(tmp_path / "run")
        for key, value in loaded.network.state_dict().items():
            assert torch.equal(value, own[f"{name}/{key}"].half().to(value.dtype)), key
        assert type(unfinished.network) is type(loaded.network)


def test_pix2pix_learns(tmp_path):
    data = pairs(64)
    config = tiny_config("pix2pix", kimg=0.24, lr=3e-3, channel_max=16, augment="none", ngf=8)
    cadence = translation.TranslationCadence(0.04, 10, 10, 8, 0)
    lines = list(translation.train(config, data, tmp_path / "run", cadence=cadence, kept=data))
    found = [line["val/photo-to-sketch/mae"] for line in lines]
    assert found[-1] < 0.6 * found[0]
    assert found[-1] < 0.1


def test_a_run_can_begin_with_another(tmp_path):
    small = tiny_config("cyclegan", kimg=0.004)
    list(translation.train(small, pairs(32), tmp_path / "a", cadence=OFTEN))
    large = replace(small, resolution=64, lr=1e-12)
    list(
        translation.train(
            large, pairs(64), tmp_path / "b", cadence=OFTEN, start_from=tmp_path / "a"
        )
    )
    a, b = tensors(tmp_path / "a"), tensors(tmp_path / "b")
    assert torch.allclose(a["G/out.weight"], b["G/out.weight"], atol=1e-6)
    wide = replace(large, ngf=8)
    with pytest.raises(ConfigMismatch, match=r"G first\.weight is"):
        list(translation.train(wide, pairs(64), tmp_path / "c", start_from=tmp_path / "a"))


def test_unpaired_pictures_and_eight_variants(tmp_path):
    data = pairs(32)
    other = UnpairedSet(
        data.path, "train", data.names, data.names[:7], data.a, data.b[:7], "0" * 16
    )
    config = tiny_config("cyclegan", augment="eight", kimg=0.008)
    lines = list(translation.train(config, other, tmp_path / "run", cadence=OFTEN))
    assert "loss/cycle" in lines[-1]
    assert not [key for key in lines[-1] if key.startswith("val/")]
    with pytest.raises(InputError, match="holds no pairs, which pix2pix needs"):
        next(translation.train(tiny_config("pix2pix"), other, tmp_path / "other"))


def test_a_frozen_judge_is_asked(tmp_path):
    judge = tiny.tagger().eval().requires_grad_(False)
    config = tiny_config("pix2pix", judge="tiny", judge_weight=5.0, kimg=0.004)
    *_, line = translation.train(config, pairs(64), tmp_path, cadence=OFTEN, judge=judge)
    assert line["loss/judge"] > 0
    parts = line["loss/G_gan"] + 100 * line["loss/L1"] + 5 * line["loss/judge"]
    assert line["loss/G"] == pytest.approx(parts, rel=1e-3)


def test_not_a_number_stops(tmp_path):
    config = tiny_config("pix2pix", precision="fp32")
    trainer = TRAINERS["pix2pix"](config, pairs(64), torch.device("cpu"))
    trainer.networks["G"].get_parameter("outer.up.bias").data.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="the gradient of D is nan at 0 images"):
        trainer.step()


def test_another_configuration_is_refused(tmp_path):
    config = tiny_config("autoencoder", kimg=0.004)
    list(translation.train(config, pairs(192), tmp_path, cadence=OFTEN))
    with pytest.raises(ConfigMismatch, match="was started with seed 0, now it is 1"):
        next(translation.train(replace(config, seed=1), pairs(192), tmp_path))
    with pytest.raises(InputError, match="opened at 64 pixels, the run has 192"):
        next(translation.train(config, pairs(64), tmp_path))


def test_shaking_moves_both_pictures_alike():
    data = pairs(64, 6)
    a = torch.from_numpy(data.a).permute(0, 3, 1, 2).float() / 127.5 - 1
    grid = shake(6, 64, torch.Generator().manual_seed(0))
    moved = sample(a, grid)
    assert torch.equal(moved, sample(a, grid))
    assert (moved - a).abs().mean() > 0.02
    assert grid.abs().max() < 1.15
    mirrored = (grid[:, 32, -1, 0] < grid[:, 32, 0, 0]).sum()
    assert 0 < int(mirrored) < 6
    changed = relight(a, 0.2, torch.Generator().manual_seed(0))
    assert changed.abs().max() <= 1
    assert (changed - a).abs().mean() > 0.01


def test_presets_are_what_the_papers_say():
    for (method, size), row in PRESETS.items():
        config = preset(method, size)
        assert all(getattr(config, key) == value for key, value in row.items())
        assert config.method == method
    # Millions, as the public project prints them.
    for method, wanted in (("pix2pix", (54.414, 2.769)), ("cyclegan", (11.378, 2.765))):
        counts = count_parameters(preset(method, "paper"))
        assert tuple(round(count / 1e6, 3) for count in counts.values()) == wanted
    narrow = [count_parameters(preset(method))["G"] for method in METHODS]
    assert 2 * sum(narrow) < 30e6  # bytes in 16 bits
    config = preset("pix2pix", "paper")
    rates = [config.rate(int(part * config.kimg * 1000)) for part in (0, 0.5, 0.75, 1)]
    assert rates == pytest.approx([2e-4, 2e-4, 1e-4, 0])


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"method": "pixtopix"}, "did you mean 'pix2pix'"),
        ({"direction": "photo-to-anime"}, "unknown direction"),
        ({"augment": "all"}, "unknown augmentation"),
        ({"precision": "fp16"}, "unknown precision"),
        ({"resolution": 250}, "resolution 250 does not fit pix2pix"),
        ({"method": "autoencoder", "resolution": 128}, "multiple of 64 from 192 on"),
        ({"batch": 0}, "batch 0"),
        ({"lr": 0}, "learning rate 0"),
        ({"l1_weight": -1}, "l1_weight -1"),
        ({"adversary": "hinge"}, "neither bce nor lsgan"),
    ],
)
def test_refuses_configurations(values, text):
    with pytest.raises(InputError, match=text):
        TranslationConfig(**values)


def test_unknown_presets():
    for call in (lambda: preset("gan"), lambda: preset("pix2pix", "huge")):
        with pytest.raises(UnknownName):
            call()
    with pytest.raises(InputError, match="has no 'width'"):
        preset("pix2pix", width=3)
