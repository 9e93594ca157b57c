"""What a judge sees in many pictures, a few at a time, and what its numbers rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from mien import images
from mien.judges.inception import Inception
from mien.judges.mobilenet import MobileNet
from mien.judges.tagger import Tagger
from mien.metrics.frechet import FeatureStatistics

RESIZE = "bilinear, antialiased, to the judge's size"
"""How pictures are brought to the size of a tagger."""

FeatureJudge = Tagger | Inception | MobileNet
"""What sees pictures as vectors: ``features(images)``. Only taggers read attributes off them."""


def resize_of(judge: nn.Module, maps: bool = False) -> str:
    """How pictures are brought to a judge's size, for protocols.

    With ``maps`` its feature maps are compared, not its vectors; Inception and MobileNet see those
    at the pictures' own size.
    """
    if not isinstance(judge, Inception | MobileNet):
        return RESIZE
    if maps:
        return "none"
    fid = isinstance(judge, Inception) and judge.config.form == "fid"
    smaller = "" if fid else ", antialiased where made smaller"
    return f"bilinear{smaller}, to {judge.resolution}×{judge.resolution}"


@dataclass(frozen=True)
class Seen:
    """What a judge saw in ``n`` pictures.

    ``logits``: column -> ``[n, values]``; none if it is no tagger. ``features``: ``[n, c]``,
    float32.
    """

    logits: dict[str, Tensor]
    features: Float[Tensor, "n c"]

    def statistics(self) -> FeatureStatistics:
        """Mean and covariance of the features."""
        return FeatureStatistics.of(self.features)


@torch.no_grad()
def look(judge: FeatureJudge, pictures: UInt8[np.ndarray, "n h w 3"], batch: int = 32) -> Seen:
    """Show pictures to a tagger or another judge."""
    device = next(judge.parameters()).device
    features = []
    for start in range(0, len(pictures), batch):
        part = images.to_float(pictures[start : start + batch]).to(device)
        features.append(judge.features(part).float().cpu())
    joined = torch.cat(features)
    if not isinstance(judge, Tagger):
        return Seen({}, joined)
    heads = {name: values.float().cpu() for name, values in judge.read(joined.to(device)).items()}
    return Seen(heads, joined)


def label_dicts(vectors: Sequence[np.ndarray] | np.ndarray) -> list[dict[str, str]]:
    """Label vectors as faces described in part: column -> value."""
    from mien.attributes import decode

    return [decode(vector) for vector in vectors]
