"""Differentiable augmentation for critics that would otherwise learn few pictures by heart.

Zhao, Liu, Lin, Zhu, Han: Differentiable Augmentation for Data-Efficient GAN Training, 2020: colour,
translation and cutout, applied to real and generated pictures alike. Slight scale, rotation and
mirroring are added. Unlike ADA its strength is fixed, which frozen features allow.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def diff_augment(
    x: Float[Tensor, "n 3 h w"], generator: torch.Generator
) -> Float[Tensor, "n 3 h w"]:
    """Augment pictures, each in its own way.

    Args:
        x: In [-1, 1].
        generator: On the CPU; decides everything.
    """
    n, device = x.shape[0], x.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(device)

    # Colour: brightness, saturation, contrast.
    x = x + (uniform(n, 1, 1, 1) - 0.5) * 0.8
    grey = x.mean(dim=1, keepdim=True)
    x = (x - grey) * (uniform(n, 1, 1, 1) * 1.2 + 0.4) + grey
    level = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - level) * (uniform(n, 1, 1, 1) * 0.8 + 0.6) + level

    # Geometry: move by up to an eighth, scale by a tenth, turn by 0.15 rad, mirror half.
    shift = (uniform(n, 2) - 0.5) * 0.25
    scale, angle = 1 + (uniform(n) - 0.5) * 0.2, (uniform(n) - 0.5) * 0.3
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
    hole = hole & (uniform(n) < 0.5)[:, None, None]
    return x * (~hole)[:, None]
