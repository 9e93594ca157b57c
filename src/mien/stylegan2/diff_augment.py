"""Differentiable augmentation for critics that would otherwise learn few pictures by heart.

Zhao, Liu, Lin, Zhu, Han: Differentiable Augmentation for Data-Efficient GAN Training, 2020: colour,
translation and cutout, applied to real and generated pictures alike. Slight scale, rotation and
mirroring are added. Unlike in ADA the probability is fixed, which frozen features allow.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def diff_augment(
    x: Float[Tensor, "n 3 h w"], generator: torch.Generator, p: float = 1.0
) -> Float[Tensor, "n 3 h w"]:
    """Augment pictures in [-1, 1], each in its own way, which ``generator`` (on the CPU) decides.

    ``p`` is the probability of each kind (colour, geometry, cutout) for each picture.
    """
    n, device = x.shape[0], x.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(device)

    def chosen() -> Tensor:
        return (uniform(n) < p).float()

    # Colour: brightness, saturation, contrast.
    some = chosen()[:, None, None, None]
    x = x + some * (uniform(n, 1, 1, 1) - 0.5) * 0.8
    grey = x.mean(dim=1, keepdim=True)
    x = (x - grey) * (1 + some * (uniform(n, 1, 1, 1) * 1.2 - 0.6)) + grey
    level = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - level) * (1 + some * (uniform(n, 1, 1, 1) * 0.8 - 0.4)) + level

    # Geometry: move by up to an eighth, scale by a tenth, turn by 0.15 rad, mirror half.
    some = chosen()
    shift = some[:, None] * (uniform(n, 2) - 0.5) * 0.25
    scale, angle = 1 + some * (uniform(n) - 0.5) * 0.2, some * (uniform(n) - 0.5) * 0.3
    mirror = (uniform(n) < 0.5).float() * 2 - 1
    cos, sin = scale * angle.cos(), scale * angle.sin()
    rows = [torch.stack([mirror * cos, -sin, shift[:, 0]], dim=1)]
    rows += [torch.stack([mirror * sin, cos, shift[:, 1]], dim=1)]
    grid = functional.affine_grid(torch.stack(rows, dim=1), list(x.shape), align_corners=False)
    x = functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)

    # Cutout: a grey square of a third of the side, in half of the pictures.
    side = x.shape[-1]
    centre, place = (uniform(n, 2) * side).long(), torch.arange(side, device=device)
    inside = (place[None, None] - centre[:, :, None]).abs() < side // 6  # [n 2 side]
    hole = inside[:, 0, :, None] & inside[:, 1, None, :]
    hole = hole & (uniform(n) < 0.5 * p)[:, None, None]
    return x * (~hole)[:, None]
