"""What decides the training of the tagger of anime faces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.training.checks import check_run, check_shares

if TYPE_CHECKING:  # The command line reads this file for its options; torch would take seconds.
    from mien.judges.tagger import TaggerConfig


@dataclass(frozen=True)
class AnimeTaggerTraining:
    """The same configuration, data and seed give the same tagger.

    Args:
        resolution: Side that pictures are resized to.
        width: Channels of the first stage.
        kimg: Thousand pictures of the first round.
        second_kimg: Thousand pictures of the second round; 0 for none.
        confidence: Answers this sure teach the second round.
        unlabelled: Share of a batch of the second round that comes from faces without tags.
        batch: Pictures a step.
        lr: Highest learning rate of the first round; it rises for a tenth of the round, then falls
            to zero as a cosine. The second begins with half of it.
        weight_decay: Of AdamW.
        smoothing: Label smoothing.
        rarity: Exponent of a value's frequency in its weight; 0 counts each picture alike.
        precision: ``fp32`` or ``bf16``.
        seed: Decides the first weights and every draw.
    """

    resolution: int = 96
    width: int = 28
    kimg: float = 40
    second_kimg: float = 20
    confidence: float = 0.9
    unlabelled: float = 0.5
    batch: int = 64
    lr: float = 2e-3
    weight_decay: float = 0.05
    smoothing: float = 0.05
    rarity: float = 0.25
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        check_run(self, 2)
        check_shares(self, "smoothing", "unlabelled")
        if self.second_kimg < 0 or self.unlabelled == 1:
            raise InputError(
                f"second_kimg {self.second_kimg:g} must be at least 0, unlabelled "
                f"{self.unlabelled:g} below 1"
            )
        if not 0.5 <= self.confidence <= 1:
            raise InputError(f"confidence {self.confidence:g} must be from 0.5 to 1")

    def network(self) -> TaggerConfig:
        """The tagger of this run."""
        from mien.anime.tagger import anime_config

        return anime_config(self.resolution, self.width)

    def second(self) -> AnimeTaggerTraining:
        """The second round."""
        return replace(self, kimg=self.second_kimg, lr=self.lr / 2, seed=self.seed + 1000)
