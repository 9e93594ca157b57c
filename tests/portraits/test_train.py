"""Training StyleGAN2: grown, split over processes, refused; killed in training/test_recipes.py."""

import os
import socket
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from mien import cli, images
from mien.attributes import COLUMNS, LABELS, column_slice
from mien.data.training_set import TrainingSet
from mien.errors import CheckpointError, ConfigMismatch, InputError, TrainingDiverged
from mien.portraits import memory as gan_memory
from mien.portraits.config import GanConfig
from mien.portraits.draws import drop_columns
from mien.portraits.networks import build
from mien.portraits.start import grow_from
from mien.portraits.train import GanRecipe
from mien.stylegan2.ops import downsample, upsample
from mien.training import loop, state
from mien.training.logs import RunLog
from mien.training.processes import Share, launch

TINY = GanConfig(
    resolution=32, kimg=0.016, batch=8, z_dim=16, w_dim=16, mapping_layers=2, channel_base=128,
    channel_max=8, r1_interval=4, pl_weight=2, pl_interval=4, ema_kimg=0.05, seed=3,
)  # fmt: skip
OFTEN = loop.Cadence(tick_kimg=0.008, checkpoint_kimg=0.008, sample_kimg=1)
TABLE = "file\tgender\thair_color\n"


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Forty pictures with labels."""
    folder = tmp_path_factory.mktemp("data") / "faces"
    rng = np.random.default_rng(0)
    table = TABLE
    for i in range(40):
        images.save(folder / f"{i:05d}.png", rng.integers(0, 255, (32, 32, 3), np.uint8))
        table += f"{i:05d}.png\t{'mf'[i % 2]}\t{'black' if i % 3 else 'red'}\n"
    (folder.parent / "faces_labels.tsv").write_text(table)
    return folder


@pytest.fixture(scope="module")
def data(faces):
    return TrainingSet.open(faces, 32, part="all")


@pytest.fixture(scope="module")
def fabric():
    return launch("cpu")


def recipe(data, fabric, **other):
    return GanRecipe(replace(TINY, **other), data, fabric)


def command(faces, out, *extra):
    shape = "--resolution 32 --batch 8 --z-dim 16 --w-dim 16 --mapping-layers 2 --channel-base 128"
    often = "--channel-max 8 --kimg 0.024 --tick-kimg 0.008 --checkpoint-kimg 0.016 --part all"
    head = [sys.executable, "-m", "mien", "train", "gan", "--data", str(faces), "--out", str(out)]
    return [*head, *shape.split(), *often.split(), "--device", "cpu", *extra]


def start_nodes(args):
    """A process on each of two "machines", which find each other by an address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    place = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen(
            [*args, "--nodes", "2"],
            env={**place, "NODE_RANK": rank},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for rank in "01"
    ]


@pytest.mark.slow
def test_two_nodes_equal_one_process(tmp_path, faces):
    plain = ["--precision", "fp32", "--pl-weight", "2"]
    assert cli.main([*command(faces, tmp_path / "one", *plain)[3:]]) == 0
    for node in start_nodes(command(faces, tmp_path / "two", *plain)):
        said = node.communicate(timeout=300)[1]
        assert node.returncode == 0, said
    logs = [RunLog.read(tmp_path / name / "log.jsonl") for name in ("one", "two")]
    assert len(logs[0]) == len(logs[1]) == 3
    for a, b in zip(*logs, strict=True):
        for key in a.keys() - {"s/kimg", "time", "left"}:
            assert a[key] == pytest.approx(b[key], rel=2e-3, abs=2e-4), key


def test_not_a_number_stops_and_keeps_the_checkpoint(tmp_path, data, fabric):
    trainer = recipe(data, fabric)
    lines = loop.run(trainer, tmp_path, OFTEN)
    next(lines)
    trainer.nets.D.b4.fc.weight.data[0, 0] = float("nan")
    with pytest.raises(TrainingDiverged, match="gradient of G is nan at 8 images"):
        list(lines)
    assert [path.name for path in state.checkpoints(tmp_path)] == ["state-00000008.safetensors"]


