"""An encoder for a generator that came without one: it says of drawn faces what w they were of.

Each step draws latents and their faces; the error of the code is measured in whitened axes, so
that each direction in which codes vary counts alike (Zhu et al. 2016, Sec. 4.1, train a network on
a generator's own pictures in this way). Photographs come in afterwards, by the W+ head
(:mod:`mien.inversion.head_training`).

Axes: n batch, h w pixels, d width of w.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien import images
from mien.errors import InputError
from mien.inversion.encoder import KIND, Inverter
from mien.inversion.guides import whitening
from mien.judges.frozen import FrozenFeatures
from mien.portraits.codes import CodeMoments
from mien.portraits.encoder import Encoder, EncoderConfig
from mien.stylegan2.generator import Generator
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom

Sample = Callable[[Sequence[int], int], Tensor]
"""Numbers of samples and a seed -> w ``[n, d]``; the same in any batch."""

_HELD = 32
_SAMPLES = 6


@dataclass(frozen=True)
class EncoderTraining:
    """The same configuration and seed give the same encoder.

    Args:
        kimg: Thousand faces to draw.
        batch: Faces a step.
        lr: Highest learning rate (AdamW).
        weight_decay: Of AdamW.
        seed: Decides the first weights and every face.
    """

    kimg: float = 20
    batch: int = 8
    lr: float = 5e-4
    weight_decay: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.kimg < float("inf") or self.batch < 2:
            raise InputError(f"kimg is {self.kimg}, batch {self.batch}; above 0 and at least 2")


class EncoderRecipe(AdamWRecipe):
    """The encoder of one generator, whose w ``sample`` draws and ``moments`` describe."""

    name = "the encoder"
    kind = KIND
    longest = 2.0
    network: Encoder

    def __init__(
        self,
        config: EncoderTraining,
        generator: Generator,
        features: FrozenFeatures,
        moments: CodeMoments,
        sample: Sample,
    ) -> None:
        self.sample_w = sample
        device, shape = generator.mapping.w_avg.device, EncoderConfig(generator.config.w_dim)
        super().__init__(config, lambda: Encoder(shape), device)
        mean, root, inverse = whitening(moments)
        self.network.norm.mean.copy_(mean)
        self.network.norm.spread.copy_(root)
        self.whiten = inverse.to(device)
        self.inverter = Inverter(generator, self.network, features)

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Squared error of the codes of faces drawn now."""
        w, face = self._faces(random.nimg, self.config.batch)
        return {"loss": self._error(self._codes(face), w).mean()}

    @torch.no_grad()
    def _faces(self, first: int, count: int) -> tuple[Tensor, Tensor]:
        w = self.sample_w(range(first, first + count), self.config.seed + 1)
        return w, self.inverter.draw(self.inverter.spread_out(w)).clamp(-1, 1)

    def _codes(self, face: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        with torch.no_grad():
            maps = self.inverter.look(face)
        return self.inverter.encode(face, maps)

    def _error(self, said: Tensor, w: Tensor) -> Float[Tensor, " n"]:
        return ((said - w) @ self.whiten).square().mean(dim=1)

    @torch.no_grad()
    def _held(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        self.network.eval()
        w, face = self._faces(2**40, count)
        return w, face, torch.cat([self._codes(one) for one in face.split(1)])

    def measure(self) -> dict[str, float]:
        """Share of the whitened variance of 32 held-out codes that is explained, and their cosine.

        Both are 0 for an encoder that says the mean and 1 for one that is always right.
        """
        w, _, said = self._held(_HELD)
        true, found = ((x - self.network.norm.mean) @ self.whiten for x in (w, said))
        cosine = torch.nn.functional.cosine_similarity(true, found, dim=1)
        explained = 1 - (true - found).square().sum() / true.square().sum()
        return {"held/explained": float(explained), "held/cosine": float(cosine.mean())}

    def sample(self) -> np.ndarray:
        """Held-out faces, and what is drawn of the encoder's codes."""
        _, face, said = self._held(_SAMPLES)
        rows = [face, self.inverter.draw(self.inverter.spread_out(said))]
        return np.concatenate([images.to_uint8(row) for row in rows])
