"""Training the face detector: portraits set into scenery, at any size and turn.

A canvas shows no face, one or two: whole portraits with their edges, or heads cut out softly, and
lone eyes or mouths that are no faces. Losses: CenterNet's focal loss of the heat map (Zhou et al.
2019, Eq. 1) and the distance of the five points in units of the face.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from mien.faces import pictures as face_pictures
from mien.faces.pictures import Dice, FacePictures
from mien.faces.training_config import DetectorTraining
from mien.judges.face_detector import STRIDE, FaceDetector
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom

SMALLEST, LARGEST = 11.0, 60.0
"""Half sides of FFHQ's square, in pixels, that the detector is taught; a face with ears is about
as wide as this number."""

_TURN = 45
_SHOWS = 0.35
"""Cells this near to a face's centre, in half sides, are asked for its points."""


@dataclass(frozen=True)
class Canvases:
    """A batch in [-1, 1], of ``f`` faces a canvas, not all of which are there.

    ``points`` are five in pixels, ``centre`` is the middle of the face, ``reach`` half the side of
    FFHQ's square.
    """

    images: Float[Tensor, "n 3 h w"]
    points: Float[Tensor, "n f 5 2"]
    centre: Float[Tensor, "n f 2"]
    reach: Float[Tensor, "n f"]
    there: Bool[Tensor, "n f"]

    def to(self, device: torch.device) -> Canvases:
        """The same, elsewhere."""
        return Canvases(*(getattr(self, f.name).to(device) for f in fields(self)))


