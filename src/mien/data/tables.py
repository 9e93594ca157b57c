"""Tables of labels and files of sentences, read as they are.

    read_labels    tab-separated, a column for each of :data:`mien.attributes.COLUMNS` it knows,
                   perhaps a ``caption``: ``sfhq_labels.tsv``
    read_celeba    CelebA's 40 attributes: ``list_attr_celeba.txt``, or the same as CSV
    read_captions  MM-CelebA-HQ: a folder of ``NNN.txt``, a sentence a line

A cell that says nothing (``?``, a value that nobody knows) leaves its column open. Every error
names the file and the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float32, Int8

from mien import attributes
from mien.data.stores import comparable, open_store
from mien.errors import DatasetError, counted

FILE = "file"
"""The column that names the picture."""
CAPTION = "caption"
"""The column that holds a free sentence."""

Face = dict[str, str]
"""A face described in part: column -> value, see :mod:`mien.attributes`."""


@dataclass(frozen=True)
class LabelTable:
    """What is said about each picture of a set; ``captions`` without those that have none."""

    path: Path
    faces: dict[str, Face]
    captions: dict[str, str]

    def __len__(self) -> int:
        return len(self.faces)

    def find(self, name: str) -> str | None:
        """The row for a picture: by name, else by name without folder, else stem; or ``None``."""
        if name in self.faces:
            return name
        path = PurePosixPath(comparable(name))
        for candidate in (str(path), path.name):
            if candidate in self._names:
                return self._names[candidate]
        return self._stems.get(path.stem)

    def vectors(self, names: Sequence[str]) -> Float32[np.ndarray, "n labels"]:
        """Label vectors of pictures; zeros (nothing said) for those without a row."""
        rows = (self.faces.get(self.find(name) or "", {}) for name in names)
        made = [attributes.encode(face) for face in rows]
        return np.stack(made) if made else np.zeros((0, len(attributes.LABELS)), np.float32)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Row as it is compared -> row as it is written."""
        return {comparable(name): name for name in self.faces}

    @cached_property
    def _stems(self) -> dict[str, str]:
        """Stem -> row, for the stems that only one row has."""
        found: dict[str, str] = {}
        twice: set[str] = set()
        for name in self.faces:
            stem = PurePosixPath(comparable(name)).stem
            twice |= {stem} & found.keys()
            found[stem] = name
        return {stem: name for stem, name in found.items() if stem not in twice}


@dataclass(frozen=True)
class CelebaTable:
    """CelebA's attributes: int8 ``[pictures, attributes]``, 1 has it, -1 has it not."""

    path: Path
    names: tuple[str, ...]
    attributes: tuple[str, ...]
    values: Int8[np.ndarray, "n a"]

    def __len__(self) -> int:
        return len(self.names)

    def row(self, index: int) -> dict[str, int]:
        """Attribute -> 1 or -1, of one picture."""
        return dict(zip(self.attributes, self.values[index].tolist(), strict=True))

    def label_table(self) -> LabelTable:
        """The same in the words of :mod:`mien.attributes`, see :func:`from_celeba`."""
        faces = {name: from_celeba(self.row(i)) for i, name in enumerate(self.names)}
        return LabelTable(self.path, faces, {})


def read_table(path: str | Path) -> LabelTable:
    """A table of labels of any known kind, told by its head; DatasetError if it cannot be used."""
    head = _lines(path)[:2]
    if "\t" in head[0]:
        return read_labels(path)
    if any("5_o_Clock_Shadow" in line for line in head):
        return read_celeba(path).label_table()
    cause = "is neither tab-separated with a column 'file' nor a table of CelebA's attributes"
    raise DatasetError(path, cause)


