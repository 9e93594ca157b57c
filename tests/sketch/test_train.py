"""Photo ↔ sketch: each method learns, goes on bit for bit, and refuses what it cannot use."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inversion.toys import make_features
from mien.checkpoints import native
from mien.data.pairs import PairedSet, UnpairedSet, joined
from mien.data.training_set import TrainingSet
from mien.errors import CheckpointError, ConfigMismatch, InputError, TrainingDiverged, UnknownName
from mien.hub.loading import load_translator
from mien.judges.identity import Identity, IdentityConfig
from mien.sketch import files
from mien.sketch.batches import Batches
from mien.sketch.config import METHODS, TranslationConfig
from mien.sketch.damage import relight, sample, shake, weather_photos, weather_sketches
from mien.sketch.methods import RECIPES, count_parameters
from mien.sketch.presets import PRESETS, preset
from mien.training import loop, state
from mien.training.random import StepRandom
from training import tiny

OFTEN = loop.Cadence(0.004, 0.008, 1, 0.004)
SIZE = {"autoencoder": 192, "pix2pix": 64, "cyclegan": 32}


def tiny_config(method, **changes):
    small = {
        "resolution": SIZE[method], "ngf": 4, "ndf": 4, "channel_max": 8, "blocks": 1, "pool": 3,
        "kimg": 0.012, "batch": 4, "ema_kimg": 0.004, "precision": "fp32",
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


def faces(size, count=5):
    pictures = pairs(size, count, 7).a
    return TrainingSet(
        path=Path("faces.zip"), part="train", names=tuple(map(str, range(count))),
        pictures=pictures, labels=None, captions=None, labels_from=None, fingerprint="0" * 16,
    )  # fmt: skip


def recipe(config, data=None, **more):
    data = pairs(config.resolution) if data is None else data
    return RECIPES[config.method](config, data, **more)


def run(config, folder, data=None, pause=lambda: False, **more):
    return list(loop.run(recipe(config, data, **more), folder, OFTEN, pause))


def tensors(folder):
    return native.load(state.checkpoints(folder)[-1]).tensors


@pytest.mark.parametrize("method", METHODS)
def test_resumed_run_equals_an_unbroken_one(tmp_path, method):
    config = tiny_config(method, augment="wild", computed=0.5 if method == "cyclegan" else 0)
    more = {"faces": faces(config.resolution), "kept": pairs(config.resolution, 6, 1, "kept-out")}
    whole = run(config, tmp_path / "whole", **more)
    first = run(config, tmp_path / "cut", pause=lambda: True, **more)
    torch.manual_seed(99)  # whatever happens between must not matter
    note, *rest = run(config, tmp_path / "cut", **more)
    assert note["note"] == "the run goes on from 4 images"
    assert [line["nimg"] for line in whole] == [4, 8, 12]
    a, b = tensors(tmp_path / "whole"), tensors(tmp_path / "cut")
    assert a.keys() == b.keys()
    assert not [key for key in a if not torch.equal(a[key], b[key])]
    apart = ("s/kimg", "time", "left")
    for one, other in zip(whole, first + rest, strict=True):
        assert {k: v for k, v in one.items() if k not in apart} == {
            k: v for k, v in other.items() if k not in apart
        }
    assert {"loss/G", "val/loss/G", f"val/{config.direction}/ssim"} <= whole[-1].keys()
    assert ("loss/D" in whole[-1]) == ("val/loss/D" in whole[-1]) == (method != "autoencoder")
    assert (tmp_path / "cut" / "grids" / "faces-00000012.png").is_file()


def test_critics_and_computed_drawings_resume_too(tmp_path):
    config = tiny_config(
        "pix2pix", weather=True, computed=0.5, critics=0.3, perceptual=5,
        kimg=0.004, batch=2, augment="wild",
    )  # fmt: skip
    more = {"faces": faces(64), "features": make_features(), "data": pairs(64, 4)}
    whole = run(config, tmp_path / "whole", **more)
    run(config, tmp_path / "cut", pause=lambda: True, **more)
    run(config, tmp_path / "cut", **more)
    a, b = tensors(tmp_path / "whole"), tensors(tmp_path / "cut")
    assert not [key for key in a if not torch.equal(a[key], b[key])]
    assert {"loss/critics", "loss/fooling", "loss/unlike"} <= whole[-1].keys()


@pytest.mark.parametrize("method", METHODS)
def test_exports_the_averaged_generators(tmp_path, method):
    config = tiny_config(method, direction="sketch-to-photo", kimg=0.004)
    run(config, tmp_path / "run")
    written = files.export(tmp_path / "run", tmp_path / "out", {"data": "made"})
    unfinished = load_translator(state.checkpoints(tmp_path / "run")[-1])
    assert unfinished.meta["direction"] == "sketch-to-photo"
    both = ["sketch-to-photo", "photo-to-sketch"]
    assert list(written) == (both if method == "cyclegan" else both[:1])
    for direction, name in zip(written, ("G_ema", "F_ema"), strict=False):
        loaded = load_translator(written[direction])
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
    config = tiny_config("pix2pix", kimg=0.16, lr=3e-3, channel_max=16, augment="none", ngf=8)
    one = recipe(config, data, kept=data)
    before = one.measure()["val/photo-to-sketch/mae"]
    list(loop.run(one, tmp_path / "run", loop.Cadence(1, 10, 10, 10)))
    after = one.measure()["val/photo-to-sketch/mae"]
    assert after < 0.6 * before
    assert after < 0.1


def test_a_run_can_begin_with_another(tmp_path):
    small = tiny_config("cyclegan", kimg=0.004)
    run(small, tmp_path / "a", pairs(32))
    large = recipe(replace(small, resolution=64), pairs(64))
    files.start_from(large, tmp_path / "a")
    a = tensors(tmp_path / "a")
    assert torch.equal(large.modules()["D_a"].state_dict()["out.weight"], a["D_a/out.weight"])
    with pytest.raises(ConfigMismatch, match=r"G first\.weight is"):
        files.start_from(recipe(replace(small, ngf=8), pairs(32)), tmp_path / "a")
    with pytest.raises(CheckpointError, match="has no checkpoint"):
        files.start_from(large, tmp_path)


def test_a_run_can_begin_with_a_model(tmp_path):
    config = tiny_config("pix2pix", kimg=0.004)
    run(config, tmp_path / "a")
    model = files.export(tmp_path / "a", tmp_path / "a")["photo-to-sketch"]
    other = recipe(replace(config, seed=5))
    files.start_from(other, model)
    wanted = native.load(model).tensors["outer.down.weight"]
    for name in ("G", "G_ema"):
        assert torch.equal(other.modules()[name].state_dict()["outer.down.weight"], wanted.float())
    with pytest.raises(CheckpointError, match="holds a 'translation-unet'"):
        files.start_from(recipe(tiny_config("autoencoder"), pairs(192)), model)


def test_unpaired_pictures_and_eight_variants(tmp_path):
    data = pairs(32)
    other = UnpairedSet(
        data.path, "train", data.names, data.names[:7], data.a, data.b[:7], "0" * 16
    )
    config = tiny_config("cyclegan", augment="eight", kimg=0.004)
    lines = run(config, tmp_path / "run", other)
    assert "loss/cycle" in lines[-1]
    assert not [key for key in lines[-1] if key.startswith("val/")]
    with pytest.raises(InputError, match="holds no pairs, which pix2pix needs"):
        recipe(tiny_config("pix2pix"), other)


# Every term moves the networks that it is meant for.

TERMS = {
    "autoencoder": {"loss/L1": "G", "loss/judge": "G"},
    "pix2pix": {
        "loss/L1": "G", "loss/judge": "G", "loss/G_gan": "G", "loss/unlike": "G",
        "loss/fooling": "G",
    },
    "cyclegan": {
        "loss/G_gan": "G", "loss/F_gan": "F", "loss/cycle": "GF", "loss/identity": "GF",
        "loss/judge": "GF",
    },
}  # fmt: skip


def moved(loss, network):
    wanted = [p for p in network.parameters() if p.requires_grad]
    grads = torch.autograd.grad(loss, wanted, retain_graph=True, allow_unused=True)
    return float(sum(g.square().sum() for g in grads if g is not None))


@pytest.mark.parametrize("method", METHODS)
def test_each_term_moves_its_network(method):
    judge = "tagger" if method == "pix2pix" else "identity"
    looks = {"critics": 1.0, "perceptual": 1.0} if method == "pix2pix" else {}
    config = tiny_config(method, judge_weight=1.0, batch=2, **looks)
    torch.manual_seed(0)
    network = Identity(IdentityConfig(resolution=32, width=4)) if judge == "identity" else None
    network = (network or tiny.tagger()).eval().requires_grad_(False)
    more = {"features": make_features()} if looks else {}
    one = recipe(config, judge=network, **more)
    random = StepRandom(0, 0)
    shown = one.batches.next(random)
    one._learn(False)
    terms, made = one.terms(shown, random)
    if looks:  # distance and critics take turns
        assert "loss/unlike" not in terms
        later, _ = one.terms(shown, StepRandom(0, 2))
        terms["loss/unlike"] = later["loss/unlike"]
        assert "loss/fooling" not in later
    assert set(terms) == set(TERMS[method]) <= set(one.weights())
    for term, names in TERMS[method].items():
        for name in names:
            size = moved(terms[term], one.nets[name])
            assert np.isfinite(size)
            assert size > 0, (term, name)
    one._learn(True)
    if one.adversaries:
        loss = one.judged(shown, [x.detach() for x in made])
        assert all(moved(loss, one.nets[name]) > 0 for name in one.adversaries)
    if looks:
        assert moved(one._critic_loss(made[0], random), one.nets["C"]) > 0


def test_a_frozen_judge_is_asked(tmp_path):
    judge = tiny.tagger().eval().requires_grad_(False)
    config = tiny_config("pix2pix", judge="tiny", judge_weight=5.0, kimg=0.004)
    *_, line = run(config, tmp_path, judge=judge)
    assert line["loss/judge"] > 0
    parts = line["loss/G_gan"] + 100 * line["loss/L1"] + 5 * line["loss/judge"]
    assert line["loss/G"] == pytest.approx(parts, rel=1e-3)


def test_not_a_number_stops():
    one = recipe(tiny_config("pix2pix"))
    one.nets["G"].get_parameter("outer.up.bias").data.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="the gradient of G is nan at 0 images"):
        one.step(StepRandom(0, 0))


def test_another_configuration_is_refused(tmp_path):
    config = tiny_config("autoencoder", kimg=0.004)
    run(config, tmp_path)
    with pytest.raises(ConfigMismatch, match="was started with seed 0, now it is 1"):
        run(replace(config, seed=1), tmp_path)
    with pytest.raises(InputError, match="opened at 64 pixels, the run has 192"):
        recipe(config, pairs(64))
    with pytest.raises(InputError, match="opened at 64 pixels, the run has 192"):
        recipe(config, kept=pairs(64))
    with pytest.raises(InputError, match=r"computed 0\.5 needs faces"):
        recipe(replace(config, computed=0.5, direction="sketch-to-photo"))
    with pytest.raises(InputError, match="need the frozen networks"):
        recipe(replace(config, critics=1.0))


# Data


def test_what_a_step_is_shown():
    data, more = pairs(64, 6), faces(64)
    config = tiny_config("pix2pix", computed=0.5, augment="none", perceptual=1.0)
    device = torch.device("cpu")
    shown = Batches(config, data, more, device).next(StepRandom(0, 8))
    assert (shown.a.shape, shown.true) == ((4, 3, 64, 64), 2), "computed drawings are hints"
    assert shown.b[2:].std() > 0.05
    assert torch.equal(shown.b[2:, 0], shown.b[2:, 1])
    back = Batches(replace(config, direction="sketch-to-photo"), data, more, device)
    there = back.next(StepRandom(0, 8))
    assert there.true == 4, "photographs are truths"
    assert torch.equal(there.b, shown.a)
    assert torch.equal(there.a, shown.b)
    assert Batches(config, data, more, device).real(StepRandom(0, 0)).shape == (4, 3, 64, 64)
    both = joined([data, pairs(64, 3, 2)])
    assert len(both) == 9
    assert np.array_equal(both.batch(np.array([7]))[0], pairs(64, 3, 2).batch(np.array([1]))[0])


@pytest.mark.parametrize("wild", [False, True])
def test_shaking_moves_both_pictures_alike(wild):
    data = pairs(64, 6)
    a = torch.from_numpy(data.a).permute(0, 3, 1, 2).float() / 127.5 - 1
    grid = shake(6, 64, torch.Generator().manual_seed(0), wild)
    moved = sample(a, grid)
    assert torch.equal(moved, sample(a, grid))
    assert (moved - a).abs().mean() > 0.02
    assert grid.abs().max() < (2.2 if wild else 1.15)
    mirrored = (grid[:, 32, -1, 0] < grid[:, 32, 0, 0]).sum()
    assert 0 < int(mirrored) < 6


def test_weather():
    data = pairs(64, 6)
    a, b = (torch.from_numpy(x).permute(0, 3, 1, 2).float() / 127.5 - 1 for x in (data.a, data.b))
    for change in (
        lambda s: relight(a, 0.2, s),
        lambda s: weather_photos(a, 3, s),
        lambda s: weather_sketches(b, s),
    ):
        one, same, other = (change(torch.Generator().manual_seed(i)) for i in (0, 0, 1))
        assert torch.equal(one, same)
        assert (one - other).abs().mean() > 0.01
        assert one.shape == a.shape
        assert one.abs().max() <= 1
    drawn = weather_sketches(b, torch.Generator().manual_seed(0))
    assert torch.equal(drawn[:, 0], drawn[:, 2]), "a damaged sketch stays grey"


def test_a_plain_ground_is_changed_and_the_face_is_not():
    photo = torch.full((1, 3, 64, 64), 0.9)
    photo[:, :, 16:, 20:44] = -0.5
    tints = []
    for seed in range(6):
        made = weather_photos(photo, 1, torch.Generator().manual_seed(seed))[0]
        tints.append(float(made[:, :8, :8].std(dim=0).mean()))
        assert (made[:, 30:50, 28:36].std(dim=(1, 2)) < 0.15).all(), "the face stays in one piece"
    assert max(tints) > 0.2, "the ground has got another colour"
    kept = weather_photos(photo, 0, torch.Generator().manual_seed(0))[0]
    assert kept[:, :8, :8].std(dim=(1, 2)).max() < 0.1


# Configurations


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
        ({"computed": 2}, "computed 2 is not from 0 to 1"),
        ({"computed": 1, "perceptual": 1}, "leaves no drawn pair"),
        ({"computed": 0.5, "batch": 2}, "give perceptual a weight"),
        ({"method": "cyclegan", "critics": 1}, "not for cyclegan"),
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
