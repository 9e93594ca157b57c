"""What a judge sees in many pictures, a few at a time, and what its numbers rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.hub.loading import Loaded
from mien.judges.tagger import Tagger
from mien.metrics.frechet import FeatureStatistics

RESIZE = "bilinear, antialiased, to the judge's size"
"""How pictures are brought to the size of a tagger."""


@dataclass(frozen=True)
class Seen:
    """What a tagger saw in ``n`` pictures.

    Attributes:
        logits: Column -> ``[n, values]``.
        features: ``[n, c]``, float32.
    """

    logits: dict[str, Tensor]
    features: Float[Tensor, "n c"]

    def statistics(self) -> FeatureStatistics:
        """Mean and covariance of the features."""
        return FeatureStatistics.of(self.features)


@torch.no_grad()
def look(tagger: Tagger, pictures: UInt8[np.ndarray, "n h w 3"], batch: int = 32) -> Seen:
    """Show pictures to a tagger."""
    device = next(tagger.parameters()).device
    features = []
    for start in range(0, len(pictures), batch):
        part = images.to_float(pictures[start : start + batch]).to(device)
        features.append(tagger.features(part).float().cpu())
    joined = torch.cat(features)
    heads = {name: values.float().cpu() for name, values in tagger.read(joined.to(device)).items()}
    return Seen(heads, joined)


def judge_name(loaded: Loaded) -> str:
    """A judge's name as tables print it."""
    return loaded.name


def label_dicts(
    vectors: Sequence[np.ndarray] | np.ndarray,
) -> list[dict[str, str]]:
    """Label vectors as faces described in part: column -> value."""
    from mien.attributes import decode

    return [decode(vector) for vector in vectors]
