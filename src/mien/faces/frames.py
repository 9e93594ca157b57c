"""The square that a face stands in: the published crop of FFHQ, as a similarity of the plane.

Karras, Laine, Aila 2019 (appendix A) cut FFHQ's pictures as squares that follow the eyes and the
mouth. With the middle of the eyes e, the vector from eye to eye a, and the vector b from e to the
middle of the mouth's corners:

    centre  c = e + 0.1 b
    x       = a - rot(b), rot a quarter turn that takes down to left; then scaled to the length
              max(2 |a|, 1.8 |b|)
    y       = x turned by a quarter to down

The square has the corners c ± x ± y. So it turns with the head and does not depend on where the
picture's borders are.

Points are x, y in pixels, continuous: (0, 0) is the upper left corner of the picture, the middle of
the first pixel is (0.5, 0.5); scaling a picture multiplies them. Axes: p points, n frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mien.errors import InputError

LEFT_EYE = slice(36, 42)
"""Rows of the 68 landmarks (iBUG) around the eye that is left in an upright picture."""
RIGHT_EYE = slice(42, 48)
"""Rows around the other eye."""
NOSE = 30
MOUTH = (48, 54)
"""Rows of the nose's tip and of the corners of the mouth."""

_SHORTEST = 1e-6


@dataclass(frozen=True)
class Frame:
    """A turned square: its centre, and the way to the middle of its right side, in pixels."""

    centre: tuple[float, float]
    half: tuple[float, float]

    @property
    def side(self) -> float:
        """Length of a side in pixels."""
        return 2 * float(np.hypot(*self.half))

    @property
    def degrees(self) -> float:
        """How far the square is turned, clockwise as one sees it, in degrees from -180 to 180."""
        return float(np.degrees(np.arctan2(self.half[1], self.half[0])))

    def matrix(self) -> Float[np.ndarray, "2 3"]:
        """Takes (u, v, 1), u and v from -1 to 1 across the square, to pixels."""
        (x, y), (a, b) = self.centre, self.half
        return np.array([[a, -b, x], [b, a, y]], dtype=np.float64)

    def corners(self) -> Float[np.ndarray, "4 2"]:
        """Upper left, lower left, lower right and upper right, in the square's own sense."""
        own = np.array([[-1, -1, 1], [-1, 1, 1], [1, 1, 1], [1, -1, 1]], dtype=np.float64)
        return own @ self.matrix().T

    def part(self, centre: tuple[float, float], half: float) -> Frame:
        """A square inside this one (or around it), given in its own units of -1 to 1."""
        middle = self.matrix() @ np.array([*centre, 1.0])
        return Frame(
            (float(middle[0]), float(middle[1])), (self.half[0] * half, self.half[1] * half)
        )

    def moved(self, matrix: Float[np.ndarray, "2 3"]) -> Frame:
        """The square in a picture that was moved, scaled or turned by ``matrix``."""
        centre = matrix @ np.array([*self.centre, 1.0])
        half = matrix[:, :2] @ np.array(self.half)
        return Frame((float(centre[0]), float(centre[1])), (float(half[0]), float(half[1])))


def five_points(landmarks: Float[np.ndarray, "*n 68 2"]) -> Float[np.ndarray, "*n 5 2"]:
    """Middles of the eyes, tip of the nose and corners of the mouth out of 68 landmarks."""
    left = landmarks[..., LEFT_EYE, :].mean(axis=-2)
    right = landmarks[..., RIGHT_EYE, :].mean(axis=-2)
    rest = landmarks[..., (NOSE, *MOUTH), :]
    return np.concatenate([left[..., None, :], right[..., None, :], rest], axis=-2)


def frame_of(points: Float[np.ndarray, "p 2"]) -> Frame:
    """FFHQ's square around a face (Karras et al.

    2019, appendix A). Points are 68 landmarks (more may follow, such as pupils), or five. Raises
    InputError for another number of points, or if they all but coincide.
    """
    if len(points) != 5 and len(points) < 68:
        raise InputError(f"{len(points)} points make no face: 5 or 68 are needed")
    five = np.asarray(points if len(points) == 5 else five_points(points[:68]), dtype=np.float64)
    left, right = five[0], five[1]
    eyes, across = (left + right) / 2, right - left
    down = (five[3] + five[4]) / 2 - eyes
    # Down, turned by a quarter: (x, y) -> (-y, x); taken away it points right, like `across`.
    half = across - np.array([-down[1], down[0]])
    length = float(np.hypot(*half))
    if not length > _SHORTEST:
        raise InputError("the eyes and the mouth of the face coincide; give other points")
    half *= max(2 * np.hypot(*across), 1.8 * np.hypot(*down)) / length
    centre = eyes + 0.1 * down
    return Frame((float(centre[0]), float(centre[1])), (float(half[0]), float(half[1])))
