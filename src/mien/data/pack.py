"""Sets of pictures packed for training: NVlabs' zip with class labels, or pairs side by side.

    nvlabs   00000/img00000000.png …, dataset.json: {"labels": [[name, class], …]}, stored
    pairs    train/NAME.png and test/NAME.png, each two pictures side by side (pix2pix)

Pictures are made beside the zip first, by several processes if wanted, so that a command that was
stopped goes on; then they are zipped and the folder is taken away. Who is kept out is decided
person by person and told in ``NAME-splits.json``.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np

from mien import attributes, images
from mien.data import splits, tables
from mien.data.batch import Worker
from mien.data.pair_layouts import find_pairs
from mien.data.sources import Pictures, open_source
from mien.data.stores import open_store
from mien.errors import DatasetError, InputError
from mien.files import replacing

Layout = Literal["nvlabs", "pairs"]


@dataclass(frozen=True)
class PackOptions:
    """How a set is packed: cut and resized to ``size``.

    ``column`` of the label table gives the classes, if any; ``person`` is a regular expression
    whose first group finds in a file's name whose picture it is (None: each is a person of its
    own). ``kept_out`` is the share that is kept out; None for the set's own split.
    """

    layout: Layout = "nvlabs"
    size: int = 256
    column: str | None = None
    person: str | None = None
    kept_out: float | None = None

    def __post_init__(self) -> None:
        if not 8 <= self.size <= 4096:
            raise InputError(f"size is {self.size}, but must be from 8 to 4096")
        if self.kept_out is not None and not 0 <= self.kept_out < 1:
            raise InputError(f"kept-out is {self.kept_out:g}, but must be from 0 to below 1")
        if self.column is not None and self.column not in attributes.COLUMNS:
            known = ", ".join(attributes.COLUMNS)
            raise InputError(f"column {self.column!r} is none of: {known}")
        try:
            re.compile(self.person or "")
        except re.error as error:
            raise InputError(f"person {self.person!r} is no regular expression: {error}") from None


@dataclass(frozen=True)
class PackJob:
    """One picture or pair, read in one place or two ``sides`` at ``index``.

    ``label`` is its class, if any; ``trouble`` says why it cannot be packed, if so; there is one
    target.
    """

    name: str
    key: str
    sides: tuple[Pictures, ...]
    index: int
    label: int | None
    trouble: str
    targets: tuple[Path, ...]


def parts_folder(out: str | Path) -> Path:
    """Where pictures lie until they are zipped."""
    return Path(out).with_name(f".{Path(out).stem}-parts")


def pack_jobs(
    path: str | Path, out: str | Path, options: PackOptions, labels: str | Path | None = None
) -> list[PackJob]:
    """A job for each picture or pair of a folder or zip; ``labels`` gives the classes of a column.

    Raises DatasetError if the set or the table cannot be used, InputError for a column and no
    table.
    """
    if options.column is not None and labels is None:
        raise InputError(f"column {options.column!r} of which table? give `labels=TABLE`")
    if options.layout == "pairs":
        found = find_pairs(open_store(path), ("photo", "sketch"))
        keys, sides = found.names, (found.first, found.second)
    else:
        source = open_source(path)
        keys, sides = source.names, (source,)
    table = None if labels is None else tables.read_table(labels)
    jobs = []
    for i, key in enumerate(keys):
        name, label, trouble = sides[0].store.where(sides[0].names[i]), None, ""
        if options.column is not None and table is not None:
            row = table.find(key)
            value = None if row is None else table.faces[row].get(options.column)
            if value is None:
                what = "has no row for it" if row is None else f"does not say its {options.column}"
                trouble = f"{labels} {what}"
            else:
                label = attributes.COLUMNS[options.column].index(value)
        # Parts that a killed run of another set left are not taken for this one's.
        whose = f"{zlib.crc32(os.path.abspath(name).encode()):08x}"
        target = parts_folder(out) / f"{i:08d}-{options.size}-{whose}.png"
        jobs.append(PackJob(name, key, sides, i, label, trouble, (target,)))
    return jobs


@dataclass(frozen=True)
class Packing:
    """Writes the picture of a job, of side ``size``, as it shall lie in the zip."""

    size: int

    def __call__(self) -> Worker:
        """Nothing has to be loaded."""
        return self.write

    def write(self, job: PackJob) -> Sequence[str]:
        """Write one file; raises as reading it does, and InputError for what the table lacks."""
        if job.trouble:
            raise InputError(job.trouble)
        pictures = [side.picture(job.index, self.size) for side in job.sides]
        images.save(job.targets[0], np.concatenate(pictures, axis=1))
        return []


def write_zip(
    path: str | Path, out: str | Path, jobs: Sequence[PackJob], options: PackOptions, force: bool
) -> dict[str, Any]:
    """Zip what the jobs have made, write the splits beside it, take the parts away.

    Returns ``zip``, ``splits``, ``pictures``, ``train`` and ``kept_out`` (counts), ``people``.
    Raises DatasetError if nothing was made, OutputError if a file exists and ``force`` is false, or
    the disk refuses.
    """
    good = [job for job in jobs if job.targets[0].exists()]
    if not good:
        raise DatasetError(path, "none of its pictures could be packed")
    keys = [job.key for job in good]
    people = [whose(key, options.person) for key in keys]
    split = _split(path, keys, people, options)
    kept = set(split.kept_out)
    names = [
        f"{i // 1000:05d}/img{i:08d}.png"
        if options.layout == "nvlabs"
        else f"{'test' if i in kept else 'train'}/{key.replace('/', '-')}.png"
        for i, key in enumerate(keys)
    ]
    if len(set(names)) < len(names):
        raise DatasetError(path, "two of its pairs have one name", "rename one of them")
    with replacing(out, force) as beside, zipfile.ZipFile(beside, "w") as archive:
        for name, job in zip(names, good, strict=True):
            member = zipfile.ZipInfo(name)  # of no date: the same pictures are the same zip
            member.external_attr = 0o644 << 16
            archive.writestr(member, job.targets[0].read_bytes())
        if options.layout == "nvlabs":
            pairs = zip(names, good, strict=True)
            classes = [[name, job.label] for name, job in pairs] if options.column else None
            member = zipfile.ZipInfo("dataset.json")
            member.external_attr = 0o644 << 16
            archive.writestr(member, json.dumps({"labels": classes}))
    told = {
        "train": [names[i] for i in split.train],
        "kept-out": [names[i] for i in split.kept_out],
        "sources": dict(zip(names, keys, strict=True)),
        "people": dict(zip(names, people, strict=True)),
    }
    splits_path = Path(out).with_name(f"{Path(out).stem}-splits.json")
    with replacing(splits_path, force) as beside:
        beside.write_text(json.dumps(told, indent=1), encoding="utf-8")
    shutil.rmtree(parts_folder(out), ignore_errors=True)
    return {
        "zip": Path(out),
        "splits": splits_path,
        "pictures": len(good),
        "train": len(split.train),
        "kept_out": len(split.kept_out),
        "people": len(set(people)),
    }


def whose(key: str, person: str | None) -> str:
    """Whose picture it is, by its name; the name itself where the expression finds nothing."""
    stem = PurePosixPath(key).stem
    match = None if person is None else re.search(person, stem)
    if match is None:
        return key
    return match[1] if match.re.groups and match[1] is not None else match[0]


def _split(
    path: str | Path, keys: Sequence[str], people: Sequence[str], options: PackOptions
) -> splits.Split:
    if options.kept_out is None and options.person is None:
        return splits.split(path, keys)
    share = splits.DEFAULT_SHARE if options.kept_out is None else options.kept_out
    group = dict(zip(keys, people, strict=True))
    return splits.split_by_hash(keys, math.floor(len(keys) * share), group=group.__getitem__)
