"""``mien weights``: what it lists, shows, fetches and converts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from checkpoints.foreign_networks import rosinality_generator
from mien import cli
from mien.checkpoints import native
from mien.hub import catalogue
from mien.hub.catalogue import Row


@pytest.fixture(autouse=True)
def _wired(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(cli.VERBS, "weights", "mien.cli.weights")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    row = Row(
        name="faces",
        kind="stylegan2-generator",
        file="not-here.safetensors",
        sha256="0" * 64,
        bytes=5_000_000,
        licence="CC0",
        data="made up",
        kimg=12.5,
        resolution=128,
    )
    monkeypatch.setattr(catalogue, "ROWS", (row,))


def answer(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    assert cli.main(["weights", *args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def complaint(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert cli.main(["weights", *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_list(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = answer(capsys, "list")["weights"]
    assert (row["name"], row["kimg"], row["path"]) == ("faces", 12.5, None)
    assert cli.main(["weights", "list"]) == 0
    assert "faces" in capsys.readouterr().out
    monkeypatch.setattr(catalogue, "ROWS", ())
    assert cli.main(["weights", "list"]) == 0
    assert "empty" in capsys.readouterr().out


def test_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "card", "faces")["card"].startswith("# faces")
    assert cli.main(["weights", "card", "faces"]) == 0
    assert "128×128" in capsys.readouterr().out
    assert "did you mean 'faces'" in complaint(capsys, "card", "facse")


def test_pull_without_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no address" in complaint(capsys, "pull", "faces")


def test_convert_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = rosinality_generator()
    theirs, ours, again = (tmp_path / n for n in ("a.pt", "b.safetensors", "c.pt"))
    torch.save({"g_ema": state, "latent_avg": torch.zeros(16)}, theirs)
    result = answer(capsys, "convert", str(theirs), "--out", str(ours))
    assert (result["from"], result["config"]["resolution"]) == ("rosinality", 32)
    meta = native.load(ours, "stylegan2-generator").meta
    assert meta["source_sha256"] == native.sha256_file(theirs)
    assert cli.main(["weights", "convert", str(ours), "--out", str(again)]) == 0
    back = torch.load(again, weights_only=True)["g_ema"]
    assert all(torch.equal(back[name], tensor) for name, tensor in state.items())


def test_convert_to_half(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs, ours = tmp_path / "a.pt", tmp_path / "b.safetensors"
    torch.save({"g_ema": rosinality_generator()}, theirs)
    assert answer(capsys, "convert", str(theirs), "--out", str(ours), "--half")["notes"]
    assert ours.stat().st_size < 0.6 * theirs.stat().st_size


def test_convert_complains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs, out = str(tmp_path / "a.pt"), str(tmp_path / "b.safetensors")
    torch.save({"g_ema": rosinality_generator()}, theirs)
    assert "ends in none of" in complaint(capsys, "convert", theirs, "--out", "x.bin")
    assert "--kind 'x'" in complaint(capsys, "convert", theirs, "--out", out, "--kind", "x")
    half = complaint(capsys, "convert", theirs, "--out", str(tmp_path / "x.pt"), "--half")
    assert "--half is for .safetensors" in half
    critic = complaint(capsys, "convert", theirs, "--out", out, "--kind", "discriminator")
    assert "holds a StyleGAN2 generator, a discriminator is wanted" in critic
    assert "does not exist" in complaint(capsys, "convert", "no/such.pt", "--out", out)
    assert not Path(out).exists()
    Path(out).write_text("mine")
    assert "exists already" in complaint(capsys, "convert", theirs, "--out", out)
    assert Path(out).read_text() == "mine"
