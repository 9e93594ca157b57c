"""What decides the training of the ways from a sentence to a latent."""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import InputError
from mien.training.checks import check_run, check_shares


@dataclass(frozen=True)
class TextTraining:
    """The same configuration, generator, data and seed give the same networks.

    Args:
        samples: Latents to sample.
        captions: Sentences of the grammar for each.
        written: Latents for each written sentence of the training part.
        confidence: How sure the tagger must be of what a sentence may say.
        steps: Of the mapper and of the prior.
        batch: Pairs a step.
        lr: Highest learning rate of both.
        weight_decay: Of AdamW.
        prior_width: Hidden width of the prior.
        unsaid: Share of the pairs whose sentence the prior does not see, for guidance.
        precision: ``fp32`` or ``bf16``.
        seed: Decides every sample and the first weights.
    """

    samples: int = 12_000
    captions: int = 2
    written: int = 4
    confidence: float = 0.6
    steps: int = 4_000
    batch: int = 256
    lr: float = 1e-3
    weight_decay: float = 0.01
    prior_width: int = 256
    unsaid: float = 0.1
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("samples", "captions", "steps", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, but must be at least 1")
        check_run(self)
        check_shares(self, "confidence", "unsaid")

    @property
    def kimg(self) -> float:
        """Thousand pairs to see."""
        return self.steps * self.batch / 1000
