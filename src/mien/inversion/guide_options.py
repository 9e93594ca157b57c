"""What decides how an encoder of sketches or label maps is trained; no torch, for the options."""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import InputError


@dataclass(frozen=True)
class GuideTraining:
    """The same configuration and seed give the same encoder.

    Args:
        faces: Faces that the generator draws to learn from.
        kimg: Thousand sketches or maps to see.
        batch: Of them a step.
        lr: Highest learning rate (AdamW).
        weight_decay: Of AdamW.
        renew: Rounds through all faces, after which each is drawn with another pencil.
        width: Channels of the first layer.
        hidden: Width of the last layer but one.
        seed: Decides the first weights and every draw.
    """

    faces: int = 6000
    kimg: float = 150
    batch: int = 32
    lr: float = 2e-3
    weight_decay: float = 0.02
    renew: int = 4
    width: int = 32
    hidden: int = 512
    seed: int = 0

    def __post_init__(self) -> None:
        if self.faces < 0 or self.kimg <= 0:
            raise InputError(f"faces {self.faces} must be 0 or more, kimg {self.kimg:g} above 0")
        if self.batch < 2 or self.renew < 1:
            raise InputError(f"batch {self.batch} must be 2 or more, renew {self.renew} 1 or more")
        if self.width < 4 or self.width % 4:
            raise InputError(f"width {self.width} is no multiple of 4")