def test_another_configuration_is_refused(tmp_path, data, fabric):
    list(loop.run(recipe(data, fabric), tmp_path, OFTEN))
    with pytest.raises(ConfigMismatch, match=r"started with lr 0\.0025, now it is 0\.001"):
        list(loop.run(recipe(data, fabric, lr=0.001), tmp_path, OFTEN))
    *_, line = loop.run(recipe(data, fabric, kimg=0.024), tmp_path, OFTEN)
    assert line["nimg"] == 24
    assert (tmp_path / "grids" / "faces-00000000.png").exists()


def test_a_broken_newest_checkpoint_is_passed_over(tmp_path, data, fabric):
    list(loop.run(recipe(data, fabric), tmp_path, OFTEN))
    older, newest = state.checkpoints(tmp_path)
    newest.write_bytes(newest.read_bytes()[:1000])
    first, *_ = loop.run(recipe(data, fabric), tmp_path, OFTEN)
    assert first["nimg"] == 8
    for path in state.checkpoints(tmp_path):
        path.write_bytes(b"gone")
    with pytest.raises(CheckpointError):
        list(loop.run(recipe(data, fabric), tmp_path, OFTEN))
    assert older.exists()


def test_growing_keeps_the_picture_and_the_discriminator(tmp_path, data, fabric):
    shape = {"channel_base": 512, "channel_max": 16, "critic": 0}
    small = recipe(data, fabric, **shape)
    list(loop.run(small, tmp_path, OFTEN))
    config = replace(small.config, resolution=64)
    large, path = build(config), state.checkpoints(tmp_path)[-1]
    grow_from(large, path)
    z, image = torch.randn(2, 16), torch.rand(4, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        low, high = small.nets.ema(z, noise="none"), large.ema(z, noise="none")
        assert torch.allclose(high, upsample(low), atol=0.02)
        assert torch.allclose(large.D(image), small.nets.D(downsample(image)), atol=1e-3)
    with pytest.raises(ConfigMismatch, match="give the same channels"):
        grow_from(build(replace(config, w_dim=8)), path)


def test_critics_need_what_they_look_at(data, fabric):
    with pytest.raises(InputError, match="critics need"):
        recipe(data, fabric, critic=1.0)


def test_the_average_follows_and_at_first_closely():
    half = TINY.average_halflife(0), TINY.average_halflife(400), TINY.average_halflife(90_000)
    assert half == pytest.approx((0, 0.02, 0.05))
    assert replace(TINY, ema_rampup=None).average_halflife(0) == 0.05


def test_dropped_columns_are_whole():
    rng = np.random.default_rng(0)
    labels = np.zeros((2000, len(LABELS)), np.float32)
    for column in COLUMNS:
        labels[:, column_slice(column).start] = 1
    dropped = drop_columns(labels, replace(TINY, label_empty=0.25, label_keep=0.3), rng)
    counts = dropped.sum(axis=1)
    assert set(np.unique(dropped)) == {0, 1}
    assert 0.2 < (counts == 0).mean() < 0.3
    assert 0.6 < counts[counts > 0].mean() / len(COLUMNS) < 0.75
    assert labels.sum() == 2000 * len(COLUMNS)


def test_share_keeps_groups_together():
    class Process:
        world_size, global_rank = 2, 1

    share = Share(Process(), 16, 4)
    assert share.rows().tolist() == [2, 3, 6, 7, 10, 11, 14, 15]
    with pytest.raises(InputError, match="take a multiple of 8"):
        Share(Process(), 12, 4)


def test_memory_estimate_grows_with_the_batch():
    few, many = (gan_memory.estimate(replace(TINY, batch=n), 100) for n in (8, 16))
    assert many.activations == 2 * few.activations
    assert few.total > few.weights + few.optimizers
    assert few.data == 100 * 3 * 32 * 32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch": 0}, "batch 0"),
        ({"precision": "fp8"}, "neither"),
        ({"augment": "q"}, "'q'"),
    ],
)
def test_bad_configuration(values, message):
    with pytest.raises(InputError, match=message):
        replace(TINY, **values)
