"""How well faces are found and aligned: real photos, turned and scaled, against hand-placed pupils.

The Face Research Lab London Set (DeBruine & Jones 2017): one person a picture, neutral and smiling;
the neutral ones have hand-placed points of which the first two are the pupils. Each photo is turned
about its middle and scaled in one resampling; where it is turned out of itself its border pixels go
on. A face counts as found if there is exactly one and it stands where the person stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float, UInt8

from mien.data.sources import PictureSource
from mien.errors import DatasetError
from mien.faces.alignment import invert, move, warp
from mien.faces.finder import FaceFinder
from mien.metrics.protocol import Better, Protocol, Score
from mien.metrics.tables import ScoreTable

BAR = 0.04
"""What the eyes may be off, in distances of the eyes."""

SIZES = (128, 256, 512, 1024)
"""Longest side of the pictures that are shown."""

_NEUTRAL = "_neutral"
_SMILING = "_smiling"


@dataclass(frozen=True)
class Condition:
    """Longest side in pixels (``None`` leaves it) of photos, turned by up to ``turn`` degrees."""

    size: int | None
    turn: float

    @property
    def label(self) -> str:
        """As a table names it."""
        turned = f"±{self.turn:g}°" if self.turn else "upright"
        return f"{self.size} px, {turned}" if self.size else f"as they are, {turned}"


CONDITIONS = (Condition(None, 0), *(Condition(size, turn) for turn in (0, 30) for size in SIZES))
"""The rows of the table."""


@dataclass(frozen=True)
class Reading:
    """What was found in one photo under one condition.

    ``found``: there is one face, where it should be. ``errors`` are of the left and the right eye,
    in distances of the eyes, ``outline`` the same of the middles of the eyes' outlines; None
    without points.
    """

    name: str
    faces: int
    found: bool
    errors: tuple[float, float] | None = None
    outline: tuple[float, float] | None = None


def read_pupils(path: str | Path) -> dict[str, Float[np.ndarray, "2 2"]]:
    """Hand-placed pupils by stem, left and right in the picture; DatasetError if none."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names, points = arrays["names"], np.asarray(arrays["points"], dtype=np.float64)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DatasetError(path, f"is no .npz with 'names' and 'points' ({error})") from None
    if points.ndim != 3 or len(points) != len(names) or points.shape[1] < 2:
        raise DatasetError(path, f"its points have the shape {list(points.shape)}")
    return {PurePosixPath(str(name)).stem: one[:2] for name, one in zip(names, points, strict=True)}


