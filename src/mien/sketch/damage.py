"""Training pictures as the world has them: other framings, lights, grounds, pens and papers.

Every function takes the random numbers of the step, so that a resumed run equals an unbroken one.

Axes: n pictures, h w pixels; pictures are in [-1, 1].
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from mien.sketch.extract import STYLES

_MILD = (286 / 256, 1.0, 0.0, math.radians(4), 0.0)  # Isola et al. 2017, 6.2: 286, crop 256
_WILD = (1.45, 0.75, 0.1, math.radians(12), 0.22)
_STYLES = tuple(STYLES)
_STYLE_ODDS = (0.55, 0.3, 0.15)


def shake(n: int, size: int, source: torch.Generator, wild: bool = False) -> Tensor:
    """Sampling grids that mirror, scale, shift and turn, ``[n, size, size, 2]``.

    Mirrored half of the time. Mildly: 1 to 286/256 times as large, shifted so that the frame stays
    inside, as cropping 256 pixels out of 286 does; turned by up to 4 degrees. Wildly: 0.75 to 1.45
    times, shifted a tenth further, turned by up to 12 degrees, and up to 22 % narrower, which takes
    back that upright pictures were made square.
    """
    most, least, further, turn, narrower = _WILD if wild else _MILD
    draws = torch.rand(n, 6, generator=source)
    scale = 1 / (least + (most - least) * draws[:, 0])
    mirror = torch.where(draws[:, 1] < 0.5, -1.0, 1.0)
    angle = turn * (2 * draws[:, 2] - 1)
    room = (1 - scale).clamp(min=0) + further
    shift = room[:, None] * (2 * draws[:, 3:5] - 1)
    cos, sin = scale * angle.cos(), scale * angle.sin()
    across = mirror / (1 - narrower * draws[:, 5])
    theta = torch.stack(
        [cos * across, -sin, shift[:, 0], sin * across, cos, shift[:, 1]], dim=1
    ).reshape(n, 2, 3)
    return functional.affine_grid(theta, [n, 3, size, size], align_corners=False)


def sample(pictures: Tensor, grid: Tensor) -> Tensor:
    """Pictures seen through sampling grids; beyond their edges they are reflected."""
    return functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def draw(photo: UInt8[np.ndarray, "h w 3"], rng: np.random.Generator) -> np.ndarray:
    """A photo in a style and strength by chance, uint8 ``[h, w, 3]``."""
    style = rng.choice(len(_STYLES), p=_STYLE_ODDS)
    return STYLES[_STYLES[style]](photo, float(rng.uniform(0.1, 1)))


def relight(pictures: Tensor, deviation: float, source: torch.Generator) -> Tensor:
    """Change contrast, lightness and the balance of colours of each picture at random."""
    draws = torch.randn(len(pictures), 5, generator=source) * deviation
    contrast, light = torch.exp2(draws[:, 0]), draws[:, 1]
    colour = draws[:, 2:, None, None] / 2
    changed = pictures * contrast[:, None, None, None] + light[:, None, None, None] + colour
    return changed.clamp(-1, 1)


def weather_photos(
    pictures: Float[Tensor, "n 3 h w"], plain: int, source: torch.Generator
) -> Float[Tensor, "n 3 h w"]:
    """Photos, in [-1, 1], in other lights and grounds, some grey, some blurred.

    The ``plain`` first of them stand before a plain ground, which may be changed.
    """
    n, _, h, w = pictures.shape
    u = torch.rand(n, 5, generator=source)
    x = pictures
    if plain:
        colour = 2 * torch.rand(plain, 3, 1, 1, generator=source) - 1
        ground = colour + 0.2 * _clouds(plain, 3, h, w, source)
        keep = 1 - _plain_ground(x[:plain]) * (u[:plain, 0, None, None, None] < 0.7)
        x = torch.cat([x[:plain] * keep + ground.clamp(-1, 1) * (1 - keep), x[plain:]])
    # Light from one side, darker or lighter as a whole; then colours.
    side = torch.linspace(-1, 1, w)[None, :] * (u[:, 1, None, None] - 0.5)
    dark = torch.exp2(1.4 * (u[:, 2, None, None] - 0.5) + side)[:, None]
    x = ((x + 1) / 2).clamp(1e-4, 1) ** dark * 2 - 1
    x = relight(x, 0.12, source)
    grey = (x * x.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    x = torch.where(u[:, 3, None, None, None] < 0.15, grey.expand_as(x), x)
    return _blurred(x, u[:, 4])


def weather_sketches(
    sketches: Float[Tensor, "n 3 h w"], source: torch.Generator
) -> Float[Tensor, "n 3 h w"]:
    """Sketches by other hands: thinned, thickened, blurred, pale, on paper; grey as they were."""
    n, _, h, w = sketches.shape
    u = torch.rand(n, 7, generator=source)[..., None, None, None]
    ink = (1 - sketches[:, :1]) / 2
    # Thinner or thicker by up to a pixel.
    thick = functional.max_pool2d(ink, 3, 1, 1)
    thin = -functional.max_pool2d(-ink, 3, 1, 1)
    amount = 1.4 * u[:, 0] - 0.7
    ink = torch.where(amount > 0, ink.lerp(thick, amount.clamp(min=0)), ink.lerp(thin, -amount))
    ink = _blurred(ink, u[:, 1, 0, 0, 0])
    ink = ink.clamp(0, 1) ** torch.exp2(1.4 * u[:, 2] - 0.7) * (0.45 + 0.55 * u[:, 3])
    # Paper: its tone, stains, grain, and a pencil that catches on the grain.
    grain = torch.randn(n, 1, h, w, generator=source)
    stains = _clouds(n, 1, h, w, source)
    paper = 1 - 0.22 * u[:, 4] ** 2 + 0.06 * u[:, 5] * stains + 0.04 * u[:, 6] * grain
    made = paper * (1 - ink * (1 + 0.35 * u[:, 6] * grain)).clamp(0, 1)
    return (2 * made - 1).clamp(-1, 1).expand_as(sketches)


def _clouds(n: int, channels: int, h: int, w: int, source: torch.Generator) -> Tensor:
    """Smooth random fields of about unit spread."""
    coarse = torch.randn(n, channels, 4, 4, generator=source)
    return functional.interpolate(coarse, size=[h, w], mode="bicubic", align_corners=False)


def _plain_ground(pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1 h w"]:
    """Where a picture has the colour of its upper corners, 0 to 1; soft at edges."""
    h, w = pictures.shape[-2:]
    corners = [pictures[..., : h // 8, : w // 8], pictures[..., : h // 8, -(w // 8) :]]
    colour = torch.cat([c.flatten(2) for c in corners], dim=2).median(dim=2).values
    far = (pictures - colour[..., None, None]).abs().amax(dim=1, keepdim=True)
    near = ((0.4 - far) / 0.15).clamp(0, 1)
    opened = -functional.max_pool2d(-near, 5, 1, 2)  # islands on a face are none of the ground
    return functional.avg_pool2d(functional.max_pool2d(opened, 5, 1, 2), 3, 1, 1)


def _blurred(x: Float[Tensor, "n c h w"], draws: Float[Tensor, " n"]) -> Float[Tensor, "n c h w"]:
    """A third of the pictures blurred, by up to four pixels."""
    smaller = functional.interpolate(
        x, scale_factor=0.25, mode="bilinear", antialias=True, align_corners=False
    )
    soft = functional.interpolate(smaller, size=x.shape[-2:], mode="bilinear", align_corners=False)
    share = (1 - 3 * draws).clamp(min=0)[:, None, None, None]
    return x.lerp(soft, share)
