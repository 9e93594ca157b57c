"""Faces as a finder meets them: at any scale, turned, in bad light, blurred, half covered.

Everything happens on tensors, a batch at a time. Matrices ``[n, 2, 3]`` take pixels of what is made
to pixels of the portrait it is made of; both count continuously from the upper left corner.

Axes: n batch, p points, h w pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from mien.data.sources import open_source
from mien.data.training_set import TrainingSet
from mien.errors import DatasetError
from mien.faces.backgrounds import make_backgrounds
from mien.faces.frames import five_points, frame_of
from mien.faces.points import npz_points
from mien.faces.pupils import find_pupils

SIDE = 256
"""Side that portraits are brought to; landmarks are in pixels of it."""

_LEVELS = 3


class Dice:
    """Random numbers of a seed or of a generator's, in the order in which they are asked for."""

    def __init__(self, source: int | torch.Generator) -> None:
        seeded = isinstance(source, torch.Generator)
        self.source = source if seeded else torch.Generator().manual_seed(source)

    def uniform(self, count: int, low: float, high: float) -> Float[Tensor, " n"]:
        """``count`` numbers from ``low`` to ``high``."""
        return torch.rand(count, generator=self.source) * (high - low) + low

    def normal(self, *shape: int) -> Tensor:
        """Normal numbers."""
        return torch.randn(*shape, generator=self.source)

    def chance(self, count: int, share: float) -> Tensor:
        """``count`` times yes or no."""
        return torch.rand(count, generator=self.source) < share

    def pick(self, count: int, below: int) -> Int64[Tensor, " n"]:
        """``count`` whole numbers from 0 to ``below`` - 1."""
        return torch.randint(below, (count,), generator=self.source)


@dataclass(frozen=True)
class FacePictures:
    """Portraits with their points, at several sizes, and backgrounds.

    ``levels`` have s = 256, 128, 64, 32; ``points`` ``[n, 70, 2]`` are the landmarks and the
    pupils, in pixels of the largest; ``five`` eyes, nose, corners of the mouth; ``frames`` ``[n,
    4]`` centre x, y and half x, y of FFHQ's square; ``trust`` is 1, less for faces in profile,
    whose landmarks are guesses; ``backgrounds`` are uint8 ``[k, 3, 192, 192]``.
    """

    levels: tuple[UInt8[Tensor, "n 3 _ _"], ...]
    points: Float[Tensor, "n 70 2"]
    five: Float[Tensor, "n 5 2"]
    frames: Float[Tensor, "n 4"]
    trust: Float[Tensor, " n"]
    backgrounds: UInt8[Tensor, "k 3 h w"]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def open(
        cls, data: str | Path, points: str | Path, part: str = "train", backgrounds: int = 640
    ) -> FacePictures:
        """Read a part of a folder or zip of portraits and their landmarks; make ``backgrounds``.

        ``points`` is an ``.npz`` with ``points`` ``[pictures, 68, 2]``, a row for each picture of
        ``data`` in sorted order, in pixels of the picture at 256². Raises DatasetError if pictures
        or points cannot be used, or their numbers differ.
        """
        chosen = TrainingSet.open(data, SIDE, labels=False, part=part)  # pyright: ignore
        rows = points_of(data, points, chosen.names)
        return cls.of(chosen.pictures, rows, backgrounds, chosen.fingerprint)

    @classmethod
    def of(
        cls,
        pictures: UInt8[np.ndarray, "n 256 256 3"],
        rows: Float[np.ndarray, "n 68 2"],
        backgrounds: int = 640,
        fingerprint: str = "",
    ) -> FacePictures:
        """The same of pictures in memory."""
        levels = [torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).contiguous()]
        for _ in range(_LEVELS):
            half = [
                functional.avg_pool2d(part.float(), 2).round().byte()
                for part in levels[-1].split(64)
            ]
            levels.append(torch.cat(half))
        landmarks = torch.from_numpy(rows).float()
        pupils = torch.cat(
            [
                find_pupils(a.float() / 127.5 - 1, b)
                for a, b in zip(levels[0].split(64), landmarks.split(64), strict=True)
            ]
        )
        five = torch.from_numpy(five_points(rows)).float()
        frames = [frame_of(one) for one in rows]
        eyes = (five[:, 0] + five[:, 1]) / 2
        turned = (five[:, 2] - eyes)[:, 0].abs() / (five[:, 1] - five[:, 0]).norm(dim=1)
        return cls(
            tuple(levels),
            torch.cat([landmarks, pupils], dim=1),
            five,
            torch.tensor([[*frame.centre, *frame.half] for frame in frames]),
            (1.3 - turned).clamp(0.05, 1.0),
            make_backgrounds(pictures, rows, backgrounds),
            fingerprint,
        )


