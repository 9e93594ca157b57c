"""The loop of StyleGAN2: resumed, killed, split over processes, refused."""

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

from mien import images
from mien.attributes import COLUMNS, LABELS, column_slice
from mien.checkpoints import native
from mien.data.training_set import TrainingSet
from mien.errors import CheckpointError, ConfigMismatch, InputError, TrainingDiverged
from mien.hub.loading import load_generator
from mien.judges.tagger import Tagger, TaggerConfig
from mien.portraits import memory as gan_memory
from mien.portraits import train as gan
from mien.portraits.config import GanConfig, drop_columns
from mien.portraits.step import build
from mien.stylegan2.ops import downsample, upsample
from mien.training import state
from mien.training.processes import Share, launch

TINY = GanConfig(
    resolution=32, kimg=0.064, batch=8, z_dim=16, w_dim=16, mapping_layers=2, channel_base=128,
    channel_max=8, r1_interval=4, pl_weight=2, pl_interval=4, ema_kimg=0.05, seed=3,
)  # fmt: skip
OFTEN = gan.Cadence(tick_kimg=0.016, checkpoint_kimg=0.032, grid_kimg=1)
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


def tensors(folder):
    return native.load(state.checkpoints(folder)[-1]).tensors


def equal(a, b):
    assert a.keys() == b.keys()
    different = [key for key in a if not torch.equal(a[key], b[key])]
    assert not different, different[:5]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_resumed_run_equals_an_unbroken_one(tmp_path, data, fabric, precision):
    config = replace(TINY, precision=precision, augment="bgcfnk")
    whole = list(gan.train(config, data, tmp_path / "whole", fabric, OFTEN))
    stop = iter([False, True])
    first = list(gan.train(config, data, tmp_path / "cut", fabric, OFTEN, pause=lambda: next(stop)))
    torch.manual_seed(99)  # whatever happens between must not matter
    second = list(gan.train(config, data, tmp_path / "cut", fabric, OFTEN))
    assert 0 < len(first) < len(whole)
    equal(tensors(tmp_path / "whole"), tensors(tmp_path / "cut"))
    timeless = [{k: v for k, v in line.items() if k not in ("s/kimg", "time")} for line in whole]
    log = gan.RunLog.read(tmp_path / "cut" / "log.jsonl")
    assert [{k: v for k, v in line.items() if k not in ("s/kimg", "time")} for line in log] == (
        timeless
    )
    assert second[-1]["nimg"] == 64
    assert list((tmp_path / "cut" / "grids").glob("*.png"))


