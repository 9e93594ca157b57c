"""Latents to coordinates in which they are uncorrelated with unit variance, and back.

Distances there are in standard deviations of what the generator really makes, so noise of unit
variance fits, and a step of a given length is equally plausible in every direction.

Legend: n samples, d = w_dim.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError


class Whitening(nn.Module):
    """x = Bᵀ(w − m) / s with the eigenvectors B of the covariance and their deviations s.

    Before :meth:`fit` it is the identity. All state is in buffers.
    """

    mean: Tensor
    basis: Tensor
    scale: Tensor

    def __init__(self, w_dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(w_dim))
        self.register_buffer("basis", torch.eye(w_dim))
        self.register_buffer("scale", torch.ones(w_dim))

    @torch.no_grad()
    def fit(self, w: Float[Tensor, "n d"], floor: float = 1e-4) -> None:
        """Take the statistics from at least 2 samples; InputError: they are fewer or all alike.

        ``floor`` is the smallest variance of a coordinate, as a share of the mean variance; it
        keeps directions in which nothing varies from being blown up.
        """
        if len(w) < 2 or w.shape[1] != len(self.mean):
            raise InputError(
                f"whitening needs at least 2 latents of width {len(self.mean)},"
                f" got {len(w)} of width {w.shape[1]}"
            )
        data = w.double()
        mean = data.mean(0)
        values, vectors = torch.linalg.eigh((data - mean).T @ (data - mean) / (len(w) - 1))
        if not values.mean() > 0:
            raise InputError(f"all {len(w)} latents are alike; sample them with different seeds")
        self.mean.copy_(mean)
        self.basis.copy_(vectors)
        self.scale.copy_(values.clamp(min=floor * float(values.mean())).sqrt())

    def forward(self, w: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """Latents to whitened coordinates."""
        return (w - self.mean) @ self.basis / self.scale

    def inverse(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """Whitened coordinates to latents."""
        return self.shift(x) + self.mean

    def shift(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """Differences of whitened coordinates to differences of latents."""
        return (x * self.scale) @ self.basis.T
