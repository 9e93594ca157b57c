"""GANSpace: principal components of sampled latents (Härkönen et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mien.editing.direction import Direction, Space
from mien.editing.regression import GramAccumulator
from mien.errors import InputError


def pca(
    seen: GramAccumulator,
    count: int,
    space: Space = "w",
    layers: Sequence[int] | None = None,
    generator: str = "",
) -> tuple[Direction, ...]:
    """The ``count`` directions ``pca-0``, ``pca-1``, … along which sampled latents vary most.

    ``layers`` are those that they shall move, ``None`` for all. They have unit length, the entry of
    largest size positive; their scale is the standard deviation, so strength 1 is one;
    ``scores["variance share"]`` is the part of the variance explained.

    Raises InputError: fewer than two samples, latents that do not vary, or more directions than
    dimensions in which they vary.
    """
    covariance = seen.covariance
    values, vectors = torch.linalg.eigh(covariance)
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1).T
    floor = values[0] * len(values) * torch.finfo(values.dtype).eps
    varying = int((values > floor).sum())
    if not 1 <= count <= varying:
        raise InputError(
            f"{count} principal components of {seen.count} latents that vary in {varying} "
            "dimensions; ask for fewer or sample more"
        )
    peak = vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True))
    vectors = vectors * peak.sign()
    return tuple(
        Direction(
            name=f"pca-{number}",
            vector=vectors[number],
            space=space,
            layers=None if layers is None else tuple(layers),
            scale=float(values[number].sqrt()),
            generator=generator,
            method=f"pca of {seen.count} latents",
            scores={"variance share": float(values[number] / values.sum())},
        )
        for number in range(count)
    )
