"""A finder that sees red squares: faces of a known shape, without weights."""

import numpy as np
import torch
from torch import nn

from mien.faces.finder import CROP_CENTRE, CROP_HALF, FaceFinder
from mien.faces.frames import Frame
from mien.judges.detections import Detection
from mien.judges.landmarks import LandmarkConfig, LandmarkNetwork


def shape():
    """Landmarks and pupils of a face, in units of its own FFHQ square, symmetric."""
    points = np.zeros((70, 2))
    angle = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([0.6 * np.cos(angle), 0.75 * np.sin(angle)], axis=1)
    brow = np.stack([np.linspace(-0.4, -0.1, 5), np.full(5, -0.2)], axis=1)
    points[17:22], points[22:27] = brow, brow[::-1] * [-1, 1]
    points[27:31] = np.stack([np.zeros(4), np.linspace(-0.05, 0.2, 4)], axis=1)
    points[31:36] = np.stack([np.linspace(-0.08, 0.08, 5), np.full(5, 0.25)], axis=1)
    # Eyes 0.5 apart and mouth 0.5 below: the square of these points is the unit square.
    eye = np.array(
        [[-0.07, 0], [-0.03, -0.03], [0.03, -0.03], [0.07, 0], [0.03, 0.03], [-0.03, 0.03]]
    )
    points[36:42], points[42:48] = eye - np.array([0.25, 0.05]), eye + np.array([0.25, -0.05])
    mouth = np.stack([np.linspace(-0.2, 0.2, 7), np.full(7, 0.45)], axis=1)
    points[48:55], points[55:60] = mouth, mouth[1:6][::-1] + np.array([0, 0.05])
    points[60:65], points[65:68] = mouth[1:6], mouth[2:5][::-1]
    points[68], points[69] = [-0.25, -0.05], [0.25, -0.05]
    return points


class ToyNetwork(LandmarkNetwork):
    """Says the same of every crop: the face fills it as it should; surer where it is red."""

    def __init__(self):
        nn.Module.__init__(self)
        self.config = LandmarkConfig(resolution=32)
        self.weight = nn.Parameter(torch.zeros(1))
        own = (shape() - CROP_CENTRE) / CROP_HALF
        self.shares = torch.from_numpy((own + 1) / 2).float()

    def read(self, images):
        red = (images[:, 0] > 0.5).float().mean(dim=(1, 2))
        return self.shares.expand(len(images), -1, -1), (red * 2).clamp(0, 1)


class ToyDetector:
    """Finds red squares: each is a face as wide as FFHQ's square."""

    def __init__(self, five=True):
        self.five = five

    def detect(self, image):
        red = (image[..., 0] > 200) & (image[..., 1] < 60)
        found, seen = [], np.zeros(red.shape, bool)
        for y, x in zip(*np.nonzero(red), strict=True):
            if seen[y, x]:
                continue
            width = int(np.argmin(np.append(red[y, x:], False)))
            height = int(np.argmin(np.append(red[y:, x], False)))
            seen[y : y + height, x : x + width] = True
            frame = Frame((x + width / 2, y + height / 2), (width / 2, 0.0))
            points = np.append(shape()[[36, 45, 30, 48, 54]], np.ones((5, 1)), axis=1)
            points[0, 0], points[1, 0] = -0.25, 0.25
            five = points @ frame.matrix().T if self.five else None
            found.append(Detection(0.9, (float(x), float(y), float(width), float(height)), five))
        return found


def finder(**settings):
    return FaceFinder(ToyDetector(), ToyNetwork(), **settings)


def picture(*squares, height=200, width=300):
    """Grey, with red squares ``(x, y, side)``."""
    image = np.full((height, width, 3), 128, np.uint8)
    for x, y, side in squares:
        image[y : y + side, x : x + side] = [255, 0, 0]
    return image
