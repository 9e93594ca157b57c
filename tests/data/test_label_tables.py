"""Label tables, CelebA's attributes and files of sentences; every error names its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien import attributes
from mien.data import tables
from mien.errors import DatasetError

Layout = Callable[..., Path]

NAMES = [
    "5_o_Clock_Shadow",
    "Arched_Eyebrows",
    "Attractive",
    "Bags_Under_Eyes",
    "Bald",
    "Bangs",
    "Big_Lips",
    "Big_Nose",
    "Black_Hair",
    "Blond_Hair",
    "Blurry",
    "Brown_Hair",
    "Bushy_Eyebrows",
    "Chubby",
    "Double_Chin",
    "Eyeglasses",
    "Goatee",
    "Gray_Hair",
    "Heavy_Makeup",
    "High_Cheekbones",
    "Male",
    "Mouth_Slightly_Open",
    "Mustache",
    "Narrow_Eyes",
    "No_Beard",
    "Oval_Face",
    "Pale_Skin",
    "Pointy_Nose",
    "Receding_Hairline",
    "Rosy_Cheeks",
    "Sideburns",
    "Smiling",
    "Straight_Hair",
    "Wavy_Hair",
    "Wearing_Earrings",
    "Wearing_Hat",
    "Wearing_Lipstick",
    "Wearing_Necklace",
    "Wearing_Necktie",
    "Young",
]


def celeba(*has: str) -> dict[str, int]:
    assert set(has) <= set(NAMES)
    return {name: 1 if name in has else -1 for name in NAMES}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    text = (
        "file\tgender\thair_color\tmood\tcaption\n"
        "00000.webp\tf\torange\tsunny\tA woman, “quoted”.\n"
        "00001.webp\t?\tteal\tgrim\t\n"
        "\n"
    )
    return write(tmp_path / "labels.tsv", text)


def test_labels_say_what_is_known_and_leave_the_rest_open(labels: Path) -> None:
    table = tables.read_labels(labels)
    assert table.faces == {
        "00000.webp": {"gender": "f", "hair_color": "orange"},
        "00001.webp": {},
    }
    assert table.captions == {"00000.webp": "A woman, “quoted”."}
    assert len(table) == 2
    assert tables.read_table(labels) == table


def test_windows_files_are_read(tmp_path: Path) -> None:
    text = "\ufefffile\tgender\r\na.png\tm\r\n"
    table = tables.read_labels(write(tmp_path / "a.tsv", text))
    assert table.faces == {"a.png": {"gender": "m"}}


def test_rows_are_found_by_name_then_without_folder_then_by_stem(tmp_path: Path) -> None:
    text = "file\tgender\ntrainA/1.png\tf\ntrainB/1.png\tm\n2.png\tf\n"
    table = tables.read_labels(write(tmp_path / "a.tsv", text))
    assert table.find("trainB/1.png") == "trainB/1.png"
    assert table.find("deep/2.png") == "2.png"
    assert table.find("deep/2.webp") == "2.png"
    assert table.find("1.png") is None
    assert table.find("3.png") is None


def test_vectors(labels: Path) -> None:
    table = tables.read_labels(labels)
    vectors = table.vectors(["00001.webp", "00000.png", "absent.png"])
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors[1], attributes.encode({"gender": "f", "hair_color": "orange"}))
    assert not vectors[[0, 2]].any()
    assert table.vectors([]).shape == (0, len(attributes.LABELS))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", r"line 1 names the columns \(none\); needed are 'file' and at least one of gender"),
        ("name\tgender\n", "line 1 names the columns name, gender"),
        ("file\tmood\na\tsunny\n", "line 1 names the columns file, mood"),
        ("file\tgender\na.png\tm\nb.png\n", "line 3: has 1 cell, and line 1 has 2"),
        ("file\tgender\na.png\tm\tx\n", "line 2: has 3 cells, and line 1 has 2"),
        ("file\tgender\na.png\tm\n\na.png\tf\n", r"line 4: 'a\.png' has a row already"),
        ("file\tgender\n\tm\n", "line 2: its column 'file' is empty"),
    ],
)
def test_damaged_labels_are_named_with_their_line(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(DatasetError, match=rf"bad\.tsv: {cause}"):
        tables.read_labels(write(tmp_path / "bad.tsv", text))


def test_a_table_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "bad.tsv").write_bytes(b"file\tgender\na.png\tm\nb\xff.png\tf\n")
    with pytest.raises(DatasetError, match="line 3 is not UTF-8"):
        tables.read_labels(tmp_path / "bad.tsv")
    with pytest.raises(DatasetError, match="there is no such file"):
        tables.read_labels(tmp_path / "absent.tsv")
    with pytest.raises(DatasetError, match=r"is a folder, not a table; give a \.tsv"):
        tables.read_labels(tmp_path)
    with pytest.raises(DatasetError, match="is neither tab-separated"):
        tables.read_table(write(tmp_path / "other.csv", "a,b\n1,2\n"))


# CelebA


def text_form(rows: dict[str, dict[str, int]]) -> str:
    lines = [f"{name} {' '.join(f'{v:2d}' for v in row.values())}" for name, row in rows.items()]
    return f"{len(rows)}\n{' '.join(NAMES)} \n" + "\n".join(lines) + "\n"


def csv_form(rows: dict[str, dict[str, int]]) -> str:
    lines = [f"{name},{','.join(map(str, row.values()))}" for name, row in rows.items()]
    return f"image_id,{','.join(NAMES)}\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("form", [text_form, csv_form])
def test_both_forms_of_celeba(tmp_path: Path, form: Callable[..., str]) -> None:
    rows = {"000001.jpg": celeba("Male", "Bald"), "000002.jpg": celeba("Young")}
    path = write(tmp_path / "attr", form(rows))
    table = tables.read_celeba(path)
    assert table.names == tuple(rows)
    assert table.attributes == tuple(NAMES)
    assert table.values.shape == (2, 40)
    assert [table.row(i) for i in range(len(table))] == list(rows.values())
    assert tables.read_table(path).faces["000001.jpg"]["hair_length"] == "bald"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "line 1: says '', and the number of pictures is needed"),
        ("Male Young\na.jpg 1 1\n", "line 1: says 'Male Young', and the number"),
        ("2\nMale Young\na.jpg 1 1\n", "line 1 says 2, and there are 1"),
        ("1\nMale Young\na.jpg 1\n", "line 3: has 2 cells, and 3 are needed"),
        ("1\nMale Young\na.jpg 1 yes\n", "line 3: holds 'yes', and an attribute is 1 or -1"),
        ("file,Male\na.jpg,1\na.jpg,-1\n", r"line 3: 'a\.jpg' has a row already, in line 2"),
        ("file,Male\na.jpg,1,1\n", "line 2: has 3 cells, and 2 are needed"),
    ],
)
def test_damaged_celeba_is_named_with_its_line(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(DatasetError, match=rf"bad\.txt: {cause}"):
        tables.read_celeba(write(tmp_path / "bad.txt", text))


def test_celeba_in_our_words() -> None:
    has = ("Male", "Young", "Black_Hair", "Straight_Hair", "No_Beard", "Eyeglasses", "Smiling")
    assert tables.from_celeba(celeba(*has)) == {
        "gender": "m",
        "age": "young",
        "hair_color": "black",
        "hair_texture": "straight",
        "bangs": "0",
        "facial_hair": "none",
        "glasses": "glasses",
        "headwear": "none",
        "expression": "smile",
        "mouth": "closed",
        "makeup": "0",
        "earrings": "0",
    }


def test_celeba_leaves_open_what_it_does_not_say() -> None:
    assert tables.from_celeba({}) == {}
    nothing = tables.from_celeba(celeba())
    assert not {"age", "skin", "expression", "hair_color", "hair_length", "hair_texture"} & {
        *nothing
    }
    assert not {"eyes", "pose"} & {*tables.from_celeba(dict.fromkeys(NAMES, 1))}
    two = tables.from_celeba(celeba("Black_Hair", "Brown_Hair", "Straight_Hair", "Wavy_Hair"))
    assert not {"hair_color", "hair_texture"} & {*two}
    assert tables.from_celeba({"Male": -1}) == {"gender": "f"}


@pytest.mark.parametrize(
    ("has", "beard"),
    [
        (("No_Beard",), "none"),
        (("No_Beard", "Mustache"), "mustache"),
        (("No_Beard", "Goatee"), None),
        (("Goatee",), "goatee"),
        (("Mustache",), "mustache"),
        (("5_o_Clock_Shadow",), "stubble"),
        ((), "beard"),
        (("Goatee", "Mustache", "Sideburns"), "beard"),
        (("Sideburns",), None),
        (("Goatee", "5_o_Clock_Shadow"), None),
    ],
)
def test_celebas_beards(has: tuple[str, ...], beard: str | None) -> None:
    assert tables.from_celeba(celeba(*has)).get("facial_hair") == beard


def test_celebas_bald_heads_have_no_hair() -> None:
    face = tables.from_celeba(celeba("Bald", "Black_Hair", "Straight_Hair"))
    hair = {column: value for column, value in face.items() if column.startswith("hair")}
    assert hair == {"hair_length": "bald", "hair_color": "none", "hair_texture": "na"}


def test_whatever_celeba_says_is_in_the_vocabulary() -> None:
    random = np.random.RandomState(0)
    for _ in range(300):
        row = dict(zip(NAMES, random.choice([-1, 1], 40).tolist(), strict=True))
        face = tables.from_celeba(row)
        assert all(attributes.is_known(column, value) for column, value in face.items())
        assert face["gender"] == ("m" if row["Male"] > 0 else "f")


# Sentences


def test_captions_in_the_order_of_numbers(lay_out: Layout) -> None:
    files = {
        "text/10.txt": b"He is old.\n",
        "text/9.txt": "She smiles.\r\n\r\nÉlle.\r\n".encode(),
        "text/readme.md": b"no",
    }
    captions = tables.read_captions(lay_out(files, "captions"))
    assert list(captions.items()) == [("9", ("She smiles.", "Élle.")), ("10", ("He is old.",))]


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"a.md": b"x"}, r"holds no \.txt file \(1 file"),
        ({"1.txt": b" \n"}, r"1\.txt: holds no sentence"),
        ({"1.txt": b"ok\n\xff"}, r"1\.txt: line 2 is not UTF-8"),
        ({"a/1.txt": b"x", "b/1.txt": b"y"}, r"b/1\.txt: another file is called '1' too"),
    ],
)
def test_damaged_captions_are_named(files: dict[str, bytes], cause: str, lay_out: Layout) -> None:
    with pytest.raises(DatasetError, match=cause):
        tables.read_captions(lay_out(files, "captions"))


@pytest.mark.shared
def test_the_tables_that_lie_beside_the_project(shared: Path) -> None:
    labels = tables.read_table(shared / "data" / "sfhq_labels.tsv")
    assert len(labels) == len(labels.captions) == 1785
    assert labels.faces["00000.webp"]["hair_color"] == "orange"
    assert sum("gender" in face for face in labels.faces.values()) == 1785 - 137
    celeba_table = tables.read_table(shared / "data" / "celeba_attributes.csv")
    assert len(celeba_table) == 9000
    assert celeba_table.faces["000001.jpg"]["hair_color"] == "brown"
