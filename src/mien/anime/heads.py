"""A drawn head put on a photo: what the drawing and the photo show as head and hair is replaced.

    pages = put_on(photo, [photo] * len(drawn), drawn, alignment, shipped_parser())

A drawing has another outline than the person. Where it shows head and hair it covers the photo;
what it leaves of the person's own head and hair stays a photo in shape and light but takes the
drawing's colours, and hair below the chin goes over into its own. Nothing of the drawing's
background comes along, and beyond both heads not a bit changes.

Axes: n drawings, s pixels of a square, m pixels of the parser's maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageFilter
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.faces.alignment import Alignment, align, warp
from mien.faces.parsing.guided import guided
from mien.faces.parsing.regions import LOWER, box
from mien.judges.parser import FaceParser
from mien.judges.regions import FACE, ID

UNREAD = "no head was recognised here, so an oval of the drawing is pasted, not head and hair"
"""What is said where the parser sees no face."""

_ROOMS = (1.0, 1.6)  # sides of FFHQ's square that are looked at, as far as the picture goes
_SIZES = (128, 512)  # sides in pixels of what is looked at
_MIDDLE, _SEEN = 0.45, 0.4  # there, in half sides, at least such a share must be face
_SURE = (0.45, 0.8)  # of being head, from where on a mask is above 0 and at 1
_RADIUS, _EPSILON = 2, 2e-4  # of the guided filter
_POWER, _FADE = 4, 0.12  # the drawing ends in a rounded square and fades over so many half sides
_ENDS = (0.4, 0.98)  # from there on, in half sides below the middle, long hair stays a photo's
_NONE = 0.02  # so little of a mask is nothing
_LIGHT = (0.6, 1.25)  # darkest and lightest of what takes the drawing's colours, by their mean
_GROUPS = (("hair", "hat"), FACE, ("neck",))

Maps = Float[Tensor, "3 m m"]
"""How likely each pixel of a square shows hair, face and neck."""


def room_around(alignment: Alignment) -> float:
    """How many times FFHQ's square is looked at: as far as the picture goes, within bounds."""
    height, width = alignment.picture
    (x, y), half = alignment.frame.part((0.0, LOWER), 1.0).centre, alignment.frame.side / 2
    return float(np.clip(max(x, width - x, y, height - y) / half, *_ROOMS))


def wide_square(
    photo: UInt8[np.ndarray, "h w 3"], alignment: Alignment, room: float
) -> tuple[UInt8[np.ndarray, "s s2 3"], Alignment]:
    """The square that is looked at for head and hair, around the one that was drawn.

    Args:
        photo: The picture.
        alignment: Of the square that was drawn.
        room: As :func:`room_around` gives it.
    """
    frame = alignment.frame.part((0.0, LOWER), room)
    return align(photo, frame, int(np.clip(round(frame.side), *_SIZES)))


def put_on(
    photo: UInt8[np.ndarray, "h w 3"],
    pages: Sequence[UInt8[np.ndarray, "h w 3"]],
    drawn: UInt8[np.ndarray, "n r r2 3"],
    alignment: Alignment,
    parser: FaceParser,
) -> list[UInt8[np.ndarray, "h w 3"]] | None:
    """Drawings of a face in the place of its head, each on a page of its own.

    Args:
        photo: The picture.
        pages: The same, perhaps with other faces drawn already.
        drawn: Drawings of the square.
        alignment: How the square lies in the picture.
        parser: Tells hair and face apart, in drawings too.

    Returns:
        New pages; None if the parser sees no face in the photo.
    """
    room = room_around(alignment)
    crop, square = wide_square(photo, alignment, room)
    maps, own = _read(parser, crop, drawn, room)
    if maps is None:
        return None
    head = HeadInPhoto(crop, square, alignment, maps)
    return [head.wear(*row) for row in zip(pages, drawn, own, strict=True)]


def _read(
    parser: FaceParser,
    crop: UInt8[np.ndarray, "s s2 3"],
    drawn: Sequence[UInt8[np.ndarray, "r r2 3"]] | np.ndarray,
    room: float,
) -> tuple[Maps | None, list[Maps | None]]:
    """Maps of a photo's square and of drawings; None for what shows no face."""
    shown = [images.resize(one, parser.resolution) for one in (crop, *drawn)]
    shares = parser.shares(images.to_float(np.stack(shown))).float().cpu()
    groups = [shares[:, [ID[name] for name in names]].sum(dim=1) for names in _GROUPS]
    maps = torch.stack(groups, dim=1)
    photo = _own_head(maps[0], (0.0, -LOWER / room), _MIDDLE / room)
    return photo, [_own_head(one, (0.0, 0.0), _MIDDLE) for one in maps[1:]]


