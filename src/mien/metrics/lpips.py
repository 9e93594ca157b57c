"""LPIPS of pairs of pictures on a trunk whose weights were given (Zhang et al. 2018).

Without them :func:`mien.metrics.paired.perceptual_distance` on any judge's feature maps does the
same arithmetic with unit weights, and is not called LPIPS.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError
from mien.judges.perceptual import Perceptual
from mien.metrics.features import same_shape
from mien.metrics.paired import lpips_distance

_SMALLEST = {"alexnet": 31, "vgg16": 16}  # pixels a side that leave something to every tap


@torch.no_grad()
def lpips(
    network: Perceptual,
    a: Float[Tensor, "n 3 h w"],
    b: Float[Tensor, "_n 3 _h _w"],
    batch: int = 16,
) -> Float[Tensor, " n"]:
    """LPIPS of each pair; lower is better, 0 if equal. float64 after the trunk.

    Args:
        network: With the released heads; with unit ones it is a perceptual distance only.
        a: Pictures in [-1, 1]; they are not resized.
        b: Reference pictures.
        batch: How many pairs are seen at a time.

    Raises:
        InputError: Shapes differ, or the pictures are too small for the trunk.
    """
    same_shape(a, b, "LPIPS")
    smallest = _SMALLEST[network.trunk]
    if min(a.shape[2:]) < smallest:
        raise InputError(
            f"LPIPS on {network.trunk}: pictures of {a.shape[2]}×{a.shape[3]}, "
            f"at least {smallest} pixels a side are needed"
        )
    device = network.shift.device
    heads = [head.detach() for head in network.heads]
    found = [
        lpips_distance(
            network.feature_maps(x.to(device)), network.feature_maps(y.to(device)), heads
        )
        for x, y in zip(a.split(batch), b.split(batch), strict=True)
    ]
    return torch.cat(found) if found else torch.zeros(0, dtype=torch.float64)
