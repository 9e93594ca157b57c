"""A small network that finds 68 landmarks and both pupils in a rough crop of a face.

An hourglass: the face is read down to an eighth of the maps' size and back up; every point has a
map, and the point is the mean place under the softmax of its map (integral regression, Sun et al.
2018), so it is found to a fraction of a cell. A second head says whether there is a face at all.

Axes: n batch, c channels, h w pixels, p points. Points are x, y in shares of the crop: (0, 0) is
its upper left corner, (1, 1) its lower right one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.judges.tagger import ResidualBlock

LANDMARKS = 68
"""Points of the iBUG scheme: jaw, brows, nose, eyes, mouth."""

POINTS = LANDMARKS + 2
"""The landmarks and the pupils, left and right in the picture."""

MIRRORED: tuple[int, ...] = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
    *(69, 68),
)
"""Row of each of the 68 landmarks and the two pupils in a mirrored face."""


@dataclass(frozen=True)
class LandmarkConfig:
    """Everything that decides the shape of the network's tensors.

    ``width`` is the channels of the first stage, doubled by each of the three following; ``blocks``
    residual blocks in each of the last three; ``decoder`` channels on the way back up.
    """

    resolution: int = 96
    width: int = 16
    blocks: int = 2
    decoder: int = 64

    def __post_init__(self) -> None:
        if self.resolution % 16 or self.resolution < 32:
            cause = f"landmark resolution {self.resolution} is not a multiple of 16 from 32"
            raise InputError(cause)
        if min(self.width, self.blocks, self.decoder) < 1:
            raise InputError(
                f"width {self.width}, blocks {self.blocks} and decoder {self.decoder} "
                "must be at least 1"
            )


class LandmarkNetwork(nn.Module):
    """Crop of a face -> maps of points and the logit that it is a face."""

    def __init__(self, config: LandmarkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or LandmarkConfig()
        width, decoder = config.width, config.decoder
        self.stem = nn.Conv2d(3, width, 3, 2, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        stages = []
        for stage in range(3):
            before, after = width * 2**stage, width * 2 ** (stage + 1)
            rest = [ResidualBlock(after, after, 1) for _ in range(config.blocks - 1)]
            stages.append(nn.Sequential(ResidualBlock(before, after, 2), *rest))
        self.stages = nn.ModuleList(stages)
        self.lateral = nn.ModuleList(
            [nn.Conv2d(width * 2 ** (stage + 1), decoder, 1) for stage in range(3)]
        )
        self.merge = nn.ModuleList(
            [nn.Conv2d(decoder, decoder, 3, 1, 1, bias=False) for _ in range(2)]
        )
        self.merge_norm = nn.ModuleList([nn.BatchNorm2d(decoder) for _ in range(2)])
        self.maps = nn.Conv2d(decoder, POINTS, 1)
        self.face = nn.Linear(width * 8, 1)

    def forward(
        self, images: Float[Tensor, "n 3 h w"]
    ) -> tuple[Float[Tensor, "n p h2 w2"], Float[Tensor, " n"]]:
        """Logits of the points' maps, a quarter of the size, and of a face; crops in [-1, 1]."""
        # Down.
        x = images.contiguous(memory_format=torch.channels_last)
        x = functional.relu(self.stem_norm(self.stem(x)))
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        face = self.face(x.float().mean(dim=(2, 3)))[:, 0]

        # Up, adding what each level saw.
        y = self.lateral[2](levels[2])
        for merge, norm, level in zip(self.merge, self.merge_norm, (1, 0), strict=True):
            y = functional.interpolate(y, scale_factor=2.0, mode="nearest")
            y = functional.relu(norm(merge(y + self.lateral[level](levels[level]))))
        return self.maps(y), face

    def read(
        self, images: Float[Tensor, "n 3 h w"]
    ) -> tuple[Float[Tensor, "n p 2"], Float[Tensor, " n"]]:
        """Points in shares of the crop and the probability that it is a face."""
        maps, face = self(images)
        return map_means(maps), face.sigmoid()


def map_means(maps: Float[Tensor, "n p h w"]) -> Float[Tensor, "n p 2"]:
    """Mean place x, y under the softmax of each map, in shares of the map."""
    height, width = maps.shape[-2:]
    weights = maps.float().flatten(2).softmax(dim=2).unflatten(2, (height, width))
    across = (torch.arange(width, device=maps.device) + 0.5) / width
    down = (torch.arange(height, device=maps.device) + 0.5) / height
    return torch.stack(
        [(weights.sum(dim=2) * across).sum(dim=2), (weights.sum(dim=3) * down).sum(dim=2)], dim=2
    )
