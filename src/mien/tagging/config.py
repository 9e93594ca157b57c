"""What decides the training of a tagger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.training.checks import check_run, check_shares

if TYPE_CHECKING:  # The command line reads this file for its options; torch would take seconds.
    from mien.judges.tagger import TaggerConfig


@dataclass(frozen=True)
class TaggerTraining:
    """The same configuration, data and seed give the same tagger.

    Args:
        resolution: Side that pictures are resized to.
        width: Channels of the first stage.
        kimg: Thousand pictures to see.
        batch: Pictures a step.
        lr: Highest learning rate; it rises for a tenth of the run, then falls to zero as a cosine.
        weight_decay: Of AdamW.
        smoothing: Label smoothing.
        rarity: Exponent of a value's frequency in its weight; 0 counts each picture alike.
        also_share: Share of a batch that comes from the second set, where there is one; it falls to
            a fifth of that over the last half of the run, so that the first set has the last word.
        precision: ``fp32`` or ``bf16``.
        seed: Decides the first weights and every draw.
    """

    resolution: int = 96
    width: int = 32
    kimg: float = 80
    batch: int = 64
    lr: float = 2e-3
    weight_decay: float = 0.05
    smoothing: float = 0.05
    rarity: float = 0.25
    also_share: float = 0.5
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        check_run(self)
        check_shares(self, "smoothing", "also_share")

    def network(self) -> TaggerConfig:
        """The tagger of this run."""
        from mien.judges.tagger import TaggerConfig

        return TaggerConfig(resolution=self.resolution, width=self.width)