class DetectorRecipe(AdamWRecipe):
    """A face detector, taught on portraits with points; canvases are drawn on the CPU."""

    name = "the detector"
    longest = 5.0

    def __init__(
        self, config: DetectorTraining, faces: FacePictures, device: torch.device | str = "cpu"
    ) -> None:
        self.faces = faces
        super().__init__(config, lambda: FaceDetector(config.network()), device)
        self.network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def source(self) -> dict[str, Any]:
        """The portraits."""
        return {"data": self.faces.fingerprint}

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Those of :func:`canvas_loss`; ``points``: mean distance in half sides of the face."""
        config, dice = self.config, Dice(random.torch(0))
        canvases = draw_canvases(self.faces, config.batch, config.size, dice).to(self.device)
        with self.fast():
            heat, points = self.network(canvases.images)
        return canvas_loss(heat, points, canvases)


def draw_canvases(faces: FacePictures, count: int, size: int, dice: Dice) -> Canvases:
    """A batch of canvases with up to two faces each, and lone parts of faces that are none."""
    images = behind = face_pictures.scenery(faces, count, size, dice)
    number = dice.uniform(count, 0, 1)
    alone, two = number < 0.62, number > 0.82
    # One face anywhere; two in the halves of the canvas, side by side or above each other.
    upright = dice.chance(count, 0.5)
    first = dice.uniform(count * 2, 0.12, 0.88).view(count, 2)
    found: list[tuple[Tensor, ...]] = []
    for slot in range(2):
        centre = first.clone()
        low = 0.5 * slot + 0.12
        middle = dice.uniform(count, low, low + 0.26)
        centre[:, 0] = torch.where(two & upright, middle, first[:, 0])
        centre[:, 1] = torch.where(two & ~upright, middle, first[:, 1])
        there = (alone | two) if slot == 0 else two
        most = torch.where(two, 0.2 * size, LARGEST * size / 128)
        reach = SMALLEST * (most / SMALLEST) ** dice.uniform(count, 0, 1)
        decoy = ~there & dice.chance(count, 0.5)
        points = (centre * size)[:, None].repeat(1, 5, 1)
        rows = (there | decoy).nonzero()[:, 0]
        if len(rows):
            images = images.clone()
            images[rows], points[rows] = _pasted(
                images[rows], faces, (centre * size)[rows], reach[rows], decoy[rows], dice
            )
        found.append((points, points.mean(dim=1), reach, there))
    images = face_pictures.cover(images, behind.flip(0), 0.2, dice)
    images = face_pictures.shake(images, dice, coarsest=2.0)
    points, centre, reach, there = (torch.stack(part, dim=1) for part in zip(*found, strict=True))
    inside = ((centre > 0) & (centre < size)).all(dim=2)
    return Canvases(images, points, centre, reach, there & inside)


def _pasted(
    images: Tensor, faces: FacePictures, centre: Tensor, reach: Tensor, decoy: Tensor, dice: Dice
) -> tuple[Tensor, Tensor]:
    """Set a portrait into each canvas, or for a decoy a small part of one."""
    count, size = len(images), images.shape[-1]
    which = dice.pick(count, len(faces))
    frames = faces.frames[which]
    # From the portrait to the canvas: turned, perhaps mirrored, scaled so that the half side fits.
    angle = dice.uniform(count, -_TURN, _TURN) * (math.pi / 180)
    scale = torch.where(decoy, 2.0, 1.0) * reach / frames[:, 2:].norm(dim=1)
    mirror = dice.chance(count, 0.5) * -2.0 + 1
    stretch = torch.exp(0.08 * dice.normal(count))
    a, b = scale * angle.cos(), scale * angle.sin()
    linear = torch.stack([a * mirror * stretch, -b, b * mirror * stretch, a], dim=1).view(-1, 2, 2)
    five = faces.five[which]
    # A decoy is centred on an eye or the mouth, of which only a little shows.
    part = five[torch.arange(count), dice.pick(count, 5)]
    anchor = torch.where(decoy[:, None], part, five.mean(dim=1))
    shift = centre[:, :, None] - linear @ anchor[:, :, None]
    onto = torch.cat([linear, shift], dim=2)
    pixels, source = face_pictures.sample(
        faces, which, face_pictures.inverse(onto), size, padding="border"
    )
    mask = face_pictures.head_mask(source, dice)
    near = (source - part[:, None, None]).norm(dim=3)[:, None]
    mask = torch.where(decoy[:, None, None, None], ((24 - near) / 8).clamp(0, 1), mask)
    points = face_pictures.moved(onto, five)
    mirrored = points[:, [1, 0, 2, 4, 3]]
    points = torch.where((mirror < 0)[:, None, None], mirrored, points)
    return images * (1 - mask) + pixels * mask, points


def canvas_loss(heat: Tensor, points: Tensor, canvases: Canvases) -> dict[str, Tensor]:
    """The losses of a batch: the heat map's, and the points'.

    ``heat`` ``[n, h, w]`` are logits, ``points`` ``[n, 5, 2, h, w]`` in pixels; the ``points`` that
    is returned is their mean distance in half sides of the face's square.
    """
    rows, columns = heat.shape[1:]
    axis = (torch.arange(max(rows, columns), device=heat.device) + 0.5) * STRIDE
    across = axis[:columns] - canvases.centre[..., 0, None]
    down = axis[:rows] - canvases.centre[..., 1, None]
    far = (across.square()[:, :, None, :] + down.square()[:, :, :, None]).sqrt()  # [n f h w]
    there = canvases.there[:, :, None, None]
    reach = canvases.reach[:, :, None, None]

    # Heat: a bell about each centre, 1 at the nearest cell (CenterNet, Eq. 1).
    bell = torch.exp(-far.square() / (2 * (0.16 * reach).clamp(min=3.0).square()))
    nearest = far == far.amin(dim=(2, 3), keepdim=True)
    bell = torch.where(nearest, torch.ones_like(bell), bell) * there
    wanted = bell.amax(dim=1)
    peak = wanted == 1
    chance = heat.sigmoid().clamp(1e-5, 1 - 1e-5)
    hit = -(1 - chance).square() * chance.log() * peak
    miss = -chance.square() * (1 - chance).log() * (1 - wanted) ** 4 * ~peak
    focal = (hit + miss).sum() / peak.sum().clamp(min=1)

    # Points, wherever a cell is near enough to the centre, in half sides of the face.
    near = ((far < _SHOWS * reach) | nearest) & there
    error = (points[:, None] - canvases.points[..., None, None]) / reach[:, :, None, None]
    distance = functional.smooth_l1_loss(
        error, torch.zeros_like(error), beta=0.05, reduction="none"
    ).sum(dim=(2, 3))
    weights = near / near.sum(dim=(2, 3), keepdim=True).clamp(min=1)
    total = there.sum().clamp(min=1)
    regress = (distance * weights).sum() / total
    off = (error.norm(dim=3).mean(dim=2) * weights).sum() / total
    return {"loss/heat": focal, "loss/points": regress, "points": off}
