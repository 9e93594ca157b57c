"""``mien train sketch``: plan, run, models, and every way in which it can be called wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mien import cli, images
from mien.hub.loading import load_translator
from mien.training.logs import RunLog

SMALL = [
    *("--resolution", "32", "--ngf", "4", "--ndf", "4", "--channel-max", "8", "--batch", "4"),
    *("--kimg", "0.008", "--tick-kimg", "0.004", "--device", "cpu"),
]


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rng = np.random.RandomState(0)
    for i in range(10):
        for side in ("photo", "sketch"):
            pixels = rng.randint(0, 256, (40, 32, 3)).astype(np.uint8)
            images.save(tmp_path / "pairs" / side / f"{i:02d}.png", pixels)
    return tmp_path / "pairs"


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    status = cli.main(["train", "sketch", *(str(arg) for arg in args)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_the_plan(pairs: Path, tmp_path: Path, capsys) -> None:
    command = ["--data", pairs, "--out", tmp_path / "run", "--method", "cyclegan", "--dry-run"]
    status, out, err = run(capsys, *command, *SMALL, "--json")
    assert status == 0, err
    plan = json.loads(out)
    assert (plan["pictures"], plan["kept_out"], plan["steps"]) == (8, 2, 2)
    assert plan["config"]["norm"] == "instance"
    assert plan["parameters"]["G"] > plan["parameters"]["D"] > 0
    status, out, _ = run(capsys, *command, *SMALL)
    assert "method           cyclegan" in out
    assert not (tmp_path / "run").exists()


def test_a_run_and_again(pairs: Path, tmp_path: Path, capsys) -> None:
    command = ["--data", pairs, "--out", tmp_path / "run", *SMALL]
    status, out, err = run(capsys, *command, "--json")
    assert status == 0, err
    result = json.loads(out)
    model = tmp_path / "run" / "photo-to-sketch.safetensors"
    assert result["models"] == {"photo-to-sketch": str(model)}
    assert result["nimg"] == 8
    assert 0 < result["val/photo-to-sketch/mae"] < 1
    loaded = load_translator(model)
    assert loaded.meta["data"] == "pairs, training part"
    assert loaded.meta["resolution"] == 32
    assert loaded.network(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)
    lines = RunLog.read(tmp_path / "run" / "log.jsonl")
    status, out, err = run(capsys, *command)
    assert status == 0, err
    assert out == f"wrote {model}\n"
    assert RunLog.read(tmp_path / "run" / "log.jsonl") == lines


def test_two_folders_that_do_not_match(pairs: Path, tmp_path: Path, capsys) -> None:
    for i in range(4):
        (pairs / "sketch" / f"{i:02d}.png").rename(pairs / "sketch" / f"other{i}.png")
    command = ["--data", pairs, "--out", tmp_path / "run", "--method", "cyclegan", *SMALL]
    command += ["--direction", "sketch-to-photo", "--blocks", "1"]
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "partner" in err
    status, out, err = run(capsys, *command, "--unpaired", "--sides", "photo,sketch2", "--json")
    assert status == 2
    status, out, err = run(capsys, *command, "--unpaired", "--json")
    assert status == 0, err
    assert set(json.loads(out)["models"]) == {"photo-to-sketch", "sketch-to-photo"}


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        (["--method", "pixpix"], "did you mean 'pix2pix'"),
        (["--direction", "up"], "unknown direction 'up'"),
        (["--split", "random"], "'random' (known: honest, leaky)"),
        (["--preset", "huge"], "unknown preset 'huge'"),
        (["--resolution", "100"], "resolution 100 does not fit"),
        (["--sides", "photo"], "sides 'photo' are not two names"),
        (["--unpaired", "--split", "leaky"], "split 'leaky' is for pairs"),
        (["--unpaired"], "holds no pairs, which pix2pix needs"),
        (["--judge", "nobody"], "unknown model 'nobody'"),
        (["--from", "nowhere.safetensors"], "does not exist"),
        (["--device", "tpu"], "device 'tpu'"),
        (["--data", "nothing.zip"], "nothing.zip"),
    ],
)
def test_called_wrongly(pairs: Path, tmp_path: Path, capsys, extra, text) -> None:
    command = ["--data", pairs, "--out", tmp_path / "run", *SMALL, *extra]
    status, out, err = run(capsys, *command)
    assert status == 2
    assert text in err
    assert err.count("\n") == 1
    assert not out


def test_another_configuration(pairs: Path, tmp_path: Path, capsys) -> None:
    command = ["--data", pairs, "--out", tmp_path / "run", *SMALL]
    assert run(capsys, *command)[0] == 0
    status, _, err = run(capsys, *command, "--seed", "1")
    assert status == 2
    assert "was started with seed 0, now it is 1" in err
