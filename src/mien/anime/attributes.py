"""What a viewer knows a person by: read off the selfie by one tagger, off its drawing by another.

    told.fill(selfie_tagger, maps, pictures)
    loss = told.loss(anime_tagger(drawn), rows)

Only columns that both taggers read, and that belong to the person: hair colour and headwear are the
style's. The selfie's answer is a probability; a rare value (glasses) counts more, so that the
common one is no way out.

Axes: n pictures, v u values of a column in selfies and in drawings.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from mien import images
from mien.errors import InputError
from mien.judges.tagger import Tagger, TaggerConfig

SHARED: Mapping[str, Mapping[str, str]] = {
    "glasses": {"none": "0", "glasses": "1", "sunglasses": "1"},
    "mouth": {"closed": "closed", "open": "open"},
    "hair_length": {"bald": "short", "short": "short", "medium": "medium", "long": "long"},
    "eyes": {"open": "open", "closed": "closed"},
    "expression": {"neutral": "neutral", "smile": "smile", "laugh": "smile"},
}
"""Column -> value in selfies -> value in drawings."""

_RAREST = 0.05
"""A rarer value weighs no more than one of this share."""


def shared(selfie: TaggerConfig, anime: TaggerConfig) -> dict[str, Float[Tensor, "v u"]]:
    """Column -> 1 where a value of selfies is a value of drawings.

    Raises:
        InputError: The taggers have no column of :data:`SHARED` in common.
    """
    maps = {}
    for column, pairs in SHARED.items():
        if column not in selfie.columns or column not in anime.columns:
            continue
        ours, theirs = selfie.columns[column], anime.columns[column]
        told = torch.zeros(len(ours), len(theirs))
        for one, other in pairs.items():
            if one in ours and other in theirs:
                told[ours.index(one), theirs.index(other)] = 1
        maps[column] = told
    if not maps:
        raise InputError(
            "the tagger of selfies and the one of drawings share no column; "
            f"{', '.join(SHARED)} are wanted"
        )
    return maps


def translated(
    logits: Mapping[str, Tensor], maps: Mapping[str, Float[Tensor, "v u"]]
) -> dict[str, Float[Tensor, "n u"]]:
    """Column -> probabilities of a selfie in the words of drawings; rows sum to 1, or are all 0."""
    found = {}
    for column, told in maps.items():
        share = logits[column].softmax(dim=1) @ told.to(logits[column])
        total = share.sum(dim=1, keepdim=True)
        found[column] = torch.where(total > 0.5, share / total.clamp(min=1e-6), 0.0)
    return found


class Told(nn.Module):
    """What each selfie of a run shows, with the weight of each value; stored with the run."""

    def __init__(self, count: int, widths: Mapping[str, int]) -> None:
        super().__init__()
        self.columns = tuple(widths)
        for column, width in widths.items():
            self.register_buffer(f"share_{column}", torch.zeros(count, width))
            self.register_buffer(f"weight_{column}", torch.ones(width))

    @torch.no_grad()
    def fill(
        self,
        tagger: Tagger,
        maps: Mapping[str, Tensor],
        pictures: UInt8[np.ndarray, "n h w 3"],
        batch: int = 64,
    ) -> None:
        """Read all selfies."""
        for start in range(0, len(pictures), batch):
            device = self.share(self.columns[0]).device
            part = images.to_float(pictures[start : start + batch], device)
            for column, share in translated(tagger(part), maps).items():
                self.share(column)[start : start + batch] = share
        for column in self.columns:
            share = self.share(column)
            mean = share.mean(dim=0)
            weight = torch.where(mean > 0, 1 / mean.clamp(min=_RAREST), 0.0)
            # The mean weight of what is said is 1.
            self.get_buffer(f"weight_{column}").copy_(
                weight / (weight * mean).sum().clamp(min=1e-6)
            )

    def share(self, column: str) -> Float[Tensor, "n u"]:
        """What is told of all selfies in a column."""
        return self.get_buffer(f"share_{column}")

    def loss(self, logits: Mapping[str, Float[Tensor, "b u"]], rows: Tensor) -> Tensor:
        """Weighted cross entropy of what drawings show, averaged over columns.

        Args:
            logits: Of the tagger of drawings.
            rows: Which selfies they were drawn from, ``[b]``.
        """
        parts = []
        for column in self.columns:
            told = self.share(column)[rows] * self.get_buffer(f"weight_{column}")
            parts.append(-(told * logits[column].float().log_softmax(dim=1)).sum(dim=1).mean())
        return torch.stack(parts).mean()
