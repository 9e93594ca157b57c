"""Photos made into sketches without a network, so that pairs can be had from any photos.

    xdog     ink: extended difference of Gaussians, Winnemöller, Kyprianidis & Olsen 2012
    pencil   pencil: colour dodge, strokes along edges after Lu, Xu & Jia 2012, soft shading

Widths are in shares of the picture's shorter side, so that a style looks alike at any size. Nothing
is random: one photo gives one sketch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from mien.errors import InputError

_LUMA = (0.299, 0.587, 0.114)
_REFERENCE_SIDE = 256  # widths below are pixels of a picture of this side
_DOG_K, _DOG_SHARPNESS = 1.6, 20.0  # k and p of the paper
_DIRECTIONS = 8
_FLOOR = 0.03  # so that an evenly black area is even, and no division by 0


def xdog(image: UInt8[np.ndarray, "h w 3"], strength: float = 0.5) -> UInt8[np.ndarray, "h w 3"]:
    """Draw a photo in ink.

    Args:
        image: The photo.
        strength: 0 thin and few lines, 1 thick lines and black areas.

    Raises:
        InputError: The strength is not from 0 to 1.
    """
    share = _checked(strength)
    grey, unit = _grey(image)
    sigma = (0.6 + 0.8 * share) * unit
    # D = (1 + p)·G_σ − p·G_kσ, Eq. 7; then 1 where it reaches ε, else 1 + tanh(φ·(D − ε)), Eq. 4
    sharp = (1 + _DOG_SHARPNESS) * _blur(grey, sigma) - _DOG_SHARPNESS * _blur(grey, _DOG_K * sigma)
    # ε follows the light of the picture, so that a dark one does not turn black.
    light = float(grey.mean())
    threshold = light * (0.55 + 0.45 * share)
    softness = 4 + 6 * share
    soft = 1 + torch.tanh(softness * (sharp - threshold))
    return _picture(torch.where(sharp >= threshold, torch.ones_like(sharp), soft))


def pencil(image: UInt8[np.ndarray, "h w 3"], strength: float = 0.5) -> UInt8[np.ndarray, "h w 3"]:
    """Draw a photo in pencil.

    Args:
        image: The photo.
        strength: 0 faint lines, 1 dark ones with shading.

    Raises:
        InputError: The strength is not from 0 to 1.
    """
    share = _checked(strength)
    grey, unit = _grey(image)
    grey = _blur(grey, 0.5 * unit)
    # Colour dodge with the blurred negative is division by the blurred picture.
    dodge = ((grey + _FLOOR) / (_blur(grey, 6 * unit) + _FLOOR)).clamp(0, 1)
    lines = _strokes(grey, max(3, round(7 * unit)))
    shade = 1 - (0.15 + 0.45 * share) * (1 - _blur(grey, 2 * unit)) ** 1.5
    drawn = dodge ** (0.6 + 1.4 * share) * (1 - (0.35 + 0.5 * share) * lines) * shade
    return _picture(drawn)


STYLES: dict[str, Callable[[UInt8[np.ndarray, "h w 3"], float], UInt8[np.ndarray, "h w 3"]]] = {
    "xdog": xdog,
    "pencil": pencil,
}
"""Name of a style -> what draws it."""


def _checked(strength: float) -> float:
    if not 0 <= strength <= 1:
        raise InputError(f"strength is {strength:g}, but must be from 0 to 1")
    return float(strength)


def _grey(image: UInt8[np.ndarray, "h w 3"]) -> tuple[Float[Tensor, "h w"], float]:
    """Luminance from 0 to 1, and how many pixels a width of 1 at 256 is here."""
    weights = torch.tensor(_LUMA, dtype=torch.float32)
    grey = (torch.from_numpy(np.array(image)).to(torch.float32) / 255) @ weights
    return grey, min(image.shape[:2]) / _REFERENCE_SIDE


def _picture(grey: Float[Tensor, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    levels = (grey.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return np.repeat(levels[..., None], 3, axis=2)


def _blur(grey: Float[Tensor, "h w"], sigma: float) -> Float[Tensor, "h w"]:
    """Gaussian blur; the border is repeated outwards."""
    radius = max(1, math.ceil(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float32)
    taps = torch.exp(-0.5 * (offsets / max(sigma, 1e-3)) ** 2)
    taps = taps / taps.sum()
    padded = functional.pad(grey[None, None], (radius,) * 4, mode="replicate")
    rows = functional.conv2d(padded, taps.reshape(1, 1, -1, 1))
    return functional.conv2d(rows, taps.reshape(1, 1, 1, -1))[0, 0]


def _strokes(grey: Float[Tensor, "h w"], length: int) -> Float[Tensor, "h w"]:
    """Straight strokes along edges, 0 to 1: each edge is drawn in its nearest of 8 directions."""
    across = functional.pad(grey[None], (0, 1), mode="replicate")[0].diff(dim=1)
    down = functional.pad(grey.T[None], (0, 1), mode="replicate")[0].diff(dim=1).T
    edges = (across.square() + down.square()).sqrt()[None, None]
    kernels = torch.stack([_line_kernel(i, length) for i in range(_DIRECTIONS)])  # [8 1 k k]
    padded = functional.pad(edges, (length,) * 4, mode="replicate")
    response = functional.conv2d(padded, kernels)  # [1 8 h w], Lu et al. Eq. 2
    best = response.argmax(dim=1, keepdim=True)
    # Each pixel's edge goes to one direction only (Eq. 3), and is then drawn out along it (Eq. 4).
    chosen = torch.zeros_like(response).scatter_(1, best, edges)
    padded = functional.pad(chosen, (length,) * 4, mode="replicate")
    drawn = functional.conv2d(padded, kernels.flip(dims=(2, 3)), groups=_DIRECTIONS).sum(dim=1)[0]
    top = torch.quantile(drawn.flatten()[:: max(1, drawn.numel() // 65536)], 0.995)
    return (drawn / top.clamp(min=0.02)).clamp(0, 1)


def _line_kernel(direction: int, length: int) -> Float[Tensor, "1 k k"]:
    """A line of ``2·length + 1`` pixels through the middle, one pixel wide, of sum 1."""
    angle = math.pi * direction / _DIRECTIONS
    y, x = torch.meshgrid(
        *[torch.arange(-length, length + 1, dtype=torch.float32)] * 2, indexing="ij"
    )
    aside = (x * math.sin(angle) - y * math.cos(angle)).abs()
    along = (x * math.cos(angle) + y * math.sin(angle)).abs()
    line = (1 - aside).clamp(min=0) * (along <= length)
    return (line / line.sum())[None]
