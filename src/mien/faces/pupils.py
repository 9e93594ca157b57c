"""Where the pupils are, in pictures whose eyes are roughly known.

The middle of an outline of landmarks lies below the pupil of an eye that looks straight. Near it a
dark disc between two bright sectors is looked for, with a bonus for its own middle being darker
still, and a prior that keeps to the eye where there is no such disc (sunglasses, closed eyes).
Catchlights, which would push the disc down, are taken out first, and the top of the disc, which the
upper lid covers, does not count.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mien.faces.frames import LEFT_EYE, RIGHT_EYE

_REACH = 0.2
"""Half the side of the window that is searched, in distances of the eyes."""
_CELLS = 53
"""Samples across the window: about two a pixel of a 256² portrait."""
_RADII = (0.074, 0.087, 0.1)
"""Radii of an iris in distances of the eyes."""
_SPREAD = (0.1, 0.07)
"""Standard deviations of the prior, across and down, in distances of the eyes."""
_ABOVE = 0.02
"""How far above the middle of the outline the prior stands."""
_SHARPNESS = 8.0
_LID = 0.3
"""Above so many radii the upper lid may cover an iris."""
_CATCHLIGHT = 9
"""Bright spots narrower than so many samples of the window are no part of the eye."""


@torch.no_grad()
def find_pupils(
    pictures: Float[Tensor, "n 3 h w"], points: Float[Tensor, "n 68 2"]
) -> Float[Tensor, "n 2 2"]:
    """x, y of the left and the right pupil (in the picture) of upright faces.

    Pictures show one face each, in [-1, 1]; its 68 landmarks are in pixels.
    """
    eyes = torch.stack([points[:, LEFT_EYE].mean(dim=1), points[:, RIGHT_EYE].mean(dim=1)], dim=1)
    apart = (eyes[:, 1] - eyes[:, 0]).norm(dim=1)
    steps = torch.linspace(-_REACH, _REACH, _CELLS)
    down, across = torch.meshgrid(steps, steps, indexing="ij")
    # Of the red channel most: irises are dark there, skin is bright.
    red = torch.tensor([0.6, 0.3, 0.1])[:, None, None]
    grey = ((pictures + 1) / 2 * red.to(pictures)).sum(dim=1, keepdim=True)
    above = down + _ABOVE
    prior = across.square() / (2 * _SPREAD[0] ** 2) + above.square() / (2 * _SPREAD[1] ** 2)
    size = torch.tensor([pictures.shape[3], pictures.shape[2]])
    found = []
    for side in range(2):
        offsets = torch.stack([across, down], dim=2) * apart[:, None, None, None]
        places = (eyes[:, side, None, None] + offsets) * 2 / size - 1
        window = functional.grid_sample(
            grey, places, padding_mode="border", align_corners=False
        )  # [n 1 h w]
        window = _without_spots(window)
        window = window - window.mean(dim=(2, 3), keepdim=True)
        window = window / (window.std(dim=(2, 3), keepdim=True) + 0.03)
        seen = torch.stack([_disc(window, radius) for radius in _RADII]).amax(dim=0)
        weights = (_SHARPNESS * (seen - prior)).flatten(1).softmax(dim=1)[:, :, None]
        mean = (weights * offsets.flatten(1, 2)).sum(dim=1)
        found.append(eyes[:, side] + mean)
    return torch.stack(found, dim=1)


def _without_spots(window: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 1 h w"]:
    """Bright spots taken out by a morphological opening."""
    side, room = _CATCHLIGHT, _CATCHLIGHT // 2
    darkest = -functional.max_pool2d(-window, side, 1, room)
    return functional.max_pool2d(darkest, side, 1, room)


def _disc(window: Float[Tensor, "n 1 h w"], radius: float) -> Float[Tensor, "n h w"]:
    """How much darker a disc is than what lies left and right of it, everywhere in a window."""
    step = 2 * _REACH / (_CELLS - 1)
    reach = int(1.7 * radius / step)
    axis = torch.arange(-reach, reach + 1) * step
    down, across = torch.meshgrid(axis, axis, indexing="ij")
    far = (across.square() + down.square()).sqrt()
    inside = ((far <= radius) & (down > -_LID * radius)).float()
    middle = (far <= 0.45 * radius).float()
    # Of what lies about it only the sectors beside it count: above and below are the lids.
    ring = (far > radius) & (far <= 1.6 * radius)
    beside = (ring & (down < 0.6 * across.abs()) & (down > -_LID * across.abs())).float()
    kernel = beside / beside.sum() - inside / inside.sum() - 0.5 * middle / middle.sum()
    return functional.conv2d(window, kernel[None, None], padding=reach)[:, 0]
