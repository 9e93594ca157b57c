"""``mien data check``: one line a problem, the counts, and an exit status that scripts can use."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien import cli, images


@pytest.fixture(autouse=True)
def _verb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.VERBS, "data", "mien.cli.data")


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    for i in range(3):
        pixels = np.random.RandomState(i).randint(0, 256, (32, 32, 3)).astype(np.uint8)
        images.save(tmp_path / "faces" / f"{i}.png", pixels)
    return tmp_path / "faces"


def test_a_clean_set(faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "check", str(faces)]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        f"{faces}: 3 pictures, 3 usable, 0 errors, 0 warnings",
        "sizes: 3 of 32x32",
        "formats: 3 PNG",
    ]
    assert printed.err == ""


def test_bad_files_are_named_and_the_status_is_2(
    faces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (faces / "1.png").write_bytes(b"hello")
    assert cli.main(["data", "check", str(faces)]) == 2
    out = capsys.readouterr().out
    assert out.startswith("error: 1.png: is not a picture; these are read: PNG")
    assert "3 pictures, 2 usable, 1 error, 0 warnings" in out


def test_warnings_leave_the_status_alone(
    faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "table.tsv").write_text("file\tgender\n0.png\tf\n1.png\tf\n")
    command = ["data", "check", str(faces), "--labels", str(tmp_path / "table.tsv"), "--json"]
    assert cli.main(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["ok"], result["errors"], result["warnings"]) == (True, 0, 1)
    assert result["sizes"] == {"32x32": 3}
    assert result["formats"] == {"PNG": 3}
    assert result["labels"] == str(tmp_path / "table.tsv")
    (problem,) = result["problems"]
    assert problem["cause"] == "no row for 1 of 3 pictures: 2.png"


def test_warnings_that_say_the_same_are_counted(
    faces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(14):
        pixels = np.random.RandomState(i).randint(0, 256, (32, 40, 3)).astype(np.uint8)
        images.save(faces / f"wide_{i:02d}.png", pixels)
    assert cli.main(["data", "check", str(faces)]) == 0
    lines = capsys.readouterr().out.splitlines()
    cause = "is not square (40x32); 32x32 in the middle are used"
    assert lines[:10] == [f"warning: wide_{i:02d}.png: {cause}" for i in range(10)]
    assert lines[10] == f"warning: 4 more: {cause}; --json names them all"
    assert lines[11].endswith("17 pictures, 17 usable, 0 errors, 14 warnings")
    assert cli.main(["data", "check", str(faces), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["problems"]) == 14


@pytest.mark.parametrize("kind", ["absent", "empty", "text"])
def test_nothing_to_check(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / kind
    if kind == "empty":
        path.mkdir()
    elif kind == "text":
        path.write_text("hello")
    assert cli.main(["data", "check", str(path), "--json"]) == 2
    result = json.loads(capsys.readouterr().out)
    assert result["ok"] is False
    assert [problem["name"] for problem in result["problems"]] == [str(path)]
