"""Landmarks that a person brings: ``.npz``, ``.json`` or ``.csv``, 5 or 68 points a picture.

    .npz    ``points`` ``[n, p, 2]``, and ``names`` ``[n]``; without names a row for each picture,
            in sorted order
    .json   ``{"ann.jpg": [[x, y], ...]}``, or what ``mien data align`` writes beside its crops
    .csv    a row a picture: name, x, y, x, y, ...; a first row of column names is passed over

Names are matched with or without folders and suffix. Points are x, y in pixels of the picture.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float

from mien.data.stores import comparable
from mien.errors import DatasetError, counted
from mien.faces.frames import five_points

COUNTS = (5, 68, 70)
"""How many points a face may have: eyes, nose and mouth; iBUG's; iBUG's and the pupils."""

SUFFIXES = (".npz", ".json", ".csv")
"""Files of landmarks that are read."""


@dataclass(frozen=True)
class LandmarkFile:
    """Landmarks of many pictures: by name as the file gives it, or ``rows`` if it has no names."""

    path: Path
    named: Mapping[str, Float[np.ndarray, "p 2"]]
    rows: tuple[Float[np.ndarray, "p 2"], ...] = ()

    def check(self, count: int) -> None:
        """Refuse a file without names that is about another number of pictures: DatasetError."""
        if self.rows and len(self.rows) != count:
            rows, pictures = counted(len(self.rows), "rows"), counted(count, "pictures")
            cause = f"has no names and {rows}, for {pictures}"
            raise DatasetError(self.path, cause, "add 'names', or give a row for each picture")

    def find(self, name: str, index: int) -> Float[np.ndarray, "p 2"] | None:
        """The points of a picture, 5 or 68; ``None`` if the file does not know it.

        ``name`` may lie in folders, ``index`` is its place among all pictures.
        """
        points = self.rows[index] if self.rows else self._named(name)
        return None if points is None else points[:68]

    def _named(self, name: str) -> Float[np.ndarray, "p 2"] | None:
        path = PurePosixPath(comparable(name))
        for form in (str(path), path.name, str(path.with_suffix("")), path.stem):
            if form in self._known:
                return self._known[form]
        return self._stems.get(path.stem)

    @cached_property
    def _known(self) -> dict[str, Float[np.ndarray, "p 2"]]:
        return {comparable(name): points for name, points in self.named.items()}

    @cached_property
    def _stems(self) -> dict[str, Float[np.ndarray, "p 2"]]:
        return {PurePosixPath(name).stem: points for name, points in self._known.items()}


def read_landmarks(path: str | Path) -> LandmarkFile:
    """Read a file of landmarks; DatasetError if it cannot be read, or points are not 5 or 68."""
    file = Path(path)
    readers = {".npz": _read_npz, ".json": _read_json, ".csv": _read_csv}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        cause = f"ends in {file.suffix!r}, and landmarks are read from {', '.join(SUFFIXES)}"
        raise DatasetError(path, cause)
    try:
        names, points = reader(file)
    except (OSError, ValueError, KeyError, TypeError, EOFError, csv.Error) as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise DatasetError(path, f"holds no landmarks ({reason})") from None
    checked = [_checked(file, i, one) for i, one in enumerate(points)]
    if not checked:
        raise DatasetError(path, "holds no landmarks (0 rows)")
    if names is None:
        return LandmarkFile(file, {}, tuple(checked))
    return LandmarkFile(file, dict(zip(names, checked, strict=True)))


def npz_points(path: str | Path, dtype: type[np.floating]) -> np.ndarray:
    """The array ``points`` of an ``.npz``, whatever its shape; DatasetError if there is none."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return np.asarray(arrays["points"], dtype=dtype)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DatasetError(path, f"is no .npz with 'points' ({error})") from None


def _checked(path: Path, index: int, points: Any) -> Float[np.ndarray, "p 2"]:
    try:
        found = np.asarray(points, dtype=np.float64)
    except (ValueError, TypeError):
        raise DatasetError(path, f"row {index} is no list of points x, y") from None
    if found.ndim != 2 or found.shape[1] != 2 or not np.isfinite(found).all():
        raise DatasetError(path, f"row {index} is no list of points x, y")
    if len(found) not in COUNTS:
        said = counted(len(found), "points")
        cause = f"row {index} has {said}; 5 (eyes, nose, mouth) or 68 are needed"
        raise DatasetError(path, cause)
    five = found if len(found) == 5 else five_points(found[:68])
    if five[0, 0] == five[1, 0] and five[0, 1] == five[1, 1]:
        raise DatasetError(path, f"row {index} has both eyes in one place")
    return found


def _read_npz(path: Path) -> tuple[list[str] | None, Iterable[Any]]:
    with np.load(path, allow_pickle=False) as arrays:
        points = arrays["points"]
        names = [str(name) for name in arrays["names"]] if "names" in arrays else None
    if names is not None and len(names) != len(points):
        raise ValueError(f"{len(names)} names for {len(points)} rows of points")
    return names, list(points)


def _read_json(path: Path) -> tuple[list[str], Iterable[Any]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError("it is not an object of name and points")
    names, points = [], []
    for name, value in document.items():
        if isinstance(value, dict):
            name, value = value.get("source", name), value["landmarks"]
        names.append(name)
        points.append(value)
    return names, points


def _read_csv(path: Path) -> tuple[list[str], Iterable[Any]]:
    names, points = [], []
    with path.open(newline="", encoding="utf-8-sig") as file:
        for number, row in enumerate(csv.reader(file)):
            if not row or (number == 0 and not _is_float(row[1] if len(row) > 1 else "")):
                continue
            values = [float(cell) for cell in row[1:] if cell.strip()]
            if len(values) % 2:
                said = counted(len(values), "numbers")
                raise ValueError(f"line {number + 1} has {said}, not pairs")
            names.append(row[0])
            points.append(np.reshape(values, (-1, 2)))
    return names, points


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
