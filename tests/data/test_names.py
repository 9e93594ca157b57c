"""Names as computers write them: two forms of Unicode, backslashes, links to other folders."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien.data.pair_layouts import find_pairs
from mien.data.pairs import PairedSet
from mien.data.paths import find_pictures
from mien.data.sources import open_domains, open_source
from mien.data.splits import split_by_hash
from mien.data.stores import FolderStore, comparable, open_store
from mien.data.tables import read_labels
from mien.faces.points import read_landmarks

Encode = Callable[..., bytes]
Layout = Callable[..., Path]


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def test_what_is_compared() -> None:
    assert comparable(decomposed("./a\\José.png")) == composed("a/José.png")
    assert (comparable(""), comparable("/a//b")) == ("", "a/b")


def test_pairs_whose_names_have_two_forms(lay_out: Layout, face: Encode) -> None:
    names = [f"José{i}.png" for i in range(3)]
    photos = {decomposed(f"photo/{name}"): face(i) for i, name in enumerate(names)}
    sketches = {composed(f"sketch/{name}"): face(9) for name in names}
    path = lay_out({**photos, **sketches})
    pairs = PairedSet.open(path, 16, part="all")
    assert pairs.names == tuple(composed(f"José{i}") for i in range(3))
    assert pairs.a[1].tolist() == open_source(path, "photo").picture(1).tolist()
    assert len(find_pairs(open_store(path), ("photo", "sketch")).names) == 3


def test_a_folder_is_named_in_either_form(lay_out: Layout, face: Encode) -> None:
    path = lay_out({decomposed("été/a.png"): face(1), "b.png": face(2)})
    assert len(open_source(path, composed("été"))) == 1


def test_tables_and_landmarks_in_another_form(tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text(composed("file\tgender\nJosé.png\tf\n"), encoding="utf-8")
    assert read_labels(table).find(decomposed("photos/José.jpg")) == composed("José.png")
    points = [[1, 2], [3, 2], [2, 3], [1, 4], [3, 4]]
    (tmp_path / "marks.json").write_text(json.dumps({composed("José.png"): points}))
    found = read_landmarks(tmp_path / "marks.json").find(decomposed("José.png"), 0)
    assert found is not None
    assert found.tolist() == points


def test_the_split_does_not_depend_on_the_form() -> None:
    names = [f"é{i}.png" for i in range(40)]
    assert split_by_hash([*map(composed, names)], 4) == split_by_hash([*map(decomposed, names)], 4)


def test_a_zip_of_a_mac_does_not_say_that_its_names_are_utf8(tmp_path: Path, face: Encode) -> None:
    name = decomposed("é/José.png")
    path = tmp_path / "mac.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, face(1))
    data = bytearray(path.read_bytes())
    for sign, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.index(sign) + offset
        assert data[at + 1] & 8
        data[at + 1] &= ~8
    path.write_bytes(data)
    source = open_source(path)
    assert source.names == (name,)
    assert source.picture(0).shape == (16, 16, 3)
    assert len(source.fingerprint()) == 16


def test_a_zip_with_backslashes(tmp_path: Path, face: Encode) -> None:
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for side in ("photo", "sketch"):
            archive.writestr(f"{side}\\", b"")
            archive.writestr(f"{side}\\a.png", face(1))
    assert open_store(path).names == ("photo/a.png", "sketch/a.png")
    assert PairedSet.open(path, 16, part="all").names == ("a",)


# Links


@pytest.fixture
def linked(tmp_path: Path, face: Encode) -> Path:
    """A folder whose pictures lie elsewhere, and one of its own."""
    away = tmp_path / "away" / "deeper"
    away.mkdir(parents=True)
    for i in range(3):
        (away / f"{i}.png").write_bytes(face(i))
    root = tmp_path / "set"
    root.mkdir()
    (root / "own.png").write_bytes(face(9))
    for name in ("trainA", "trainB"):
        (root / name).symlink_to(away.parent, target_is_directory=True)
    return root


def test_linked_folders_are_read(linked: Path) -> None:
    names = [f"{side}/deeper/{i}.png" for side in ("trainA", "trainB") for i in range(3)]
    source = open_source(linked)
    assert source.names == ("own.png", *names)
    assert source.picture(1).shape == (16, 16, 3)
    assert len(open_domains(linked).train_b) == 3
    assert [one.path for one in find_pictures([linked])] == [linked / n for n in source.names]


def test_links_in_a_circle_end(linked: Path) -> None:
    (linked / "up").symlink_to(linked.parent, target_is_directory=True)
    (linked / "top").symlink_to("/", target_is_directory=True)
    (linked / "trainA" / "back").symlink_to(linked / "trainB", target_is_directory=True)
    store = FolderStore(linked)
    assert np.array([name.count("back") for name in store.names]).max() == 0
    assert store.passed_over == ("top", "trainA/back", "trainB/back", "up")
    assert len(store.names) == 7
