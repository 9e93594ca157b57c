"""The loop of GANs N' Roses: resumed, killed, grown, refused."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from mien import cli, images
from mien.anime import train as anime
from mien.anime.config import PRESETS, AnimeConfig, preset
from mien.anime.content import move
from mien.anime.step import AnimeTrainer, count_parameters
from mien.checkpoints import native
from mien.checkpoints.registry import open_checkpoint
from mien.errors import CheckpointError, ConfigMismatch, InputError, TrainingDiverged, UnknownName
from mien.hub.loading import load_anime
from mien.training import state
from training.tiny import tagger

TINY = AnimeConfig(
    resolution=32, channels=(8, 8), d_channels=(8, 8, 8), local_down=1, w_dim=8, mapping_layers=2,
    kimg=0.024, batch=4, copies=2, warmup_kimg=0.008, way_back=0.5, r1_interval=2, perceptual=1,
    equivariance=1, style=1, reconstruct=1, reconstruct_interval=2, critic=1, ema_kimg=0.05, seed=3,
)  # fmt: skip
OFTEN = anime.Cadence(tick_kimg=0.008, checkpoint_minutes=0, grid_kimg=1)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    """Six selfies and anime faces, and one selfie kept out."""
    folder = tmp_path_factory.mktemp("data") / "faces"
    rng = np.random.default_rng(0)
    for part, count in (("trainA", 6), ("trainB", 6), ("testA", 1)):
        for i in range(count):
            picture = rng.integers(0, 255, (32, 32, 3), np.uint8)
            images.save(folder / part / f"{i}.png", picture)
    return folder


@pytest.fixture(scope="module")
def data(zipped):
    return anime.AnimeData.open(zipped, 32)


def run(config, data, folder, **more):
    """All lines of a run, without the time."""
    told = [
        {k: v for k, v in line.items() if k not in ("time", "s/kimg")}
        for line in anime.train(config, data, folder, CPU, OFTEN, tagger(), **more)
    ]
    return told


def tensors(folder):
    return native.load(state.checkpoints(folder)[-1]).tensors


@pytest.fixture(scope="module")
def unbroken(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "whole"
    return folder, run(TINY, data, folder)


def test_a_run_writes_what_it_says(unbroken, data):
    folder, lines = unbroken
    assert [line["nimg"] for line in lines] == [8, 16, 24]
    assert "warm/L1" in lines[0]
    assert "G/b" in lines[-1]
    assert all(np.isfinite(v) for line in lines for v in line.values())
    log = [json.loads(text) for text in (folder / "log.jsonl").read_text().splitlines()]
    assert [line["nimg"] for line in log] == [8, 16, 24]
    assert "s/kimg" in log[-1]
    assert images.load(folder / "grids" / "styles-00000024.png").shape == (32, 7 * 32, 3)
    assert data.shown.shape == (1, 32, 32, 3)


def test_a_resumed_run_is_the_unbroken_one(unbroken, data, tmp_path):
    first = anime.train(TINY, data, tmp_path, CPU, OFTEN, tagger())
    for _ in range(2):  # the last step before the second line is in no checkpoint: it is lost
        next(first)
    first.close()
    assert run(TINY, data, tmp_path)[-1]["nimg"] == unbroken[1][-1]["nimg"]
    one, other = tensors(unbroken[0]), tensors(tmp_path)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
def test_a_killed_run_goes_on(unbroken, zipped, tmp_path):
    code = (
        "from pathlib import Path; import torch; from mien.anime import train as anime;"
        "from anime.test_train import OFTEN, TINY, CPU; from training.tiny import tagger;"
        f"data = anime.AnimeData.open({str(zipped)!r}, 32);"
        f"[0 for _ in anime.train(TINY, data, Path({str(tmp_path)!r}), CPU, OFTEN, tagger())]"
    )
    places = os.pathsep.join(path for path in sys.path if path)
    alone = {**os.environ, "PYTHONPATH": places}
    started = subprocess.Popen([sys.executable, "-c", code], env=alone)
    limit = time.monotonic() + 120
    while not state.checkpoints(tmp_path) and time.monotonic() < limit:
        time.sleep(0.01)
    started.send_signal(signal.SIGKILL)
    started.wait()
    subprocess.run([sys.executable, "-c", code], env=alone, check=True)
    one, other = tensors(unbroken[0]), tensors(tmp_path)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_another_configuration_is_refused(unbroken, data):
    with pytest.raises(ConfigMismatch, match=r"started with lr 0.002, now it is 0.001"):
        run(replace(TINY, lr=0.001), data, unbroken[0])


def test_the_model_is_exported_and_loads(unbroken):
    found = load_anime(unbroken[0] / anime.MODEL)
    assert found.meta["kimg"] == 0.024
    assert found.config["reference"] is True
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    style = found.network.style_of(x)
    assert found.network(x, style).shape == x.shape
    last = open_checkpoint(state.checkpoints(unbroken[0])[-1], "gans-n-roses")
    assert last.config == found.config
    assert open_checkpoint(
        state.checkpoints(unbroken[0])[-1], "gans-n-roses-discriminator"
    ).config == {"resolution": 32, "channels": [8, 8, 8], "local_down": 1, "head": 128}
    with pytest.raises(CheckpointError, match="without a StyleGAN2 generator"):
        open_checkpoint(state.checkpoints(unbroken[0])[-1], "stylegan2-generator")


def test_a_checkpoint_is_converted_from_the_command_line(unbroken, tmp_path, capsys):
    newest, out = state.checkpoints(unbroken[0])[-1], tmp_path / "anime.safetensors"
    asked = ["weights", "convert", str(newest), "--kind", "anime", "--out"]
    assert cli.main([*asked, str(out), "--half"]) == 0
    assert load_anime(out).config["channels"] == [8, 8]
    assert cli.main([*asked, str(tmp_path / "anime.pt")]) == 2
    assert "--kind anime is written as .safetensors only" in capsys.readouterr().err


def test_the_verb_prints_its_plan(capsys):
    asked = ["train", "anime", "--data", "x.zip", "--out", "x", "--dry-run", "--json"]
    assert cli.main([*asked, "--preset", "cpu-64", "--batch", "4"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"]["batch"] == 4
    assert told["parameters"]["a2b"] > 1e6
    assert cli.main([*asked, "--batch", "5"]) == 2
    assert "a batch of 5 does not split into groups of 7" in capsys.readouterr().err


def test_encoders_part_after_the_warm_up(data):
    trainer = AnimeTrainer(TINY, data.selfies, data.anime, CPU, tagger())
    before = trainer.nets.b2a.encoder.fromrgb.weight.clone()
    trainer.step()
    assert torch.equal(trainer.nets.b2a.encoder.fromrgb.weight, before)
    trainer.step()
    one, other = trainer.nets.a2b.encoder, trainer.nets.b2a.encoder
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    trainer.step()
    assert not torch.equal(one.fromrgb.weight, other.fromrgb.weight)


def test_a_run_grows(unbroken, data):
    config = replace(TINY, resolution=64, channels=(8, 8, 8), d_channels=(8, 8, 8, 8), local_down=2)
    big = data.selfies.repeat(2, axis=1).repeat(2, axis=2)
    trainer = AnimeTrainer(config, big, big, CPU, tagger())
    anime.grow_from(trainer.nets, state.checkpoints(unbroken[0])[-1])
    small = load_anime(unbroken[0] / anime.MODEL).network
    grown = trainer.nets.ema_a2b
    assert torch.allclose(grown.mapping[0].weight, small.mapping[0].weight, rtol=1e-2)
    x, z = torch.rand(1, 3, 64, 64), torch.zeros(1, 8)
    assert grown(x, z).shape == (1, 3, 64, 64)
    assert (grown.blocks[-1].torgb.weight == 0).all()
    assert torch.isfinite(trainer.step()["warm/L1"])
    other = AnimeTrainer(
        replace(TINY, resolution=128, channels=(8,) * 4, d_channels=(8,) * 5, local_down=3),
        big, big, CPU, tagger(),
    )  # fmt: skip
    with pytest.raises(ConfigMismatch, match="has 2 channels, this run has 4"):
        anime.grow_from(other.nets, state.checkpoints(unbroken[0])[-1])


def test_numbers_that_are_not_finite_stop_a_run(data):
    trainer = AnimeTrainer(TINY, data.selfies, data.anime, CPU, tagger())
    with torch.no_grad():
        trainer.nets.a2b.encoder.fromrgb.weight.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="gradient of the autoencoders is nan at 0 images"):
        trainer.step()


def test_presets():
    assert preset("published-256") == AnimeConfig()
    assert preset("cpu-64", lr=0.01, batch=None).lr == 0.01
    assert {preset(name).resolution for name in PRESETS} == {64, 128, 256}
    sizes = count_parameters(preset("cpu-128"))
    assert sizes["a2b"] == sizes["ema_a2b"] < 8e6
    with pytest.raises(UnknownName, match="unknown preset 'cpu'"):
        preset("cpu")
    with pytest.raises(UnknownName, match="unknown setting 'rate'"):
        preset("cpu-64", rate=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch": 5}, "5 does not split into groups of 2 copies"),
        ({"copies": 1, "batch": 4}, "groups of 1 copies"),
        ({"precision": "fp8"}, "neither bf16 nor fp32"),
        ({"kimg": 0}, "kimg is 0"),
        ({"way_back": 2}, "way_back is 2"),
        ({"lr": 0}, "lr is 0"),
        ({"channels": (8,) * 5}, "down-samplings leave"),
    ],
)
def test_configurations_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        replace(TINY, **change)


def test_equivariance_is_nought_if_the_drawing_moves_along(data):
    config = replace(TINY, resolution=64, batch=6, copies=3)
    trainer = AnimeTrainer(config, data.selfies, data.anime, CPU, tagger())
    coarse = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(1)) * 2 - 1
    smooth = functional.interpolate(coarse, size=64, mode="bicubic")
    maps = trainer._drawn_maps(6, 1)
    moved = move(smooth.repeat_interleave(3, dim=0), maps)
    still = smooth.repeat_interleave(3, dim=0)

    def draw(content, z):
        """The drawing is the content."""
        return content

    z = torch.zeros(6, config.style_dim)
    along = trainer._equivariance(draw, moved, z, moved, maps)
    assert along < 0.01
    assert trainer._equivariance(draw, still, z, still, maps) > 20 * along
    assert (
        trainer._equivariance(draw, still[:3], z[:3], still[:3], torch.eye(3).repeat(3, 1, 1)) == 0
    )


def test_a_tagger_is_asked_for(data):
    with pytest.raises(InputError, match="need a tagger"):
        AnimeTrainer(TINY, data.selfies, data.anime, CPU)
    plain = replace(TINY, perceptual=0, critic=0, warmup_kimg=0, precision="fp32", way_back=1)
    told = AnimeTrainer(plain, data.selfies, data.anime, CPU).step()
    assert {"G/a", "G/b", "cycle/a", "cycle/b", "D/a", "D/b", "R1/a"} <= told.keys()
