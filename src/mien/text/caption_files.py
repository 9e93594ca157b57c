"""Captions of a whole table of attributes, as MM-CelebA-HQ lays them out: ``NAME.txt``.

Every sentence is read back by :mod:`mien.text.reader` before it is kept; one of which the reader
takes something that is not true of the face is drawn anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from mien.data.batch import Worker
from mien.data.sources import open_source
from mien.data.tables import read_table
from mien.errors import DatasetError, InputError
from mien.files import replacing
from mien.text.captions import Caption, caption
from mien.text.reader import read

_IN_VAIN = 150
"""So many sentences drawn after another that are not new: there are no more."""


@dataclass(frozen=True)
class CaptionJob:
    """One face and the file of its sentences; ``face`` is None if the table has no row of it."""

    name: str
    face: Mapping[str, str] | None
    targets: tuple[Path, ...]


def caption_jobs(
    table: str | Path, out: str | Path, pictures: str | Path | None = None
) -> list[CaptionJob]:
    """A job for each row of a table, or for each picture of a folder or zip.

    A picture without a row is a job that fails. DatasetError: the table or the pictures cannot be
    used, or two faces have one stem.
    """
    rows = read_table(table)
    names = list(rows.faces) if pictures is None else list(open_source(pictures).names)
    jobs: dict[str, CaptionJob] = {}
    for name in names:
        row = rows.find(name)
        stem = PurePosixPath(name).stem
        if stem in jobs:
            raise DatasetError(table, f"two pictures are called {stem!r}", "rename one of them")
        face = None if row is None else rows.faces[row]
        jobs[stem] = CaptionJob(f"{table}: {name}", face, (Path(out, f"{stem}.txt"),))
    return list(jobs.values())


@dataclass(frozen=True)
class Captioning:
    """Writes ``count`` sentences of a face, which ``seed`` and the picture's name decide."""

    count: int = 10
    seed: int = 0

    def __call__(self) -> Worker:
        """Nothing has to be loaded."""
        return self.write

    def write(self, job: CaptionJob) -> Sequence[str]:
        """Write the file of a job.

        DatasetError: the table has no row for the picture; InputError: too little is known of it.
        """
        if job.face is None:
            raise DatasetError(job.name, "has no row in the table", "add one")
        (target,) = job.targets
        source = np.random.default_rng([self.seed, zlib.crc32(target.stem.encode())])
        made = faithful_captions(job.face, source, self.count)
        with replacing(target) as beside:
            beside.write_text("".join(f"{one.text}\n" for one in made), encoding="utf-8")
        return []


def faithful_captions(
    face: Mapping[str, str], rng: np.random.Generator, count: int = 10
) -> tuple[Caption, ...]:
    """Different sentences about a face of which nothing untrue can be read.

    As :func:`mien.text.captions.captions`; InputError: there are fewer for so bare a face.
    """
    found: dict[str, Caption] = {}
    in_vain = 0
    while in_vain < _IN_VAIN:
        made = caption(face, rng)
        key, in_vain = made.text.casefold().rstrip("."), in_vain + 1
        if key not in found and is_true(made, face):
            found[key], in_vain = made, 0
        if len(found) == count:
            return tuple(found.values())
    raise InputError(
        f"only {len(found)} of {count} different sentences can be made of {len(face)} attributes; "
        "ask for a smaller `count`, or say more of the face"
    )


def is_true(made: Caption, face: Mapping[str, str]) -> bool:
    """Whether what a sentence is read to say is what it means, and true of the face."""
    reading = read(made.text)
    if any(reading.asserted.get(column) != value for column, value in made.said.items()):
        return False
    if any(face.get(column, value) != value for column, value in reading.asserted.items()):
        return False
    return not any(face.get(column) in values for column, values in reading.denied.items())
