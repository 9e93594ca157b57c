"""Directions that stay among the faces that a generator makes, and leave other attributes alone.

A coefficient vector n of a regression says what to look at, not where to go: moving along n itself
leaves the latents that occur. The shortest way, in standard deviations of the latents, that raises
x·n by 1 is along Σn, Σ their covariance (the pattern of the filter n, Haufe et al. 2014). In
whitened coordinates, where Σ is the identity, both are the same vector; there, what other
directions change is projected out (Shen et al. 2020, Eq. 7), as far as a ridge allows.

A vector of another width or of length 0, and latents that do not vary, are InputErrors.

    d dims · k other directions
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError

_FLOOR = 1e-4


class Spread:
    """Whitened coordinates of a latent space of ``dims`` d: unit variance, no correlation."""

    def __init__(self, covariance: Float[Tensor, "d d"]) -> None:
        """Factorise the covariance of the latents.

        Directions in which they hardly vary count as varying by a ten-thousandth of the mean
        variance.
        """
        if not bool(covariance.isfinite().all()):
            raise InputError("the covariance of the latents is not finite")
        values, self._basis = torch.linalg.eigh(covariance.double())
        mean = values.mean()
        if not bool(mean > 0):
            raise InputError("the latents do not vary; sample them with different seeds")
        self._deviation = values.clamp(min=_FLOOR * float(mean)).sqrt()
        self.dims = len(values)

    def whiten(self, coefficients: Float[Tensor, " d"]) -> Float[Tensor, " d"]:
        """The unit vector in whitened coordinates that coefficients on latents point along."""
        return _unit(self._deviation * self._turned(coefficients))

    def whiten_step(self, vector: Float[Tensor, " d"]) -> Float[Tensor, " d"]:
        """The same of a difference of latents: undoes :meth:`step`."""
        return _unit(self._turned(vector) / self._deviation)

    def _turned(self, vector: Tensor) -> Tensor:
        if vector.shape != (self.dims,):
            raise InputError(f"a direction {tuple(vector.shape)} for latents {self.dims} wide")
        return self._basis.T @ vector.double()

    def step(self, x: Float[Tensor, " d"]) -> Float[Tensor, " d"]:
        """A whitened vector as a difference of latents; length 1 becomes a standard deviation."""
        return self._basis @ (self._deviation * x)


def _unit(x: Tensor) -> Tensor:
    if not bool(x.norm() > 0):
        raise InputError("a direction of length 0 leads nowhere")
    return x / x.norm()


def freed(
    x: Float[Tensor, " d"], others: Sequence[Float[Tensor, " d"]], ridge: float
) -> Float[Tensor, " d"]:
    """Take out of a whitened unit vector what other unit vectors change; a unit vector again.

    x − Oᵀ(OOᵀ + ρI)⁻¹Ox: ρ = 0 is the full projection, which can leave next to nothing of an
    attribute that usually comes with others; a larger ρ leaves more of it, and of them, infinity
    everything. InputError if nothing is left.
    """
    if not ridge >= 0:
        raise InputError(f"ridge {ridge}; it must be 0 or more")
    left = x.double()
    if others and ridge != float("inf"):
        rows = torch.stack([other.double() for other in others])  # [k d]
        gram = rows @ rows.T + max(ridge, 1e-9) * torch.eye(len(rows), dtype=torch.float64)
        left = left - rows.T @ torch.linalg.solve(gram, rows @ left)
    if not bool(left.norm() > 1e-5):
        raise InputError("a direction is made of the others alone; nothing is left of it")
    return left / left.norm()
