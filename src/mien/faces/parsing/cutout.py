"""A person without the background: how much of each pixel is the person, and the person's colours.

Axes: h w pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from mien.faces.parsing.regions import Regions

_REACH = 0.012
"""Colours at soft edges come from so far inside, in shares of the picture's shorter side."""


def cut_out(image: UInt8[np.ndarray, "h w 3"], found: Regions) -> UInt8[np.ndarray, "h w 4"]:
    """A picture with a transparent background: RGB and opacity.

    Where a pixel shows hair and background at once, its colour is that of the hair beside it, so
    that no rim of the old background stays.
    """
    alpha = found.alpha()
    solid = torch.from_numpy((alpha**4)[None, None])
    pixels = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
    radius = max(1, round(_REACH * min(image.shape[:2])))
    inside = pixels
    for _ in range(2):
        weight = _box(solid, radius)
        spread = _box(pixels * solid, radius) / weight.clamp(min=1e-4)
        inside = torch.where(weight > 1e-3, spread, inside)
        radius *= 2
    share = torch.from_numpy(alpha[None, None]).clamp(0, 1) ** 2
    colours = (pixels * share + inside * (1 - share))[0].permute(1, 2, 0).numpy()
    page = np.concatenate([colours, alpha[..., None] * 255], axis=2)
    return page.round().clip(0, 255).astype(np.uint8)


def on_colour(
    cut: UInt8[np.ndarray, "h w 4"], colour: tuple[int, int, int]
) -> UInt8[np.ndarray, "h w 3"]:
    """What is cut out, before an even background."""
    share = cut[..., 3:].astype(np.float32) / 255
    mixed = cut[..., :3] * share + np.array(colour, np.float32) * (1 - share)
    return mixed.round().clip(0, 255).astype(np.uint8)


def _box(x: Float[Tensor, "n c h w"], radius: int) -> Float[Tensor, "n c h w"]:
    """Mean over a square window, rows and columns apart."""
    size = 2 * radius + 1
    rows = functional.avg_pool2d(x, (1, size), 1, (0, radius), count_include_pad=False)
    return functional.avg_pool2d(rows, (size, 1), 1, (radius, 0), count_include_pad=False)
