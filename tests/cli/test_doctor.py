"""``mien doctor`` says what is there, what is missing and what mends it."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mien import cli
from mien.cli import doctor
from mien.errors import MissingExtra, pip_install
from mien.hub import catalogue
from mien.runtime.engines import ENGINES


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """What ``mien doctor --json`` found, by name."""
    assert cli.main(["doctor", "--json"]) == 0
    return {found["name"]: found for found in json.loads(capsys.readouterr().out)["findings"]}


def test_it_finds_what_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    found = findings(capsys)
    assert found["torch"]["values"]["version"] == torch.__version__
    assert found["cpu"]["values"]["cores"] >= 1
    assert found["disk"]["values"]["free_bytes"] > 0
    assert len(found["gpu"]["values"]["names"]) == torch.cuda.device_count()
    picks = found["engine"]["values"]["picks"]
    assert list(picks) == ["128² (portraits)", "256²", "1024²"]
    assert all(pick.split(", ")[0] in ENGINES for pick in picks.values())
    assert found["engine"]["mend"] == "mien bench"


def test_a_person_gets_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 0
    out, err = capsys.readouterr()
    names = ["python", "torch", "cpu", "memory", "gpu", "disk", "sentence model", "weights"]
    assert [name for name in names if name not in out] == []
    assert err == ""
    missing = [x for x in doctor.EXTRAS if importlib.util.find_spec(doctor.EXTRAS[x][1][0]) is None]
    said = " ".join(out.split())
    assert [x for x in missing if f"pip install 'mien[{x}]'" not in said] == []


def test_a_missing_extra_comes_with_its_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # the command is shorter where the environment lies below
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "av" else real(name)
    )
    video = findings(capsys)["extra video"]
    assert video["ok"]
    assert video["values"] == {"missing": ["av"]}
    assert video["mend"] == f"{sys.executable} -m pip install 'mien[video]'"


def test_the_command_is_that_of_this_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/pip").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/bin/python"))
    assert pip_install("mien[video]") == ".venv/bin/pip install 'mien[video]'"
    assert ".venv/bin/pip install 'mien[video]'" in str(MissingExtra("av", "video", "video"))
    monkeypatch.setattr(sys, "executable", "/opt/my env/bin/python")
    assert pip_install("mien[onnx]") == "'/opt/my env/bin/python' -m pip install 'mien[onnx]'"


def test_extras_are_those_of_the_project() -> None:
    import tomllib

    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    assert set(doctor.EXTRAS) == set(extras) - {"dev", "docs"}  # what only developers want


def test_a_missing_weight_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = catalogue.Row(
        name="ghost",
        kind="tagger",
        file="ghost.safetensors",
        sha256="0" * 64,
        bytes=1,
        licence="MIT",
        data="none",
    )
    monkeypatch.setattr(catalogue, "ROWS", (row,))
    weights = findings(capsys)["weights"]
    assert not weights["ok"]
    assert "ghost" in weights["found"]
    assert weights["mend"]
    monkeypatch.setattr(catalogue, "ROWS", (replace(row, url="https://example.org/ghost"),))
    assert findings(capsys)["weights"]["ok"]


def test_a_broken_torch_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.import_module

    def broken(name: str, package: str | None = None) -> Any:
        if name == "torch":
            raise OSError("libtorch_cpu.so:\n cannot open shared object file")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", broken)
    found = findings(capsys)
    assert not found["torch"]["ok"]
    assert found["torch"]["found"].endswith("libtorch_cpu.so: cannot open shared object file")
    assert "install --force-reinstall 'torch==" in found["torch"]["mend"]
    assert found["engine"]["found"] == found["sentence model"]["found"] == "unknown without torch"
    assert found["weights"]["ok"]
