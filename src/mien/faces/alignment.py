"""Cut a face out as FFHQ does, and put an edited crop back where it came from.

The crop is FFHQ's square (:mod:`mien.faces.frames`), sampled with a bicubic filter that is widened
when the face is shrunk. Beyond the picture it is continued by reflection that grows blurred and
fades to its middle colour (Karras et al. 2019, appendix A). The way back is the same similarity
inverted; the crop's border is feathered, and pixels outside of it stay as they were, bit for bit.

Axes: h w pixels, p points. Points are x, y in pixels, continuous from the upper left corner.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageFilter
from torch.nn import functional

from mien.errors import InputError
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.images import MAX_PIXELS

_MARGIN = 3
"""Pixels beyond what is needed, for the reach of a bicubic filter."""
_BLUR = 0.02
"""Standard deviation of the blur at the borders, in sides of the square."""
_FADE = 0.3
"""Within so many sides of the square beyond the border, the reflection becomes all blur."""


@dataclass(frozen=True)
class Alignment:
    """How a crop of ``size`` pixels a side lies in a picture (height, width): its square there."""

    frame: Frame
    size: int
    picture: tuple[int, int]

    def matrix(self, size: int | None = None) -> Float[np.ndarray, "2 3"]:
        """Takes (x, y, 1) in pixels of the crop, perhaps resized, to pixels of the picture."""
        unit = 2 / (size or self.size)
        return self.frame.matrix() @ np.array([[unit, 0, -1], [0, unit, -1], [0, 0, 1]])

    def inverse(self, size: int | None = None) -> Float[np.ndarray, "2 3"]:
        """Takes (x, y, 1) in pixels of the picture to pixels of the crop: the exact inverse."""
        return invert(self.matrix(size))

    def to_crop(self, points: Float[np.ndarray, "p 2"]) -> Float[np.ndarray, "p 2"]:
        """Points of the picture, in the crop."""
        return move(self.inverse(), points)

    def to_picture(self, points: Float[np.ndarray, "p 2"]) -> Float[np.ndarray, "p 2"]:
        """Points of the crop, in the picture."""
        return move(self.matrix(), points)

    def outside(self) -> float:
        """Share of the crop that lies beyond the picture, 0 to 1."""
        axis = (np.arange(32) + 0.5) * self.size / 32
        grid = np.stack(np.meshgrid(axis, axis), axis=2).reshape(-1, 2)
        places = self.to_picture(grid)
        height, width = self.picture
        inside = (places >= 0).all(axis=1) & (places < (width, height)).all(axis=1)
        return 1 - float(inside.mean())

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; :meth:`from_dict` reads them."""
        return {
            "centre": list(self.frame.centre),
            "half": list(self.frame.half),
            "size": self.size,
            "picture": list(self.picture),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Alignment:
        """Read back what :meth:`as_dict` wrote; raises InputError if something is missing."""
        try:
            (x, y), (a, b), (height, width) = values["centre"], values["half"], values["picture"]
            frame = Frame((float(x), float(y)), (float(a), float(b)))
            return cls(frame, int(values["size"]), (int(height), int(width)))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"this is no alignment of a crop ({error!r})") from None


def align(
    image: UInt8[np.ndarray, "h w 3"], face: Face | Frame, size: int = 256
) -> tuple[UInt8[np.ndarray, "size size 3"], Alignment]:
    """Cut FFHQ's square around a face, or a square of its own, and say how it lies.

    Raises InputError if ``size`` is below 16 or above 4096, or the square is too large for the
    picture.
    """
    if not 16 <= size <= 4096:
        raise InputError(f"size is {size}, but must be from 16 to 4096")
    frame = face if isinstance(face, Frame) else face.frame
    alignment = Alignment(frame, size, (image.shape[0], image.shape[1]))
    padded, corner = _continued(image, frame)
    matrix = alignment.matrix()
    matrix[:, 2] -= corner
    return _rounded(warp(padded, matrix, size, size)), alignment


def paste_back(
    image: UInt8[np.ndarray, "h w 3"],
    crop: UInt8[np.ndarray, "size size2 3"],
    alignment: Alignment,
    feather: float = 0.12,
) -> UInt8[np.ndarray, "h w 3"]:
    """Put an edited crop, of any size, back into the picture that it was cut out of.

    Its border fades into the picture over ``feather`` of its side; 0 is a hard edge. The result is
    new; pixels outside of the crop are those of ``image``. Raises InputError if the picture has
    another size, the crop is not square, or ``feather`` is not from 0 to 0.5.
    """
    if image.shape[:2] != alignment.picture:
        cut, given = "x".join(map(str, alignment.picture)), "x".join(map(str, image.shape[:2]))
        raise InputError(f"the crop was cut out of a picture of {cut}, this one has {given}")
    if crop.shape[0] != crop.shape[1]:
        raise InputError(f"the crop is {crop.shape[1]}x{crop.shape[0]}, and must be square")
    if not 0 <= feather <= 0.5:
        raise InputError(f"feather is {feather:g}, but must be from 0 to 0.5")
    corners = alignment.frame.corners()
    low = np.floor(corners.min(axis=0)).astype(int).clip(0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int), image.shape[1::-1])
    if (low >= high).any():
        return image.copy()
    width, height = high - low
    size = crop.shape[0]
    inverse = alignment.inverse(size)
    inverse[:, 2] += inverse[:, :2] @ low
    colours = warp(crop, inverse, int(height), int(width))
    mask = _mask(inverse, size, feather, int(height), int(width))[..., None]
    part = image[low[1] : high[1], low[0] : high[0]]
    result = image.copy()
    mixed = np.where(mask > 0, part + (colours - part) * mask, part)
    result[low[1] : high[1], low[0] : high[0]] = _rounded(mixed)
    return result


