"""How unlike pictures look to a frozen network, as a loss: one function for all trainings.

The distance of Zhang et al. 2018 (LPIPS, Eq. 1) without learned heads. It is differentiable in both
sides and never detaches; who wants no gradient of the true picture takes its maps under
``torch.no_grad()``.

Axes: n batch, c channels, h w places.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError

_FLOOR = 1e-6


def unit_vectors(x: Float[Tensor, "n c h w"], floor: float = _FLOOR) -> Float[Tensor, "n c h w"]:
    """A feature map with the vector at each place scaled to length 1; float64 stays, else float32.

    Where a vector is near 0, the gradient is at most the inverse root of ``floor``, which is added
    to the squared length, instead of without bound.
    """
    x = x if x.dtype == torch.float64 else x.float()
    return x * torch.rsqrt(x.square().sum(dim=1, keepdim=True) + floor)


def map_distance(
    a: Float[Tensor, "n c h w"],
    b: Float[Tensor, "n c h w"],
    channels: Tensor | None = None,
    floor: float = _FLOOR,
) -> Float[Tensor, " n"]:
    """Squared distance of the unit vectors at each place, averaged over places.

    ``channels`` are weights ``[1, c, 1, 1]``, all 1 if ``None``; for ``floor`` see
    :func:`unit_vectors`.
    """
    squared = (unit_vectors(a, floor) - unit_vectors(b, floor)).square()
    squared = squared if channels is None else squared * channels
    return squared.sum(dim=1).mean(dim=(1, 2))


def feature_distance(
    a: Sequence[Tensor], b: Sequence[Tensor], weights: Sequence[float] | None = None
) -> Float[Tensor, " n"]:
    """Distance of pictures as a frozen network sees them: from 0 to 4, the mean over its taps.

    Each side gives maps ``[n, cᵢ, hᵢ, wᵢ]``, a tap each; the mean is weighted by ``weights``, all
    equal if ``None``. Raises InputError if taps, shapes or weights do not fit each other.
    """
    shares = [1.0] * len(a) if weights is None else list(weights)
    if not a or not len(a) == len(b) == len(shares):
        raise InputError(
            f"{len(a)} and {len(b)} feature maps with {len(shares)} weights; "
            "equal numbers, at least 1, are needed"
        )
    if min(shares) < 0 or not sum(shares) > 0:
        raise InputError(f"weights {shares} of feature maps; none below 0, and not all 0")
    total = a[0].new_zeros(len(a[0]), dtype=torch.float32)
    for tap, (x, y, share) in enumerate(zip(a, b, shares, strict=True)):
        if x.shape != y.shape or x.ndim != 4:
            raise InputError(f"feature map {tap}: {tuple(x.shape)} against {tuple(y.shape)}")
        total = total + share * map_distance(x, y)
    return total / sum(shares)
