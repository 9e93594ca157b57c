"""A conditional flow from noise to latents, given a sentence: many different faces for one text.

clip2latent (Pinkney & Li 2022) trains a diffusion prior over w given an embedding. Here it is a
rectified flow (Liu et al. 2023; flow matching, Lipman et al. 2023): a velocity field v(x, t | c)
that carries noise at t = 0 along straight lines to whitened w at t = 1. With the condition left out
now and then while training, the field can be guided (Ho & Salimans 2022).

Legend: n samples, e = embedding_dim, d = w_dim, h = hidden.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from mien.errors import InputError
from mien.text.whitening import Whitening

_TIME_FEATURES = 64
_HIGHEST_FREQUENCY = 1000.0


@dataclass(frozen=True)
class PriorConfig:
    """Sizes of a :class:`Prior`; ``embedding_dim`` is 384 for MiniLM."""

    embedding_dim: int = 384
    w_dim: int = 512
    hidden: int = 512
    blocks: int = 4
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("embedding_dim", "w_dim", "hidden", "blocks"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout is {self.dropout}; it must lie in [0, 1)")


def time_features(time: Float[Tensor, " n"], count: int = _TIME_FEATURES) -> Float[Tensor, "n f"]:
    """Cosines and sines of a time in [0, 1] at ``count`` / 2 frequencies up to 1000."""
    exponent = torch.arange(count // 2, device=time.device, dtype=time.dtype) / (count // 2 - 1)
    angles = time[:, None] * torch.exp(exponent * math.log(_HIGHEST_FREQUENCY))
    return torch.cat([angles.cos(), angles.sin()], dim=1)


class _Block(nn.Module):
    """Residual MLP modulated by the condition (adaLN-Zero, Peebles & Xie 2023)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation = nn.Linear(width, 3 * width)
        self.up = nn.Linear(width, 2 * width)
        self.drop = nn.Dropout(dropout)
        self.down = nn.Linear(2 * width, width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, h: Tensor, condition: Tensor) -> Tensor:
        shift, scale, gate = self.modulation(condition).chunk(3, dim=1)
        inner = self.norm(h) * (1 + scale) + shift
        return h + gate * self.down(self.drop(nn.functional.silu(self.up(inner))))


class Prior(nn.Module):
    """Velocity field over whitened latents, and its sampler.

    Call ``prior.whitening.fit(w)`` on sampled latents before training.
    """

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.config = config
        width = config.hidden
        self.whitening = Whitening(config.w_dim)
        self.input = nn.Linear(config.w_dim, width)
        self.time = nn.Sequential(
            nn.Linear(_TIME_FEATURES, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.text = nn.Sequential(
            nn.Linear(config.embedding_dim, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.nothing = nn.Parameter(torch.zeros(width))  # stands for no sentence
        self.blocks = nn.ModuleList(_Block(width, config.dropout) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, config.w_dim)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(
        self,
        x: Float[Tensor, "n d"],
        time: Float[Tensor, " n"],
        embedding: Float[Tensor, "n e"],
        keep: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n d"]:
        """Velocity dx/dt at ``x``, whitened coordinates on the way from noise (time 0) to data (1).

        Where ``keep`` is false the unit sentence embedding is replaced by *no sentence*.
        """
        # Condition: components of a unit vector are small; bring them to unit variance.
        text = self.text(embedding * self.config.embedding_dim**0.5)
        if keep is not None:
            text = torch.where(keep[:, None], text, self.nothing)
        condition = nn.functional.silu(text + self.time(time_features(time)))
        # Velocity.
        h = self.input(x)
        for block in self.blocks:
            h = block(h, condition)
        return self.output(self.norm(h))

    @torch.no_grad()
    def sample(
        self,
        embedding: Float[Tensor, "n e"],
        noise: Float[Tensor, "n d"],
        guidance: float = 2.0,
        steps: int = 24,
    ) -> Float[Tensor, "n d"]:
        """Latents for sentences, one each; the noise alone decides which of the many.

        ``guidance`` 0 ignores the sentence, 1 takes the field as it was learnt, more exaggerates
        the difference (Ho & Salimans 2022, Eq. 6 with 1 + w = guidance); below 0 is an InputError.
        ``steps`` are Euler's, of equal length.
        """
        if not (math.isfinite(guidance) and guidance >= 0):
            raise InputError(f"guidance is {guidance}; it must be 0 or more")
        if steps < 1:
            raise InputError(f"steps is {steps}; it must be at least 1")
        x, n = noise, len(noise)
        keep = torch.arange(2 * n, device=noise.device) < n
        both = torch.cat([embedding, embedding])
        training = self.training
        self.eval()
        for i in range(steps):
            time = x.new_full((2 * n,), i / steps)
            told, untold = self(torch.cat([x, x]), time, both, keep).chunk(2)
            x = x + (untold + guidance * (told - untold)) / steps
        self.train(training)
        return self.whitening.inverse(x)