def command(faces, out, *extra):
    shape = "--resolution 32 --batch 8 --z-dim 16 --w-dim 16 --mapping-layers 2 --channel-base 128"
    often = "--channel-max 8 --kimg 0.096 --tick-kimg 0.008 --checkpoint-kimg 0.016 --part all"
    head = [sys.executable, "-m", "mien", "train", "gan", "--data", str(faces), "--out", str(out)]
    return [*head, *shape.split(), *often.split(), "--device", "cpu", *extra]


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_killed_and_started_again(tmp_path, faces):
    assert run(*command(faces, tmp_path / "whole")).returncode == 0
    process = subprocess.Popen(command(faces, tmp_path / "cut"), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not state.checkpoints(tmp_path / "cut") and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert state.checkpoints(tmp_path / "cut")
    again = run(*command(faces, tmp_path / "cut"), "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["nimg"] == 96
    equal(tensors(tmp_path / "whole"), tensors(tmp_path / "cut"))
    loaded = load_generator(tmp_path / "cut" / "generator.safetensors")
    assert loaded.meta["kimg"] == pytest.approx(0.096)


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path, faces):
    plain = ["--precision", "fp32", "--pl-weight", "2"]
    one = run(*command(faces, tmp_path / "one", *plain))
    two = run(*command(faces, tmp_path / "two", *plain, "--devices", "2"))
    assert one.returncode == two.returncode == 0, two.stderr
    logs = [gan.RunLog.read(tmp_path / name / "log.jsonl") for name in ("one", "two")]
    assert len(logs[0]) == len(logs[1]) > 5
    for a, b in zip(*logs, strict=True):
        for key in a.keys() - {"s/kimg", "time"}:
            assert a[key] == pytest.approx(b[key], rel=2e-3, abs=2e-4), key


def test_not_a_number_stops_and_keeps_the_checkpoint(tmp_path, data, fabric):
    run_ = gan.train(TINY, data, tmp_path, fabric, OFTEN)
    next(run_)
    before = [path.read_bytes() for path in state.checkpoints(tmp_path)]
    trainer = gan.GanTrainer(TINY, data, fabric)
    trainer.nets.D.b4.fc.weight.data[0, 0] = float("nan")
    with pytest.raises(TrainingDiverged, match="gradient of G is nan at 0 images"):
        trainer.step()
    assert [path.read_bytes() for path in state.checkpoints(tmp_path)] == before


def test_another_configuration_is_refused(tmp_path, data, fabric):
    list(gan.train(TINY, data, tmp_path, fabric, OFTEN))
    with pytest.raises(ConfigMismatch, match=r"started with lr 0\.0025, now it is 0\.001"):
        list(gan.train(replace(TINY, lr=0.001), data, tmp_path, fabric, OFTEN))
    longer = list(gan.train(replace(TINY, kimg=0.08), data, tmp_path, fabric, OFTEN))
    assert longer[-1]["nimg"] == 80


def test_a_broken_newest_checkpoint_is_passed_over(tmp_path, data, fabric):
    list(gan.train(TINY, data, tmp_path, fabric, OFTEN))
    older, newest = state.checkpoints(tmp_path)
    newest.write_bytes(newest.read_bytes()[:1000])
    again = list(gan.train(TINY, data, tmp_path, fabric, OFTEN))
    assert again[0]["nimg"] > 32
    for path in state.checkpoints(tmp_path):
        path.write_bytes(b"gone")
    with pytest.raises(CheckpointError):
        list(gan.train(TINY, data, tmp_path, fabric, OFTEN))
    assert older.exists()


def test_growing_keeps_the_picture(tmp_path, data, fabric):
    list(gan.train(TINY, data, tmp_path, fabric, OFTEN))
    small = gan.GanTrainer(TINY, data, fabric)
    assert gan.resume(small, tmp_path)
    config = replace(TINY, resolution=64)
    large = build(config)
    gan.grow_from(large, state.checkpoints(tmp_path)[-1])
    z = torch.randn(2, 16)
    with torch.no_grad():
        low = small.nets.ema(z, noise="none")
        high = large.ema(z, noise="none")
    assert torch.allclose(high, upsample(low), atol=0.02)
    with pytest.raises(ConfigMismatch, match="give the same channels"):
        gan.grow_from(build(replace(config, w_dim=8)), state.checkpoints(tmp_path)[-1])


def test_a_critic_of_features_takes_part(data, fabric, tmp_path):
    config = replace(TINY, critic=1.0, kimg=0.032)

    def tagger():
        torch.manual_seed(0)
        return Tagger(TaggerConfig(resolution=32, width=4))

    trainer = gan.GanTrainer(config, data, fabric, tagger())
    before = [p.clone() for p in trainer.nets.critic.parameters()]
    stats = trainer.step()
    assert {"loss/C", "loss/critic"} <= stats.keys()
    after = list(trainer.nets.critic.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(p.requires_grad for p in after)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    [0 for _ in gan.train(config, data, whole, fabric, OFTEN, tagger())]
    half = gan.train(config, data, parts, fabric, replace(OFTEN, checkpoint_kimg=0.016), tagger())
    next(half)
    half.close()
    [0 for _ in gan.train(config, data, parts, fabric, OFTEN, tagger())]
    one, other = tensors(whole), tensors(parts)
    assert any(name.startswith("critic/") for name in one)
    assert all(torch.equal(one[name], other[name]) for name in one)
    with pytest.raises(InputError, match="critic needs a tagger"):
        gan.GanTrainer(config, data, fabric)


def test_tagger_teaches_the_labels(data, fabric):
    torch.manual_seed(0)
    tagger = Tagger(TaggerConfig(resolution=32, width=4))
    config = replace(TINY, tagger_weight=1.0)
    stats = gan.GanTrainer(config, data, fabric, tagger).step()
    assert float(stats["loss/tags"]) > 0
    assert all(not p.requires_grad for p in tagger.parameters())


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
        ({"batch": 0}, "must be positive"),
        ({"precision": "fp8"}, "neither"),
        ({"augment": "q"}, "'q'"),
    ],
)
def test_bad_configuration(values, message):
    with pytest.raises(InputError, match=message):
        replace(TINY, **values)


def test_growing_keeps_the_discriminator(tmp_path, data, fabric):
    config = replace(TINY, channel_base=512, channel_max=16, precision="fp32")
    list(gan.train(config, data, tmp_path, fabric, OFTEN))
    small = gan.GanTrainer(config, data, fabric)
    assert gan.resume(small, tmp_path)
    large = build(replace(config, resolution=64))
    gan.grow_from(large, state.checkpoints(tmp_path)[-1])
    image = torch.rand(4, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(large.D(image), small.nets.D(downsample(image)), atol=1e-3)
