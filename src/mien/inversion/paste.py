"""A face put back into its photo inside a soft mask; outside of it not a bit changes.

    outline = face_outline(face)
    page = paste_face(photo, edited_crop, alignment, outline)

The mask is the convex hull of the 68 landmarks with the brows raised to where the hair begins. It
grows from 0 at the hull to 1 further inside. A face without landmarks has an ellipse in FFHQ's
square. Where the face parser is installed, only what it calls face is in the mask. Hair and
background are not in it: what an edit does to them is not pasted. A drawing goes in through
:func:`head_mask`, which has the hair in it, or through any other :data:`HeadMask`.

Axes: h w pixels, p points. Points are x, y in pixels, continuous from the upper left corner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from mien import images
from mien.errors import ImageError, InputError
from mien.faces.alignment import Alignment, move, warp
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.faces.parsing.regions import region_mask
from mien.files import refuse_existing

FEATHER = 0.08
"""Over so many sides of FFHQ's square the mask grows from 0 to 1."""

_BROWS = slice(17, 27)
_CHIN = 8
_FOREHEAD = 0.42
"""How far the forehead is above the brows, in distances from the brows to the chin."""
_OUTWARDS = 1.06
"""The hull is widened about its middle, since the mask is weak at its border."""
_ELLIPSE = ((0.0, 0.13), (0.58, 0.72))
"""Centre and half axes of a face in FFHQ's square, in its units of -1 to 1."""
_HEAD = ((0.0, -0.06), (0.76, 0.93))
"""The same of a head with its hair; what is drawn has more hair than a photo."""
_HEAD_FEATHER = 0.11
_CORNERS = 48
_SEEN = 0.4
"""A parser that sees less of the mask as face than this share is not believed."""

Mask = tuple[Float[np.ndarray, "_ _"], tuple[int, int]]
"""How much shows in each pixel of a part of a picture, 0 to 1, and its left and upper corner."""
HeadMask = Callable[[UInt8[np.ndarray, "h w 3"], Alignment], Mask]
"""Where head and hair are: a picture and how the face was cut out of it -> a mask."""


def face_outline(face: Face | Frame) -> Float[np.ndarray, "p 2"]:
    """A convex polygon around a face, forehead to chin; an ellipse where there are no landmarks."""
    if isinstance(face, Frame):
        return _ellipse(face, *_ELLIPSE)
    points = np.asarray(face.landmarks, np.float64)
    up = points[_BROWS].mean(axis=0) - points[_CHIN]
    # Less at the temples than over the nose: a forehead is round.
    height = _FOREHEAD * np.sqrt(1 - np.linspace(-0.8, 0.8, 10) ** 2)[:, None]
    hull = convex_hull(np.concatenate([points, points[_BROWS] + height * up]))
    middle = hull.mean(axis=0)
    return middle + _OUTWARDS * (hull - middle)


def _ellipse(
    frame: Frame, centre: tuple[float, float], half: tuple[float, float]
) -> Float[np.ndarray, "p 2"]:
    """An ellipse in FFHQ's square, in units of -1 to 1, as a polygon in the picture."""
    angles = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    own = np.stack([np.cos(angles), np.sin(angles)], axis=1) * half + centre
    return move(frame.matrix(), own)


def convex_hull(points: Float[np.ndarray, "p 2"]) -> Float[np.ndarray, "k 2"]:
    """The corners of the hull of points, in the order of growing angle (Andrew 1979)."""
    ordered = np.unique(points, axis=0)  # by x, then y

    def half(rows: np.ndarray) -> list[np.ndarray]:
        chain: list[np.ndarray] = []
        for point in rows:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        return chain[:-1]

    hull = [*half(ordered), *half(ordered[::-1])]
    if len(hull) < 3:
        raise InputError("the landmarks of the face lie on a line; it has no outline")
    return np.stack(hull)


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def soft_mask(
    alignment: Alignment, outline: Float[np.ndarray, "p 2"], feather: float = FEATHER
) -> Mask:
    """How much of the face shows in each pixel: 0 at and outside of the outline, 1 inside.

    Outside of the crop's square the mask is 0 too; it grows over ``feather`` sides of that square,
    above 0 and up to 0.5, else an InputError. Only the part that may differ from 0 is given.
    """
    if not 0 < feather <= 0.5:
        raise InputError(f"feather is {feather:g}, but must be above 0 and at most 0.5")
    height, width = alignment.picture
    low = np.floor(outline.min(axis=0)).astype(int).clip(0)
    high = np.minimum(np.ceil(outline.max(axis=0)).astype(int), (width, height)).clip(low)
    down, across = np.mgrid[low[1] : high[1], low[0] : high[0]] + 0.5
    far = np.full(down.shape, np.inf)
    for polygon in (convex_hull(outline), convex_hull(alignment.frame.corners())):
        # Inside a convex polygon the border is as far as the nearest line of its sides.
        for (x, y), (x2, y2) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            length = float(np.hypot(x2 - x, y2 - y))
            inwards = ((x2 - x) * (down - y) - (y2 - y) * (across - x)) / length
            far = np.minimum(far, inwards)
    ramp = (far / (feather * alignment.frame.side)).clip(0, 1)
    return ramp * ramp * (3 - 2 * ramp), (int(low[0]), int(low[1]))


