"""What "content" is: whatever these augmentations move (Chong & Forsyth 2021, §3.1).

Mirroring, rotation, scale, translation, shear and perspective are one projective map a picture, so
that one differentiable ``grid_sample`` on the device does all of them. What lies outside of the
picture is its reflection. Colours stay; :func:`recolour` moves them, and nothing else.

Axes: n batch, h w pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from mien.errors import InputError


@dataclass(frozen=True)
class ContentAugment:
    """How far pictures are moved; each amount is drawn evenly from ± the number given.

    Args:
        mirror: Probability that a picture is mirrored.
        rotation: Degrees.
        scale: Relative size, 0.2 for 1/1.2 to 1.2.
        translation: Share of the side.
        shear: Tangent of the angle.
        perspective: How much larger one border is drawn than the opposite one.
    """

    mirror: float = 0.5
    rotation: float = 20
    scale: float = 0.2
    translation: float = 0.1
    shear: float = 0.15
    perspective: float = 0.15

    def __post_init__(self) -> None:
        if not 0 <= self.mirror <= 1:
            raise InputError(f"mirror is {self.mirror:g}, but must be from 0 to 1")
        for name in ("rotation", "scale", "translation", "shear", "perspective"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name):g}, but must not be negative")
        if self.perspective >= 0.5:
            raise InputError(f"perspective is {self.perspective:g}, but must be below 0.5")

    def times(self, strength: float) -> ContentAugment:
        """The same, ``strength`` times as far; mirroring as it is."""
        names = ("rotation", "scale", "translation", "shear", "perspective")
        return ContentAugment(self.mirror, *(getattr(self, name) * strength for name in names))

    def draw(self, n: int, source: torch.Generator) -> Float[Tensor, "n 3 3"]:
        """Random maps from places in the result to places in the picture, both in [-1, 1]."""
        even = torch.rand(n, 8, generator=source) * 2 - 1
        flip = 1 - 2 * (torch.rand(n, generator=source) < self.mirror).float()
        angle = even[:, 0] * math.radians(self.rotation)
        size = (1 + self.scale) ** even[:, 1]
        shift = even[:, 2:4] * 2 * self.translation
        zero, one = torch.zeros(n), torch.ones(n)

        def matrix(*entries: Tensor) -> Tensor:
            return torch.stack(entries, dim=1).unflatten(1, (3, 3))

        turn = matrix(
            angle.cos() * size, -angle.sin() * size, zero,
            angle.sin() * size, angle.cos() * size, zero,
            zero, zero, one,
        )  # fmt: skip
        shear = matrix(
            flip, even[:, 4] * self.shear, shift[:, 0],
            even[:, 5] * self.shear, one, shift[:, 1],
            zero, zero, one,
        )  # fmt: skip
        tilt = matrix(
            one, zero, zero,
            zero, one, zero,
            even[:, 6] * self.perspective, even[:, 7] * self.perspective, one,
        )  # fmt: skip
        return turn @ shear @ tilt


def move(image: Float[Tensor, "n 3 h w"], maps: Float[Tensor, "n 3 3"]) -> Float[Tensor, "n 3 h w"]:
    """Move pictures, as :meth:`ContentAugment.draw` says; differentiable in the picture."""
    return functional.grid_sample(
        image,
        _grid(maps.to(image), *image.shape[2:]),
        mode="bilinear",
        padding_mode="reflection",
        align_corners=False,
    )


def is_inside(maps: Float[Tensor, "n 3 3"], side: int) -> Bool[Tensor, "n 1 h w"]:
    """Which pixels of moved pictures, ``side`` across, show a place inside of the picture."""
    return (_grid(maps, side, side).abs() <= 1).all(dim=-1)[:, None]


def _grid(maps: Float[Tensor, "n 3 3"], height: int, width: int) -> Float[Tensor, "n h w 2"]:
    """Where each pixel of the result is taken from, in [-1, 1]."""
    y = (torch.arange(height, device=maps.device) * 2 + 1) / height - 1
    x = (torch.arange(width, device=maps.device) * 2 + 1) / width - 1
    places = torch.stack([*torch.meshgrid(x, y, indexing="xy"), torch.ones(height, width).to(x)])
    moved = torch.einsum("nij,jhw->nhwi", maps, places.to(maps))
    return moved[..., :2] / moved[..., 2:].clamp(min=0.1)


def recolour(
    image: Float[Tensor, "n 3 h w"], source: torch.Generator, strength: float = 1
) -> Float[Tensor, "n 3 h w"]:
    """Mix the three colours of each picture at random, with contrast and brightness.

    Args:
        image: In [-1, 1].
        source: Decides how, on the CPU.
        strength: 0 changes nothing.
    """
    n = len(image)
    mixing = torch.eye(3) + strength * 0.5 * torch.randn(n, 3, 3, generator=source)
    mixing = mixing / mixing.square().sum(dim=2, keepdim=True).sqrt()
    contrast = (1 + 0.4 * strength * (torch.rand(n, 1, 1, generator=source) * 2 - 1)) * mixing
    offset = 0.3 * strength * (torch.rand(n, 3, generator=source) * 2 - 1)
    mixed = torch.einsum("nij,njhw->nihw", contrast.to(image), image)
    return mixed + offset.to(image)[:, :, None, None]
