"""Bulk work: very many inputs in shards, each made once, in processes here or on a Ray cluster.

A shard is ``shard-000000.tar`` (WebDataset) and ``shard-000000.jsonl``, a line an input: ``input``,
``files``, ``notes``, ``problem``. Both are renamed when they are whole, the lines last, and a shard
that has its lines is never made again: each input stands in the output once, however often the run
was stopped. Until then its files lie in ``work/``, so that a killed run loses one picture a
process. An input that its process died of :data:`TRIES` times is set aside.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from mien import images
from mien.data.batch import Job, Worker
from mien.data.sources import Pictures
from mien.data.stores import MAX_FILE_BYTES, Store, is_hidden, open_store, too_big
from mien.errors import DatasetError, InputError, MienError, OutputError
from mien.files import held, make_folder, replacing, sweep

TRIES = 3
"""So many processes may die of one input, or without having begun one."""

RUN, MANIFEST, _AT = "run.json", "manifest.jsonl", ".at.json"


class TarStore:
    """The members of a plain tar, read at their places."""

    def __init__(self, path: Path) -> None:
        """List it; raises DatasetError if it is absent, no plain tar, or damaged."""
        self.path = path
        try:
            with tarfile.open(path, "r:") as archive:
                found = {m.name: (m.offset_data, m.size) for m in archive if m.isfile()}
        except (OSError, tarfile.TarError) as error:
            cause = f"is no readable plain tar ({error})"
            raise DatasetError(path, cause, "unpack it, or name the folder") from None
        self._places = {name: place for name, place in found.items() if not is_hidden(name)}
        self.names = tuple(sorted(self._places))

    def read(self, name: str) -> bytes:
        """All bytes of a member; see :meth:`mien.data.stores.Store.read`."""
        start, size = self._places[name]
        if size > MAX_FILE_BYTES:
            raise too_big(self.where(name), size)
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                return file.read(size)
        except OSError as error:
            raise DatasetError(self.where(name), f"cannot be read ({error.strerror})") from None

    def where(self, name: str) -> str:
        """What an error calls a member."""
        return f"{self.path}:{name}"

    def signature(self, name: str) -> str:
        """Place and size."""
        return "{} {}".format(*self._places[name])


@lru_cache(maxsize=4)
def _store(path: str) -> Store:
    """A folder, zip or tar, listed once a process."""
    return TarStore(Path(path)) if path.lower().endswith(".tar") else open_store(path)


@dataclass(frozen=True)
class SeedItem:
    """A seed as an input, and the files that shall be made of it."""

    name: str
    seed: int
    targets: tuple[Path, ...]


@dataclass(frozen=True)
class Shard:
    """Some inputs of one source, a folder, zip or tar: names of pictures; of none (""): seeds."""

    number: int
    source: str
    inputs: tuple[str, ...]

    def items(self, folder: Path, ends: Sequence[str]) -> Iterator[Job | SeedItem]:
        """What is to be made of each input, in a folder."""
        pictures = Pictures(_store(self.source), self.inputs) if self.source else None
        taken: set[str] = set()
        for index, name in enumerate(self.inputs):
            stem = PurePosixPath(name).with_suffix("").as_posix() if pictures else f"seed{name:0>8}"
            own, again = stem, 1
            while own.lower() in taken:
                again += 1
                own = f"{stem}-{again}"
            taken.add(own.lower())
            targets = tuple(folder / f"{own}{end}" for end in ends)
            if pictures is None:
                yield SeedItem(f"seed {name}", int(name), targets)
            else:
                where = pictures.store.where(name)
                yield Job(where, name, pictures, index, targets)


@dataclass(frozen=True)
class Plan:
    """What is made of which inputs, and where.

    All machines see the folder ``out`` under this name; ``ends`` are put behind a picture's stem;
    ``note`` says which files of the inputs are no pictures.
    """

    out: Path
    shards: tuple[Shard, ...]
    ends: tuple[str, ...] = (".png",)
    note: str = ""

    @classmethod
    def of(
        cls,
        paths: Sequence[str | Path],
        out: str | Path,
        per_shard: int = 1000,
        ends: Sequence[str] = (".png",),
        said: dict[str, Any] | None = None,
        seeds: Sequence[int] = (),
    ) -> Plan:
        """List the inputs, and make sure that the folder is this run's.

        ``paths`` are folders (one of tars counts as these), zips, tars and pictures, or there are
        ``seeds`` instead; ``said`` is what decides the files, as JSON can hold it.

        Raises DatasetError if a path holds no picture, InputError if there is no input or
        ``per_shard`` is below 1, OutputError if the folder holds another run, or cannot be written
        to.
        """
        if per_shard < 1:
            raise InputError(f"per_shard is {per_shard}, and must be 1 or more")
        _store.cache_clear()  # a folder may have changed since
        others: list[str] = []
        lists = [("", tuple(map(str, seeds)))] if seeds else _lists(paths, Path(out), others)
        cut = [
            (source, names[start : start + per_shard])
            for source, names in lists
            for start in range(0, len(names), per_shard)
        ]
        if not cut:
            raise InputError("there is no input; name folders, zips, tars or pictures")
        shards = tuple(Shard(number, *one) for number, one in enumerate(cut))
        digest = hashlib.sha256(repr(cut).encode()).hexdigest()
        inputs = {"count": sum(len(names) for _, names in cut), "sha256": digest}
        _claim(Path(out), {**(said or {}), "per_shard": per_shard, "inputs": inputs})
        return cls(Path(out), shards, tuple(ends), _no_pictures(others))

    def lines(self, shard: Shard) -> Path:
        """The file that says what became of a shard; it is there when the shard is done."""
        return self.out / f"shard-{shard.number:06d}.jsonl"


def _lists(
    paths: Sequence[str | Path], out: Path, others: list[str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Each source and its inputs; pictures that are named one by one count as their folder's.

    Files that are no pictures are added to ``others``.
    """
    found: list[tuple[str, tuple[str, ...]]] = []
    sources: list[Path] = []
    for named in map(Path, paths):
        sources += (named.is_dir() and sorted(named.glob("*.tar"))) or [named.absolute()]
    for path in sources:
        source = str(path)
        if not (path.is_file() and images.is_picture(path.name)):
            found.append(_listed(source, out, others))
        elif found and found[-1][0] == str(path.parent):
            folder, names = found.pop()
            found.append((folder, tuple(dict.fromkeys([*names, path.name]))))
        else:
            found.append((str(path.parent), (path.name,)))
    return found


