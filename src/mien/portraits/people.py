"""Whether drawn faces are faces, of different people, and none of them a training face.

Who a face is says dlib's recognition network (:mod:`mien.judges.recognition`), on pictures framed
as FFHQ's. Nothing here depends on the judge of the Fréchet distance.

    n drawn · m training pictures
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from mien import images
from mien.faces.finder import FaceFinder
from mien.hub.loading import Loaded
from mien.metrics.diversity import embedding_diversity
from mien.metrics.protocol import Protocol, Score

RESIZE = "to dlib's crop of 150×150 by where FFHQ's frame has the eyes, bilinear"
"""How faces are brought to the recognition network."""


@torch.no_grad()
def identities(
    judge: Loaded, pictures: UInt8[np.ndarray, "n h w 3"], batch: int = 32
) -> Float[Tensor, "n d"]:
    """What an identity judge says of every face, such as dlib's 128 numbers; on the CPU."""
    network = judge.network
    device = next(network.parameters()).device if hasattr(network, "parameters") else None
    parts = [
        network.embed(images.to_float(pictures[start : start + batch], device)).float().cpu()
        for start in range(0, len(pictures), batch)
    ]
    return torch.cat(parts)


def nearest(
    found: Float[Tensor, "n d"], among: Float[Tensor, "m d"]
) -> tuple[Float[Tensor, " n"], Int64[Tensor, " n"]]:
    """Distance of each face to the nearest of others, and which of them that is."""
    values, rows = torch.cdist(found.double(), among.double()).min(dim=1)
    return values, rows


def found_share(finder: FaceFinder, pictures: UInt8[np.ndarray, "n h w 3"]) -> float:
    """Share of pictures in which the finder sees a face."""
    return sum(bool(finder.find(picture)) for picture in pictures) / len(pictures)


class PeopleMeasure:
    """Diversity of people and the distance to the nearest training face, as scores.

    Without training pictures the nearest face is left out, and diversity is shared with the
    held-out pictures instead. ``said`` tells which pictures those are, for protocols; ``seed`` is
    of the drawn ones.
    """

    def __init__(
        self,
        recognition: Loaded,
        kept: UInt8[np.ndarray, "n h w 3"],
        training: UInt8[np.ndarray, "m h w 3"] | None,
        said: str,
        seed: int,
    ) -> None:
        self.recognition, self.said, self.seed = recognition, said, seed
        self.kept = identities(recognition, kept)
        self.training = None if training is None else identities(recognition, training)
        real = self.kept if self.training is None else self.training
        self.real_name = "kept-out" if self.training is None else "training"
        self.real_diversity, self.real_count = embedding_diversity(real), len(real)
        self.kept_nearest = self._median(self.kept)

    def scores(self, pictures: UInt8[np.ndarray, "n h w 3"]) -> list[Score]:
        """The scores of drawn pictures."""
        return self._scores(identities(self.recognition, pictures), self.seed)

    def kept_scores(self) -> list[Score]:
        """The same of the kept-out pictures."""
        return self._scores(self.kept, None)

    def _median(self, found: Float[Tensor, "n d"]) -> float | None:
        return None if self.training is None else float(nearest(found, self.training)[0].median())

    def _scores(self, found: Float[Tensor, "n d"], seed: int | None) -> list[Score]:
        def protocol(metric: str, against: int) -> Protocol:
            judge, said = self.recognition, self.said
            return Protocol.by(judge, metric, len(found), said, seed, against, RESIZE)

        spread = embedding_diversity(found)
        metric = f"mean pairwise distance, as share of the {self.real_name} pictures'"
        scores = [
            Score("people", spread, "higher", protocol("mean pairwise distance", 0)),
            Score(
                "people share",
                spread / self.real_diversity,
                "higher",
                protocol(metric, self.real_count),
            ),
        ]
        median = self._median(found)
        if median is not None and self.kept_nearest and self.training is not None:
            against = len(self.training)
            metric = "median distance to the nearest training face"
            scores.append(Score("nearest", median, "higher", protocol(metric, against)))
            metric += ", as share of the kept-out faces'"
            share = median / self.kept_nearest
            scores.append(Score("nearest share", share, "higher", protocol(metric, against)))
        return scores
