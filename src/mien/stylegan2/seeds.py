"""Seeds: seed i gives latent i, whatever the batch, the engine or the number of threads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError

LARGEST_SEED = 2**32 - 1


def seed_latents(seeds: Sequence[int], dim: int) -> Float[Tensor, "n dim"]:
    """Standard normal latents, row i from ``numpy.random.RandomState(seeds[i])``.

    This is the convention of the field, so a seed, 0 to 2³² - 1, gives the same z as in other
    tools.
    """
    bad = [seed for seed in seeds if not 0 <= seed <= LARGEST_SEED]
    if bad:
        raise InputError(f"seed {bad[0]} is not from 0 to {LARGEST_SEED}")
    rows = [np.random.RandomState(seed).randn(1, dim) for seed in seeds]
    return torch.from_numpy(np.concatenate(rows)).float() if rows else torch.zeros(0, dim)
