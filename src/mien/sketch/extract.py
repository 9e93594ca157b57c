"""Photos made into sketches without a network, so that pairs can be had from any photos.

    pencil   pencil: colour dodge, strokes along edges after Lu, Xu & Jia 2012, soft shading
    line     a fine pen: dark lines alone, wherever they are darker than what lies around them
    xdog     ink: extended difference of Gaussians, Winnemöller, Kyprianidis & Olsen 2012

Widths are in shares of the picture's shorter side, so that a style looks alike at any size. Nothing
is random: one photo gives one sketch. A strength that is not from 0 to 1 is an InputError.
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
_TEXTURE = 0.006  # variance of grey below which something is texture
_FLOOR = 0.03  # so that an evenly black area is even, and no division by 0


def xdog(image: UInt8[np.ndarray, "h w 3"], strength: float = 0.5) -> UInt8[np.ndarray, "h w 3"]:
    """Draw a photo in ink: strength 0 thin and few lines, 1 thick lines and black areas."""
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
    """Draw a photo in pencil: strength 0 faint lines, 1 dark ones with shading."""
    share = _checked(strength)
    grey, unit = _grey(image)
    grey = _blur(grey, 0.5 * unit)
    # Colour dodge with the blurred negative is division by the blurred picture.
    dodge = ((grey + _FLOOR) / (_blur(grey, 6 * unit) + _FLOOR)).clamp(0, 1)
    lines = _strokes(grey, max(3, round(7 * unit)))
    shade = 1 - (0.15 + 0.45 * share) * (1 - _blur(grey, 2 * unit)).clamp(min=0) ** 1.5
    drawn = dodge ** (0.6 + 1.4 * share) * (1 - (0.35 + 0.5 * share) * lines) * shade
    return _picture(drawn)


def line(image: UInt8[np.ndarray, "h w 3"], strength: float = 0.5) -> UInt8[np.ndarray, "h w 3"]:
    """Draw a photo with a fine pen: strength 0 thin lines, 1 thick and dark ones.

    A line is measured by its contrast to what is around it and not by its darkness, so that dark
    skin stays as white as pale skin; texture is smoothed away first (guided filter, He et al. 2010,
    Eq. 5 and 6, the picture being its own guide).
    """
    share = _checked(strength)
    grey, unit = _grey(image)
    mean = _blur(grey, 3 * unit)
    spread = (_blur(grey.square(), 3 * unit) - mean.square()).clamp(min=0)
    slope = spread / (spread + _TEXTURE)
    calm = _blur(slope, 3 * unit) * grey + _blur((1 - slope) * mean, 3 * unit)
    drawn = torch.ones_like(grey)
    for sigma, weight in ((0.8, 1.0), (1.6, 0.8)):
        sigma *= unit * (0.8 + 0.5 * share)
        around = _blur(calm, _DOG_K * sigma)
        contrast = (around - _blur(calm, sigma)) / (around + 0.12)
        ink = torch.tanh((28 + 32 * share) * (contrast - 0.006).clamp(min=0))
        drawn = torch.minimum(drawn, 1 - weight * ink)
    return _picture(drawn)


STYLES: dict[str, Callable[[UInt8[np.ndarray, "h w 3"], float], UInt8[np.ndarray, "h w 3"]]] = {
    "pencil": pencil,
    "line": line,
    "xdog": xdog,
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
    edges = (across.square() + down.square()).sqrt()
    lines = _Lines(edges, length)
    # Lu et al. Eq. 2: which of the directions answers most to each pixel's edge.
    most, best = lines.along(edges, 0), torch.zeros(edges.shape, dtype=torch.int8)
    for i in range(1, _DIRECTIONS):
        response = lines.along(edges, i)
        best[response > most] = i
        most = torch.maximum(most, response)
    # The edge goes to that direction only (Eq. 3), and is then drawn out along it (Eq. 4).
    drawn = sum((lines.along(edges * (best == i), i) for i in range(_DIRECTIONS)), most * 0)
    top = torch.quantile(drawn.flatten()[:: max(1, drawn.numel() // 65536)], 0.995)
    return (drawn / top.clamp(min=0.02)).clamp(0, 1)


class _Lines:
    """Convolution with straight lines, in the frequency domain: their length costs nothing."""

    def __init__(self, like: Float[Tensor, "h w"], length: int) -> None:
        self.length = length
        self.shape = [_smooth_number(side + 2 * length) for side in like.shape]

    def along(self, x: Float[Tensor, "h w"], direction: int) -> Float[Tensor, "h w"]:
        """Mean of a picture along lines; the border is repeated outwards."""
        n, (height, width) = self.length, x.shape
        padded = functional.pad(x[None, None], (n,) * 4, mode="replicate")[0, 0]
        kernel = torch.fft.rfft2(_line_kernel(direction, n), s=self.shape)
        made = torch.fft.irfft2(torch.fft.rfft2(padded, s=self.shape) * kernel, s=self.shape)
        return made[2 * n : 2 * n + height, 2 * n : 2 * n + width].clamp(min=0)


def _smooth_number(least: int) -> int:
    """The next number without a prime factor above 5, which transforms fast."""
    while True:
        rest = least
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return least
        least += 1


def _line_kernel(direction: int, length: int) -> Float[Tensor, "k k"]:
    """A line of ``2·length + 1`` pixels through the middle, one pixel wide, of sum 1."""
    angle = math.pi * direction / _DIRECTIONS
    y, x = torch.meshgrid(
        *[torch.arange(-length, length + 1, dtype=torch.float32)] * 2, indexing="ij"
    )
    aside = (x * math.sin(angle) - y * math.cos(angle)).abs()
    along = (x * math.cos(angle) + y * math.sin(angle)).abs()
    line = (1 - aside).clamp(min=0) * (along <= length)
    return line / line.sum()
