"""A decoded frame to an upright RGB array, and an RGB array to a frame that codecs take.

Colours are converted in FFmpeg's scaler with full chroma and exact rounding: its faster default
darkens every picture by one or two levels. What is written is labelled BT.709 in the short range;
what is read goes by its label, or as players guess where there is none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import UInt8

from mien.video.package import pyav

Turn = tuple[int, int, int, int]
"""Signs of the display matrix: x' = a·x + c·y, y' = b·x + d·y, as (a, b, c, d)."""

UPRIGHT: Turn = (1, 0, 0, 1)

_HD_LINES = 576
"""Above this height colours without a label are taken for BT.709, as players do."""
_UNLABELLED = 2  # ITU-T H.273
_WHITE = 255


def orientation(matrix: bytes) -> Turn:
    """The quarter turn, mirrored or not, that is nearest to a display matrix (ISO 14496-12).

    The matrix is 9 numbers of 32 bits, row by row, as FFmpeg hands them on.
    """
    a, b, _, c, d = np.frombuffer(matrix, np.int32, 5).astype(np.int64)
    if abs(b) + abs(c) > abs(a) + abs(d):
        return (0, -1 if b < 0 else 1, -1 if c < 0 else 1, 0)
    return (-1 if a < 0 else 1, 0, 0, -1 if d < 0 else 1)


def degrees(turn: Turn) -> int:
    """The rotation in a turn, counter-clockwise: 0, 90, 180 or 270; that of a mirrored one is 0."""
    a, b, c, d = turn
    if a:
        return 180 if a < 0 and d < 0 else 0
    return 90 if b < c else 270


def upright(image: UInt8[np.ndarray, "h w 3"], turn: Turn) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Turn an image as its display matrix says."""
    a, b, c, d = turn
    if a == 0:
        image, flip_x, flip_y = image.transpose(1, 0, 2), c < 0, b < 0
    else:
        flip_x, flip_y = a < 0, d < 0
    image = image[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    return np.ascontiguousarray(image)


class Scaler:
    """Converts frames, in one thread; keeps what FFmpeg sets up for a size."""

    def __init__(self) -> None:
        kinds = pyav().video.reformatter
        self._reformatter = kinds.VideoReformatter()
        self._kinds = kinds
        ways = kinds.Interpolation
        self._how: dict[str, Any] = {
            "interpolation": ways.BICUBIC
            | ways.ACCURATE_RND
            | ways.FULL_CHR_H_INT
            | ways.FULL_CHR_H_INP,
            "threads": 1,
        }

    def from_frame(
        self, frame: Any, width: int, height: int, turn: Turn = UPRIGHT
    ) -> UInt8[np.ndarray, "h w 3"]:
        """A decoded frame of PyAV's as an upright RGB array.

        The size is that before it is turned; a frame of another size is resized.
        """
        how = {"width": width, "height": height, **self._how}
        if frame.colorspace == _UNLABELLED and height > _HD_LINES:
            how["src_colorspace"] = self._kinds.Colorspace.ITU709
        if not any(component.is_alpha for component in frame.format.components):
            image = self._reformatter.reformat(frame, format="rgb24", **how).to_ndarray()
            return upright(image, turn)
        image = self._reformatter.reformat(frame, format="rgba", **how).to_ndarray()
        wide = image.astype(np.uint16)
        alpha = wide[..., 3:]
        wide = (wide[..., :3] * alpha + _WHITE * (_WHITE - alpha) + _WHITE // 2) // _WHITE
        return upright(wide.astype(np.uint8), turn)

    def to_yuv420(self, image: UInt8[np.ndarray, "h w 3"]) -> Any:
        """An RGB array as a frame of ``yuv420p``; an odd side grows by one repeated line."""
        height, width = image.shape[:2]
        if height % 2 or width % 2:
            image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        frame = pyav().VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        return self._reformatter.reformat(
            frame,
            format="yuv420p",
            dst_colorspace=self._kinds.Colorspace.ITU709,
            dst_color_range=self._kinds.ColorRange.MPEG,
            **self._how,
        )


def label(context: Any) -> None:
    """Write into an encoder's settings what :class:`Scaler` makes: BT.709, short range."""
    context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709, ITU-T H.273
    context.color_range = 1  # short: 16 to 235
