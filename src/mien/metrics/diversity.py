"""How different the pictures of one set are from each other; higher is more diverse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError
from mien.metrics.features import as_matrix
from mien.metrics.paired import channel_weights, unit_channels


def embedding_diversity(embeddings: Float[Tensor, "n d"]) -> float:
    """Mean Euclidean distance over all pairs, 0 if all are equal; InputError below two."""
    x = as_matrix(embeddings, "embeddings", 2)
    return float(torch.nn.functional.pdist(x).mean())


def perceptual_diversity(
    features: Sequence[Tensor], linear: Sequence[Tensor] | None = None
) -> float:
    """Mean perceptual distance over all pairs of n images; 0 if all are equal.

    Equal to averaging :func:`mien.metrics.paired.lpips_distance`, whose arguments these are, over
    the n(n−1)/2 pairs, but in time linear in n: that distance is a squared one, so its mean is
    twice the unbiased variance. Raises InputError for fewer than two images, or layers and weights
    that do not fit.
    """
    weights = [None] * len(features) if linear is None else list(linear)
    if not features or len(weights) != len(features):
        raise InputError(f"{len(features)} layers of features with {len(weights)} of weights")
    if features[0].shape[0] < 2:
        raise InputError(f"diversity of {features[0].shape[0]} images; at least 2 are needed")
    total = 0.0
    for layer, (maps, weight) in enumerate(zip(features, weights, strict=True)):
        x = unit_channels(maps)
        variance = x.var(dim=0, correction=1, keepdim=True)  # [1 c h w]
        if weight is not None:
            variance = variance * channel_weights(weight, maps.shape[1], layer)
        total += float(2 * variance.sum(dim=1).mean())
    return total


def diversity_share(conditional: float | Sequence[float], unconditional: float) -> float:
    """Diversity of pictures made under one condition, as a share of that of random pictures.

    Several conditions are averaged; the random ones are as many. About 0 if a condition always
    gives the same picture, 1 if it constrains nothing. Raises InputError for no condition, or
    random pictures that do not differ at all.
    """
    values = np.atleast_1d(np.asarray(conditional, np.float64))
    if not values.size or not np.isfinite(values).all():
        raise InputError(f"diversity of {values.size} conditions, not all of them finite")
    if not unconditional > 0:
        raise InputError(
            f"diversity of the random pictures is {unconditional}; it must be above 0 to be shared"
        )
    return float(values.mean() / unconditional)