def read_labels(path: str | Path) -> LabelTable:
    """Read a tab-separated table of labels.

    Its first line names the columns: ``file``, any of :data:`mien.attributes.COLUMNS`, perhaps
    ``caption``; others are passed over. Raises DatasetError if it is absent or damaged, has no such
    columns, a line is too short or too long, or a picture occurs twice.
    """
    lines = _lines(path)
    columns = lines[0].split("\t")
    known = [column for column in columns if column in attributes.COLUMNS]
    if columns.count(FILE) != 1 or not (known or CAPTION in columns):
        cause = f"line 1 names the columns {', '.join(columns) or '(none)'}"
        remedy = f"needed are {FILE!r} and at least one of {', '.join(attributes.COLUMNS)}"
        raise DatasetError(path, cause, remedy)
    faces: dict[str, Face] = {}
    captions: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != len(columns):
            said = counted(len(cells), "cells")
            raise _at(path, number, f"has {said}, and line 1 has {len(columns)}")
        row = dict(zip(columns, cells, strict=True))
        if not row[FILE]:
            raise _at(path, number, f"its column {FILE!r} is empty")
        if row[FILE] in faces:
            raise _at(path, number, f"{row[FILE]!r} has a row already")
        faces[row[FILE]] = {
            column: row[column] for column in known if attributes.is_known(column, row[column])
        }
        if row.get(CAPTION, "").strip():
            captions[row[FILE]] = row[CAPTION].strip()
    return LabelTable(Path(path), faces, captions)


def read_cells(path: str | Path, column: str) -> dict[str, str]:
    """One column of a tab-separated table, whatever it holds: picture -> ``quality``, ``source``.

    Empty where the table has no such column. Raises DatasetError if it is absent or names no
    ``file``.
    """
    lines = _lines(path)
    columns = lines[0].split("\t")
    if FILE not in columns:
        raise DatasetError(path, f"line 1 names no column {FILE!r}")
    if column not in columns:
        return {}
    name, cell = columns.index(FILE), columns.index(column)
    rows = (line.split("\t") for line in lines[1:] if line.strip())
    return {row[name]: row[cell] for row in rows if len(row) == len(columns)}


def read_celeba(path: str | Path) -> CelebaTable:
    """Read CelebA's attributes: its own ``list_attr_celeba.txt`` or a CSV with a head line.

    Raises DatasetError if it is absent or damaged, a line is too short or too long, a value is
    neither 1 nor -1 (0 is read as -1), a picture occurs twice, or the count at the head of the text
    file is not that of its lines.
    """
    rows = _celeba_rows(path)
    first = next(rows, None)
    if first is None or len(first[1]) < 2:
        raise DatasetError(path, "has no line that names attributes")
    columns = tuple(first[1][1:])
    names: dict[str, int] = {}
    values: list[list[int]] = []
    for number, cells in rows:
        if len(cells) != len(columns) + 1:
            said = counted(len(cells), "cells")
            raise _at(path, number, f"has {said}, and {len(columns) + 1} are needed")
        name, *given = cells
        odd = next((cell for cell in given if cell not in _SIGNS), None)
        if odd is not None:
            raise _at(path, number, f"holds {odd!r}, and an attribute is 1 or -1")
        if name in names:
            raise _at(path, number, f"{name!r} has a row already, in line {names[name]}")
        names[name] = number
        values.append([_SIGNS[cell] for cell in given])
    table = np.array(values, np.int8).reshape(len(values), len(columns))
    return CelebaTable(Path(path), tuple(names), columns, table)