def _own_head(maps: Maps, centre: tuple[float, float], half: float) -> Maps | None:
    """Maps without hair and faces that do not hang together with the face in the middle."""
    axis = (torch.arange(maps.shape[-1]) + 0.5) * (2 / maps.shape[-1]) - 1
    middle = ((axis - centre[1]).abs() < half)[:, None] & ((axis - centre[0]).abs() < half)
    if float(maps[1][middle].mean()) < _SEEN:
        return None
    head = (maps[0] + maps[1] > 0.5).float()
    grown = (maps[1] > 0.5) * middle * head
    for _ in range(maps.shape[-1]):  # as far as the head goes
        wider = _wider(grown) * head
        if torch.equal(wider, grown):
            break
        grown = wider
    return torch.cat([maps[:2] * _wider(grown), maps[2:]])


def _wider(x: Float[Tensor, "m m"]) -> Float[Tensor, "m m"]:
    return functional.max_pool2d(x[None, None], 3, 1, 1)[0, 0]


@dataclass(frozen=True)
class HeadInPhoto:
    """Head and hair of a person, which drawings replace.

    Attributes:
        crop: The square that was looked at.
        square: How it lies in the photo.
        alignment: How the drawn square lies in it.
        maps: Of ``crop``.
    """

    crop: UInt8[np.ndarray, "s s2 3"]
    square: Alignment
    alignment: Alignment
    maps: Maps

    @cached_property
    def _fine(self) -> Maps:
        return _along_edges(self.maps, self.crop)

    @cached_property
    def _box(self) -> tuple[slice, slice]:
        """Rows and columns of the photo that the square reaches over."""
        return box(self.square)

    @cached_property
    def _laid(self) -> Float[np.ndarray, "3 h w"]:
        """The photo's maps as they lie in the box."""
        size = self._fine.shape[-1]
        edge = (torch.arange(size) + 0.5).minimum(size - 0.5 - torch.arange(size)) / (0.04 * size)
        fade = edge.clamp(0, 1) * edge.clamp(0, 1)[:, None]
        return self._spread(self._fine * fade, self.square)

    def _spread(
        self, maps: Float[Tensor, "3 s s2"], square: Alignment
    ) -> Float[np.ndarray, "3 h w"]:
        """Maps of a square as they lie in the box; moved as the colours of a picture are."""
        picture = (maps * 255).round().byte().permute(1, 2, 0).numpy()
        return self._in_box(picture, square).transpose(2, 0, 1) / 255

    def _in_box(
        self, picture: UInt8[np.ndarray, "s s2 3"], square: Alignment
    ) -> Float[np.ndarray, "h w 3"]:
        """A picture of a square as it lies in the box."""
        rows, columns = self._box
        inverse = square.inverse(picture.shape[0])
        inverse[:, 2] += inverse[:, :2] @ np.array([columns.start, rows.start], np.float64)
        return warp(
            picture, inverse, rows.stop - rows.start, columns.stop - columns.start
        ).clip(0, 255)  # fmt: skip

    def wear(
        self,
        page: UInt8[np.ndarray, "h w 3"],
        drawing: UInt8[np.ndarray, "r r2 3"],
        maps: Maps | None,
    ) -> UInt8[np.ndarray, "h w 3"]:
        """Put a drawing in the place of the head.

        Args:
            page: The photo, perhaps with other faces drawn.
            drawing: Of the square inside.
            maps: Of the drawing; None if it shows no face, then it fills the person's outline.

        Returns:
            A new picture; beyond both heads its pixels are those of ``page``, bit for bit.
        """
        places = _places(drawing.shape[0])
        near, above, _ = self._spread(places, self.alignment)
        hair, face, neck = self._laid
        face = face * near
        fine = None if maps is None else _along_edges(maps, drawing)
        skin, head, with_neck = self._spread(_shown(fine, places[0]), self.alignment)
        # Drawn hair would be a beard before the neck; on the face the drawing may show its neck.
        own = np.maximum(skin, head * (1 - _ramp(neck)))
        both = hair + face + _NONE
        person = _ramp(hair + face) * np.maximum(above, face / both)
        where = person if fine is None else (face + _NONE) / both
        drawn = np.maximum(own, np.minimum(with_neck, where))
        rest = self._in_box(self._coloured(drawing, fine), self.square)
        colour = rest + (self._in_box(drawing, self.alignment) - rest) * drawn[..., None]
        share = np.maximum(own, person)[..., None]
        result, part = page.copy(), page[self._box]
        mixed = (part + (colour - part) * share).round().clip(0, 255).astype(np.uint8)
        result[self._box] = np.where(share > 0, mixed, part)
        return result

    def _coloured(
        self, drawing: UInt8[np.ndarray, "r r2 3"], fine: Maps | None
    ) -> UInt8[np.ndarray, "s s2 3"]:
        """The photo as coarse as the drawing is, its hair and skin in the drawing's colours."""
        room = self.square.frame.side / self.alignment.frame.side
        size = round(drawing.shape[0] * room)
        small = Image.fromarray(images.resize(self.crop, size)).filter(ImageFilter.MedianFilter(3))
        photo = np.asarray(small, np.float32)
        if fine is None:
            return np.array(small)
        weights = functional.interpolate(self._fine[None], (size, size), mode="area")[0].numpy()
        inks = drawing.astype(np.float32)
        hair, face = (
            _with_mean(photo, weights[n], inks, fine[n].numpy()) for n in range(2)
        )  # fmt: skip
        share = weights[0] / (weights[0] + weights[1] + 1e-4)
        mixed = face + (hair - face) * share[..., None]
        return mixed.round().clip(0, 255).astype(np.uint8)


