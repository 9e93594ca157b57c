"""The weights that mien knows by name, as data. A published weight is one row.

Only hashes that were computed from the file itself stand here, and no score stands without the
protocol that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mien.errors import UnknownName


class Score(NamedTuple):
    """A measured number and how it was measured.

    Attributes:
        metric: Its name, such as ``FD-tagger``.
        value: The number.
        protocol: Judge and its hash, sample counts, seed, split.
    """

    metric: str
    value: float
    protocol: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One published file of weights.

    Attributes:
        name: What a user types.
        kind: What network it is, as in the header of the file.
        file: File name, in ``hub/weights`` if it ships inside, else in the user's store.
        sha256: Of the file.
        bytes: Size of the file.
        licence: Of the weights.
        data: What it was trained on.
        url: Where it can be fetched; empty if it ships inside.
        paper: Whose method it is.
        kimg: Thousands of images seen in training; ``None`` where that is no measure.
        resolution: Side of its pictures; ``None`` if it makes or reads none.
        scores: What it was measured to be worth.
        note: One sentence that a user should know.
    """

    name: str
    kind: str
    file: str
    sha256: str
    bytes: int
    licence: str
    data: str
    url: str = ""
    paper: str = ""
    kimg: float | None = None
    resolution: int | None = None
    scores: tuple[Score, ...] = ()
    note: str = ""


ROWS: tuple[Row, ...] = ()
"""Every published weight, the ones that ship inside first."""


def names(kind: str | None = None) -> list[str]:
    """Names in the catalogue, of one kind or of all, in its order."""
    return [row.name for row in ROWS if kind is None or row.kind == kind]


def find(name: str, kind: str | None = None) -> Row:
    """Look up a row by its name.

    Args:
        name: As a user types it.
        kind: What it must be; any kind if ``None``.

    Raises:
        UnknownName: No such row; lists the names that there are.
    """
    for row in ROWS:
        if row.name == name and (kind is None or row.kind == kind):
            return row
    raise UnknownName("model", name, names(kind))
