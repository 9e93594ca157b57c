"""Maps smoothed along the edges of a picture in colour.

He et al. 2013 (Guided Image Filtering), and He & Sun 2015 for maps that are coarser than the
picture.

Axes: n batch, k maps, h w pixels.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def guided(
    guide: Float[Tensor, "n 3 h w"], maps: Float[Tensor, "n k h2 w2"], radius: int, epsilon: float
) -> Float[Tensor, "n k h w"]:
    """Coarse maps brought to the size of a picture (0 to 1), along its edges in colour.

    He et al. 2013, Eq. 19 to 21, with the coefficients computed at the size of the maps, a fraction
    of the picture's (He & Sun 2015, Fast Guided Filter). ``radius`` is of the window, in pixels of
    the maps; variances of the guide below ``epsilon`` are no edges.
    """
    size = 2 * radius + 1

    def box(x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, size, 1, radius, count_include_pad=False)

    small = functional.interpolate(guide, maps.shape[2:], mode="area")
    mean, mean_maps = box(small), box(maps)
    cross = torch.stack(
        [box(small[:, c, None] * maps) - mean[:, c, None] * mean_maps for c in range(3)]
    )  # [3 n k h w]
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    outer = box(torch.stack([small[:, i] * small[:, j] for i, j in pairs], dim=1))
    xx, xy, xz, yy, yz, zz = (
        outer[:, n] - mean[:, i] * mean[:, j] + (epsilon if i == j else 0)
        for n, (i, j) in enumerate(pairs)
    )
    # The inverse of the symmetric 3×3 matrix, by its adjugate.
    a, b, c = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    d, e, f = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    scale = 1 / (xx * a + xy * b + xz * c)
    rows = ((a, b, c), (b, d, e), (c, e, f))
    slope = torch.stack(
        [
            sum(((scale * row[i])[:, None] * cross[i] for i in range(3)), torch.zeros(()))
            for row in rows
        ]
    )
    offset = mean_maps - (slope * mean.transpose(0, 1)[:, :, None]).sum(dim=0)

    def grown(x: Tensor) -> Tensor:
        return functional.interpolate(box(x), guide.shape[2:], mode="bilinear", align_corners=False)

    made = grown(offset)
    for channel in range(3):
        made = made + grown(slope[channel]) * guide[:, channel, None]
    return made
