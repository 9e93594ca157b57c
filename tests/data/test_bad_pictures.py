"""All pictures that cannot be read are named at once, and links that lead nowhere too."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest

from mien import cli, files, images
from mien.data import sources
from mien.data.pairs import PairedSet, UnpairedSet
from mien.data.paths import find_pictures
from mien.data.sources import open_source
from mien.data.training_set import TrainingSet
from mien.errors import DatasetError, ImageError, counted

GREY = np.full((16, 16, 3), 128, np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png", "c.png", "d.png", "e.png"):
        images.save(tmp_path / "set" / name, GREY)
    for name in ("b.png", "d.png"):
        (tmp_path / "set" / name).write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    return tmp_path / "set"


def test_a_training_set_names_all_bad_pictures(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"2 of its 5 .*b\.png.*; .*d\.png") as caught:
        TrainingSet.open(folder, 8, part="all")
    assert "mien data check" in str(caught.value)
    assert "\n" not in str(caught.value)
    (folder / "d.png").unlink()
    with pytest.raises(ImageError, match=r"b\.png"):
        TrainingSet.open(folder, 8, part="all")


def test_pairs_name_all_bad_pictures(folder: Path) -> None:
    for name in "abcde":
        images.save(folder.parent / "pairs" / "sketch" / f"{name}.png", GREY)
    folder.rename(folder.parent / "pairs" / "photo")
    with pytest.raises(DatasetError, match=r"2 of its 5 .*b\.png.*; .*d\.png"):
        PairedSet.open(folder.parent / "pairs", 8, "all")
    with pytest.raises(DatasetError, match=r"2 of its 5 .*b\.png.*; .*d\.png"):
        UnpairedSet.open(folder.parent / "pairs", 8, "all", ("photo", "sketch"))


def test_only_so_many_are_looked_for() -> None:
    read: list[int] = []

    def broken(index: int) -> None:
        read.append(index)
        raise ImageError(f"{index}.png", "is broken")

    with pytest.raises(DatasetError, match=r"20 or more of its 100 pictures"):
        list(sources.every("set", 100, broken))
    assert len(read) == sources.MOST_NAMED


def test_links_that_lead_nowhere_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("f.png", "more"):
        (folder / name).symlink_to(folder / "gone")
    out = folder.parent / "out"
    assert cli.main(["sketch", str(folder), "--style", "line", "--out", str(out)]) == 0
    said = capsys.readouterr().err
    assert {path.stem for path in out.iterdir()} == {"a", "c", "e"}
    for name in ("b.png", "d.png", "f.png", "more"):
        assert f"left out: {folder / name}" in said


def test_a_name_typed_in_another_unicode_form(tmp_path: Path) -> None:
    decomposed = tmp_path / unicodedata.normalize("NFD", "José.png")
    images.save(decomposed, GREY)
    typed = tmp_path / unicodedata.normalize("NFC", "José.png")
    assert [one.path for one in find_pictures([typed])] == [decomposed]
    assert files.stored(tmp_path / "Jose\u0301.jpg") == tmp_path / "Jose\u0301.jpg"
    home = decomposed.rename(tmp_path / "x.png").parent.rename(tmp_path.with_name("Jose\u0301"))
    assert len(open_source(home.with_name("Jos\u00e9"))) == 1


def test_one_is_no_plural() -> None:
    assert counted(1, "pairs") == "1 pair"
    assert counted(2, "label maps") == "2 label maps"
    assert counted(1, "files of 5 captions") == "1 file of 5 captions"
