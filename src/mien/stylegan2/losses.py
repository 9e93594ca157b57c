"""StyleGAN2's losses, as functions of logits, images and gradients.

Non-saturating logistic loss: Goodfellow et al. 2014. R1: Mescheder et al. 2018. Path length
regularisation and lazy regularisation: Karras et al. 2020, §3.1–3.2.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def generator_loss(fake_logits: Float[Tensor, "n 1"]) -> Float[Tensor, "n 1"]:
    """-log σ(D(G(z))): what the generator wants smaller."""
    return functional.softplus(-fake_logits)


def discriminator_loss(
    real_logits: Float[Tensor, "n 1"], fake_logits: Float[Tensor, "n 1"]
) -> Float[Tensor, "n 1"]:
    """-log σ(D(x)) - log(1 - σ(D(G(z)))): what the discriminator wants smaller."""
    return functional.softplus(-real_logits) + functional.softplus(fake_logits)


def r1_penalty(real_logits: Float[Tensor, "n 1"], real: Float[Tensor, "n 3 h w"]) -> Tensor:
    """Squared gradient norm of the logit of each picture ``real``, which requires its gradient."""
    (gradient,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))


def path_lengths(
    image: Float[Tensor, "n 3 h w"],
    ws: Float[Tensor, "n num_ws w_dim"],
    noise: Float[Tensor, "n 3 h w"],
) -> Float[Tensor, " n"]:
    """‖Jᵀy‖ of each image G(ws), root mean square over layers (Karras et al. 2020, Eq. 4).

    ``noise`` is y, normal with standard deviation 1/√(h·w): see :func:`path_noise`.
    """
    (gradient,) = torch.autograd.grad((image * noise).sum(), ws, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt()


def path_noise(
    n: int, resolution: int, generator: torch.Generator | None = None
) -> Float[Tensor, "n 3 h w"]:
    """The y of :func:`path_lengths`: normal images of expected norm √3, on the CPU."""
    return torch.randn(n, 3, resolution, resolution, generator=generator) / resolution


def r1_gamma_heuristic(resolution: int, batch: int) -> float:
    """γ for a resolution and batch: 0.0002·resolution²/batch (Karras et al. 2020, ADA, App. C)."""
    return 0.0002 * resolution**2 / batch
