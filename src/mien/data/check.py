"""Looking through a set of pictures before anything is trained on it.

:func:`check` goes through every file and yields what is wrong with it, worst things as errors
(training would stop there) and the rest as warnings (training goes on, and does what is said).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.data import tables
from mien.data.class_labels import find_dataset_json, other_dataset_json, read_class_labels
from mien.data.sources import Pictures, no_picture, picture_names
from mien.data.stores import FolderStore, Store, ZipStore
from mien.data.training_set import find_table
from mien.errors import DatasetError, FileError, ImageError, counted
from mien.images.heif import HOW_TO_READ, is_heif_name

MIN_SIDE = 32
"""Pictures with a shorter side than this many pixels are errors: no face can be told in them."""

_COMPANIONS = (
    *(".json", ".jsonl", ".tsv", ".csv", ".txt", ".md", ".rst", ".npz", ".npy", ".pts", ".mat"),
    *(".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".db", ".html", ".log", ".py", ".sh"),
    *(".bat", ".pdf", ".xlsx", ".sha256", ".md5", ".safetensors", ".lnk"),
)
_TEXTS = ("license", "licence", "copying", "readme", "notice", "authors", "makefile", "checksums")

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one file, named inside of the folder or zip, or with the whole.

    An ``error`` cannot be used, a ``warning`` can, as its cause says; ``remedy`` is empty if
    nothing need be done.
    """

    name: str
    severity: Severity
    cause: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.severity}: {self.name}: {self.cause}" + (
            f"; {self.remedy}" if self.remedy else ""
        )


@dataclass
class Summary:
    """Counts of a check; complete when the check is.

    ``pictures`` are told by the ends of their names, ``usable`` are those without an error;
    ``sizes`` counts ``WIDTHxHEIGHT`` of upright pictures, ``formats`` file formats; ``labels`` is
    the table that was checked too, if there is one.
    """

    files: int = 0
    pictures: int = 0
    usable: int = 0
    errors: int = 0
    warnings: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)
    labels: Path | None = None


def check(
    path: str | Path, labels: str | Path | None = None, summary: Summary | None = None
) -> Iterator[Problem]:
    """Go through a folder or zip and name every bad file and why, in the order of names.

    ``labels`` is a table; ``None`` takes the one beside the data, if there is one. ``summary`` is
    filled with counts on the way.
    """
    for problems in check_each(path, labels, Summary() if summary is None else summary):
        yield from problems


def check_each(
    path: str | Path, labels: str | Path | None, summary: Summary
) -> Iterator[tuple[Problem, ...]]:
    """Do what :func:`check` does, yielding once a picture: what is wrong with it, often nothing.

    The archive as a whole comes first and the labels come last, so there are two more than
    pictures; ``summary.pictures`` is known after the first.
    """
    counts = summary
    source, problems = _open(Path(path), counts)
    yield _count(problems, counts)
    if source is None:
        return
    first_seen: dict[bytes, str] = {}
    for index in range(len(source)):
        yield _count(_check_picture(source, index, first_seen, counts), counts)
    yield _count(_check_labels(source, labels, counts), counts)


def _count(problems: Iterable[Problem], counts: Summary) -> tuple[Problem, ...]:
    found = tuple(problems)
    bad = sum(problem.severity == "error" for problem in found)
    counts.errors += bad
    counts.warnings += len(found) - bad
    return found


def _open(path: Path, counts: Summary) -> tuple[Pictures | None, list[Problem]]:
    """The pictures, if there are any, and what is wrong with the folder or zip as a whole."""
    try:
        store = FolderStore(path) if path.is_dir() else ZipStore(path)
    except DatasetError as error:
        return None, [_problem(str(path), error)]
    problems: list[Problem] = []
    if isinstance(store, ZipStore):
        remedy = "make the zip again, from inside its folder"
        cause = "its path climbs out of the archive"
        problems += [Problem(name, "error", cause, remedy) for name in store.climbing]
        cause = "is in the zip more than once; the last one is read"
        problems += [Problem(name, "warning", cause) for name in store.repeated]
    if isinstance(store, FolderStore):
        cause = "is a link to a folder around it or to nothing, and was passed over"
        problems += [Problem(name, "warning", cause) for name in store.passed_over]
    names = picture_names(store)
    problems += _not_taken(path, store)
    counts.files, counts.pictures = len(store.names), len(names)
    if names:
        return Pictures(store, names), problems
    return None, [*problems, _problem(str(path), no_picture(store))]


