"""What the networks from sentence to latent are trained on.

Legend: n samples, e width of an embedding, d = w_dim.
"""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor

from mien.text.mapper import Mapper
from mien.text.prior import Prior

_SOFTENING = 0.01  # added to the mean square of a prediction; that of a face is about 1


def mapper_loss(
    mapper: Mapper,
    w: Float[Tensor, "n d"],
    embedding: Float[Tensor, "n e"],
    z: Float[Tensor, "n z"] | None = None,
    cosine: float = 0.0,
) -> Float[Tensor, ""]:
    """Regression of the latent that belongs to a sentence.

    Mean squared difference in whitened coordinates, so that every direction counts by how much
    faces vary along it; a mapper that knows nothing scores 1. ``cosine`` weighs 1 − cos between
    prediction and truth, both seen from the mean face; the length of the prediction is softened by
    a hundredth of that of a face.
    """
    target = mapper.whitening(w)
    predicted = mapper.whitened(embedding, z)
    loss = (predicted - target).square().mean()
    if cosine:
        # The plain cosine has no gradient at 0, where an untrained mapper stands, and a huge one
        # beside it, which spoils Adam's moments for hundreds of steps.
        length = (predicted.square().mean(1) + _SOFTENING).sqrt() * target.square().mean(1).sqrt()
        similarity = (predicted * target).mean(1) / length.clamp(min=1e-6)
        loss = loss + cosine * (1 - similarity).mean()
    return loss


def flow_matching_loss(
    prior: Prior,
    w: Float[Tensor, "n d"],
    embedding: Float[Tensor, "n e"],
    noise: Float[Tensor, "n d"],
    time: Float[Tensor, " n"],
    keep: Bool[Tensor, " n"] | None = None,
) -> Float[Tensor, ""]:
    """Conditional flow matching on straight lines (Lipman et al. 2023; Liu et al. 2023, Eq. 1).

    The chance is the caller's: standard normal ``noise`` in whitened coordinates, ``time`` uniform
    in [0, 1] (0 is noise, 1 is data), ``keep`` (the sentence is told) true nine times in ten. A
    field that knows nothing scores about 2.
    """
    data = prior.whitening(w)
    at = time[:, None]
    x = (1 - at) * noise + at * data
    return (prior(x, time, embedding, keep) - (data - noise)).square().mean()
