"""``mien evaluate generator``: several data sets, judges by name, one line for what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien import cli, images


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two folders of thirty pictures of noise; a tenth of each is kept out."""
    rng = np.random.default_rng(0)
    made = []
    for name in ("one", "two"):
        folder = tmp_path_factory.mktemp("data") / name
        for i in range(30):
            picture = rng.integers(0, 255, (64, 64, 3), np.uint8)
            images.save(folder / f"{i:02d}.png", picture)
        made.append(str(folder))
    return made


def test_two_sets_and_people(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "scores.csv"
    words = ["evaluate", "generator", "--count", "10", "--people", "--json", "--csv", str(table)]
    assert cli.main([*words, "--data", folders[0], "--data", folders[1]]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert list(rows) == ["psi 1", "psi 0.7", "training pictures", "kept-out pictures"]
    scores = {score["name"]: score for score in rows["psi 1"]}
    assert {"FD-judge", "KD-judge", "people share", "nearest share"} <= set(scores)
    assert scores["FD-judge"]["protocol"]["reference_samples"] == 6
    assert scores["FD-judge"]["protocol"]["split"] == "one and two, part 'kept-out'"
    assert scores["nearest"]["protocol"]["reference_samples"] == 54
    assert "people share" in table.read_text()


@pytest.mark.parametrize(
    ("judge", "said"),
    [
        ("inception-fid", "run: mien weights pull inception-fid"),
        ("inceptoin", "unknown model 'inceptoin'"),
        ("portraits", "holds a 'stylegan2-generator', a 'tagger' is wanted"),
        ("no/such.pth", "no/such.pth: does not exist"),
    ],
)
def test_a_judge_that_is_not_there(
    judge: str, said: str, folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", "generator", "--data", folders[0], "--judge", judge]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert len([line for line in err.splitlines() if "rror" in line or said in line]) == 1


def test_tags_need_a_tagger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for part in ("trainA", "trainB", "testA", "testB"):
        for i in range(3):
            picture = rng.integers(0, 255, (64, 64, 3), np.uint8)
            images.save(tmp_path / "faces" / part / f"{i}.png", picture)
    words = ["evaluate", "anime", "--data", str(tmp_path / "faces"), "--judge", "mobilenet"]
    words += ["--copies", "0", "--styles", "0", "--landmarks", "none"]
    assert cli.main([*words, "--directions", "anime-edits"]) == 2
    assert "--judge mobilenet reads no tags" in capsys.readouterr().err
    assert cli.main([*words, "--json"]) == 0
    assert "FD-mobilenet" in capsys.readouterr().out
