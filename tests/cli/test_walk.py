"""``mien walk``: a clip comes out, says what made it, and is refused in one line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.checkpoints import native
from mien.cli import main
from mien.files import PARTIAL
from mien.studio import Studio
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.video.reader import Clip
from video.clips import make_clip

SHAPE = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 128, "channel_max": 8}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    G = Generator(GeneratorConfig(**SHAPE, mapping_layers=2))
    native.save(path, "stylegan2-generator", G.state_dict(), {**SHAPE, "mapping_layers": 2}, {})
    return str(path)


def test_a_walk_is_written_and_shown(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "walk.mp4"
    command = ["walk", "0", "7", "42", "--seconds", "1.5", "--fps", "10", "--model", model]
    assert main([*command, "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["frames"], said["file"], said["walk"]["space"]) == (15, str(out), "w")
    clip = Clip(out)
    assert (clip.frames, clip.fps, clip.width, clip.sound) == (15, 10, 32, None)
    first = next(iter(clip)).image.astype(int)
    assert np.abs(first - Studio(model, "cpu").generate(1, 0).images[0]).mean() < 12
    assert main(["show", str(out), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["kind"], shown["frames"], shown["seconds"]) == ("clip", 15, 1.5)
    assert shown["provenance"]["walk"] == said["walk"]
    assert shown["provenance"]["sha256"] == said["sha256"]
    assert main([*command, "--out", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*command, "--out", str(out), "--force", "--loop", "--ease", "smooth"]) == 0
    assert "15 frames in" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["walk.gif", "walk.webm"])
def test_other_formats_in_z(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    out = tmp_path / name
    command = ["walk", "1", "2", "--seconds", "1", "--fps", "5", "--space", "z", "--model", model]
    assert main([*command, "--out", str(out)]) == 0
    assert Clip(out).frames == 5
    capsys.readouterr()
    assert main(["show", str(out), "--json"]) == 0
    faces = json.loads(capsys.readouterr().out)["provenance"]["walk"]["faces"]
    assert faces == [{"seed": 1}, {"seed": 2}]


def test_a_clip_of_somebody_else_is_shown_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(make_clip(tmp_path / "a.mp4", frames=5)), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["sound"], found["frames"]) == ("aac", 5)
    assert found["provenance"] == "does not say what made it"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["0", "1", "--out", "walk.avi"], "'.avi', which is no video; give a name that ends in"),
        (["0", "1", "--out", "walk"], "has no suffix"),
        (["0"], "a walk needs 2 faces and has 1"),
        ([], "Missing argument"),
        (["0", "1", "--space", "x"], "unknown space 'x'"),
        (["0", "none.png"], "none.png: does not exist"),
        (["0", "1", "--seconds", "0"], "0 frames"),
        (["0", "1", "--keyframes", "none.json"], "none.json: there is no such file"),
    ],
)
def test_every_wrong_way_is_one_line(
    model: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["walk", *arguments, "--model", model]) == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_without_pyav(
    model: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    out = str(tmp_path / "walk.mp4")
    assert main(["walk", "0", "1", "--model", model, "--out", out]) == 2
    assert "pip install 'mien[video]'" in capsys.readouterr().err


@pytest.mark.usefixtures("heard")
def test_ctrl_c_leaves_a_clip_of_what_was_done(model: str, tmp_path: Path) -> None:
    out = tmp_path / "walk.mp4"
    command = [
        sys.executable,
        "-m",
        "mien",
        "walk",
        "0",
        "1",
        "--model",
        model,
        "--seconds",
        "3000",
    ]
    with subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 60
        while time.monotonic() < end and not any(
            path.stat().st_size for path in tmp_path.glob(f"{PARTIAL}*")
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    said = complaint.decode()
    frames = Clip(out).frames
    assert f"holds the {frames} of 90000 frames that were done" in said
    assert [path.name for path in tmp_path.iterdir()] == ["walk.mp4"]
