"""The random numbers of a step of StyleGAN2: drawn for the whole batch, then cut to our share.

So many processes equal one, and a resumed run an unbroken one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.attributes import COLUMNS, LABELS, column_slice
from mien.portraits.config import GanConfig
from mien.stylegan2 import augment as ada
from mien.stylegan2.generator import Generator, Noise, mix_styles
from mien.training.processes import Share
from mien.training.random import StepRandom


class Draws:
    """The random numbers of one step; ``share`` says which pictures of a batch are ours."""

    def __init__(
        self, config: GanConfig, share: Share, random: StepRandom, device: torch.device
    ) -> None:
        self.config, self.share, self.device = config, share, device
        self.source, self.rng = random.torch, random.numpy

    def latents(self, G: Generator, labels: Tensor | None, purpose: int, batch: int) -> Latents:
        """Latents, crossover layers and noise for a batch, our share of them."""
        source, rows = self.source(purpose), self.share.rows(batch)
        z = torch.randn(2, batch, self.config.z_dim, generator=source)[:, rows]
        crossover = torch.randint(1, G.num_ws, (batch,), generator=source)
        mixed = torch.rand(batch, generator=source) < self.config.mixing
        crossover = torch.where(mixed, crossover, G.num_ws)[rows]
        noise: Noise = "none"
        if self.config.noise:
            noise = [part[rows].to(self.device) for part in G.synthesis.draw_noise(batch, source)]
        return Latents(z.to(self.device), crossover.to(self.device), noise, labels)

    def augmentation(self, purpose: int) -> ada.Draws:
        """Our share of the augmentation's random numbers."""
        return ada.draw(self.config.batch, self.source(purpose)).select(self.share.rows())


@dataclass(frozen=True)
class Latents:
    """What a generator needs for a batch: z ``[2, n, z_dim]``, crossover, noise, labels."""

    z: Tensor
    crossover: Tensor
    noise: Noise
    labels: Tensor | None

    def ws(self, G: Generator) -> tuple[Tensor, Tensor]:
        """Mixed ws ``[n, num_ws, w_dim]`` and the unmixed w ``[n, w_dim]``."""
        first, second = G.mapping(self.z[0], self.labels), G.mapping(self.z[1], self.labels)
        count = G.num_ws
        a, b = (w[:, None].expand(-1, count, -1) for w in (first, second))
        return mix_styles(a, b, self.crossover), first


def drop_columns(labels: np.ndarray, config: GanConfig, rng: np.random.Generator) -> np.ndarray:
    """Label vectors ``[n, len(LABELS)]`` with whole columns left open, as a sentence does.

    A copy; class labels, which are no attributes, stay as they are.
    """
    n = len(labels)
    if labels.shape[1] != len(LABELS):
        return labels
    keep_p = rng.uniform(config.label_keep, 1, [n, 1]) * (rng.random([n, 1]) >= config.label_empty)
    keep = rng.random([n, len(COLUMNS)]) < keep_p
    labels = labels.copy()
    for i, column in enumerate(COLUMNS):
        labels[:, column_slice(column)] *= keep[:, i : i + 1]
    return labels
