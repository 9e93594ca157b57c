"""The encoder that a generator is trained with: a picture and its frozen features -> w.

It looks through networks that have seen a million photographs, so that it says something after
minutes where a network from nothing says nothing for hours (after in-domain inversion, Zhu et al.
2020, whose encoder is a network of its own).

Axes: n batch, c channels, h w pixels, d width of w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

_GRID = 6  # places a side at which everything is joined
_SMALL = 64  # side of the picture that is looked at directly
_MOMENTUM = 0.01


@dataclass(frozen=True)
class EncoderConfig:
    """Width of a code, and channels of the maps that an encoder looks at.

    Inception's of middle depth (``mixed2``) and deep (``mixed7``), MobileNet's deep
    (``block_12_add``).
    """

    w_dim: int = 256
    middle: int = 288
    deep: int = 768
    mobile: int = 96


class CodeNorm(nn.Module):
    """Codes of mean 0 and variance 1 by running statistics, then the spread they shall have.

    Batch statistics would make a code depend on its neighbours; running ones, updated slowly, are
    the same in training and use.
    """

    running_mean: Tensor
    running_var: Tensor
    spread: Tensor
    mean: Tensor

    def __init__(self, w_dim: int) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(w_dim))
        self.register_buffer("running_var", torch.ones(w_dim))
        self.register_buffer("spread", torch.eye(w_dim))  # root of the covariance of codes
        self.register_buffer("mean", torch.zeros(w_dim))

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """Normalise; while training, follow the statistics."""
        if self.training and len(x) > 1:
            with torch.no_grad():
                self.running_mean.lerp_(x.mean(dim=0), _MOMENTUM)
                self.running_var.lerp_(x.var(dim=0), _MOMENTUM)
        unit = (x - self.running_mean) * torch.rsqrt(self.running_var + 1e-5)
        return unit @ self.spread + self.mean


class Encoder(nn.Module):
    """Picture and feature maps -> w."""

    def __init__(self, config: EncoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or EncoderConfig()
        relu = nn.LeakyReLU(0.2)
        self.middle = nn.Sequential(
            nn.Conv2d(config.middle, 64, 1), relu, nn.Conv2d(64, 128, 3, 2, 1), relu
        )
        self.deep = nn.Sequential(nn.Conv2d(config.deep, 192, 1), relu)
        self.mobile = nn.Sequential(nn.Conv2d(config.mobile, 64, 1), relu)
        self.pixels = nn.Sequential(
            nn.Conv2d(3, 32, 4, 2, 1), relu,
            nn.Conv2d(32, 64, 4, 2, 1), relu,
            nn.Conv2d(64, 96, 4, 2, 1), relu,
        )  # fmt: skip
        self.trunk = nn.Sequential(
            nn.Conv2d(480, 256, 3, padding=1), nn.GroupNorm(16, 256), relu,
            nn.Conv2d(256, 160, 3, padding=1), nn.GroupNorm(16, 160), relu,
            nn.Flatten(),
            nn.Linear(160 * _GRID**2, 768), relu,
            nn.Linear(768, config.w_dim),
        )  # fmt: skip
        self.norm = CodeNorm(config.w_dim)

    def forward(
        self, image: Float[Tensor, "n 3 h w"], maps: Sequence[Tensor]
    ) -> Float[Tensor, "n d"]:
        """Encode pictures in [-1, 1] of any size.

        ``maps`` are features at the middle and deep depth of Inception and of MobileNet, of
        pictures 128×128.
        """
        size = [_SMALL, _SMALL]
        if image.shape[-1] != _SMALL:
            image = functional.interpolate(
                image, size=size, mode="bilinear", antialias=True, align_corners=False
            )
        parts = [self.middle(maps[0]), self.deep(maps[1]), self.pixels(image), self.mobile(maps[2])]
        joined = torch.cat([_on_grid(part) for part in parts], dim=1)
        return self.norm(self.trunk(joined).float())

    @torch.no_grad()
    def settle(self) -> None:
        """Write the running statistics into the layer before: the same codes, in 16 bits too.

        Nothing holds the scale of what is normalised, so that it grows beyond them in a long run.
        """
        norm = self.norm
        weight, bias = (self.trunk[-1].get_parameter(name) for name in ("weight", "bias"))
        scale = torch.rsqrt(norm.running_var + 1e-5)
        weight.mul_(scale[:, None])
        bias.copy_((bias - norm.running_mean) * scale)
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - 1e-5)


def _on_grid(x: Tensor) -> Tensor:
    return functional.interpolate(x, size=[_GRID, _GRID], mode="bilinear", align_corners=False)
