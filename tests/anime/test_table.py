"""The table of anime tags: read as it is, split where it says, every fault with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.anime.table import (
    KEPT_OUT,
    AnimeTable,
    column_parts,
    encode,
    find_anime_table,
    read_anime_table,
)
from mien.anime.tagger import ANIME_COLUMNS
from mien.errors import DatasetError

HEAD = "file,hair_color,mouth,gender\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_cells_that_say_nothing_are_open(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a_tags.csv", HEAD + "trainB/1.webp,blue,?,f\n\ntrainB/2.webp,x,open,m\n"
    )
    table = read_anime_table(path)
    assert table.faces == {
        "trainB/1.webp": {"hair_color": "blue"},
        "trainB/2.webp": {"mouth": "open"},
    }
    vectors = table.vectors(["trainB/2.webp", "nobody"], ANIME_COLUMNS)
    assert vectors.sum(axis=1).tolist() == [1, 0]
    assert find_anime_table(tmp_path / "a.zip") == path


def test_vectors_and_parts() -> None:
    parts = column_parts(ANIME_COLUMNS)
    vector = encode({"eye_color": "green", "glasses": "1"}, ANIME_COLUMNS)
    assert vector.dtype == np.float32
    for column, part in parts.items():
        values = ANIME_COLUMNS[column]
        assert part.stop - part.start == len(values)
        said = [value for value, one in zip(values, vector[part], strict=True) if one]
        assert said == {"eye_color": ["green"], "glasses": ["1"]}.get(column, [])
    assert max(part.stop for part in parts.values()) == len(vector)


def test_the_last_rows_measure() -> None:
    table = AnimeTable(Path("t.csv"), {str(i): {} for i in range(KEPT_OUT + 3)})
    assert table.part(False) == ("0", "1", "2")
    assert table.part(True)[0] == "3"
    assert len(table.part(True)) == KEPT_OUT
    with pytest.raises(DatasetError, match="has 2 rows, and 200 are kept out"):
        AnimeTable(Path("t.csv"), {"1": {}, "2": {}}).part(True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1 names the columns \\(none\\)"),
        ("name,mouth\n", "needed are 'file' and at least one of"),
        (HEAD + "a,blue\n", "line 2: has 2 cells, and line 1 has 4"),
        (HEAD + "a,blue,open,f\na,red,open,f\n", "line 3: its file 'a' has a row already"),
        (HEAD + ",blue,open,f\n", "line 2: its file '' is empty"),
    ],
)
def test_faults(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=said):
        read_anime_table(write(tmp_path / "t.csv", text))


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such file"):
        read_anime_table(tmp_path / "t.csv")
    with pytest.raises(DatasetError, match="give `labels=TABLE"):
        find_anime_table(tmp_path / "a.zip")


@pytest.mark.shared
def test_the_real_table(shared: Path) -> None:
    table = read_anime_table(find_anime_table(shared / "data" / "selfie2anime.zip"))
    assert len(table) == 1400
    assert table.part(True)[-1] == "trainB/3197.webp"
    assert all(set(face) == set(ANIME_COLUMNS) for face in table.faces.values())
