"""How well the two networks do on kept-out portraits that are moved and spoilt as in training."""

from __future__ import annotations

import torch
from torch.nn import functional

from mien.faces.pictures import Dice, FacePictures
from mien.faces.train_detector import draw_canvases
from mien.faces.train_landmarks import draw_crops
from mien.faces.training_config import DetectorTraining
from mien.judges.face_detector import FaceDetector
from mien.judges.landmarks import LandmarkNetwork

_THRESHOLD = 0.3
_NEAR = 0.4


@torch.no_grad()
def score_crops(
    network: LandmarkNetwork, kept: FacePictures, seed: int = 1, rounds: int = 10
) -> dict[str, float]:
    """The landmark network on 64 crops a round.

    ``nme``: mean distance of the landmarks in distances of the eyes; ``nme pupils``: the same of
    the pupils; ``told``: share of crops that are rightly said to show a face or none.
    """
    dice, errors, pupils, told = Dice(seed), [], [], []
    for _ in range(rounds):
        crops = draw_crops(kept, 64, network.config.resolution, 0.15, dice)
        points, face = network.eval().read(crops.images)
        apart = (crops.points[:, 68] - crops.points[:, 69]).norm(dim=1, keepdim=True)
        error = (points - crops.points).norm(dim=2) / apart
        seen = crops.weights > 0
        errors.append(error[:, :68][seen[:, :68]])
        pupils.append(error[:, 68:][seen[:, 68:]])
        told.append((face > 0.5) == crops.face)
    return {
        "nme": round(float(torch.cat(errors).mean()), 5),
        "nme pupils": round(float(torch.cat(pupils).mean()), 5),
        "told": round(float(torch.cat(told).float().mean()), 5),
    }


@torch.no_grad()
def score_heat(
    network: FaceDetector, kept: FacePictures, seed: int = 1, rounds: int = 10
) -> dict[str, float]:
    """The detector on 64 canvases a round.

    ``found``: share of faces with a cell above 0.3 near their centre; ``false a picture``: peaks
    above 0.3 that are near no face; ``points``: mean distance of the five points in half sides of
    FFHQ's square.
    """
    dice, size = Dice(seed), DetectorTraining().size
    wanted = hits = false = 0
    off: list[float] = []
    for _ in range(rounds):
        canvases = draw_canvases(kept, 64, size, dice)
        heat, points = network.eval()(canvases.images)
        chance = heat.sigmoid()
        peaks = functional.max_pool2d(chance[:, None], 3, 1, 1)[:, 0] == chance
        hit = torch.zeros_like(canvases.there)
        for row, y, x in (peaks & (chance > _THRESHOLD)).nonzero().tolist():
            five = points[row, :, :, y, x]
            far = (canvases.centre[row] - five.mean(dim=0)).norm(dim=1) / canvases.reach[row]
            near = (canvases.there[row] & (far < _NEAR)).nonzero()[:, 0].tolist()
            if not near:
                false += 1
                continue
            hit[row, near[0]] = True
            error = (canvases.points[row, near[0]] - five).norm(dim=1).mean()
            off.append(float(error / canvases.reach[row, near[0]]))
        wanted, hits = wanted + int(canvases.there.sum()), hits + int(hit.sum())
    return {
        "found": round(hits / wanted, 5),
        "false a picture": round(false / (64 * rounds), 5),
        "points": round(sum(off) / max(len(off), 1), 5),
    }
