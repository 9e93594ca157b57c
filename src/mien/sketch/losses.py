"""Losses of the translation methods: adversarial, absolute error, features of a frozen judge.

Axes: n batch, c channels, h w pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.judges.losses import feature_distance

ADVERSARIES = ("bce", "lsgan")
"""Cross-entropy (Isola et al. 2017) or least squares (Mao et al. 2017; Zhu et al. 2017)."""


def adversarial_loss(logits: Tensor, real: bool, adversary: str) -> Float[Tensor, ""]:
    """How far a discriminator's answers are from calling everything real (or not), mean."""
    check_adversary(adversary)
    target = torch.full_like(logits, float(real))
    if adversary == "bce":
        return functional.binary_cross_entropy_with_logits(logits, target)
    return functional.mse_loss(logits, target)


def discriminator_loss(real: Tensor, fake: Tensor, adversary: str) -> Float[Tensor, ""]:
    """Half the sum over real and generated pictures, so that D learns half as fast as G."""
    one, other = (adversarial_loss(x, y, adversary) for x, y in ((real, True), (fake, False)))
    return (one + other) / 2


def check_adversary(adversary: str) -> None:
    """Refuse an adversarial loss that is neither ``bce`` nor ``lsgan``."""
    if adversary not in ADVERSARIES:
        raise InputError(f"adversarial loss {adversary!r} is neither bce nor lsgan")


def judge_loss(judge: nn.Module, images: Tensor, truth: Tensor) -> Float[Tensor, ""]:
    """Distance of pictures in [-1, 1] from the truth as a frozen judge sees them; 0 if equal.

    A judge of identity (with ``embed`` and no feature maps) gives 1 − cosine of its unit vectors,
    any other the distance of its feature maps; InputError: it has neither. Gradients go to
    ``images``.
    """
    maps = getattr(judge, "feature_maps", None)
    if maps is not None:
        return feature_loss(maps, images, truth)
    embed = getattr(judge, "embed", None)
    if embed is None:
        raise InputError(
            f"a {type(judge).__name__} has neither feature maps nor embeddings to compare;"
            " give a tagger or an identity judge"
        )
    with torch.no_grad():
        wanted = embed(truth).float()
    return 1 - functional.cosine_similarity(embed(images).float(), wanted, dim=1).mean()


def feature_loss(
    feature_maps: Callable[[Tensor], Sequence[Tensor]],
    images: Float[Tensor, "n 3 h w"],
    truth: Float[Tensor, "n 3 h w"],
) -> Float[Tensor, ""]:
    """:func:`mien.judges.losses.feature_distance` of pictures in [-1, 1]; 0 if equal.

    ``feature_maps`` gives maps ``[n, c, h, w]``, as the judges' have it; gradients go to
    ``images``.
    """
    with torch.no_grad():
        wanted = feature_maps(truth)
    return feature_distance(feature_maps(images), wanted).mean()