def _listed(source: str, out: Path, others: list[str]) -> tuple[str, tuple[str, ...]]:
    # What lies in the output is no input, if that is a folder of the input.
    own = f"{os.path.relpath(out, source)}/"
    every = [name for name in _store(source).names if not name.startswith(own)]
    names = tuple(name for name in every if images.is_picture(name))
    if not names:
        raise DatasetError(source, "holds no picture", f"read are: {', '.join(images.SUFFIXES)}")
    others += [name for name in every if not images.is_picture(name)]
    return str(Path(source).absolute()), names


def _no_pictures(names: Sequence[str], most: int = 5) -> str:
    if not names:
        return ""
    listed = ", ".join(names[:most]) + (", …" if len(names) > most else "")
    verb = "file is no picture" if len(names) == 1 else "files are no pictures"
    return f"{len(names)} {verb}: {listed}"


def _claim(out: Path, said: dict[str, Any]) -> None:
    """Write into a folder what its run is; refuse the folder of another."""
    said, path = json.loads(json.dumps(said)), make_folder(out) / RUN
    if path.exists():
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            found = {}
        found = found if isinstance(found, dict) else {}
        differing = [key for key in said if found.get(key) != said[key]]
        if differing:
            cause = f"holds another run ({', '.join(differing)} differ)"
            raise OutputError(out, cause, "give another `path`, or the same command as before")
        return
    with replacing(path) as beside:
        beside.write_text(json.dumps(said, indent=1), "utf-8")


_workers: dict[Any, Worker] = {}


def make_shard(plan: Plan, shard: Shard, start: Callable[[], Worker]) -> int:
    """Make one shard, unless it is done, in whichever process this is; the number of its inputs.

    ``start``, a frozen dataclass, loads what the work needs, once a process. Raises OutputError if
    the disk refuses, or another process makes this shard.
    """
    lines = plan.lines(shard)
    if lines.exists():
        return len(shard.inputs)
    work = make_folder(plan.out / "work" / lines.stem)
    with held(work.with_suffix(".lock")):
        if start not in _workers:
            _workers[start] = start()
        deaths, said = _Deaths(work / _AT), []
        for item in shard.items(work / "files", plan.ends):
            said.append(_one(_workers[start], item, deaths, work / "files"))
        _pack(lines.with_suffix(".tar"), work / "files", said)
        with replacing(lines) as beside:
            beside.write_text("".join(json.dumps(line) + "\n" for line in said), "utf-8")
        shutil.rmtree(work)
    return len(shard.inputs)


class _Deaths:
    """Which input is worked on, kept on the disk: whoever dies of it leaves its name."""

    def __init__(self, path: Path) -> None:
        self.path, self.counts = path, {}
        try:
            told = json.loads(path.read_text("utf-8"))
            self.counts = told["counts"]
            self.counts[told["at"]] = self.counts.get(told["at"], 0) + 1
        except (OSError, ValueError, KeyError, TypeError):
            pass

    def begin(self, name: str) -> None:
        self.path.write_text(json.dumps({"at": name, "counts": self.counts}), "utf-8")


