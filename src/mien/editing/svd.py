"""Directions by singular value decomposition of the latents that carry a tag.

The thesis on steering GANs N' Roses takes, for each tag, the leading right singular vector of the
matrix whose rows are the latents of the samples that carry the tag.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from mien.editing.direction import Direction, Space
from mien.editing.regression import check_samples
from mien.errors import InputError


def svd(
    latents: Float[Tensor, "n d"],
    labels: Shaped[Tensor, "_n t"],
    tags: Sequence[str],
    centre: bool = False,
    space: Space = "w",
    layers: Sequence[int] | None = None,
    generator: str = "",
) -> tuple[Direction, ...]:
    """The leading right singular vector of each tag's latents, a unit direction.

    A singular vector has no sign of its own; here it points so that the latents that carry the tag
    (a label above 0.5) project higher on it than the others. With ``centre`` the mean of all
    latents is subtracted first; without it, as in the thesis, latents whose mean is far from 0 give
    much the same vector for every tag. ``layers`` are those that the directions shall move,
    ``None`` for all; ``scores["share"]`` is a vector's part of the sum of squares.

    Raises:
        InputError: Shapes that do not fit, values that are not finite, or a tag that no sample or
            every sample carries.
    """
    check_samples(latents, labels, tags)
    x = latents.detach().to("cpu", torch.float64)
    x = x - x.mean(dim=0) if centre else x
    carried = (labels > 0.5).cpu()
    _check_carried(carried, tags)
    total = x.sum(dim=0)
    method, moved = "svd, centred" if centre else "svd", None if layers is None else tuple(layers)
    directions = []
    for column, tag in enumerate(tags):
        rows = x[carried[:, column]]
        vector, share = _leading(rows)
        inside = rows.mean(dim=0)
        outside = (total - rows.sum(dim=0)) / (len(x) - len(rows))
        if bool((inside - outside) @ vector < 0):
            vector = -vector
        scores = {"share": share}
        directions.append(Direction(tag, vector, space, moved, 1.0, generator, method, scores))
    return tuple(directions)


def _check_carried(carried: Tensor, tags: Sequence[str]) -> None:
    count = len(carried)
    for tag, found in zip(tags, carried.sum(dim=0).tolist(), strict=True):
        if found in (0, count):
            raise InputError(
                f"tag {tag!r} {'never' if found == 0 else 'always'} occurs in {count} samples; "
                "filter tags by how often they occur, or sample more"
            )


def _leading(rows: Tensor) -> tuple[Tensor, float]:
    # The eigenvector of the smaller Gram matrix; of the samples' one, mapped back to the latents.
    if len(rows) < rows.shape[1]:
        values, vectors = torch.linalg.eigh(rows @ rows.T)
        vector = rows.T @ vectors[:, -1]
    else:
        values, vectors = torch.linalg.eigh(rows.T @ rows)
        vector = vectors[:, -1]
    length = vector.norm()
    if not bool(length > 0):
        raise InputError("the latents that carry a tag are all zero; they have no direction")
    return vector / length, float(values[-1] / values.clamp(min=0).sum())
