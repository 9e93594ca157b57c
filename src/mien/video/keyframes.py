"""Strengths that change over time, from a small JSON.

    {"smile": [[0, 0], [2.5, 3]], "age": {"ease": "smooth", "points": [[1, 0], [4, -2]]}}

Seconds and values; before the first point and after the last the value stays. ``linear`` goes
straight from point to point, ``smooth`` comes to rest at each of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from mien.errors import FileError, InputError

Ease = Literal["linear", "smooth"]
"""How a value goes from one point to the next."""

EASES: tuple[str, ...] = get_args(Ease)

_EXAMPLE = '{"smile": [[0, 0], [2.5, 3]]}'
_LARGEST = 1 << 20


def eased(t: Float[np.ndarray, "*shape"], ease: Ease) -> Float[np.ndarray, "*shape"]:
    """A share of the way, 0 to 1, as it is gone: straight, or 3t² − 2t³ with rest at both ends."""
    return t * t * (3 - 2 * t) if ease == "smooth" else t


@dataclass(frozen=True)
class Curve:
    """One value over time: at ``times``, rising seconds from 0, it has ``values``.

    Raises InputError for no points, times that do not rise, or numbers that are not finite.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]
    ease: Ease = "linear"

    def __post_init__(self) -> None:
        if not self.times or len(self.times) != len(self.values):
            raise InputError(f"{len(self.times)} times with {len(self.values)} values")
        if not all(map(math.isfinite, (*self.times, *self.values))) or self.times[0] < 0:
            raise InputError("times must be finite and from 0 on, values finite")
        for before, after in zip(self.times, self.times[1:], strict=False):
            if after <= before:
                raise InputError(f"time {after:g} comes after {before:g}; times must rise")

    def at(self, seconds: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """The value at each of some times, float64."""
        where = np.asarray(seconds, np.float64)
        place = np.interp(where, self.times, np.arange(len(self.times)))  # in points
        before = np.minimum(place.astype(np.int64), max(len(self.times) - 2, 0))
        share = eased(place - before, self.ease)
        values = np.asarray(self.values, np.float64)
        after = np.minimum(before + 1, len(values) - 1)
        return values[before] + share * (values[after] - values[before])


@dataclass(frozen=True)
class Keyframes:
    """Curves by the names of what they move."""

    curves: Mapping[str, Curve]

    def at(self, seconds: Float[np.ndarray, " n"]) -> dict[str, Float[np.ndarray, " n"]]:
        """Name -> the value at each of some times."""
        return {name: curve.at(seconds) for name, curve in self.curves.items()}

    @property
    def end(self) -> float:
        """Seconds of the last point of all."""
        return max((curve.times[-1] for curve in self.curves.values()), default=0.0)

    def as_json(self) -> dict[str, Any]:
        """As the file says it, for a provenance."""
        return {
            name: {
                "ease": curve.ease,
                "points": [list(point) for point in zip(curve.times, curve.values, strict=True)],
            }
            for name, curve in self.curves.items()
        }


def read_keyframes(path: str | Path, ease: Ease = "linear") -> Keyframes:
    """Read a small JSON of keyframes; ``ease`` is for curves that do not say it themselves.

    Raises FileError for no such file, no JSON, or not of that form; one line that names the place.
    """
    file = Path(path)
    try:
        data = file.read_bytes() if file.stat().st_size <= _LARGEST else None
    except FileNotFoundError:
        raise FileError(file, "there is no such file", "check the path") from None
    except OSError as error:
        raise FileError(file, f"cannot be read ({error.strerror})") from None
    if data is None:
        cause = f"has {file.stat().st_size} bytes, keyframes have at most {_LARGEST}"
        raise FileError(file, cause, f"give a small JSON such as {_EXAMPLE}")
    try:
        return parse_keyframes(json.loads(data, object_pairs_hook=_unique), ease)
    except InputError as error:
        raise FileError(file, str(error), f"give JSON such as {_EXAMPLE}") from None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise FileError(file, f"is not JSON ({reason})", f"give {_EXAMPLE}") from None


def parse_keyframes(data: object, ease: Ease = "linear") -> Keyframes:
    """Keyframes out of what a JSON held; raises InputError if it is not of that form."""
    if not isinstance(data, dict) or not data:
        raise InputError("holds no object of curves")
    curves = {}
    for name, row in data.items():
        points, how = row, ease
        if isinstance(row, dict):
            points, how = row.get("points"), row.get("ease", ease)
            surplus = sorted(set(row) - {"points", "ease"})
            if surplus:
                raise InputError(f"{name}: {surplus[0]!r} is none of points, ease")
        try:
            curves[name] = _curve(points, how)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
    return Keyframes(curves)


def _curve(points: object, ease: Any) -> Curve:
    if ease not in EASES:
        raise InputError(f"ease {ease!r} is none of {', '.join(EASES)}")
    if not isinstance(points, list) or not points:
        raise InputError("needs a list of [seconds, value]")
    for number, point in enumerate(points):
        if not isinstance(point, list) or len(point) != 2 or not all(map(_is_number, point)):
            raise InputError(f"point {number} is {json.dumps(point)[:40]}, not [seconds, value]")
    times, values = zip(*points, strict=True)
    return Curve(tuple(map(float, times)), tuple(map(float, values)), ease)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which no name stands twice."""
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{twice[0]!r} stands there twice")
    return dict(pairs)
