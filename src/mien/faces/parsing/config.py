"""What decides a run of the parsing network's training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import InputError

if TYPE_CHECKING:  # The command line reads this file for its options; torch would take seconds.
    from mien.judges.parser import ParserConfig


@dataclass(frozen=True)
class ParsingConfig:
    """What decides a run.

    Args:
        resolution: Side of the pictures that the network is shown.
        width: Channels on the way up.
        fine: Channels of the last stage.
        kimg: Thousand pictures to see.
        batch: Pictures a step.
        lr: Highest learning rate; it rises for a twentieth of the run, then falls as a cosine.
        weight_decay: Of AdamW.
        ema_kimg: Half-life of the averaged weights, which are the ones that are kept.
        rare: Weight of regions that cover few pixels, as a power of their share; 0 counts pixels.
        seed: Decides the first weights and every draw.
    """

    resolution: int = 128
    width: int = 64
    fine: int = 32
    kimg: float = 12
    batch: int = 16
    lr: float = 4e-3
    weight_decay: float = 0.01
    ema_kimg: float = 0.4
    rare: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        self.network()
        if self.kimg <= 0 or self.batch < 2:
            raise InputError(f"kimg {self.kimg:g} must be above 0 and batch {self.batch} above 1")
        if not 0 <= self.rare <= 1:
            raise InputError(f"rare is {self.rare:g}, but must be from 0 to 1")

    def network(self) -> ParserConfig:
        """The network of this run."""
        from mien.judges.parser import ParserConfig

        return ParserConfig(self.resolution, self.width, self.fine)