def score_alignment(
    finder: FaceFinder,
    photos: PictureSource,
    pupils: Mapping[str, Float[np.ndarray, "2 2"]],
    judge: tuple[str, str],
    conditions: Sequence[Condition] = CONDITIONS,
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> ScoreTable:
    """Find the faces of real photos under several conditions, a row of the table each.

    There is one person a picture; ``ID_neutral`` and ``ID_smiling`` share their pupils, given by
    stem, roughly. ``judge`` is name and SHA-256 of the landmark network; the seed decides how far
    each photo is turned; ``say`` is called before each condition.
    """
    rows: dict[str, list[Score]] = {}
    for condition in conditions:
        say(condition.label)
        turns = np.random.RandomState(seed).uniform(-1, 1, len(photos)) * condition.turn
        readings = [
            _read(finder, photos, i, float(turns[i]), condition.size, pupils)
            for i in range(len(photos))
        ]
        rows[condition.label] = _scores(readings, photos, judge, seed if condition.turn else None)
    return ScoreTable(f"faces found in {photos.path.name}", "photos", rows)


def _read(
    finder: FaceFinder,
    photos: PictureSource,
    index: int,
    turn: float,
    size: int | None,
    pupils: Mapping[str, Float[np.ndarray, "2 2"]],
) -> Reading:
    """Show one photo."""
    name = PurePosixPath(photos.names[index]).stem
    shown, matrix = turned(photos.picture(index), turn, size)
    faces = finder.find(shown)
    expected = pupils.get(name.replace(_SMILING, _NEUTRAL))
    if len(faces) != 1 or expected is None:
        return Reading(name, len(faces), len(faces) == 1)
    face, wanted = faces[0], move(invert(matrix), expected)
    apart = float(np.hypot(*(wanted[1] - wanted[0])))
    off = float(np.hypot(*(face.eyes.mean(axis=0) - wanted.mean(axis=0)))) / apart
    exact = name in pupils
    # A smiling person has moved; the neutral photo's pupils only tell about where.
    found = off < (0.3 if exact else 0.8) and 0.6 < face.eye_distance / apart < 1.6
    if not exact:
        return Reading(name, 1, found)
    outline = np.stack([face.landmarks[36:42].mean(axis=0), face.landmarks[42:48].mean(axis=0)])
    errors = (np.hypot(*(eyes - wanted).T) / apart for eyes in (face.eyes, outline))
    pupil, middle = ((float(one[0]), float(one[1])) for one in errors)
    return Reading(name, 1, found, pupil, middle)


def turned(
    image: UInt8[np.ndarray, "h w 3"], degrees: float, size: int | None = None
) -> tuple[UInt8[np.ndarray, "h2 w2 3"], Float[np.ndarray, "2 3"]]:
    """A picture turned about its middle and scaled to a longest side, in one resampling.

    Degrees are clockwise as one sees it. Also the matrix from its pixels to those of ``image``.
    """
    height, width = image.shape[:2]
    if degrees == 0 and size in (None, max(height, width)):
        return image, np.array([[1.0, 0, 0], [0, 1.0, 0]])
    scale = (size or max(height, width)) / max(height, width)
    new_h, new_w = max(round(height * scale), 1), max(round(width * scale), 1)
    angle = math.radians(degrees)
    cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
    linear = np.array([[cos, sin], [-sin, cos]])
    middle = np.array([width, height]) / 2 - linear @ np.array([new_w, new_h]) / 2
    matrix = np.concatenate([linear, middle[:, None]], axis=1)
    pixels = warp(image, matrix, new_h, new_w)
    return pixels.round().clip(0, 255).astype(np.uint8), matrix


def _scores(
    readings: Sequence[Reading], photos: PictureSource, judge: tuple[str, str], seed: int | None
) -> list[Score]:
    """One row of the table."""
    measured = [one for one in readings if one.errors is not None]
    worst = np.array([max(one.errors or (0.0,)) for one in measured])
    mean = np.array([one.errors for one in measured]).reshape(-1, 2)
    outline = np.array([one.outline for one in measured]).reshape(-1, 2)

    def score(name: str, value: float, better: Better, of: Sequence[object], metric: str) -> Score:
        resize = "bicubic, with the turn in one resampling"
        split = f"{photos.path.name}, all; none of it was trained on"
        protocol = Protocol(metric, *judge, max(len(of), 1), 0, resize, seed, split)
        return Score(name, value, better, protocol)

    found = sum(one.found for one in readings)
    scores = [
        score("found", found, "higher", readings, "photos with exactly one face, in its place")
    ]
    if measured:
        inside, within = int((worst <= BAR).sum()), f"photos with both eyes within {BAR:.0%}"
        scores.append(score("within 4 %", inside, "higher", measured, within))
        for name, share, what in (
            ("eyes, mean %", mean.mean(), "mean error"),
            ("eyes, worst %", mean.max(), "worst eye"),
            ("outline, mean %", outline.mean(), "mean error of the middles of the eyes' outlines"),
        ):
            metric = f"{what} in % of the distance of the eyes, hand-placed pupils"
            scores.append(score(name, 100 * float(share), "lower", measured, metric))
    return scores


def find_points(data: str | Path) -> Path:
    """The hand-placed points beside a data set: ``london_landmarks189.npz``; or DatasetError."""
    path = Path(data)
    found = sorted(path.parent.glob(f"{path.stem}_landmarks*.npz"))
    if not found:
        cause = f"there is no {path.stem}_landmarks*.npz beside it"
        raise DatasetError(data, cause, "give `points=FILE`")
    return found[0]