def read_captions(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Read MM-CelebA-HQ's sentences from a folder or a zip: ``NAME.txt``, a sentence a line.

    Returns NAME -> its sentences, numbers in the order of numbers. Raises DatasetError if there is
    no text file, one holds no sentence or is not UTF-8, or two have the same stem.
    """
    store = open_store(path)
    captions: dict[str, tuple[str, ...]] = {}
    for name in (name for name in store.names if name.lower().endswith(".txt")):
        stem = PurePosixPath(comparable(name)).stem
        if stem in captions:
            raise DatasetError(store.where(name), f"another file is called {stem!r} too")
        text = _text(store.read(name), store.where(name))
        sentences = tuple(line.strip() for line in text.splitlines() if line.strip())
        if not sentences:
            raise DatasetError(store.where(name), "holds no sentence", "take it away")
        captions[stem] = sentences
    if not captions:
        cause = f"holds no .txt file ({counted(len(store.names), 'files')} altogether)"
        raise DatasetError(path, cause)
    return dict(sorted(captions.items(), key=lambda item: _numerically(item[0])))


def from_celeba(row: Mapping[str, int]) -> Face:
    """What CelebA's attributes say in the words of :mod:`mien.attributes`, and no more.

    A face has those above 0; missing ones are unsaid. Left open: old or middle-aged (CelebA only
    knows *not young*), hair of two colours or none, faces that do not smile (they need not be
    neutral), any skin but pale, beards of which CelebA's attributes say several things.
    ``Eyeglasses`` and ``Wearing_Hat`` are taken at their word, though CelebA counts sunglasses and
    caps among them.
    """
    said = {name: value > 0 for name, value in row.items()}
    face: Face = {}
    for column, name, has, has_not in _CELEBA_DIRECT:
        value = has if said.get(name) else has_not
        if name in said and value is not None:
            face[column] = value
    face.update(_celeba_hair(said))
    beard = _celeba_beard(said)
    if beard is not None:
        face["facial_hair"] = beard
    paint = [said[name] for name in ("Heavy_Makeup", "Wearing_Lipstick") if name in said]
    if paint:
        face["makeup"] = "1" if any(paint) else "0"
    return face


_SIGNS = {"1": 1, "-1": -1, "0": -1}

# column, CelebA's attribute, value if it is there, value if it is not (None: open)
_CELEBA_DIRECT: tuple[tuple[str, str, str | None, str | None], ...] = (
    ("gender", "Male", "m", "f"),
    ("age", "Young", "young", None),
    ("skin", "Pale_Skin", "light", None),
    ("bangs", "Bangs", "1", "0"),
    ("glasses", "Eyeglasses", "glasses", "none"),
    ("headwear", "Wearing_Hat", "hat", "none"),
    ("expression", "Smiling", "smile", None),
    ("mouth", "Mouth_Slightly_Open", "open", "closed"),
    ("earrings", "Wearing_Earrings", "1", "0"),
)
_CELEBA_COLOURS = {
    "Black_Hair": "black",
    "Blond_Hair": "blonde",
    "Brown_Hair": "brown",
    "Gray_Hair": "gray",
}


def _celeba_hair(said: Mapping[str, bool]) -> Face:
    if said.get("Bald"):
        return {"hair_length": "bald", "hair_color": "none", "hair_texture": "na"}
    face: Face = {}
    colours = [value for name, value in _CELEBA_COLOURS.items() if said.get(name)]
    if len(colours) == 1:
        face["hair_color"] = colours[0]
    straight, wavy = said.get("Straight_Hair", False), said.get("Wavy_Hair", False)
    if straight != wavy:
        face["hair_texture"] = "straight" if straight else "wavy"
    return face


def _celeba_beard(said: Mapping[str, bool]) -> str | None:
    kinds = ("Goatee", "Mustache", "5_o_Clock_Shadow", "Sideburns")
    goatee, mustache, stubble, sideburns = (said.get(name, False) for name in kinds)
    if "No_Beard" not in said:
        return None
    if said["No_Beard"]:
        if goatee or stubble:
            return None
        return "mustache" if mustache else "none"
    if goatee and mustache and sideburns and not stubble:
        return "beard"
    given = [goatee, mustache, stubble, sideburns]
    only = {0: "goatee", 1: "mustache", 2: "stubble"}
    if sum(given) == 1:
        return only.get(given.index(True))
    return "beard" if not any(given) else None


def _celeba_rows(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells, the line of names first, without the count at the head."""
    lines = _lines(path)
    filled = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if filled and "," in filled[0][1]:
        for number, line in filled:
            yield number, line.split(",")
        return
    count, *filled = filled or [(1, "")]
    if not count[1].strip().isdecimal():
        raise _at(path, count[0], f"says {count[1][:40]!r}, and the number of pictures is needed")
    if len(filled) - 1 != int(count[1]):
        cause = f"line {count[0]} says {count[1].strip()}, and there are {len(filled) - 1}"
        raise DatasetError(path, cause, "get the file again")
    yield filled[0][0], [FILE, *filled[0][1].split()]
    for number, line in filled[1:]:
        yield number, line.split()


def _lines(path: str | Path) -> list[str]:
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise DatasetError(path, "there is no such file") from None
    except IsADirectoryError:
        raise DatasetError(path, "is a folder, not a table", "give a .tsv or .csv") from None
    except OSError as error:
        raise DatasetError(path, f"cannot be read ({error.strerror})") from None
    return re.split("\r\n|\n|\r", _text(data, str(path)))


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise DatasetError(where, f"line {number} is not UTF-8", "save it as UTF-8") from None


def _at(path: str | Path, number: int, cause: str) -> DatasetError:
    return DatasetError(path, f"line {number}: {cause}")


def _numerically(name: str) -> list[tuple[int, str]]:
    return [(int(part or 0) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name)]
