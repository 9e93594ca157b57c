"""A small residual network that reads attributes off a face, one head for each column.

Its trunk also serves as the judge of Fréchet and perceptual distances until somebody gives the
Inception or LPIPS weights that papers use; such numbers are called FD-tagger, never FID.

Axes: n batch, c channels, h w pixels, v values of a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.attributes import COLUMNS
from mien.errors import InputError


@dataclass(frozen=True)
class TaggerConfig:
    """Everything that decides the shape of a tagger's tensors.

    ``columns`` gives each column's values, a head each. Pictures are resized to ``resolution``;
    ``width`` is the channels of the first stage, doubled by each of the three following, with
    ``blocks`` residual blocks a stage.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(COLUMNS))
    resolution: int = 96
    width: int = 32
    blocks: int = 1

    def __post_init__(self) -> None:
        if self.resolution % 16 or self.resolution < 32:
            raise InputError(f"tagger resolution {self.resolution} is not a multiple of 16 from 32")
        if self.width < 1 or self.blocks < 1:
            raise InputError(f"width {self.width} and blocks {self.blocks} must be at least 1")
        columns = {name: tuple(values) for name, values in self.columns.items()}
        object.__setattr__(self, "columns", columns)


class ResidualBlock(nn.Module):
    """Two convolutions with batch normalisation and a skip, optionally half the resolution."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm0 = nn.BatchNorm2d(out_channels)
        self.conv1 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.skip = None
        if stride > 1 or in_channels != out_channels:
            self.skip = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.stride = stride

    def forward(self, x: Float[Tensor, "n i h w"]) -> Tensor:
        """Apply the block."""
        skip = functional.avg_pool2d(x, self.stride) if self.stride > 1 else x
        if self.skip is not None:
            skip = self.skip(skip)
        x = functional.relu(self.norm0(self.conv0(x)))
        return functional.relu(self.norm1(self.conv1(x)) + skip)


def residual_trunk(width: int, blocks: int) -> tuple[nn.Conv2d, nn.BatchNorm2d, nn.ModuleList]:
    """Stem, its norm and four stages, see :class:`TaggerConfig`; 1/16 of the resolution."""
    stem, norm = nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width)
    stages = nn.ModuleList()
    for stage in range(4):
        before, after = width * 2 ** max(stage - 1, 0), width * 2**stage
        first = ResidualBlock(before, after, 2 if stage else 1)
        rest = [ResidualBlock(after, after, 1) for _ in range(blocks - 1)]
        stages.append(nn.Sequential(first, *rest))
    return stem, norm, stages


class Tagger(nn.Module):
    """Image -> logits of every column; ``features`` and ``feature_maps`` give the trunk's."""

    def __init__(self, config: TaggerConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or TaggerConfig()
        width = config.width
        self.stem, self.stem_norm, self.stages = residual_trunk(width, config.blocks)
        self.dropout = nn.Dropout(0.3)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width * 8, len(values)) for name, values in config.columns.items()}
        )

    def feature_maps(self, images: Float[Tensor, "n 3 h w"]) -> list[Tensor]:
        """Activations after the stem and each stage, ``[n, c, h, w]``, coarser and coarser.

        Images are in [-1, 1], of any size.
        """
        size = (self.config.resolution, self.config.resolution)
        if images.shape[-2:] != size:
            shrinks = images.shape[-1] > size[1]
            images = functional.interpolate(
                images, size=size, mode="bilinear", align_corners=False, antialias=shrinks
            )
        x = images.contiguous(memory_format=torch.channels_last)
        x = functional.relu(self.stem_norm(self.stem(x)))
        maps = [x]
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def features(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c"]:
        """Pooled features of the last stage, ``[n, 8·width]``."""
        return self.feature_maps(images)[-1].mean(dim=(2, 3))

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> dict[str, Float[Tensor, "n v"]]:
        """Logits of each column's values, in the order of ``config.columns``."""
        return self.read(self.features(images))

    def read(self, features: Float[Tensor, "n c"]) -> dict[str, Float[Tensor, "n v"]]:
        """Logits from :meth:`features`, for those who need both."""
        features = self.dropout(features.float())
        return {name: head(features) for name, head in self.heads.items()}


def tags(logits: Mapping[str, Tensor], config: TaggerConfig) -> list[dict[str, str]]:
    """The most likely value of each column, one dict a picture."""
    best = {name: values.argmax(dim=1).tolist() for name, values in logits.items()}
    count = len(next(iter(best.values())))
    return [{name: config.columns[name][best[name][i]] for name in best} for i in range(count)]