def _one(worker: Worker, item: Any, deaths: _Deaths, home: Path) -> dict[str, Any]:
    """Make the files of one input; what became of it."""
    line: dict[str, Any] = {"input": item.name, "files": [], "notes": [], "problem": ""}
    files = [target.relative_to(home).as_posix() for target in item.targets]
    if all(target.exists() for target in item.targets):  # of a run that was killed
        return {**line, "files": files}
    if (times := deaths.counts.get(item.name, 0)) >= TRIES:
        return {**line, "problem": f"{item.name}: its process died {times} times"}
    deaths.begin(item.name)
    try:
        for target in item.targets:
            make_folder(target.parent)
        return {**line, "notes": list(worker(item)), "files": files}
    except OutputError:
        raise
    except MienError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - one file must not stop a million others
        problem = f"{type(error).__name__}: {error}"
    named = problem if problem.startswith(item.name) else f"{item.name}: {problem}"
    return {**line, "problem": named}


def _pack(path: Path, home: Path, said: Sequence[dict[str, Any]]) -> None:
    """All files of a shard as a tar, of no date: the same files are the same tar."""
    with replacing(path) as beside, tarfile.open(beside, "w") as archive:
        for name in (name for line in said for name in line["files"]):
            member, data = tarfile.TarInfo(name), (home / name).read_bytes()
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def run(
    plan: Plan, start: Callable[[], Worker], processes: int = 1, cluster: str | None = None
) -> Iterator[dict[str, Any]]:
    """Make all shards that are not made yet, then the manifest.

    ``cluster`` is the address of a Ray cluster, or ``auto`` for the one that runs here; None for
    ``processes`` of this machine.

    Yields ``{"done": inputs so far, "of": inputs}``; at last ``{"made", "left_out", "manifest"}``.
    Raises OutputError if another run is in this folder or the disk refuses, DatasetError if
    processes die before they begin an input, MissingExtra without Ray.
    """
    from mien.data.pools import LocalPool, RayPool

    with held(plan.out / ".lock"):
        left = [shard for shard in plan.shards if not plan.lines(shard).exists()]
        total = sum(len(shard.inputs) for shard in plan.shards)
        done = total - sum(len(shard.inputs) for shard in left)
        yield {"done": done, "of": total}
        if left:
            with closing(LocalPool(processes) if cluster is None else RayPool(cluster)) as pool:
                for count in _made(plan, left, start, pool):
                    done += count
                    yield {"done": done, "of": total}
        yield _manifest(plan)
        shutil.rmtree(plan.out / "work", ignore_errors=True)
        sweep(plan.out)  # what a node left that died while it wrote a shard


def _made(plan: Plan, left: list[Shard], start: Callable[[], Worker], pool: Any) -> Iterator[int]:
    """Hand shards out, again those whose process died; yields the inputs of each that is done."""
    waiting, last = list(left), {shard.number: ("", 0) for shard in left}
    running: dict[Any, Shard] = {}
    while waiting or running:
        while waiting and len(running) < pool.places:
            shard = waiting.pop(0)
            running[pool.submit(make_shard, plan, shard, start)] = shard
        for future in pool.wait(list(running)):
            shard = running.pop(future)
            count = pool.result(future)
            if count is not None:
                yield count
                continue
            # Its process died. Of an input: after some tries the shard goes on behind it.
            at, times = _at(plan, shard), 1
            if at == last[shard.number][0]:
                times += last[shard.number][1]
            last[shard.number] = (at, times)
            if times >= TRIES:
                cause = f"{times} processes died before they began another input of it"
                raise DatasetError(shard.source or "seeds", cause, "try fewer processes")
            time.sleep(0.1)
            waiting.insert(0, shard)


def _at(plan: Plan, shard: Shard) -> str:
    """Where a shard is: changes whenever an input is begun."""
    try:
        return (plan.out / "work" / plan.lines(shard).stem / _AT).read_text("utf-8")
    except OSError:
        return ""


def _manifest(plan: Plan) -> dict[str, Any]:
    """Put the lines of all shards into one file; counts of them."""
    counts = {"made": 0, "left_out": 0}
    with replacing(plan.out / MANIFEST) as beside, beside.open("w", encoding="utf-8") as file:
        for shard in plan.shards:
            for text in plan.lines(shard).read_text("utf-8").splitlines():
                line = json.loads(text)
                counts["left_out" if line["problem"] else "made"] += 1
                line = {"shard": shard.number, **line}
                file.write(json.dumps(line) + "\n")
    return {**counts, "manifest": plan.out / MANIFEST}
