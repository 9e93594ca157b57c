"""Whether two pictures show one face: distances of face embeddings, and recognition by them.

Face semantic distance and similarity after Ayanthi & Munasinghe (2022). Embeddings are scaled to
length 1 here, whatever the judge returns; then both are one measure, since for each pair
distance² = 2 − 2·cosine.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mien.errors import InputError
from mien.metrics.features import as_matrix, as_unit, same_shape


def pair_cosines(a: Float[Tensor, "n d"], b: Float[Tensor, "_n _d"]) -> Float[Tensor, " n"]:
    """Cosine of each pair, float64 in [-1, 1]; InputError for other shapes, or a zero vector."""
    same_shape(a, b, "embeddings")
    x, y = as_unit(a, "embeddings"), as_unit(b, "reference embeddings")
    return (x * y).sum(dim=1).clamp(-1, 1)


def pair_distances(a: Float[Tensor, "n d"], b: Float[Tensor, "_n _d"]) -> Float[Tensor, " n"]:
    """Distance of each pair of unit embeddings, in [0, 2]; raises as :func:`pair_cosines`."""
    same_shape(a, b, "embeddings")
    return (as_unit(a, "embeddings") - as_unit(b, "reference embeddings")).norm(dim=1)


def fsd(a: Float[Tensor, "n d"], b: Float[Tensor, "_n _d"]) -> float:
    """Face semantic distance: mean distance of paired unit embeddings, lower is better."""
    return float(pair_distances(a, b).mean())


def fss(a: Float[Tensor, "n d"], b: Float[Tensor, "_n _d"]) -> float:
    """Face semantic similarity: mean cosine of paired embeddings, higher is better."""
    return float(pair_cosines(a, b).mean())


def verification_auc(scores: Float[Tensor, " n"], same: Bool[Tensor, " _n"]) -> float:
    """Area under the ROC curve: how often a matching pair outscores another, higher is better.

    The Mann–Whitney statistic over midranks of the similarities, so ties count one half; ``same``
    says whether a pair shows one person. Raises InputError if lengths differ, for scores that are
    not finite, or only one kind of pair.
    """
    if scores.shape != same.shape:
        raise InputError(f"{scores.shape[0]} scores for {same.shape[0]} pairs")
    values = as_matrix(scores[:, None], "verification scores")[:, 0]
    truth = same.cpu()
    positives = int(truth.sum())
    negatives = truth.shape[0] - positives
    if not positives or not negatives:
        raise InputError(f"{positives} matching and {negatives} other pairs; both are needed")
    _, group, counts = values.unique(return_inverse=True, return_counts=True)
    last = counts.cumsum(0).to(torch.float64)
    midranks = last - (counts.to(torch.float64) - 1) / 2
    rank_sum = midranks[group][truth].sum()
    return float((rank_sum - positives * (positives + 1) / 2) / (positives * negatives))


def all_pairs(
    probes: Float[Tensor, "n d"], gallery: Float[Tensor, "_n _d"]
) -> tuple[Float[Tensor, " p"], Bool[Tensor, " p"]]:
    """Cosines of every probe with every gallery face, and which of them are the same person.

    Row *i* of both is person *i*; ``n²`` scores and truths, as :func:`verification_auc` takes them.
    """
    same_shape(probes, gallery, "embeddings")
    cosines = as_unit(probes, "probes") @ as_unit(gallery, "gallery").T
    return cosines.flatten(), torch.eye(cosines.shape[0], dtype=torch.bool).flatten()


def rank1(
    probes: Float[Tensor, "n d"], gallery: Float[Tensor, "m _d"], truth: Tensor | None = None
) -> float:
    """Share of probes whose nearest gallery face, by cosine, is the right one; higher is better.

    The gallery has one embedding a known person; ``truth``, int ``[n]``, is the gallery row of each
    probe, row *i* for probe *i* if ``None``. Where several gallery faces are equally near, the
    probe counts for the chance of picking the right one among them: embeddings that collapsed to a
    point score 1/m, not 1. Raises InputError if widths or counts do not fit, or for a row outside
    the gallery.
    """
    x, y = as_unit(probes, "probes"), as_unit(gallery, "gallery")
    if x.shape[1] != y.shape[1]:
        raise InputError(f"probes are {x.shape[1]} wide, the gallery {y.shape[1]}")
    wanted = torch.arange(x.shape[0]) if truth is None else truth.cpu().long()
    if wanted.shape != (x.shape[0],) or not bool(((wanted >= 0) & (wanted < y.shape[0])).all()):
        raise InputError(
            f"{x.shape[0]} probes and {y.shape[0]} gallery faces, but true rows of shape "
            f"{tuple(wanted.shape)}, the largest {int(wanted.max()) if wanted.numel() else 'none'}"
        )
    cosines = x @ y.T
    nearest = cosines >= cosines.max(dim=1, keepdim=True).values - 1e-12
    right = nearest[torch.arange(x.shape[0]), wanted]
    return float((right / nearest.sum(dim=1)).mean())
