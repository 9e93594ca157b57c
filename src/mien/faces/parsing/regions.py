"""The regions of a face in a picture: a parser asked about the square around the face.

Axes: r regions, s pixels of the square, h w pixels of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.faces.alignment import Alignment, align
from mien.faces.choosing import Finder, Where, find_face, middle_square
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.faces.parsing.guided import guided
from mien.judges.parser import FaceParser
from mien.judges.regions import FACE, ID

ROOM, LOWER = 1.3, 0.08
"""So many times FFHQ's square is looked at, and so far below it, for hair and shoulders."""

_LARGEST = 768  # side of the square that is looked at; more adds nothing
_RADIUS, _EPSILON = 2, 2e-4  # of the guided filter
_ALIKE, _OFF = (0.72, 1.35), 0.14  # sides of the picture, and how far the middle may be off
_FEATHER = 0.03  # of the square's side: how softly a mask begins
_TURNED = 20.0  # degrees up to which the square stands upright
_SURE = (0.25, 0.75)  # of being person, from where on alpha is above 0 and at 1

Mask = tuple[Float[np.ndarray, "_ _"], tuple[int, int]]
"""How much shows in each pixel of a part of a picture, 0 to 1, and its left and upper corner."""


@dataclass(frozen=True, eq=False)
class Regions:
    """How likely each pixel of a face's square shows each region, and how the square lies."""

    shares: Float[Tensor, "r s s2"]
    alignment: Alignment

    @property
    def beyond(self) -> float:
        """Share of the picture that lies outside of the square, 0 to 1; nothing is known there."""
        height, width = self.alignment.picture
        axes = [(np.arange(32) + 0.5) * side / 32 for side in (width, height)]
        points = np.stack(np.meshgrid(*axes), axis=2).reshape(-1, 2)
        inner = self.alignment.to_crop(points)
        return 1 - float(((inner >= 0) & (inner < self.alignment.size)).all(axis=1).mean())

    @property
    def box(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that the square reaches over."""
        return box(self.alignment)

    def labels(self) -> UInt8[np.ndarray, "h w"]:
        """The likeliest region of each pixel of the picture; background outside of the square."""
        height, width = self.alignment.picture
        page = np.zeros((height, width), np.uint8)
        best, (left, top) = _laid(self.shares[:1], self.alignment, outside=1.0)
        ids = np.zeros_like(best[0], np.uint8)
        for region in range(1, len(self.shares)):  # one at a time: a photo has many pixels
            share, _ = _laid(self.shares[region : region + 1], self.alignment)
            ids[share[0] > best[0]] = region
            best = np.maximum(best, share)
        page[top : top + len(ids), left : left + len(ids.T)] = ids
        return page

    def mask(self, names: tuple[str, ...] = FACE, feather: float = _FEATHER) -> Mask:
        """Some regions as a mask that grows inwards from 0 at their border.

        It grows over ``feather`` sides of the square.
        """
        share = self.shares[[ID[name] for name in names]].sum(dim=0)[None, None]
        size = share.shape[-1]
        sigma = max(feather * size / 2, 0.5)
        soft = ((_blurred(share, sigma) - 0.5) * 2).clamp(0, 1)
        # At the square's own border nothing may show.
        edge = (torch.arange(size) + 0.5).minimum(size - 0.5 - torch.arange(size)) / (2 * sigma)
        soft = soft * edge.clamp(0, 1) * edge.clamp(0, 1)[:, None]
        laid, corner = _laid(soft[0], self.alignment)
        return laid[0].astype(np.float64), corner

    def alpha(self) -> Float[np.ndarray, "h w"]:
        """How much of each pixel of the picture is the person, softly at hair; 0 outside."""
        height, width = self.alignment.picture
        low, high = _SURE
        person = (1 - self.shares[:1] - low).div(high - low).clamp(0, 1)
        laid, (left, top) = _laid(person, self.alignment)
        page = np.zeros((height, width), np.float32)
        page[top : top + laid.shape[1], left : left + laid.shape[2]] = laid[0]
        return page


def find_regions(
    parser: FaceParser, image: UInt8[np.ndarray, "h w 3"], face: Face | Frame
) -> Regions:
    """Ask a parser about a face of a picture, or about a square as it is."""
    frame = face if isinstance(face, Frame) else _shown_frame(image, face)
    size = int(np.clip(round(frame.side), parser.resolution, _LARGEST))
    crop, alignment = align(image, frame, size)
    return Regions(refined(parser, crop), alignment)


def refined(parser: FaceParser, crop: UInt8[np.ndarray, "s s2 3"]) -> Float[Tensor, "r s s2"]:
    """How likely each pixel of a crop shows each region, with the picture's own edges."""
    shown = images.resize(crop, parser.resolution)
    shares = parser.shares(images.to_float(shown[None])).float().cpu()
    guide = torch.from_numpy(crop.astype(np.float32) / 255).permute(2, 0, 1)[None]
    if shares.shape[2] > guide.shape[2]:
        shares = functional.interpolate(shares, guide.shape[2:], mode="area")
    fine = guided(guide, shares, _RADIUS, _EPSILON)[0].clamp(min=0)
    return fine / fine.sum(dim=0, keepdim=True).clamp(min=1e-6)


def look(
    parser: FaceParser, image: UInt8[np.ndarray, "h w 3"], where: Where, finder: Finder | None
) -> Regions:
    """Find the face that is meant and ask a parser about it; errors as ``find_face``."""
    return find_regions(parser, image, find_face(image, where, finder))


def region_mask(
    image: UInt8[np.ndarray, "h w 3"], alignment: Alignment, names: tuple[str, ...] = FACE
) -> Mask | None:
    """Some regions of a face that was cut out of a picture: :meth:`Regions.mask` of its square.

    None where no parser came with mien.
    """
    parser = shipped_parser()
    if parser is None:
        return None
    return find_regions(parser, image, alignment.frame).mask(names)


@lru_cache(maxsize=2)
def shipped_parser(device: str = "cpu") -> FaceParser | None:
    """The parser that ships, loaded once; None if this installation has none."""
    from mien.errors import UnknownName, WeightsMissing

    try:
        return load_parser("parsing", device)
    except (UnknownName, WeightsMissing):
        return None


def load_parser(name_or_path: str | Path = "parsing", device: str = "cpu") -> FaceParser:
    """A parser by name or path: our own decoder, or a BiSeNet.

    Raises UnknownName, WeightsMissing or CheckpointError if it, or the MobileNet it sees by, cannot
    be loaded.
    """
    from mien.checkpoints.kinds import BISENET, PARSER
    from mien.checkpoints.registry import find_kind
    from mien.hub import catalogue
    from mien.hub.loading import load, resolve
    from mien.judges.parser import Parser

    of_others = str(name_or_path) in catalogue.names(BISENET)
    path = resolve(name_or_path, BISENET if of_others else PARSER)
    kind = find_kind(path, (PARSER, BISENET))
    if kind == BISENET:
        return load(path, BISENET, device).network
    decoder = load(name_or_path, PARSER, device).network
    features = load("mobilenet", "mobilenet", device).network
    return Parser(features, decoder).eval().requires_grad_(False)


def _shown_frame(image: UInt8[np.ndarray, "h w 3"], face: Face) -> Frame:
    """What is looked at: a picture that is FFHQ's crop already as a whole, else some room."""
    frame, whole = face.frame, middle_square(image)
    height, width = image.shape[:2]
    if abs(frame.degrees) < _TURNED:
        low, high = _ALIKE
        off = np.hypot(*np.subtract(frame.centre, whole.centre)) / width
        if height == width and low * width < frame.side < high * width and off < _OFF:
            return whole
        frame = Frame(frame.centre, (frame.side / 2, 0.0))
    return frame.part((0.0, LOWER), ROOM)


def _blurred(x: Float[Tensor, "1 1 s s2"], sigma: float) -> Float[Tensor, "1 1 s s2"]:
    radius = max(1, round(2.5 * sigma))
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1).float() / sigma) ** 2)
    taps = taps / taps.sum()
    padded = functional.pad(x, (radius,) * 4, mode="replicate")
    return functional.conv2d(
        functional.conv2d(padded, taps.view(1, 1, 1, -1)), taps.view(1, 1, -1, 1)
    )


