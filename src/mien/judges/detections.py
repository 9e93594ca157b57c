"""What a face detector says, whoever made it: the protocol that all of them keep.

Points are x, y in pixels of the picture, continuous from its upper left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8


@dataclass(frozen=True, eq=False)
class Detection:
    """A face, roughly: score 0 to 1; box as x, y of the upper left corner, width and height.

    ``five`` are left eye, right eye, nose, left and right corner of the mouth, left and right in
    the picture; ``None`` from detectors that give boxes only.
    """

    score: float
    box: tuple[float, float, float, float]
    five: Float[np.ndarray, "5 2"] | None = None


@runtime_checkable
class Detector(Protocol):
    """Anything that finds faces in a picture."""

    def detect(self, image: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
        """Find the faces of a picture, the surest first; an empty list if there is none."""
        ...


def suppress(found: Sequence[Detection], overlap: float = 0.4) -> list[Detection]:
    """Keep the surest of detections that overlap (non-maximum suppression).

    Above this intersection over union two boxes are the same face; a box that lies for the most
    part inside a surer one is dropped too.
    """
    kept: list[Detection] = []
    for one in sorted(found, key=lambda detection: -detection.score):
        if not any(_same(one.box, other.box, overlap) for other in kept):
            kept.append(one)
    return kept


def _same(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float], overlap: float
) -> bool:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(across, 0.0) * max(down, 0.0)
    areas = one[2] * one[3], other[2] * other[3]
    smaller = max(min(areas), 1e-9)
    return shared / max(sum(areas) - shared, 1e-9) > overlap or shared / smaller > 0.7
