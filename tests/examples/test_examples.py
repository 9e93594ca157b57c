"""The examples run, small: each is short and writes what it says."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from house.sources import ROOT, name_of
from mien import images

FOLDER = ROOT / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LINES = 30


def run(name: str, *args: object, **settings: Any) -> None:
    """What a script does when it is called, with small settings."""
    runpy.run_path(str(FOLDER / f"{name}.py"))["main"](*map(str, args), **settings)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of nobody."""
    pixels = np.random.RandomState(0).randint(0, 256, (64, 48, 3)).astype(np.uint8)
    return images.save(tmp_path / "photo.png", pixels)


def test_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("text_to_face", "an old man with glasses", tmp_path / "out", count=1, refine=0)
    written = [Path(line) for line in capsys.readouterr().out.splitlines()[:-1]]
    assert written
    assert all(path.is_file() for path in written)


def test_photo_and_sketch(tmp_path: Path, photo: Path) -> None:
    run("photo_and_sketch", photo, tmp_path / "out")
    for name in ("sketch", "photo"):
        assert images.load(tmp_path / "out" / f"{name}.png").shape == (64, 48, 3)


def test_anime(tmp_path: Path, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("selfie_to_anime", photo, tmp_path / "out", styles=1, aligned=True)
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    plain, blue = (images.load(path) for path in (written[0], written[len(written) // 2]))
    assert plain.shape == blue.shape
    assert (plain != blue).any()


def test_latent_control(tmp_path: Path) -> None:
    run("latent_control", tmp_path / "out", steps=2)
    for name in ("smile", "age", "mixed"):
        assert list((tmp_path / "out" / name).glob("*.png"))


def test_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.RandomState(0)
    for i in range(40):
        images.save(tmp_path / "faces" / f"{i}.png", rng.randint(0, 256, (32, 32, 3), np.uint8))
    small = "--resolution 32 --kimg 0.016 --batch 8 --channel-base 128 --channel-max 8 --z-dim 16"
    small += " --w-dim 16 --mapping-layers 2 --precision fp32"
    with pytest.raises(SystemExit) as ended:
        run("train_your_own", tmp_path / "faces", tmp_path / "run", *small.split())
    assert ended.value.code == 0, capsys.readouterr().err
    assert "FD-judge" in capsys.readouterr().out


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_a_script_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_notebook_is_clean_and_its_code_compiles(path: Path) -> None:
    book = json.loads(path.read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert {"metadata", "cells"} <= set(book)
    cells = book["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    for cell in cells:
        assert isinstance(cell["metadata"], dict)
        assert all(isinstance(line, str) for line in cell["source"])
    for cell in code:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        compile("".join(cell["source"]), f"{path.name}:{cell['id']}", "exec")


def test_there_is_one_of_each() -> None:
    assert len(EXAMPLES) == 5
    assert [path.stem for path in NOTEBOOKS] == ["first_hour"]
