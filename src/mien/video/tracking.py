"""Faces followed through a clip: which detection of one frame is which of the frame before.

Greedy association by the overlap of boxes, as in the simplest tracker that works (Bochinski,
Eiselein & Sikora 2017), with patience: a face that is missed for some frames keeps its track. All
of it is arithmetic on boxes; what finds the faces is given.

n faces in a frame · m frames of a track · k landmarks
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from mien.errors import InputError
from mien.judges.detections import Detection
from mien.video.smoothing import fill_gaps


@dataclass(frozen=True)
class FrameFaces:
    """The faces of one frame in pixels; boxes are left, top, right, bottom, k may be 0."""

    boxes: Float[np.ndarray, "n 4"]
    landmarks: Float[np.ndarray, "_n k 2"]

    def __post_init__(self) -> None:
        if self.boxes.ndim != 2 or self.boxes.shape[1] != 4:
            raise InputError(f"boxes of shape {self.boxes.shape}; they must be [n, 4]")
        if len(self.boxes) != len(self.landmarks):
            raise InputError(f"{len(self.boxes)} boxes with {len(self.landmarks)} sets of points")

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def of(cls, found: Sequence[Detection]) -> FrameFaces:
        """What a detector of :mod:`mien.judges` says, all with five points or all without."""
        corners = [[x, y, x + w, y + h] for x, y, w, h in (one.box for one in found)]
        points = [one.five for one in found if one.five is not None]
        if points and len(points) != len(found):
            raise InputError(f"{len(points)} of {len(found)} faces have points; all or none must")
        return cls(
            np.asarray(corners, np.float64).reshape(-1, 4),
            np.stack(points).astype(np.float64) if points else np.zeros((len(found), 0, 2)),
        )


@dataclass(frozen=True)
class Track:
    """One face from its first to its last frame; where not ``seen``, it is interpolated."""

    frames: Int[np.ndarray, " m"]
    boxes: Float[np.ndarray, "m 4"]
    landmarks: Float[np.ndarray, "m k 2"]
    seen: Bool[np.ndarray, " m"]

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def presence(self) -> float:
        """Area of the face added up over its frames: who is in the picture most."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        return float(sides.prod(axis=1).sum())

    def at(self, frame: int) -> int | None:
        """Where a frame of the clip stands in this track; None if it is not in it."""
        place = frame - int(self.frames[0])
        return place if 0 <= place < len(self) else None


@dataclass
class _Open:
    """A track that may go on."""

    box: np.ndarray
    frames: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    landmarks: list[np.ndarray] = field(default_factory=list)

    def add(self, frame: int, box: np.ndarray, points: np.ndarray) -> None:
        self.box = box
        self.frames.append(frame)
        self.boxes.append(box)
        self.landmarks.append(points)


class Tracker:
    """Gives each face of each frame a number that it keeps.

    From this ``overlap`` (intersection over union) two boxes may be one face. It may be missed for
    ``patience`` frames before it is another one; tracks found in fewer than ``shortest`` are taken
    for mistakes of the detector. Raises InputError for an overlap that is not within (0, 1], or a
    negative number.
    """

    def __init__(self, overlap: float = 0.3, patience: int = 15, shortest: int = 3) -> None:
        if not 0 < overlap <= 1 or patience < 0 or shortest < 1:
            raise InputError(
                f"tracker: overlap {overlap:g} must be within 0 and 1, patience {patience} at "
                f"least 0, shortest {shortest} at least 1"
            )
        self.overlap, self.patience, self.shortest = overlap, patience, shortest
        self._frame = -1
        self._tracks: list[_Open] = []

    def update(self, found: FrameFaces) -> list[int]:
        """Take the faces of the next frame; the number of the track of each, in their order."""
        self._frame += 1
        alive = [
            number
            for number, track in enumerate(self._tracks)
            if self._frame - track.frames[-1] <= self.patience + 1
        ]
        numbers = [-1] * len(found)
        if alive and len(found):
            last = np.stack([self._tracks[number].box for number in alive])
            for old, new in greedy_matches(overlaps(last, found.boxes), self.overlap):
                numbers[new] = alive[old]
        for face, number in enumerate(numbers):
            if number < 0:
                numbers[face] = number = len(self._tracks)
                self._tracks.append(_Open(found.boxes[face]))
            self._tracks[number].add(self._frame, found.boxes[face], found.landmarks[face])
        return numbers

    def tracks(self) -> list[Track]:
        """The tracks so far that are long enough, the one with most presence first."""
        kept = [_closed(track) for track in self._tracks if len(track.frames) >= self.shortest]
        return sorted(kept, key=lambda track: -track.presence)


def track_faces(
    found: Iterable[FrameFaces], overlap: float = 0.3, patience: int = 15, shortest: int = 3
) -> list[Track]:
    """Follow the faces of a clip, frame by frame; the tracks, the one with most presence first.

    Arguments as :class:`Tracker`; a clip of fewer frames than ``shortest`` keeps every track.
    """
    tracker = Tracker(overlap, patience, shortest)
    count = 0
    for faces in found:
        tracker.update(faces)
        count += 1
    tracker.shortest = min(shortest, max(1, count))
    return tracker.tracks()


def overlaps(a: Float[np.ndarray, "n 4"], b: Float[np.ndarray, "m 4"]) -> Float[np.ndarray, "n m"]:
    """Intersection over union of every box with every other; 0 for boxes without area."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (high - low).clip(0).prod(axis=2)
    areas = [(x[:, 2:] - x[:, :2]).clip(0).prod(axis=1) for x in (a, b)]
    union = areas[0][:, None] + areas[1][None] - shared
    return np.where(union > 0, shared / np.where(union > 0, union, 1), 0)


def greedy_matches(scores: Float[np.ndarray, "n m"], least: float) -> list[tuple[int, int]]:
    """Pairs of row and column, the best first, each used once, none below ``least``."""
    pairs: list[tuple[int, int]] = []
    rest = scores.astype(np.float64)
    while rest.size and rest.max() >= least:
        row, column = np.unravel_index(rest.argmax(), rest.shape)
        pairs.append((int(row), int(column)))
        rest[row], rest[:, column] = -1, -1
    return pairs


def _closed(track: _Open) -> Track:
    """A track with its gaps filled by straight lines."""
    first, last = track.frames[0], track.frames[-1]
    where = np.asarray(track.frames) - first
    count = last - first + 1
    seen = np.zeros(count, bool)
    seen[where] = True
    points = np.stack(track.landmarks)
    boxes = np.full((count, 4), np.nan)
    landmarks = np.full((count, *points.shape[1:]), np.nan)
    boxes[where], landmarks[where] = np.stack(track.boxes), points
    return Track(np.arange(first, last + 1), fill_gaps(boxes), fill_gaps(landmarks), seen)