def _mask(
    inverse: Float[np.ndarray, "2 3"], size: int, feather: float, height: int, width: int
) -> Float[np.ndarray, "height width"]:
    """How much of the crop shows in each pixel: 1 inside, smoothly 0 at its border."""
    down, across = np.mgrid[:height, :width] + 0.5
    places = np.stack([across, down], axis=2).reshape(-1, 2)
    inner = move(inverse, places).reshape(height, width, 2) / size
    far = np.minimum(inner, 1 - inner).min(axis=2)  # from the nearest border, in sides
    if feather == 0:
        return (far >= 0).astype(np.float64)
    ramp = (far / feather).clip(0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def warp(
    image: UInt8[np.ndarray, "h w 3"], matrix: Float[np.ndarray, "2 3"], height: int, width: int
) -> Float[np.ndarray, "height width 3"]:
    """Sample a picture through a matrix: bicubic, without aliasing when it shrinks.

    The matrix takes (x, y, 1) in pixels of the result to pixels of ``image``, whose border goes on
    beyond it. float32, 0 to 255, unrounded and possibly a little beyond.
    """
    step = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    # A shrunk picture is averaged over blocks first, the rest over several samples a pixel.
    block = max(int(step / 2), 1)
    if block > 1:
        image = np.array(Image.fromarray(image).reduce(block))
        matrix, step = matrix / block, step / block
    times = max(math.ceil(step - 0.25), 1)
    axis_x = (np.arange(width * times) + 0.5) / times
    axis_y = (np.arange(height * times) + 0.5) / times
    across = (matrix[0, 0] * axis_x + matrix[0, 2])[None] + (matrix[0, 1] * axis_y)[:, None]
    down = (matrix[1, 0] * axis_x + matrix[1, 2])[None] + (matrix[1, 1] * axis_y)[:, None]
    shape = image.shape
    grid = np.stack([across * (2 / shape[1]) - 1, down * (2 / shape[0]) - 1], axis=2)
    pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float()
    places = torch.from_numpy(grid.astype(np.float32))[None]
    made = functional.grid_sample(
        pixels, places, mode="bicubic", padding_mode="border", align_corners=False
    )
    if times > 1:
        made = functional.avg_pool2d(made, times)
    return made[0].permute(1, 2, 0).numpy()


def _continued(
    image: UInt8[np.ndarray, "h w 3"], frame: Frame
) -> tuple[UInt8[np.ndarray, "h2 w2 3"], Float[np.ndarray, " 2"]]:
    """What a square needs of a picture, continued beyond its borders; and its corner x, y."""
    corners = frame.corners()
    low = np.floor(corners.min(axis=0)).astype(int) - _MARGIN
    high = np.ceil(corners.max(axis=0)).astype(int) + _MARGIN
    if not np.isfinite(corners).all() or np.prod((high - low).astype(float)) > MAX_PIXELS:
        raise InputError(
            f"the square around the face is {frame.side:.0f} pixels wide in a picture of "
            f"{image.shape[1]}x{image.shape[0]}; give another `box`"
        )
    # How far each row and column lies outside; negative inside.
    height, width = image.shape[:2]
    rows, columns = np.arange(low[1], high[1]), np.arange(low[0], high[0])
    whole = image[_reflected(rows, height)[:, None], _reflected(columns, width)[None]]
    out_rows = np.maximum(-rows, rows - (height - 1))
    out_columns = np.maximum(-columns, columns - (width - 1))
    most = max(int(out_rows.max()), int(out_columns.max()))
    if most > _MARGIN:
        # Only beyond the border; the published crop begins to blur a little inside of it, which
        # would not come back unchanged.
        reach = max(_FADE * frame.side, most)
        share = np.maximum(out_rows[:, None], out_columns[None]).clip(0)[..., None] / reach
        soft = Image.fromarray(whole).filter(ImageFilter.GaussianBlur(_BLUR * frame.side))
        mixed = whole + (np.asarray(soft, np.float32) - whole) * (3 * share).clip(0, 1)
        middle = np.median(whole[::4, ::4].reshape(-1, 3), axis=0).astype(np.float32)
        whole = _rounded(mixed + (middle - mixed) * share.clip(0, 1))
    return whole, low.astype(np.float64)


def _reflected(places: np.ndarray, size: int) -> np.ndarray:
    """Indices of a row that goes on by reflection about its end pixels."""
    if size == 1:
        return np.zeros_like(places)
    period = 2 * (size - 1)
    places = np.abs(places) % period
    return np.where(places >= size, period - places, places)


def invert(matrix: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "2 3"]:
    """The inverse of an affine map."""
    turn = np.linalg.inv(matrix[:, :2])
    return np.concatenate([turn, -turn @ matrix[:, 2:]], axis=1)


def move(
    matrix: Float[np.ndarray, "2 3"], points: Float[np.ndarray, "p 2"]
) -> Float[np.ndarray, "p 2"]:
    """Points through an affine map."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def _rounded(pixels: np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
    return pixels.round().clip(0, 255).astype(np.uint8)
