"""Label maps as files: palette PNGs, whose pixels are ids and whose palette shows them in colour.

Read are palettes, grey levels that are ids, and pictures in the colours of the palette; anything
else is refused with the first pixel that is wrong. Written are palettes with what made them.

Axes: h w pixels, k colours.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mien.errors import ImageError, counted
from mien.images import _DAMAGE, MAX_PIXELS, save_png

UNKNOWN = 255
"""Id of pixels of which nothing is known; grey in the palette."""


def save(
    path: str | Path,
    labels: UInt8[np.ndarray, "h w"],
    palette: UInt8[np.ndarray, "k 3"],
    provenance: Mapping[str, Any] | None = None,
    force: bool = True,
) -> Path:
    """Write a label map of the colours of ``palette``; otherwise as :func:`mien.images.save`."""
    picture = Image.fromarray(labels).convert("P")
    colours = np.full((256, 3), 128, np.uint8)
    colours[: len(palette)] = palette
    picture.putdata(labels.reshape(-1).tolist())
    picture.putpalette(colours.tobytes())
    return save_png(path, picture, "label maps", provenance, force)


def load(path: str | Path, palette: UInt8[np.ndarray, "k 3"]) -> UInt8[np.ndarray, "h w"]:
    """Read a label map; errors as :func:`decode`."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ImageError(path, f"cannot be read ({error.strerror})") from None
    return decode(data, str(path), palette)


def decode(data: bytes, name: str, palette: UInt8[np.ndarray, "k 3"]) -> UInt8[np.ndarray, "h w"]:
    """Read a label map from the bytes of its file: ids below ``len(palette)``, or :data:`UNKNOWN`.

    Maps may be pictures in the colours of the palette. Raises ImageError if it is broken, or holds
    an id or a colour that the palette has not.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ImageError(name, f"is {picture.width}x{picture.height} pixels, too many")
            ids = np.array(picture if picture.mode in ("P", "L") else picture.convert("RGB"))
    except _DAMAGE as error:
        raise ImageError(name, f"is no label map ({str(error)[:100]})") from None
    if ids.ndim == 3:
        ids = _by_colour(ids, name, palette)
    wrong = (ids >= len(palette)) & (ids != UNKNOWN)
    if wrong.any():
        y, x = np.argwhere(wrong)[0]
        cause = f"holds the id {ids[y, x]} at {x},{y}, and {len(palette) - 1} is the largest"
        raise ImageError(name, cause, "give a map of ids or of the palette's colours")
    return ids.astype(np.uint8)


def _by_colour(
    pixels: UInt8[np.ndarray, "h w 3"], name: str, palette: UInt8[np.ndarray, "k 3"]
) -> UInt8[np.ndarray, "h w"]:
    """Ids of pixels by their colours."""
    numbers = pixels.astype(np.int64) @ [65536, 256, 1]
    known = palette.astype(np.int64) @ [65536, 256, 1]
    order = np.argsort(known)
    place = np.searchsorted(known[order], numbers).clip(max=len(known) - 1)
    ids = order[place]
    wrong = known[ids] != numbers
    if wrong.any():
        y, x = np.argwhere(wrong)[0]
        odd = len(np.unique(numbers[wrong]))
        cause = (
            f"has {counted(odd, 'colours')} of no region, first {tuple(pixels[y, x].tolist())} at "
            f"{x},{y}, in {wrong.mean():.0%} of its pixels"
        )
        remedy = "a map has flat colours, without smoothing or JPEG; mien data mask makes them"
        raise ImageError(name, cause, remedy)
    return ids.astype(np.uint8)
