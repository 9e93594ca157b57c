"""A picture of any size through a network of one size: resized, or in tiles that overlap."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, UInt8

from mien import images
from mien.errors import UnknownName

Big = Literal["resize", "tile"]
"""What to do with pictures that are larger than the network's own size."""

Translate = Callable[[UInt8[np.ndarray, "1 r r 3"]], UInt8[np.ndarray, "1 r r 3"]]


def through(
    image: UInt8[np.ndarray, "h w 3"], side: int, translate: Translate, big: str = "resize"
) -> tuple[UInt8[np.ndarray, "h w 3"], str]:
    """Translate a picture of any size by a function of one size; the same size, and what was done.

    ``resize`` brings the picture to ``side`` and the result back; ``tile`` cuts a picture that is
    larger into overlapping tiles and blends them. What was done is said in words, empty if it had
    the right size. Raises UnknownName if ``big`` is neither.
    """
    if big not in get_args(Big):
        raise UnknownName("way for big pictures", big, get_args(Big))
    height, width = image.shape[:2]
    if (height, width) == (side, side):
        return translate(image[None])[0], ""
    if big == "tile" and max(height, width) > side:
        made, count = _tiled(image, side, translate)
        return made, f"{count} tiles of {side}x{side} that overlap"
    small = images.resize(image, side, "bicubic")
    made = images.resize(translate(small[None])[0], (height, width), "bicubic")
    return made, f"resized from {width}x{height} to {side}x{side} and back"


def _tiled(
    image: UInt8[np.ndarray, "h w 3"], side: int, translate: Translate
) -> tuple[UInt8[np.ndarray, "h w 3"], int]:
    """Blend tiles row by row; what is held beside the result is one row of tiles."""
    height, width = image.shape[:2]
    down, right = max(0, side - height), max(0, side - width)
    padded = np.pad(image, ((0, down), (0, right), (0, 0)), mode="symmetric")
    tops, lefts = (_starts(length, side) for length in padded.shape[:2])
    weight = feather(side)[:, None, None] * feather(side)[None, :, None]  # [r r 1]
    out = np.empty_like(padded)
    sums = np.zeros((side, padded.shape[1], 3), np.float32)
    weights = np.zeros((side, padded.shape[1], 1), np.float32)
    for row, top in enumerate(tops):
        for left in lefts:
            tile = np.ascontiguousarray(padded[top : top + side, left : left + side])
            sums[:, left : left + side] += translate(tile[None])[0] * weight
            weights[:, left : left + side] += weight
        # Rows above the next tiles are done; the others move up.
        done = tops[row + 1] - top if row + 1 < len(tops) else side
        out[top : top + done] = np.round(sums[:done] / weights[:done]).astype(np.uint8)
        for kept in (sums, weights):
            kept[: side - done] = kept[done:]
            kept[side - done :] = 0
    return out[:height, :width], len(tops) * len(lefts)


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin: evenly spread, neighbours overlapping by a quarter at least."""
    count = 1 + math.ceil((length - side) / (side - side // 4))
    return np.linspace(0, length - side, count).round().astype(int).tolist()


def feather(side: int) -> Float32[np.ndarray, " side"]:
    """Weights that fall from the middle of a tile to its edges, never to 0."""
    places = (np.arange(side) + 0.5) / side
    return np.maximum(np.sin(np.pi * places) ** 2, 1e-3).astype(np.float32)