def _reach(alignment: Alignment) -> tuple[np.ndarray, np.ndarray]:
    """First and last x, y of the picture that the square reaches over."""
    height, width = alignment.picture
    corners = alignment.frame.corners()
    low = np.floor(corners.min(axis=0)).astype(int).clip(0, (width, height))
    return low, np.ceil(corners.max(axis=0)).astype(int).clip(low, (width, height))


def box(alignment: Alignment) -> tuple[slice, slice]:
    """Rows and columns of the picture that the square reaches over."""
    low, high = _reach(alignment)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _laid(
    maps: Float[Tensor, "k s s2"], alignment: Alignment, outside: float = 0.0
) -> tuple[Float[np.ndarray, "k h2 w2"], tuple[int, int]]:
    """Maps of the square as they lie in the picture: the part it covers and that part's corner."""
    (low, high), size = _reach(alignment), maps.shape[-1]
    matrix = alignment.inverse(size)
    across = np.arange(low[0], high[0]) + 0.5
    down = np.arange(low[1], high[1]) + 0.5
    x = (matrix[0, 0] * across + matrix[0, 2])[None] + (matrix[0, 1] * down)[:, None]
    y = (matrix[1, 0] * across + matrix[1, 2])[None] + (matrix[1, 1] * down)[:, None]
    grid = torch.from_numpy(np.stack([x, y], axis=2).astype(np.float32) * (2 / size) - 1)[None]
    made = functional.grid_sample(
        maps[None], grid, mode="bilinear", padding_mode="border", align_corners=False
    )[0]
    inside = (grid.abs() <= 1).all(dim=3)
    return torch.where(inside, made, outside).numpy(), (int(low[0]), int(low[1]))
