"""The weights that mien knows by name. A published weight is one file of facts beside its card.

    hub/weights/portraits.toml           kind, hash, licence, data, scores: a Row
    hub/weights/portraits.md             free text of its card
    hub/weights/portraits.safetensors    the file itself, if it ships
    hub/public.toml                      checkpoints of others that mien reads, all in one

Hashes were computed from the file itself, or the row says who stated them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, overload

from mien.errors import UnknownName

FOLDER = Path(__file__).parent / "weights"
"""Where the rows and cards are, and the files that ship."""

PUBLIC = FOLDER.parent / "public.toml"
"""The rows of the checkpoints of others."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "faces": (
        *("portraits", "portraits-codes", "portraits-directions", "portraits-mapper"),
        *("portraits-prior", "sentence-head", "teacher", "judge"),
    ),
    "inversion": ("portraits-encoder", "portraits-sketch-encoder", "portraits-similarity"),
    "directions": ("portraits-edits",),
    "identity": ("identity",),
    "finding": ("detector", "landmarks", "parsing"),
    "sketch": ("photo-to-sketch", "sketch-to-photo", "portraits-sketches"),
    "anime": ("anime", "anime-edits", "anime-teacher", "anime-judge"),
    "critics": ("inception", "mobilenet", "recognition", "inception-fid"),
    "public": (
        *("ffhq-1024", "ffhq-512", "ffhq-256", "ffhq-256-paper", "metfaces-1024", "afhqcat-512"),
        *("afhqdog-512", "afhqwild-512", "ffhq-1024-rosinality", "e4e-ffhq-1024", "psp-ffhq-1024"),
        *("psp-frontal-1024", "restyle-e4e-1024", "jojogan-art", "gans-n-roses", "bisenet"),
        *("arcface", "alexnet", "alexnet-heads", "vgg16", "vgg16-heads"),
    ),
}
"""Family of models -> its names, in the order in which they are listed."""


class Score(NamedTuple):
    """A measured number and its protocol: judge and its hash, sample counts, seed, split."""

    metric: str
    value: float
    protocol: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One published file of weights.

    Attributes:
        name: What a user types.
        kind: What network it is, a key of :data:`mien.checkpoints.kinds.KINDS`.
        file: File name, in ``hub/weights`` if it ships inside, else in the user's store.
        sha256: Of the file; empty where nobody states it, and then what comes is not verified.
        bytes: Size of the file; 0 where nobody states it.
        licence: Of the weights.
        data: What it was trained on.
        paper: Whose method it is.
        url: Where it can be fetched; empty if it ships inside, or only a person can fetch it.
        page: Where a person can fetch it.
        stated: Who stated size and hash, if they were not computed here.
        accept: Whether its licence is asked for before it is fetched.
        kimg: Thousands of images seen in training; ``None`` where that is no measure.
        resolution: Side of its pictures; ``None`` if it makes or reads none.
        style_seed: Of an anime model: the seed of the style that is drawn first, if not 0.
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
    page: str = ""
    stated: str = ""
    accept: bool = False
    paper: str = ""
    kimg: float | None = None
    resolution: int | None = None
    style_seed: int | None = None
    scores: tuple[Score, ...] = ()
    note: str = ""

    @property
    def ships(self) -> bool:
        """Whether it is installed with mien."""
        return not (self.url or self.page)


def read_row(path: Path) -> Row:
    """Read the facts of one published weight, a ``NAME.toml``."""
    return _row(tomllib.loads(path.read_text(encoding="utf-8")))


def _row(facts: dict[str, Any]) -> Row:
    scores = tuple(Score(**score) for score in facts.pop("scores", ()))
    return Row(**facts, scores=scores)


class _Rows(Sequence[Row]):
    """The rows of :data:`FAMILIES`, read when the first of them is asked for."""

    @cached_property
    def _read(self) -> tuple[Row, ...]:
        own = (name for key, family in FAMILIES.items() if key != "public" for name in family)
        rows = [read_row(FOLDER / f"{name}.toml") for name in own]
        public = tomllib.loads(PUBLIC.read_text(encoding="utf-8"))["rows"]
        return (*rows, *map(_row, public))

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._read[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._read)

    def __len__(self) -> int:
        return sum(map(len, FAMILIES.values()))


ROWS: Sequence[Row] = _Rows()
"""Every published weight, the ones that ship inside first."""


def names(kind: str | None = None) -> list[str]:
    """Names in the catalogue, of one kind or of all, in its order."""
    return [row.name for row in ROWS if kind is None or row.kind == kind]


def find(name: str, kind: str | None = None) -> Row:
    """Look up a row by its name, and by its kind unless that is ``None``.

    Raises:
        UnknownName: No such row; lists the names that there are.
    """
    for row in ROWS:
        if row.name == name and (kind is None or row.kind == kind):
            return row
    raise UnknownName("model", name, names(kind))


def list_models(kind: str | None = None) -> list[str]:
    """Names of the models that mien knows, as :class:`mien.Studio` and ``mien weights`` take them.

    Of one kind, by the name in their files (``stylegan2-generator``) or the short one
    (``generator``, ``anime``), or of all if it is ``None``.

    Raises:
        UnknownName: There is no such kind; lists those that there are.
    """
    from mien.checkpoints.kinds import find_kind

    return names(None if kind is None else find_kind(kind).name)
