"""The table of tags of anime faces, and which of its rows are kept out for measuring.

``selfie2anime_tags.csv``: comma-separated, the first line names the columns, ``file`` among them.
Its last 200 rows measure, those before teach. A cell that says nothing (``?``, a value that nobody
knows) leaves its column open.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from mien.anime.tagger import ANIME_COLUMNS
from mien.data.stores import comparable
from mien.data.tables import FILE, Face
from mien.errors import DatasetError, counted

KEPT_OUT = 200
"""Rows at the end of the table that teach nothing."""

TABLE_BESIDE = "{}_tags.csv"
"""Name of the table that is found beside a data set, ``{}`` being the set's stem."""

Columns = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class AnimeTable:
    """What is said about anime faces.

    Attributes:
        path: The file it was read from.
        faces: Picture, as the table names it -> column -> value, in the order of the rows.
    """

    path: Path
    faces: dict[str, Face]

    def __len__(self) -> int:
        return len(self.faces)

    def part(self, kept_out: bool) -> tuple[str, ...]:
        """Names of the rows that measure, or of those that teach.

        Raises:
            DatasetError: There are no more rows than are kept out.
        """
        names = tuple(self.faces)
        if len(names) <= KEPT_OUT:
            cause = f"has {counted(len(names), 'rows')}, and {KEPT_OUT} are kept out for measuring"
            raise DatasetError(self.path, cause, "give a larger table")
        return names[-KEPT_OUT:] if kept_out else names[:-KEPT_OUT]

    def vectors(self, names: Sequence[str], columns: Columns) -> Float32[np.ndarray, "n l"]:
        """Label vectors of pictures: 1 where something is said, zeros for those without a row."""
        made = [encode(self.faces.get(name, {}), columns) for name in names]
        width = sum(len(values) for values in columns.values())
        return np.stack(made) if made else np.zeros((0, width), np.float32)


def encode(face: Face, columns: Columns) -> Float32[np.ndarray, " l"]:
    """One face as a label vector, the columns one after the other."""
    said = [float(face.get(column) == v) for column, values in columns.items() for v in values]
    return np.array(said, np.float32)


def column_parts(columns: Columns) -> dict[str, slice]:
    """Column -> where its values stand in a label vector."""
    parts, start = {}, 0
    for column, values in columns.items():
        parts[column] = slice(start, start + len(values))
        start += len(values)
    return parts


def find_anime_table(data_path: str | Path) -> Path:
    """The table beside a data set.

    Raises:
        DatasetError: There is none.
    """
    data = Path(data_path)
    table = data.parent / TABLE_BESIDE.format(data.stem)
    if not table.is_file():
        raise DatasetError(table, "there is no such file", "give `labels=TABLE.csv`")
    return table


def read_anime_table(path: str | Path, columns: Columns = ANIME_COLUMNS) -> AnimeTable:
    """Read a table of tags.

    Args:
        path: Comma-separated, with a head line.
        columns: The columns that are wanted and their values; others are passed over.

    Raises:
        DatasetError: It is absent or damaged, has no such columns, a line is too short or too
            long, or a picture occurs twice.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
    except FileNotFoundError:
        raise DatasetError(path, "there is no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(path, f"cannot be read as CSV ({str(error)[:80]})") from None
    head = rows[0] if rows else []
    known = [name for name in head if name in columns]
    if head.count(FILE) != 1 or not known:
        cause = f"line 1 names the columns {', '.join(head)[:120] or '(none)'}"
        remedy = f"needed are {FILE!r} and at least one of {', '.join(columns)}"
        raise DatasetError(path, cause, remedy)
    faces: dict[str, Face] = {}
    for number, cells in enumerate(rows[1:], start=2):
        if not cells:
            continue
        if len(cells) != len(head):
            cause = f"line {number}: has {counted(len(cells), 'cells')}, and line 1 has {len(head)}"
            raise DatasetError(path, cause)
        row = dict(zip(head, cells, strict=True))
        name = comparable(row[FILE])
        if not row[FILE] or name in faces:
            cause = "has a row already" if row[FILE] else "is empty"
            raise DatasetError(path, f"line {number}: its file {row[FILE]!r} {cause}")
        faces[name] = {column: row[column] for column in known if row[column] in columns[column]}
    return AnimeTable(Path(path), faces)
