"""Dense optical flow: where each pixel of one frame lies in another.

Pyramidal iterative Lucas–Kanade (Lucas & Kanade 1981; Bouguet 2001) at every pixel: in a window
the motion is constant, and a Gauss–Newton step solves for it. Written here because the measures
of video must not hang on a package or on weights that are not there.

n pairs of frames · c channels · h, w pixels · flow: x, then y, in pixels
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from mien.errors import InputError

_GREY = (0.299, 0.587, 0.114)  # BT.601 luma
_SMALLEST = 12
"""Pixels a side of the coarsest level, at least."""
_RIDGE = 1e-5
"""Added to the structure tensor of grey values from 0 to 1: what is flat stays where it is."""
_HALF_A_PIXEL = 0.5
"""As far as the outermost pixels reach beyond their centres."""
_LONGEST_STEP = 1.0
"""Pixels of a level that one iteration may move: the linearisation holds no farther."""


def optical_flow(
    a: Float[Tensor, "n 3 h w"],
    b: Float[Tensor, "n 3 h w"],
    sigma: float = 3.0,
    iterations: int = 5,
) -> Float[Tensor, "n 2 h w"]:
    """Motion from frames ``a`` to frames ``b``: a(x) is seen in b at x + flow(x).

    Frames are in [-1, 1], the flow float32. In the Gaussian window of ``sigma`` pixels of each
    level of the pyramid motion is taken for constant (larger is steadier, smaller follows finer
    motion); ``iterations`` are steps on each. Raises InputError for frames smaller than 12 pixels a
    side.
    """
    if min(a.shape[2:]) < _SMALLEST:
        height, width = a.shape[2:]
        raise InputError(f"flow of frames of {width}x{height}; at least 12x12 pixels are needed")
    levels = [(_grey(a), _grey(b))]
    while min(levels[-1][0].shape[2:]) >= 2 * _SMALLEST:
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    flow = torch.zeros(a.shape[0], 2, *levels[-1][0].shape[2:], device=a.device)
    for old, new in reversed(levels):
        flow = _enlarged(flow, old.shape[2], old.shape[3])
        for _ in range(iterations):
            flow = flow + _step(old, new, flow, sigma)
        flow = _median(flow)
    return flow


def warp(
    images: Float[Tensor, "n c h w"], flow: Float[Tensor, "n 2 h w"]
) -> Float[Tensor, "n c h w"]:
    """Fetch each pixel from where the flow points: out(x) = images(x + flow(x)), bilinear.

    Outside the picture its border is repeated; :func:`visible` says where that is.
    """
    height, width = images.shape[2:]
    place = _grid(flow) + flow
    scale = place.new_tensor([width, height]).reshape(1, 2, 1, 1)
    share = (2 * place + 1) / scale - 1  # pixel centres, as grid_sample counts without corners
    grid = share.permute(0, 2, 3, 1).to(images.dtype)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def visible(
    flow: Float[Tensor, "n 2 h w"], back: Float[Tensor, "n 2 h w"]
) -> Bool[Tensor, "n h w"]:
    """Where a pixel is seen in both frames; ``flow`` leads from the one that is asked about.

    It is if going there and back ends where it began, |f + b|² ≤ 0.01 (|f|² + |b|²) + 0.5 with b at
    the far end (Sundaram, Brox & Keutzer 2010, Eq. 5), and if it does not leave the picture.
    """
    returned = warp(back, flow)
    apart = (flow + returned).square().sum(dim=1)
    lengths = flow.square().sum(dim=1) + returned.square().sum(dim=1)
    return _stays_inside(flow, _HALF_A_PIXEL) & (apart <= 0.01 * lengths + 0.5)


def _grey(images: Tensor) -> Tensor:
    weights = images.new_tensor(_GREY, dtype=torch.float32).reshape(1, 3, 1, 1)
    return (images.float() * weights).sum(dim=1, keepdim=True) / 2 + 0.5


def _grid(flow: Tensor) -> Tensor:
    """Place of each pixel, x and y, ``[1 2 h w]``."""
    height, width = flow.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=flow.device),
        torch.arange(width, device=flow.device),
        indexing="ij",
    )
    return torch.stack([x, y])[None].to(flow.dtype)


def _stays_inside(flow: Tensor, margin: float = 0.0) -> Tensor:
    """Whether the flow of a pixel ends between the outermost pixels, bool ``[n h w]``."""
    x, y = (_grid(flow) + flow).unbind(dim=1)
    height, width = flow.shape[2:]
    inside = (x >= -margin) & (x <= width - 1 + margin)
    return inside & (y >= -margin) & (y <= height - 1 + margin)


def _halved(x: Tensor) -> Tensor:
    """A level of the pyramid to the next coarser one."""
    smooth = _blurred(x, 1.0)
    height, width = x.shape[2:]
    size = (math.ceil(height / 2), math.ceil(width / 2))
    return F.interpolate(smooth, size, mode="bilinear", align_corners=False)


def _enlarged(flow: Tensor, height: int, width: int) -> Tensor:
    """A flow on a finer level: more pixels, longer by as much."""
    if flow.shape[2:] == (height, width):
        return flow
    factors = flow.new_tensor([width / flow.shape[3], height / flow.shape[2]])
    larger = F.interpolate(flow, (height, width), mode="bilinear", align_corners=False)
    return larger * factors.reshape(1, 2, 1, 1)


def _step(a: Tensor, b: Tensor, flow: Tensor, sigma: float) -> Tensor:
    """One Gauss–Newton step: min over d of Σ window (b(x + f) + ∇b·d − a)²."""
    moved = warp(b, flow)
    # The mean of both gradients halves the error of the linearisation.
    x, y = _gradient((a + moved) / 2)
    t = moved - a
    products = torch.cat([x * x, x * y, y * y, x * t, y * t], dim=1)  # [n 5 h w]
    # What left the picture has nothing to compare with.
    products = products * _stays_inside(flow)[:, None]
    xx, xy, yy, xt, yt = _blurred(products, sigma).unbind(dim=1)
    xx, yy = xx + _RIDGE, yy + _RIDGE
    determinant = xx * yy - xy * xy
    step = torch.stack([xy * yt - yy * xt, xy * xt - xx * yt], dim=1) / determinant[:, None]
    length = step.norm(dim=1, keepdim=True)
    return step * (_LONGEST_STEP / length.clamp(min=_LONGEST_STEP))


def _gradient(x: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences that are smooth across (Scharr 2000), a unit a pixel."""
    across = x.new_tensor([3.0, 10.0, 3.0]) / 16
    along = x.new_tensor([-0.5, 0.0, 0.5])
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return (
        F.conv2d(padded, torch.outer(across, along)[None, None]),
        F.conv2d(padded, torch.outer(along, across)[None, None]),
    )


def _blurred(x: Tensor, sigma: float) -> Tensor:
    """Gaussian over the two last axes; outside the picture its border is repeated."""
    radius = max(1, math.ceil(2.5 * sigma))
    radius = min(radius, *(side - 1 for side in x.shape[2:]))
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=x.device) / sigma) ** 2)
    kernel = (taps / taps.sum()).to(x.dtype).expand(x.shape[1], 1, 1, -1)
    flat = F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="replicate"), kernel, groups=x.shape[1])
    return F.conv2d(
        F.pad(flat, (0, 0, radius, radius), mode="replicate"),
        kernel.transpose(2, 3),
        groups=x.shape[1],
    )


def _median(flow: Tensor) -> Tensor:
    """Median over 3×3 pixels of each component: strays go, edges stay."""
    count, _, height, width = flow.shape
    around = F.unfold(F.pad(flow, (1, 1, 1, 1), mode="replicate"), 3)
    return around.reshape(count, 2, 9, height, width).median(dim=2).values
