"""What decides how the W+ head of an inversion is trained; no torch, for the options."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mien.errors import InputError
from mien.training.checks import check_shares


@dataclass(frozen=True)
class HeadTraining:
    """The same configuration and seed give the same head.

    Args:
        kimg: Thousand faces to see.
        batch: Faces a step.
        lr: Highest learning rate (AdamW).
        weight_decay: Of AdamW.
        drawn: Share of faces that the generator draws; the others are photographs.
        passes: How often photo and drawing are compared.
        unlock_kimg: Every so many kimg two more layers part from the others.
        pixels: Weight of the mean difference of pixels.
        features: Weight of the feature distance.
        identity: Weight of 1 - cosine of the identity network, which is not the one that measures.
        offset: Weight of the squared differences of layers from the first one, in spreads of codes.
        width: Channels of the first layer.
        hidden: Width of the last layer but one.
        seed: Decides the first weights and every draw.
    """

    kimg: float = 20
    batch: int = 8
    lr: float = 5e-4
    weight_decay: float = 0.01
    drawn: float = 0.25
    passes: int = 2
    unlock_kimg: float = 1.5
    pixels: float = 1.0
    features: float = 2.0
    identity: float = 0.5
    offset: float = 0.05
    width: int = 32
    hidden: int = 384
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kimg <= 0 or self.batch < 2 or self.unlock_kimg <= 0:
            raise InputError("kimg and unlock_kimg must be above 0, batch 2 or more")
        check_shares(self, "drawn")
        for name in ("pixels", "features", "identity", "offset"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)}, but must be 0 or more")

    def unlocked(self, nimg: int, num_ws: int) -> int:
        """How many layers have a w of their own after ``nimg`` faces: 2, 4, … (e4e, Sec. 4.2)."""
        return min(num_ws, 2 + 2 * int(nimg / 1000 / self.unlock_kimg))
