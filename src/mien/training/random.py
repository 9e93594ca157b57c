"""Random numbers that belong to a step: a function of the seed, the images seen and a purpose.

A resumed run therefore equals an unbroken one without any generator's state being saved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mien.training.fitting import step_seed


@dataclass(frozen=True)
class StepRandom:
    """The random numbers of the step of a run's ``seed`` before which ``nimg`` images were seen."""

    seed: int
    nimg: int

    def torch(self, purpose: int) -> torch.Generator:
        """A generator on the CPU for one purpose of this step."""
        return torch.Generator().manual_seed(step_seed(self.seed, self.nimg, purpose))

    def numpy(self, purpose: int) -> np.random.Generator:
        """The same for numpy."""
        return np.random.default_rng(step_seed(self.seed, self.nimg, purpose))
