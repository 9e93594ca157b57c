"""Pictures that a person names: files, folders, globs; and where what is made of them goes."""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mien import images
from mien.data.stores import FolderStore
from mien.errors import ImageError, InputError, counted
from mien.files import stored

VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".ts")
"""Ends of the names (lower case) of files that are taken for videos."""

_MAGIC = "*?["


@dataclass(frozen=True)
class Found:
    """One picture file.

    If it was not ``named`` itself, it was found in a folder or by a pattern, and may be left out
    where it cannot be read.
    """

    path: Path
    named: bool


def find_pictures(arguments: Sequence[str | Path], out: Sequence[str | Path] = ()) -> list[Found]:
    """The picture files that arguments name, each once, in their order.

    Arguments are files; folders, of which every picture at any depth is meant, sorted; patterns
    with ``*``, ``?`` and ``**``, for shells that do not resolve them. ``out`` is where results go,
    and went in earlier runs: what was made there is passed over, see :func:`own_output`; if it is
    named itself, then only beside what it was made of.

    Raises ImageError for no such file, a video, a folder or pattern without pictures; InputError if
    there is no argument.
    """
    if not arguments:
        raise InputError("there is no picture; name files, folders or patterns such as 'faces/*'")
    found: dict[Path, Found] = {}
    own = 0
    for argument in arguments:
        path = stored(argument)
        # Of a pattern, the folder before its first mark.
        root = path if path.is_dir() else Path(re.split(r"[*?\[]", str(path))[0] + "_").parent
        for one in _expand(path, str(argument)):
            if not one.named and own_output(one.path, root, out):
                own += 1
            else:
                found.setdefault(one.path, one)
    alone = list(found.values())
    if len(alone) == 1 and alone[0].named and not alone[0].path.exists():
        raise ImageError(alone[0].path, "there is no such file")
    if own and not found:
        cause = f"holds only what was made of other pictures ({counted(own, 'files')})"
        raise ImageError(arguments[0], cause, "name the files themselves, or give another `path`")
    # A shell makes single names of a pattern, and what an earlier run wrote is among them.
    sources = {path.name for path in found}
    return [
        one
        for one in found.values()
        if not one.named
        or made_of(one.path) not in sources - {one.path.name}
        or not own_output(one.path, one.path.parent, out)
    ]


def made_of(file: Path) -> str | None:
    """The name of the picture that one of mien's was made of; None of any other."""
    with contextlib.suppress(ImageError, OSError):
        made = images.read_provenance(file)
        source = next((made[key] for key in ("of", "photo", "source") if made.get(key)), None)
        return None if source is None else Path(str(source)).name
    return None


def own_output(file: Path, root: Path, out: Sequence[str | Path]) -> bool:
    """Whether a picture that was found below ``root`` was put there by an earlier run.

    True below a folder of ``out`` that lies inside ``root``; in ``root`` itself only if the picture
    says that mien made it.
    """
    real, base = Path(os.path.realpath(file)), Path(os.path.realpath(root))
    for one in out:
        home = Path(os.path.realpath(one))
        if base in home.parents and home in real.parents:
            return True
        if home == base:
            with contextlib.suppress(ImageError, OSError):
                images.read_provenance(file)
                return True
    return False


def _expand(path: Path, text: str) -> list[Found]:
    if path.is_dir():
        return [Found(file, False) for file in _inside(path)]
    if not path.exists() and any(mark in text for mark in _MAGIC):
        hits = sorted(Path(hit) for hit in glob.glob(text, recursive=True))
        files = [file for hit in hits for file in (_inside(hit) if hit.is_dir() else _picture(hit))]
        if not files:
            videos = sum(hit.suffix.lower() in VIDEO_SUFFIXES for hit in hits)
            clips = f", {videos} of them videos" if videos else ""
            raise ImageError(text, f"matches {counted(len(hits), 'files')}{clips} and no picture")
        return [Found(file, False) for file in files]
    if path.suffix.lower() in VIDEO_SUFFIXES:
        cause = "is a video, and pictures are wanted"
        raise ImageError(path, cause, f"videos are translated by: mien anime {path.name}")
    return [Found(path, True)]


def _picture(path: Path) -> list[Path]:
    # A link that leads nowhere is told when it is read.
    there = path.is_file() or (path.is_symlink() and not path.exists())
    return [path] if there and images.is_picture(path.name) else []


def _inside(folder: Path) -> list[Path]:
    store = FolderStore(folder)
    shown = [folder / name for name in store.names]
    lost = [folder / name for name in store.passed_over if not (folder / name).exists()]
    pictures = [file for file in shown if _picture(file)]
    if not pictures:
        videos = sum(file.suffix.lower() in VIDEO_SUFFIXES for file in shown)
        clips = f", {videos} of them videos (mien anime takes those)" if videos else ""
        cause = f"holds no picture among its {counted(len(shown), 'files')}{clips}"
        raise ImageError(folder, cause, f"these are read: {', '.join(images.SUFFIXES)}")
    return sorted([*pictures, *lost])


def output_paths(found: Sequence[Found], out: str | Path) -> list[Path]:
    """Where the result of each picture goes: ``out`` itself if it names a PNG for the only one.

    Raises InputError if it does and there are several pictures, or it is the picture itself.
    """
    target = Path(out)
    if target.suffix.lower() in images.SUFFIXES and not target.is_dir():
        if len(found) > 1:
            raise InputError(f"`path={out}` is one file, and there are {len(found)} pictures")
        if os.path.realpath(target) == os.path.realpath(found[0].path):
            raise InputError(f"`path={out}` is the picture itself; give another name")
        return [target]
    # What is read is never written over, not even with --force.
    read = {os.path.realpath(one.path) for one in found}
    taken: set[str] = set()
    paths = []
    for one in found:
        stem, number = one.path.stem, 1
        while stem.lower() in taken or os.path.realpath(target / f"{stem}.png") in read:
            number += 1
            stem = f"{one.path.stem}-{number}"
        taken.add(stem.lower())
        paths.append(target / f"{stem}.png")
    return paths
