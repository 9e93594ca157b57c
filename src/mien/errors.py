"""Every error that mien raises on purpose.

    MienError
    ├── InputError            an argument or a sentence that cannot be used
    │   ├── WrongType         an argument of another type; a TypeError too
    │   ├── WrongValue        a number out of its range; a ValueError too
    │   ├── UnknownName       a model, method or tag that nobody has heard of
    │   └── SessionExpired    a browser's session that is no longer kept
    ├── FileError             a file: which one, why, what mends it
    │   ├── ImageError        a picture
    │   ├── VideoError        a clip
    │   ├── DatasetError      a folder or zip of pictures, a table of labels
    │   ├── CheckpointError   a file of weights
    │   │   ├── UnsafeCheckpoint   it would run code
    │   │   └── ConfigMismatch     its tensors do not fit the network
    │   ├── WeightsMissing    a model that is known but not on this disk
    │   └── OutputError       nowhere to write: exists, read-only, disk full
    ├── Busy                  as much is waiting as may wait
    ├── Cancelled             stopped by whoever had asked for it
    ├── MissingExtra          an optional dependency, with its install command
    └── TrainingDiverged      a loss or gradient that is no longer a number

The command line prints ``str(error)`` on one line and exits with status 2. Messages name arguments
as Python does, between backquotes (``give `force=True` ``); :func:`in_dashes` makes options of
them.
"""

from __future__ import annotations

import difflib
import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path


class MienError(Exception):
    """Root of the tree; its text is one line that a person can act on."""


def counted(count: int, what: str) -> str:
    """A count and what is counted: ``2 label maps``, ``1 label map``, ``1 file of 5 captions``.

    Args:
        count: How many.
        what: In the plural, by *s*.
    """
    head, of, tail = what.partition(" of ")
    return f"{count} {head.removesuffix('s') if count == 1 else head}{of}{tail}"


class InputError(MienError):
    """An argument or a sentence that cannot be used."""


class WrongType(InputError, TypeError):
    """An argument of a type that cannot be used."""

    def __init__(self, name: str, value: object, wanted: str) -> None:
        super().__init__(f"`{name}` is {type(value).__name__} {value!r:.60}, but must be {wanted}")


class WrongValue(InputError, ValueError):
    """A number out of its range."""


class UnknownName(InputError):
    """A name that is in no table. Lists the names that are, or the nearest if they are many."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = _nearest(name, names, 1, 0.6)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        listed = "known: " + (", ".join(names) if names else "none")
        if len(names) > _LISTED:
            listed = f"nearest of {len(names)}: " + ", ".join(_nearest(name, names, 5, 0.0))
        super().__init__(f"unknown {kind} {name!r}{hint} ({listed})")
        self.name = name


class SessionExpired(InputError):
    """A session of the web page that is no longer kept."""


_LISTED = 12
"""More names than these are not listed."""


def _nearest(name: str, names: list[str], count: int, cutoff: float) -> list[str]:
    """The names most like one, whatever their case."""
    folded: dict[str, str] = {}
    for one in names:
        folded.setdefault(one.casefold(), one)
    found = difflib.get_close_matches(name.casefold(), folded, count, cutoff)
    return [folded[one] for one in found]


_OPTIONS = {"path": "out", "folder": "out", "settings": "set", "without": "not"}
"""Argument -> its option, where that is called otherwise."""


def in_dashes(text: str) -> str:
    """A message with the arguments that it names as the command line calls them.

    `` `force=True` `` becomes ``--force``, `` `psi=0.7` `` ``--psi 0.7``, `` `path` `` ``--out``.
    """

    def option(match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        dashed = "--" + _OPTIONS.get(name, name).replace("_", "-")
        return dashed if value in (None, "True") else f"{dashed} {value}"

    return re.sub(r"`([a-z_]+)(?:=([^`]*))?`", option, text)


class FileError(MienError):
    """A file that cannot be used.

    Args:
        path: The file, as the user named it.
        cause: What is wrong, with the two numbers that disagree if there are two.
        remedy: What the user can do; empty if there is nothing to do.
    """

    def __init__(self, path: str | Path, cause: str, remedy: str = "") -> None:
        super().__init__(f"{path}: {cause}" + (f"; {remedy}" if remedy else ""))
        self.path = Path(path)
        self.cause = cause
        self.remedy = remedy


class ImageError(FileError):
    """A picture that cannot be read or is of no usable kind."""


class VideoError(FileError):
    """A clip that cannot be read or holds no moving picture."""


class DatasetError(FileError):
    """A folder or zip of pictures, or a table of labels, that cannot be used."""


class CheckpointError(FileError):
    """A file of weights that cannot be read."""


class UnsafeCheckpoint(CheckpointError):
    """A file of weights that would run code if it were loaded the usual way."""


class ConfigMismatch(CheckpointError):
    """Tensors that do not fit the network that the configuration describes."""


class WeightsMissing(FileError):
    """A model that the catalogue knows but this disk does not hold."""


class OutputError(FileError):
    """A place that cannot be written to."""


class Busy(MienError):
    """As much is waiting as may wait; asking again a little later helps.

    Args:
        waiting: How many wait.
        retry_s: After how many seconds a place is likely.
    """

    def __init__(self, waiting: int, retry_s: int) -> None:
        super().__init__(
            f"busy: {waiting} requests are waiting, and no more may; try again in {retry_s} s"
        )
        self.retry_s = retry_s


class Cancelled(MienError):
    """Work that was stopped by whoever had asked for it, or because the desk closed."""


class MissingExtra(MienError):
    """An optional dependency that is not installed.

    Args:
        package: The import name that was missing.
        extra: The extra of mien that brings it.
        purpose: What it is needed for, as a noun phrase.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed; {pip_install(f'mien[{extra}]')}"
        )
        self.extra = extra


def pip_install(what: str) -> str:
    """The command that installs into the environment that is running, and no other.

    Args:
        what: A requirement, such as ``mien[video]``.
    """
    beside = Path(sys.executable).with_name("pip")
    here = Path.cwd()
    if beside.is_file() and here in beside.parents:
        return f"{beside.relative_to(here)} install '{what}'"
    return f"{shlex.quote(sys.executable or 'python')} -m pip install '{what}'"


class TrainingDiverged(MienError):
    """A loss or gradient that is not finite; the last good checkpoint is kept."""
