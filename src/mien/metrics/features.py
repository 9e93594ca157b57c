"""Feature vectors as every metric here wants them: one matrix, float64, finite, on the CPU."""

from __future__ import annotations

import torch
from torch import Tensor

from mien.errors import InputError


def as_matrix(features: Tensor, name: str, minimum: int = 1) -> Tensor:
    """Feature vectors ``[n, d]``, of any type and device, as float64 on the CPU, detached.

    Raises InputError, which calls them ``name``, for no matrix, fewer than ``minimum`` rows, no
    columns, or values that are not finite.
    """
    if features.ndim != 2 or features.shape[1] == 0:
        raise InputError(f"{name}: shape {tuple(features.shape)}; one vector a row is needed")
    if features.shape[0] < minimum:
        raise InputError(f"{name}: {features.shape[0]} samples; at least {minimum} are needed")
    matrix = features.detach().to("cpu", torch.float64)
    bad = int((~matrix.isfinite()).any(dim=1).sum())
    if bad:
        raise InputError(f"{name}: {bad} of {matrix.shape[0]} vectors are not finite")
    return matrix


def as_unit(features: Tensor, name: str, minimum: int = 1) -> Tensor:
    """Like :func:`as_matrix`, each row scaled to length 1; InputError for a row of length 0."""
    matrix = as_matrix(features, name, minimum)
    norms = matrix.norm(dim=1, keepdim=True)
    if bool((norms == 0).any()):
        row = int((norms == 0).flatten().nonzero()[0])
        raise InputError(f"{name}: vector {row} has length 0 and so no direction")
    return matrix / norms


def same_shape(a: Tensor, b: Tensor, name: str) -> None:
    """Refuse two sets that should be pairs and are not: InputError if the shapes differ."""
    if a.shape != b.shape:
        raise InputError(f"{name}: {tuple(a.shape)} against {tuple(b.shape)}; pairs are needed")