def read_points(path: str | Path) -> Float[np.ndarray, "n 68 2"]:
    """Landmarks of a whole data set out of an ``.npz`` with ``points``; raises DatasetError."""
    rows = npz_points(path, np.float32)
    if rows.ndim != 3 or rows.shape[1:] != (68, 2) or not np.isfinite(rows).all():
        cause = f"its points have the shape {list(rows.shape)}, [pictures, 68, 2] is wanted"
        raise DatasetError(path, cause)
    return rows


def points_of(
    data: str | Path, points: str | Path, chosen: Sequence[str]
) -> Float[np.ndarray, "n 68 2"]:
    """Landmarks of some pictures of ``data``; DatasetError if there is not a row for each."""
    names, rows = open_source(data).names, read_points(points)
    if len(rows) != len(names):
        cause = f"has {len(rows)} rows, {data} has {len(names)} pictures"
        raise DatasetError(points, cause, "give the points of these pictures")
    place = {name: i for i, name in enumerate(names)}
    return rows[[place[name] for name in chosen]]


# Geometry


def similarities(
    centre: Float[Tensor, "n 2"], half: Float[Tensor, "n 2"], size: int
) -> Float[Tensor, "n 2 3"]:
    """Matrices from pixels of a square of ``size`` to the turned squares of a portrait."""
    a, b = half[:, 0] * 2 / size, half[:, 1] * 2 / size
    turn = torch.stack([torch.stack([a, -b], dim=1), torch.stack([b, a], dim=1)], dim=1)
    shift = centre - (turn @ torch.full((2, 1), size / 2))[:, :, 0]
    return torch.cat([turn, shift[:, :, None]], dim=2)


def inverse(matrix: Float[Tensor, "n 2 3"]) -> Float[Tensor, "n 2 3"]:
    """The way back."""
    turn = torch.linalg.inv(matrix[:, :, :2])
    return torch.cat([turn, -turn @ matrix[:, :, 2:]], dim=2)


def moved(matrix: Float[Tensor, "n 2 3"], points: Float[Tensor, "n p 2"]) -> Tensor:
    """Points taken through their picture's matrix."""
    return points @ matrix[:, :, :2].mT + matrix[:, None, :, 2]


def places(matrix: Float[Tensor, "n 2 3"], size: int) -> Float[Tensor, "n h w 2"]:
    """Where in the portrait each pixel of what is made comes from."""
    axis = torch.arange(size) + 0.5
    down, across = torch.meshgrid(axis, axis, indexing="ij")
    pixels = torch.stack([across, down], dim=2).reshape(1, -1, 2)
    return moved(matrix, pixels.expand(len(matrix), -1, -1)).unflatten(1, (size, size))


def sample(
    faces: FacePictures,
    which: Int64[Tensor, " n"],
    matrix: Float[Tensor, "n 2 3"],
    size: int,
    padding: str = "reflection",
) -> tuple[Float[Tensor, "n 3 h w"], Float[Tensor, "n h w 2"]]:
    """Cut portraits through matrices, each from the level that neither blurs nor aliases.

    Pictures in [-1, 1], and where in the portrait each pixel comes from.
    """
    source = places(matrix, size)
    steps = torch.linalg.det(matrix[:, :, :2]).abs().sqrt()
    wanted = (steps.log2() + 0.4).floor().clamp(0, _LEVELS).long()
    made = torch.empty(len(which), 3, size, size)
    for level in wanted.unique().tolist():
        rows = (wanted == level).nonzero()[:, 0]
        pixels = faces.levels[level][which[rows]].float() / 127.5 - 1
        made[rows] = functional.grid_sample(
            pixels, source[rows] * (2 / SIDE) - 1, padding_mode=padding, align_corners=False
        )
    return made, source


def scenery(faces: FacePictures, count: int, size: int, dice: Dice) -> Float[Tensor, "n 3 h w"]:
    """Backgrounds: turned, scaled and cut at random."""
    chosen = faces.backgrounds[dice.pick(count, len(faces.backgrounds))].float() / 127.5 - 1
    turn, scale = dice.uniform(count, -math.pi, math.pi), dice.uniform(count, 0.35, 1.1)
    a, b = scale * turn.cos(), scale * turn.sin()
    shift = dice.uniform(count * 2, -0.5, 0.5).view(count, 2)
    matrix = torch.stack([a, -b, shift[:, 0], b, a, shift[:, 1]], dim=1).view(count, 2, 3)
    grid = functional.affine_grid(matrix, [count, 3, size, size], align_corners=False)
    return functional.grid_sample(chosen, grid, padding_mode="reflection", align_corners=False)