def _with_mean(
    photo: Float[np.ndarray, "s s2 3"],
    weight: Float[np.ndarray, "s s2"],
    inks: Float[np.ndarray, "r r2 3"],
    ink_weight: Float[np.ndarray, "r r2"],
) -> Float[np.ndarray, "s s2 3"]:
    """A drawing's mean colour in the light and shade of a photo, no stronger than the drawing's."""
    if min(weight.sum(), ink_weight.sum()) < 1:
        return photo
    grey, ink_grey = images.luma(photo), images.luma(inks)
    middle, ink = np.average(grey, weights=weight), np.average(ink_grey, weights=ink_weight)
    spread = np.average((grey - middle) ** 2, weights=weight) ** 0.5
    ink_spread = np.average((ink_grey - ink) ** 2, weights=ink_weight) ** 0.5
    strength = min(1.0, float(ink_spread / max(spread, 1e-3)))
    light = (1 + (grey - middle) * strength / max(ink, 1.0)).clip(*_LIGHT)
    colour = np.average(inks.reshape(-1, 3), axis=0, weights=ink_weight.ravel())
    return light[..., None] * colour.astype(np.float32)


def _along_edges(maps: Maps, picture: UInt8[np.ndarray, "s s2 3"]) -> Float[Tensor, "3 s s2"]:
    """Maps at the size of their picture, along its edges."""
    guide = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]
    return guided(guide, maps[None], _RADIUS, _EPSILON)[0].clamp(0, 1)


def _places(size: int) -> Float[Tensor, "3 s s"]:
    """Where a drawing ends and where the person's own hair does, as masks of its square.

    1 within a square with round corners and 0 at its border; 1 down to the chin and 0 at the lower
    border, where long hair goes on as the photo shows it; the first again.
    """
    axis = (torch.arange(size) + 0.5) * 2 / size - 1
    far = 1 - 2 / size - (axis**_POWER + (axis**_POWER)[:, None]) ** (1 / _POWER)
    inside = (far / _FADE).clamp(0, 1)
    low, high = _ENDS
    above = ((high - axis) / (high - low)).clamp(0, 1)[:, None].expand(size, size)
    return torch.stack([inside, above, inside])


def _shown(fine: Maps | None, inside: Float[Tensor, "s s2"]) -> Float[Tensor, "3 s s2"]:
    """Where a drawing shows face, head, head and neck; one that is not read shows all as neck.

    ``inside`` is where it does not end, the first of :func:`_places`.
    """
    if fine is None:
        return torch.stack([inside * 0, inside * 0, inside])
    rows = np.stack([fine[1], fine[0] + fine[1], fine.sum(dim=0)])
    return torch.from_numpy(_ramp(rows)) * inside


def _ramp(share: np.ndarray) -> np.ndarray:
    """0 below the bounds of :data:`_SURE`, 1 above, smooth between."""
    low, high = _SURE
    x = ((share - low) / (high - low)).clip(0, 1)
    return x * x * (3 - 2 * x)