def _not_taken(path: Path, store: Store) -> Iterator[Problem]:
    """Name the files that may be pictures, but are not called so."""
    odd = [name for name in store.names if not images.is_picture(name) and not _beside(name)]
    if odd:
        verb = "files are not taken for pictures" if len(odd) > 1 else "file is not taken for one"
        cause = f"{len(odd)} {verb}: {_some(odd)}"
        phone = any(is_heif_name(name) for name in odd)
        remedy = HOW_TO_READ if phone else "give them the suffix of what they are"
        yield Problem(str(path), "warning", cause, remedy)


def _beside(name: str) -> bool:
    """Whether a file is one of those that lie beside pictures: tables, texts, thumbnails."""
    file = PurePosixPath(name)
    return file.suffix.lower() in _COMPANIONS or file.stem.lower() in _TEXTS


def _check_picture(
    source: Pictures, index: int, first_seen: dict[bytes, str], counts: Summary
) -> Iterator[Problem]:
    name = source.names[index]
    try:
        data = source.read(index)
        facts = images.probe(data, name)
        counts.formats[facts.format] = counts.formats.get(facts.format, 0) + 1
        image = images.decode(data, name)
    except (DatasetError, ImageError) as error:
        yield _problem(name, error)
        return
    height, width = image.shape[:2]
    size = f"{width}x{height}"
    counts.sizes[size] = counts.sizes.get(size, 0) + 1
    if min(height, width) < MIN_SIDE:
        cause = f"is tiny: {size} pixels, and {MIN_SIDE} is the least for a side"
        yield Problem(name, "error", cause, "take it away")
        return
    counts.usable += 1
    for cause in _oddities(facts, image):
        yield Problem(name, "warning", cause)
    key = hashlib.sha256(size.encode() + image.tobytes()).digest()
    twin = first_seen.setdefault(key, name)
    if twin != name:
        yield Problem(name, "warning", f"is the same picture as {twin}", "take one of them away")


def _oddities(facts: images.Facts, image: UInt8[np.ndarray, "h w 3"]) -> Iterator[str]:
    """What reading a picture does to it, beside decoding."""
    height, width = image.shape[:2]
    if facts.orientation != 1:
        yield f"is turned by EXIF (orientation {facts.orientation}); it is read upright"
    if height != width:
        side = min(height, width)
        yield f"is not square ({width}x{height}); {side}x{side} in the middle are used"
    if facts.transparent:
        yield f"has transparency ({facts.mode}); it is laid on white"
    if facts.bits > 8:
        yield f"has {facts.bits} bits per channel; 8 are used"
    if facts.bits == 1 or facts.mode == "1":
        yield "has 1 bit per pixel; it is read as black and white"
    elif facts.mode in ("L", "LA", "I") or facts.mode.startswith("I;"):
        yield f"is grey ({facts.mode}); it is read as three equal channels"
    if facts.mode == "CMYK":
        yield "is CMYK; it is read as RGB without its colour profile"
    if facts.format == "GIF":
        yield "is a GIF, of 256 colours at most"


def _check_labels(
    source: Pictures, labels: str | Path | None, counts: Summary
) -> Iterator[Problem]:
    yield from _check_class_labels(source)
    path = Path(labels) if labels is not None else find_table(source.path)
    if path is None:
        return
    counts.labels = path
    try:
        table = tables.read_table(path)
    except DatasetError as error:
        yield _problem(str(path), error)
        return
    rows = [table.find(name) for name in source.names]
    without = [name for name, row in zip(source.names, rows, strict=True) if row is None]
    unused = sorted(table.faces.keys() - set(rows))
    if unused:
        cause = f"no picture for {len(unused)} of {counted(len(table), 'rows')}: {_some(unused)}"
        yield Problem(str(path), "warning", cause)
    if without:
        cause = f"no row for {len(without)} of {counted(len(source), 'pictures')}: {_some(without)}"
        yield Problem(str(path), "warning", cause)


def _check_class_labels(source: Pictures) -> Iterator[Problem]:
    file = find_dataset_json(source.store, source.names)
    for name in other_dataset_json(source.store, file):
        cause = "is not read: it lies neither at the top nor in an outer folder of all pictures"
        yield Problem(name, "warning", cause, "put it beside the folders of pictures")
    if file is None:
        return
    try:
        found = read_class_labels(source.store, source.names)
    except DatasetError as error:
        yield _problem(file, error)
        return
    if found is not None and found.without_picture:
        gone = found.without_picture
        cause = f"not counted, without a picture: {counted(len(gone), 'labels')}, {_some([*gone])}"
        yield Problem(file, "warning", cause)


def _problem(name: str, error: FileError) -> Problem:
    return Problem(name, "error", error.cause, error.remedy)


def _some(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