# Light, dirt and what stands in the way


def shake(
    batch: Float[Tensor, "n 3 h w"], dice: Dice, coarsest: float = 4.0
) -> Float[Tensor, "n 3 h w"]:
    """Other colours, light, sharpness and grain; values stay in [-1, 1].

    Some pictures look as if they had been smaller by up to ``coarsest``.
    """
    count, size = len(batch), batch.shape[-1]
    batch = _blurred(batch, dice, coarsest)
    # Colours: channels mixed a little, some pictures grey.
    mix = torch.eye(3) + 0.12 * dice.normal(count, 3, 3)
    mix = torch.where(dice.chance(count, 0.2)[:, None, None], torch.full((3, 3), 1 / 3), mix)
    batch = (mix @ batch.flatten(2)).view_as(batch)
    # Light: as a whole, and from one side.
    contrast = torch.exp2(0.45 * dice.normal(count, 1, 1, 1))
    turn = dice.uniform(count, -math.pi, math.pi)[:, None, None]
    axis = torch.linspace(-1, 1, size)
    ramp = turn.cos() * axis + turn.sin() * axis[:, None]
    slope = (0.25 * dice.normal(count, 1, 1))[:, None] * ramp[:, None]
    batch = batch * contrast * (1 + slope) + 0.22 * dice.normal(count, 1, 1, 1) + 0.5 * slope
    grain = 0.07 * dice.uniform(count, 0, 1)[:, None, None, None].square()
    return (batch + 2 * grain * dice.normal(*batch.shape)).clamp(-1, 1)


def _blurred(batch: Tensor, dice: Dice, coarsest: float) -> Tensor:
    """A third of the pictures as if they had been much smaller, or out of focus."""
    rows = dice.chance(len(batch), 0.35).nonzero()[:, 0]
    if len(rows) == 0:
        return batch
    size = batch.shape[-1]
    small = max(16, int(size / float(dice.uniform(1, 1.2, coarsest))))
    coarse = functional.interpolate(
        batch[rows], size=(small, small), mode="bilinear", antialias=True, align_corners=False
    )
    mode = "nearest" if bool(dice.chance(1, 0.15)) else "bicubic"
    batch = batch.clone()
    batch[rows] = functional.interpolate(coarse, size=(size, size), mode=mode)
    return batch


def cover(
    batch: Float[Tensor, "n 3 h w"], patch: Float[Tensor, "n 3 h w"], share: float, dice: Dice
) -> Float[Tensor, "n 3 h w"]:
    """Turned rectangles of ``patch`` over a share of the pictures."""
    count, size = len(batch), batch.shape[-1]
    axis = torch.linspace(-1, 1, size)
    centre = dice.uniform(count * 2, -0.8, 0.8).view(2, count, 1, 1)
    turn = dice.uniform(count, -math.pi, math.pi)[:, None, None]
    across, down = axis - centre[0], axis[:, None] - centre[1]
    along = (across * turn.cos() + down * turn.sin()).abs()
    aside = (down * turn.cos() - across * turn.sin()).abs()
    reach = dice.uniform(count * 2, 0.1, 0.45).view(2, count, 1, 1)
    inside = (along < reach[0]) & (aside < reach[1]) & dice.chance(count, share)[:, None, None]
    return torch.where(inside[:, None], patch, batch)


def head_mask(source: Float[Tensor, "n h w 2"], dice: Dice) -> Float[Tensor, "n 1 h w"]:
    """How much of a portrait shows: all of it, or a soft oval about the head, or head and chest.

    ``source`` is where in the portrait each pixel comes from.
    """
    count = len(source)
    inside = ((source > 0) & (source < SIDE)).all(dim=3)
    kind = dice.uniform(count, 0, 1)[:, None, None]
    reach = dice.uniform(count * 2, 0.0, 1.0).view(2, count, 1, 1)
    across = (source[..., 0] - 128) / (78 + 34 * reach[0])
    down = (source[..., 1] - 135) / (100 + 30 * reach[1])
    soft = dice.uniform(count, 0.04, 0.35)[:, None, None]
    oval = ((1 - across.hypot(down)) / soft + 0.5).clamp(0, 1)
    chest = ((source[..., 1] - 205) / (20 * soft) / 4).clamp(0, 1)
    shape = torch.where(kind < 0.7, oval, torch.maximum(oval, chest))
    shape = torch.where(kind < 0.35, torch.ones_like(shape), shape)
    return (shape * inside)[:, None]
