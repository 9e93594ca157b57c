"""What decides how the similarity of faces and sentences is trained; no torch, for the options."""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import InputError


@dataclass(frozen=True)
class SimilarityTraining:
    """The same configuration and seed give the same network.

    Args:
        kimg: Thousand pairs to see.
        batch: Pairs a step, each the wrong partner of all others.
        sentences: Sentences of the grammar a face, beside its caption.
        lr: Highest learning rate (AdamW).
        weight_decay: Of AdamW.
        ranking: Weight of the pairwise ranking loss.
        matching: Weight of the matching loss.
        margin: Of the ranking loss, in cosines.
        width: Of a group's projection.
        dropout: Share of a picture's numbers that are left out.
        seed: Decides the first weights and every draw.
    """

    kimg: float = 90
    batch: int = 384
    sentences: int = 2
    lr: float = 1e-3
    weight_decay: float = 0.1
    ranking: float = 1.0
    matching: float = 2.0
    margin: float = 0.1
    width: int = 96
    dropout: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kimg <= 0 or self.batch < 2:
            raise InputError(f"kimg {self.kimg:g} must be above 0, batch {self.batch} 2 or more")
        if self.sentences < 0 or min(self.ranking, self.matching, self.margin) < 0:
            raise InputError("sentences, ranking, matching and margin must be 0 or more")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout is {self.dropout}, and must be from 0 to below 1")
