"""What the catalogue says of one published file of weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


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
