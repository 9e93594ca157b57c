"""Training the landmark network: crops of portraits, moved and spoilt on the fly.

Half of the crops are a little off, as after a first reading, half are far off, as after a detector;
some show no face, or one that stands quite wrong. The loss of a point is the cross-entropy of its
map with a Gaussian and the distance of its mean.
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
from mien.faces.finder import CROP_CENTRE, CROP_HALF
from mien.faces.pictures import Dice, FacePictures
from mien.faces.training_config import LandmarkTraining
from mien.judges.landmarks import MIRRORED, POINTS, LandmarkNetwork, map_means
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom

_SPREAD = 1.0
"""Standard deviation of a point's Gaussian, in cells of its map."""


@dataclass(frozen=True)
class Crops:
    """A batch in [-1, 1]; points are shares of the crop, of weight 0 if outside or no face."""

    images: Float[Tensor, "n 3 h w"]
    points: Float[Tensor, "n p 2"]
    weights: Float[Tensor, "n p"]
    face: Bool[Tensor, " n"]

    def to(self, device: torch.device) -> Crops:
        """The same, elsewhere."""
        return Crops(*(getattr(self, f.name).to(device) for f in fields(self)))


class LandmarkRecipe(AdamWRecipe):
    """A landmark network, taught on portraits with points; crops are drawn on the CPU."""

    name = "the landmark network"
    longest = 5.0

    def __init__(
        self, config: LandmarkTraining, faces: FacePictures, device: torch.device | str = "cpu"
    ) -> None:
        self.faces = faces
        super().__init__(config, lambda: LandmarkNetwork(config.network()), device)
        self.network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def source(self) -> dict[str, Any]:
        """The portraits."""
        return {"data": self.faces.fingerprint}

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Those of :func:`crop_loss`; ``cells``: mean distance of the points in cells of maps."""
        config, dice = self.config, Dice(random.torch(0))
        crops = draw_crops(self.faces, config.batch, config.resolution, config.without, dice)
        crops = crops.to(self.device)
        with self.fast():
            maps, face = self.network(crops.images)
        return crop_loss(maps, face, crops)


def draw_crops(faces: FacePictures, count: int, size: int, without: float, dice: Dice) -> Crops:
    """A batch of crops of ``size`` pixels: moved, mirrored, covered, spoilt.

    A share ``without`` has no face that stands about right.
    """
    which = dice.pick(count, len(faces))
    bare, wrong = dice.chance(count, without / 2), dice.chance(count, without / 2)
    matrix = _crop_matrices(faces, which, size, wrong, dice)
    images, source = face_pictures.sample(faces, which, matrix, size)
    # Some heads stand before something else, so that nothing is learned of what is around them.
    behind = face_pictures.scenery(faces, count, size, dice)
    mask = face_pictures.head_mask(source, dice) * ~bare[:, None, None, None]
    images = torch.where(wrong[:, None, None, None] & (mask < 1), behind, images)
    replaced = bare | dice.chance(count, 0.5)
    images = torch.where(replaced[:, None, None, None], images * mask + behind * (1 - mask), images)
    images = face_pictures.cover(images, behind.flip(0), 0.3, dice)
    images = face_pictures.shake(images, dice)
    points = face_pictures.moved(face_pictures.inverse(matrix), faces.points[which]) / size
    flip = dice.chance(count, 0.5)
    images = torch.where(flip[:, None, None, None], images.flip(3), images)
    other = points[:, list(MIRRORED)] * torch.tensor([-1.0, 1.0]) + torch.tensor([1.0, 0.0])
    points = torch.where(flip[:, None, None], other, points)
    inside = ((points > 0) & (points < 1)).all(dim=2)
    face = ~(bare | wrong)
    weights = inside * faces.trust[which][:, None] * face[:, None] * _POINT_WEIGHTS
    return Crops(images, points, weights, face)


def _crop_matrices(
    faces: FacePictures, which: Tensor, size: int, wrong: Tensor, dice: Dice
) -> Tensor:
    """Where the crops lie in their portraits: a little off, far off, or quite wrong."""
    count = len(which)
    frames = faces.frames[which]
    half = frames[:, 2:] * CROP_HALF
    down = torch.stack([-frames[:, 3], frames[:, 2]], dim=1)
    centre = frames[:, :2] + CROP_CENTRE[1] * down
    far = dice.chance(count, 0.5)
    turn = torch.where(far, dice.uniform(count, -45, 45), 5 * dice.normal(count))
    zoom = torch.where(far, dice.uniform(count, -0.45, 0.45), 0.07 * dice.normal(count))
    shift = torch.where(
        far[:, None], dice.uniform(count * 2, -0.32, 0.32).view(-1, 2), 0.04 * dice.normal(count, 2)
    )
    # Quite wrong: beside the face, a part of it, far too small, standing on its head, or a small
    # piece of anything (hair, ears, cloth), which is what detectors take for faces.
    kind = dice.pick(count, 6)
    sign = dice.chance(count, 0.5) * 2.0 - 1
    aside = dice.uniform(count, 0.75, 1.2) * sign
    shift[:, 0] = torch.where(wrong & (kind == 0), aside, shift[:, 0])
    zoom = torch.where(wrong & (kind == 1), dice.uniform(count, -2.2, -1.4), zoom)
    zoom = torch.where(wrong & (kind == 2), dice.uniform(count, 1.3, 2.2), zoom)
    turn = torch.where(wrong & (kind == 3), dice.uniform(count, 110, 250), turn)
    piece = wrong & (kind > 3)
    anywhere = dice.uniform(count * 2, -1.1, 1.1).view(count, 2)
    shift = torch.where(piece[:, None], anywhere, shift)
    zoom = torch.where(piece, dice.uniform(count, -3.2, -1.3), zoom)
    turn = torch.where(piece, dice.uniform(count, -180, 180), turn)
    angle = turn * (math.pi / 180)
    a = half[:, 0] * angle.cos() - half[:, 1] * angle.sin()
    b = half[:, 1] * angle.cos() + half[:, 0] * angle.sin()
    turned = torch.stack([a, b], dim=1) * torch.exp2(zoom)[:, None]
    matrix = face_pictures.similarities(centre + shift * half.norm(dim=1)[:, None], turned, size)
    # Heads of other proportions, seen from elsewhere.
    stretch = torch.eye(2) + 0.05 * dice.normal(count, 2, 2)
    middle = matrix @ torch.tensor([size / 2, size / 2, 1.0])
    linear = stretch @ matrix[:, :, :2]
    return torch.cat([linear, (middle - linear @ torch.full((2,), size / 2))[:, :, None]], dim=2)


def _point_weights() -> Tensor:
    """Eyes and pupils count double, the jaw, whose labels are the roughest, half."""
    weights = torch.ones(POINTS)
    weights[:17] = 0.5
    weights[36:48] = 2.0
    weights[68:] = 3.0
    return weights / weights.mean()


_POINT_WEIGHTS = _point_weights()


def crop_loss(maps: Tensor, face: Tensor, crops: Crops) -> dict[str, Tensor]:
    """The losses of a batch: where points lie, and whether there is a face.

    ``maps`` ``[n, p, h, w]`` and ``face`` ``[n]`` are logits; ``cells`` is the mean distance of the
    points in cells.
    """
    cells = maps.shape[-1]
    wanted = crops.points * cells
    axis = torch.arange(cells, device=maps.device) + 0.5
    # The Gaussian of a point is the product of one across and one down, and so is its softmax.
    bells = torch.softmax(-(axis - wanted[..., None]).square() / (2 * _SPREAD**2), dim=3)
    logs = maps.float().flatten(2).log_softmax(dim=2).unflatten(2, (cells, cells))
    entropy = -torch.einsum("npyx,npx,npy->np", logs, bells[:, :, 0], bells[:, :, 1])
    found = map_means(maps) * cells
    distance = functional.smooth_l1_loss(found, wanted, beta=0.3, reduction="none").sum(dim=2)
    total = crops.weights.sum().clamp(min=1)
    points = ((0.5 * entropy + distance) * crops.weights).sum() / total
    seen = (crops.weights > 0).float()
    cells_off = ((found - wanted).norm(dim=2) * seen).sum() / seen.sum().clamp(min=1)
    told = functional.binary_cross_entropy_with_logits(face.float(), crops.face.float())
    return {"loss/points": points, "loss/face": 0.5 * told, "cells": cells_off}