def face_mask(
    photo: UInt8[np.ndarray, "h w 3"],
    alignment: Alignment,
    outline: Float[np.ndarray, "p 2"],
    feather: float = FEATHER,
) -> Mask:
    """A :func:`soft_mask` without what the face parser calls hair, neck or background.

    Where no parser came with mien, or it hardly sees a face here (a drawing, say), the same as
    that.
    """
    mask, (left, top) = soft_mask(alignment, outline, feather)
    found = region_mask(photo, alignment) if mask.any() else None
    if found is None:
        return mask, (left, top)
    page = np.zeros(alignment.picture)
    part, (x, y) = found
    page[y : y + part.shape[0], x : x + part.shape[1]] = part
    both = np.minimum(mask, page[top : top + mask.shape[0], left : left + mask.shape[1]])
    return (both if both.sum() > _SEEN * mask.sum() else mask), (left, top)


def head_mask(image: UInt8[np.ndarray, "h w 3"], alignment: Alignment) -> Mask:
    """Head and hair as an ellipse in FFHQ's square: the :data:`HeadMask` that asks no network."""
    return soft_mask(alignment, _ellipse(alignment.frame, *_HEAD), _HEAD_FEATHER)


def paste_face(
    photo: UInt8[np.ndarray, "h w 3"],
    crop: UInt8[np.ndarray, "size size2 3"],
    alignment: Alignment,
    outline: Float[np.ndarray, "p 2"],
    feather: float = FEATHER,
) -> UInt8[np.ndarray, "h w 3"]:
    """Put a changed face, of any size, back into the photo that it was cut out of.

    ``outline`` is in pixels of the photo. A new picture; where the mask is 0 its pixels are those
    of ``photo``, bit for bit. InputError: the photo has another size than the one that was cut, the
    crop is not square, or ``feather`` is out of its range.
    """
    _check_fits(photo, crop, alignment)
    return paste_masked(photo, crop, alignment, face_mask(photo, alignment, outline, feather))


def paste_masked(
    photo: UInt8[np.ndarray, "h w 3"],
    crop: UInt8[np.ndarray, "size size2 3"],
    alignment: Alignment,
    mask: Mask,
) -> UInt8[np.ndarray, "h w 3"]:
    """Put a crop back through any mask of its photo; otherwise as :func:`paste_face`."""
    _check_fits(photo, crop, alignment)
    share, (left, top) = mask
    height, width = share.shape
    result = photo.copy()
    if not share.any():
        return result
    inverse = alignment.inverse(crop.shape[0])
    inverse[:, 2] += inverse[:, :2] @ np.array([left, top], np.float64)
    colours = warp(crop, inverse, height, width)
    part = photo[top : top + height, left : left + width]
    mixed = (part + (colours - part) * share[..., None]).round().clip(0, 255).astype(np.uint8)
    result[top : top + height, left : left + width] = np.where(share[..., None] > 0, mixed, part)
    return result


def _check_fits(
    photo: UInt8[np.ndarray, "h w 3"],
    crop: UInt8[np.ndarray, "size size2 3"],
    alignment: Alignment,
) -> None:
    if photo.shape[:2] != alignment.picture:
        cut, given = "x".join(map(str, alignment.picture)), "x".join(map(str, photo.shape[:2]))
        raise InputError(f"the face was cut out of a picture of {cut}, this one has {given}")
    if crop.shape[0] != crop.shape[1]:
        raise InputError(f"the crop is {crop.shape[1]}x{crop.shape[0]}, and must be square")


def paste_made(
    crop: UInt8[np.ndarray, "size size2 3"], made: Mapping[str, Any]
) -> UInt8[np.ndarray, "h w 3"]:
    """Put a face back into the photo that its provenance names.

    ``made`` has ``photo``, ``alignment`` and ``outline`` as
    :func:`mien.inversion.photos.read_photo` gives them. InputError: it was not made from a photo;
    ImageError: the photo cannot be read, or is another one by now.
    """
    if "photo" not in made:
        raise InputError("`paste=True` is for photos, and one of the faces was not read from one")
    path = Path(str(made["photo"]))
    alignment = Alignment.from_dict(made["alignment"])
    outline = np.asarray(made["outline"], np.float64)
    try:
        return paste_face(images.load(path), crop, alignment, outline)
    except InputError as error:
        raise ImageError(path, str(error), "give the photo itself") from None


def pasted(
    crops: UInt8[np.ndarray, "n size size2 3"],
    made: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    folder: str | Path,
    force: bool = False,
) -> dict[Path, tuple[UInt8[np.ndarray, "_ _ 3"], Mapping[str, Any]]]:
    """The photos of changed faces with these in them, and the files that they shall become.

    ``names`` are without suffix. OutputError: a file exists and ``force`` is false; else as
    :func:`paste_made`.
    """
    paths = [Path(folder, f"{name}-pasted.png") for name in names]
    refuse_existing(paths, force)
    rows = zip(paths, crops, made, strict=True)
    return {path: (paste_made(crop, one), {**one, "pasted": True}) for path, crop, one in rows}


def save_pasted(
    pages: Mapping[Path, tuple[UInt8[np.ndarray, "_ _ 3"], Mapping[str, Any]]], force: bool = False
) -> list[Path]:
    """Write what :func:`pasted` has made; errors as :func:`mien.images.save`."""
    return [images.save(path, page, made, force) for path, (page, made) in pages.items()]
