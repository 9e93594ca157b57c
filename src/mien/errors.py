"""Every error that mien raises on purpose.

    MienError
    ├── InputError            an argument or a sentence that cannot be used
    │   └── UnknownName       a model, method or tag that nobody has heard of
    ├── FileError             a file: which one, why, what mends it
    │   ├── ImageError        a picture
    │   ├── VideoError        a clip
    │   ├── DatasetError      a folder or zip of pictures, a table of labels
    │   ├── CheckpointError   a file of weights
    │   │   ├── UnsafeCheckpoint   it would run code
    │   │   └── ConfigMismatch     its tensors do not fit the network
    │   ├── WeightsMissing    a model that is known but not on this disk
    │   └── OutputError       nowhere to write: exists, read-only, disk full
    ├── MissingExtra          an optional dependency, with its install command
    └── TrainingDiverged      a loss or gradient that is no longer a number

The command line prints ``str(error)`` on one line and exits with status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class MienError(Exception):
    """Root of the tree; its text is one line that a person can act on."""


class InputError(MienError):
    """An argument or a sentence that cannot be used."""


class UnknownName(InputError):
    """A name that is in no table. Lists the names that are."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        listed = ", ".join(names) if names else "none"
        super().__init__(f"unknown {kind} {name!r}{hint} (known: {listed})")
        self.name = name


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


class MissingExtra(MienError):
    """An optional dependency that is not installed.

    Args:
        package: The import name that was missing.
        extra: The extra of mien that brings it.
        purpose: What it is needed for, as a noun phrase.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed; pip install 'mien[{extra}]'"
        )
        self.extra = extra


class TrainingDiverged(MienError):
    """A loss or gradient that is not finite; the last good checkpoint is kept."""
