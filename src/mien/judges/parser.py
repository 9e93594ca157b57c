"""A small network that says which region of a face each pixel shows.

Frozen MobileNetV2 sees the picture; a light U-Net (Ronneberger et al. 2015) brings what it saw at
1/32 back up to 1/2 of the picture's size, adding finer maps on the way. Only the way up is learned:
the file holds it alone, and MobileNet is a file of its own.

Axes: n batch, c channels, h w pixels, r regions (:data:`mien.judges.regions.REGIONS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.judges.mobilenet import TAPS, MobileNet
from mien.judges.regions import REGIONS

LEVELS = ("Conv1_relu", "block_2_add", "block_5_add", "block_12_add", "block_16_project_BN")
"""What is read of MobileNet, from 1/2 to 1/32 of the picture's size."""

_SPREAD = (1.76, 5.4333, 5.9024, 6.2438, 1.5)  # about the deviation of each map over faces


@runtime_checkable
class FaceParser(Protocol):
    """What tells regions apart: :class:`Parser`, or a network of another project."""

    @property
    def resolution(self) -> int:
        """Side of the pictures that it wants to be shown."""
        ...

    def shares(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 19 h2 w2"]:
        """How likely each pixel shows each region, of pictures in [-1, 1]."""
        ...


@dataclass(frozen=True)
class ParserConfig:
    """Everything that decides the shape of the network's tensors.

    ``resolution``, a multiple of 32, is the side of the pictures that it is shown; ``width`` the
    channels on the way up, ``fine`` those of the last stage, at half of the picture's size.
    """

    resolution: int = 128
    width: int = 64
    fine: int = 32

    def __post_init__(self) -> None:
        if self.resolution < 32 or self.resolution % 32:
            raise InputError(f"resolution {self.resolution} is not a multiple of 32 from 32")
        if min(self.width, self.fine) < 1:
            raise InputError(f"width {self.width} and fine {self.fine} must be at least 1")


class RegionDecoder(nn.Module):
    """Feature maps -> logits of regions at half of the picture's size."""

    def __init__(self, config: ParserConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ParserConfig()
        width, fine = config.width, config.fine
        widths = [fine, width, width, width, width]
        self.lateral = nn.ModuleList(
            [nn.Conv2d(TAPS[tap], to, 1) for tap, to in zip(LEVELS, widths, strict=True)]
        )
        outs = [fine, width, width, width]  # of the merges at 1/4, 1/8, 1/16, 1/32
        self.merge = nn.ModuleList([nn.Conv2d(width, to, 3, 1, 1, bias=False) for to in outs])
        self.norm = nn.ModuleList([nn.BatchNorm2d(to) for to in outs])
        self.around = nn.Conv2d(fine, fine, 3, 1, 1, groups=fine, bias=False)
        self.last_norm = nn.BatchNorm2d(fine)
        self.mix = nn.Conv2d(fine, fine, 1)
        self.head = nn.Conv2d(fine, len(REGIONS), 1)

    def forward(self, maps: Mapping[str, Tensor]) -> Float[Tensor, "n r h w"]:
        """Logits, of the maps of :data:`LEVELS`."""
        seen = [maps[tap] / spread for tap, spread in zip(LEVELS, _SPREAD, strict=True)]
        y = self.lateral[4](seen[4])
        for level in (3, 2, 1, 0):
            y = functional.relu(self.norm[level](self.merge[level](y)))
            y = functional.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
            y = y + self.lateral[level](seen[level])
        y = functional.relu(self.last_norm(self.around(y)))
        return self.head(y + functional.relu(self.mix(y)))


class Parser(nn.Module):
    """Frozen MobileNet and the trained decoder: pictures -> how likely each region is."""

    def __init__(self, features: MobileNet, decoder: RegionDecoder) -> None:
        super().__init__()
        self.features, self.decoder = features.eval().requires_grad_(False), decoder

    @property
    def resolution(self) -> int:
        """Side of the pictures that it wants to be shown."""
        return self.decoder.config.resolution

    def train(self, mode: bool = True) -> Parser:
        """Only the decoder trains."""
        super().train(mode)
        self.features.eval()
        return self

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n r h2 w2"]:
        """Logits at half of the size of pictures in [-1, 1], whose sides are multiples of 32."""
        with torch.no_grad():
            maps = self.features(images, LEVELS)
        return self.decoder(maps)

    @torch.no_grad()
    def shares(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n r h2 w2"]:
        """How likely each pixel shows each region: the mean over a picture and its mirror image."""
        from mien.judges.regions import MIRRORED

        both = self(torch.cat([images, images.flip(3)])).softmax(dim=1)
        once, again = both.chunk(2)
        return (once + again.flip(3)[:, list(MIRRORED)]) / 2
