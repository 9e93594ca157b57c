"""A small fully convolutional network that finds faces: where, how large, how turned.

Centres are peaks of a heat map (CenterNet, Zhou et al. 2019); at a centre stand five points, as
RetinaFace (Deng et al. 2020) has them, so that size and turn of the face are known too. It knows
faces of a few sizes only and is shown a picture at several scales.

Axes: n batch, c channels, h w pixels or cells, p points. Points are x, y in pixels of the picture
that is shown, (0, 0) its upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from mien import images
from mien.errors import InputError
from mien.judges.detections import Detection, suppress
from mien.judges.tagger import ResidualBlock

STRIDE = 8
"""Pixels between two cells of the heat map."""

FIVE = 5
"""Left eye, right eye, nose, left and right corner of the mouth; left and right in the picture."""

POINT_UNIT = 16.0
"""Pixels that one unit of the network's point offsets means."""

_SMALLEST_CANVAS = 128
"""Pictures are shown at halved scales until their longest side is below this."""


@dataclass(frozen=True)
class DetectorConfig:
    """Channels of the first stage (then twice and four times), residual blocks in the last."""

    width: int = 16
    blocks: int = 3

    def __post_init__(self) -> None:
        if self.width < 1 or self.blocks < 1:
            raise InputError(f"width {self.width} and blocks {self.blocks} must be at least 1")


class FaceDetector(nn.Module):
    """Picture -> heat map of face centres and the five points of a face at each cell."""

    def __init__(self, config: DetectorConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or DetectorConfig()
        width = config.width
        self.stem = nn.Conv2d(3, width, 3, 2, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        self.middle = ResidualBlock(width, width * 2, 2)
        rest = [ResidualBlock(width * 4, width * 4, 1) for _ in range(config.blocks - 1)]
        self.last = nn.Sequential(ResidualBlock(width * 2, width * 4, 2), *rest)
        self.context = ResidualBlock(width * 4, width * 4, 2)
        self.neck = nn.Conv2d(width * 4, width * 4, 3, 1, 1, bias=False)
        self.neck_norm = nn.BatchNorm2d(width * 4)
        self.heat = nn.Conv2d(width * 4, 1, 1)
        self.points = nn.Conv2d(width * 4, 2 * FIVE, 1)
        # Faces are rare among cells: begin at a probability of 1 % (Lin et al. 2017).
        nn.init.constant_(self.heat.bias, -4.6)  # pyright: ignore[reportArgumentType]

    def forward(
        self, images: Float[Tensor, "n 3 h w"]
    ) -> tuple[Float[Tensor, "n h2 w2"], Float[Tensor, "n p 2 h2 w2"]]:
        """Heat logits, points in pixels, of images in [-1, 1] with sides that 16 divides."""
        x = images.contiguous(memory_format=torch.channels_last)
        x = functional.relu(self.stem_norm(self.stem(x)))
        x = self.last(self.middle(x))
        # Faces larger than a cell sees: what half the resolution says.
        wide = functional.interpolate(self.context(x), scale_factor=2.0, mode="nearest")
        x = functional.relu(self.neck_norm(self.neck(x + wide)))
        heat = self.heat(x).float()[:, 0]
        offsets = self.points(x).float().unflatten(1, (FIVE, 2)) * POINT_UNIT
        return heat, offsets + cell_centres(heat)


def cell_centres(heat: Float[Tensor, "n h w"]) -> Float[Tensor, "2 h w"]:
    """Centre x, y of each cell of a heat map, in pixels of the picture."""
    height, width = heat.shape[1:]
    across = (torch.arange(width, device=heat.device) + 0.5) * STRIDE
    down = (torch.arange(height, device=heat.device) + 0.5) * STRIDE
    return torch.stack([across.expand(height, width), down[:, None].expand(height, width)])


class PyramidDetector:
    """The network shown a picture at several scales; see :class:`~mien.judges.detections.Detector`.

    ``detail`` is the longest side in pixels of the largest scale: faces whose eyes are nearer
    together than about a hundredth of it are not found. ``threshold`` is the least probability of a
    centre.
    """

    def __init__(self, network: FaceDetector, detail: int = 640, threshold: float = 0.3) -> None:
        if detail < 64:
            raise InputError(f"detail {detail} is less than 64 pixels")
        self.network, self.detail, self.threshold = network, detail, threshold

    @torch.no_grad()
    def detect(self, image: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
        """Find the faces of a picture, the surest first."""
        height, width = image.shape[:2]
        scale = min(self.detail / max(height, width), 1.0)
        scale = max(scale, min(_SMALLEST_CANVAS / max(height, width), 4.0))
        found: list[Detection] = []
        shrunk = image
        while True:
            size = max(round(height * scale), 1), max(round(width * scale), 1)
            shrunk = images.resize(shrunk, size, "bilinear")
            found += self._peaks(shrunk, width / size[1], height / size[0])
            if max(size) < _SMALLEST_CANVAS:
                return suppress(found)
            scale /= 2

    def _peaks(
        self, image: UInt8[np.ndarray, "h w 3"], across: float, down: float
    ) -> list[Detection]:
        """Faces at one scale, in pixels of the picture."""
        device = next(self.network.parameters()).device
        pixels = images.to_float(image[None], device)
        room = [(-side) % (2 * STRIDE) for side in image.shape[1::-1]]
        pixels = functional.pad(pixels, (0, room[0], 0, room[1]), mode="replicate")
        heat, points = self.network(pixels)
        chance = heat.sigmoid()
        best = functional.max_pool2d(chance[:, None], 3, 1, 1)[:, 0]
        rows, columns = ((chance == best) & (chance > self.threshold))[0].nonzero(as_tuple=True)
        unit = torch.tensor([across, down], device=device)
        fives = (points[0, :, :, rows, columns].permute(2, 0, 1) * unit).cpu().numpy()
        scores = chance[0, rows, columns].tolist()
        return [
            Detection(score, _box(five), five.astype(np.float64))
            for score, five in zip(scores, fives, strict=True)
        ]


def _box(five: Float[np.ndarray, "5 2"]) -> tuple[float, float, float, float]:
    """A square about five points, as wide as a face."""
    centre = five.mean(axis=0)
    eyes, mouth = five[:2].mean(axis=0), five[3:].mean(axis=0)
    apart = float(np.hypot(*(five[1] - five[0])))
    side = 2.2 * max(apart, 0.9 * float(np.hypot(*(mouth - eyes))), 1e-3)
    return (float(centre[0]) - side / 2, float(centre[1]) - side / 2, side, side)
