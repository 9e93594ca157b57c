"""Many pictures, one after the other or in several processes: found, worked on, reported.

A job whose files are all there is passed over, so a command that was stopped goes on when it is
repeated. A picture that cannot be used is reported; the others are still done.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.data.paths import own_output
from mien.data.sources import Pictures, open_source
from mien.data.stores import open_store
from mien.errors import InputError, MienError, OutputError
from mien.files import make_folder, stored


@dataclass(frozen=True)
class Job:
    """One picture and the files to be made of it; ``key`` is its name inside its folder or zip."""

    name: str
    key: str
    source: Pictures
    index: int
    targets: tuple[Path, ...]

    def read(self) -> UInt8[np.ndarray, "h w 3"]:
        """The picture; errors as :meth:`mien.data.sources.PictureSource.picture`."""
        return self.source.picture(self.index)


@dataclass(frozen=True)
class Done:
    """What became of one picture: its files, and what a person should know.

    ``problem`` says why it was left out, if it was; ``before`` whether its files had been there.
    """

    name: str
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    before: bool = False


@runtime_checkable
class Item(Protocol):
    """What can be worked off: a :class:`Job`, or anything else with a name and files to make."""

    @property
    def name(self) -> str:
        """What errors call it."""
        ...

    @property
    def targets(self) -> tuple[Path, ...]:
        """The files that shall be made."""
        ...


Worker = Callable[[Any], Sequence[str]]
"""Makes the files of a job; returns what a person should know."""


def find_jobs(
    paths: Sequence[str | Path], out: str | Path, ends: Sequence[str], folders: Sequence[str] = ()
) -> list[Job]:
    """A job for each picture of some pictures, folders and zips.

    ``ends`` are put behind a picture's stem (``.png``, ``-preview.png``); ``folders`` names one
    below ``out`` for each of them, none ``out`` itself. Raises DatasetError or ImageError if a path
    holds no picture, InputError if there is no path.
    """
    if not paths:
        raise InputError("there is no picture; name files, folders or zips")
    under = list(folders) or [""] * len(ends)
    jobs: list[Job] = []
    taken: set[str] = set()
    for path in map(stored, paths):
        if images.is_picture(path.name) and not path.is_dir():
            source = Pictures(open_store(path.parent), (path.name,))
        else:
            source = open_source(path)
            own = (own_output(path / name, path, (out,)) for name in source.names)
            source = source.select([i for i, theirs in enumerate(own) if not theirs])
        inputs = {os.path.realpath(source.store.where(name)) for name in source.names}
        for i, key in enumerate(source.names):
            stem, number = PurePosixPath(key).with_suffix("").as_posix(), 1
            while True:
                own = stem if number == 1 else f"{stem}-{number}"
                pairs = zip(under, ends, strict=True)
                targets = tuple(Path(out, folder, f"{own}{end}") for folder, end in pairs)
                # What is read is never written over.
                free = not any(os.path.realpath(target) in inputs for target in targets)
                if own.lower() not in taken and free:
                    break
                number += 1
            taken.add(own.lower())
            jobs.append(Job(source.store.where(key), key, source, i, targets))
    return jobs


def work_off(
    jobs: Sequence[Item], start: Callable[[], Worker], processes: int = 1, force: bool = False
) -> Iterator[Done]:
    """Work on all jobs: what became of each, in order.

    ``start`` is called once in every process, before its first job, and loads what the work needs;
    for several processes it has to be picklable, such as a frozen dataclass. ``force`` makes files
    anew that are there. Raises InputError if ``processes`` is below 1, OutputError if the disk
    refuses.
    """
    if processes < 1:
        raise InputError(f"processes is {processes}, and must be 1 or more")
    left = [job for job in jobs if force or not all(target.exists() for target in job.targets)]
    made = _worked(left, start, min(processes, max(len(left), 1)))
    waiting = {id(job) for job in left}
    for job in jobs:
        if id(job) in waiting:
            yield next(made)
        else:
            yield Done(job.name, job.targets, before=True)


def _worked(jobs: Sequence[Item], start: Callable[[], Worker], processes: int) -> Iterator[Done]:
    if not jobs:
        return
    if processes == 1:
        worker = start()
        for job in jobs:
            yield _one(worker, job)
        return
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    with ProcessPoolExecutor(processes, context, _begin, (start,)) as pool:
        try:
            yield from pool.map(_in_process, jobs)
        finally:
            pool.shutdown(cancel_futures=True)


def _one(worker: Worker, job: Item) -> Done:
    try:
        for folder in {target.parent for target in job.targets}:
            make_folder(folder)
        return Done(job.name, job.targets, tuple(worker(job)))
    except OutputError:
        raise
    except MienError as error:
        text = str(error)
        return Done(job.name, problem=text if text.startswith(job.name) else f"{job.name}: {text}")


_worker: list[Worker] = []  # of this process


def _begin(start: Callable[[], Worker]) -> None:
    _worker[:] = [start()]
    if "torch" in sys.modules:  # several processes share the cores already
        sys.modules["torch"].set_num_threads(1)


def _in_process(job: Item) -> Done:
    return _one(_worker[0], job)
