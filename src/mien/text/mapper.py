"""Sentence embedding to latent by an MLP (Ayanthi & Munasinghe 2022).

The blocks are residual with layer norm, unlike the paper's, and a noise input can be added, because
a plain MLP gives one face a sentence.

Legend: n sentences, e = embedding_dim, z = z_dim, d = w_dim.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError
from mien.text.whitening import Whitening


@dataclass(frozen=True)
class MapperConfig:
    """Sizes of a :class:`Mapper`: ``embedding_dim`` is 384 for MiniLM, ``z_dim`` 0 for no noise."""

    embedding_dim: int = 384
    w_dim: int = 512
    z_dim: int = 0
    hidden: int = 512
    blocks: int = 3
    dropout: float = 0.1

    def __post_init__(self) -> None:
        for name in ("embedding_dim", "w_dim", "hidden", "blocks"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.z_dim < 0:
            raise InputError(f"z_dim is {self.z_dim}; it must be 0 or more")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout is {self.dropout}; it must lie in [0, 1)")


class _Block(nn.Module):
    """h + MLP(norm(h)), the identity at the start."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.drop = nn.Dropout(dropout)
        self.down = nn.Linear(2 * width, width)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, h: Tensor) -> Tensor:
        return h + self.down(self.drop(nn.functional.gelu(self.up(self.norm(h)))))


class Mapper(nn.Module):
    """Embedding [and noise] -> w.

    Call ``mapper.whitening.fit(w)`` on sampled latents before training: the network predicts
    whitened coordinates, and an untrained mapper gives the mean face.
    """

    def __init__(self, config: MapperConfig) -> None:
        super().__init__()
        self.config = config
        self.whitening = Whitening(config.w_dim)
        self.input = nn.Linear(config.embedding_dim + config.z_dim, config.hidden)
        self.blocks = nn.ModuleList(
            _Block(config.hidden, config.dropout) for _ in range(config.blocks)
        )
        self.norm = nn.LayerNorm(config.hidden)
        self.output = nn.Linear(config.hidden, config.w_dim)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def whitened(
        self, embedding: Float[Tensor, "n e"], z: Float[Tensor, "n z"] | None = None
    ) -> Float[Tensor, "n d"]:
        """The prediction in whitened coordinates, which is what the loss compares.

        Embeddings are of length 1; ``z`` is standard normal noise, ``None`` zeros.
        """
        # Components of a unit vector are small; bring them to unit variance.
        h = embedding * self.config.embedding_dim**0.5
        if self.config.z_dim:
            noise = embedding.new_zeros(len(embedding), self.config.z_dim) if z is None else z
            h = torch.cat([h, noise], dim=1)
        h = self.input(h)
        for block in self.blocks:
            h = block(h)
        return self.output(self.norm(h))

    def forward(
        self, embedding: Float[Tensor, "n e"], z: Float[Tensor, "n z"] | None = None
    ) -> Float[Tensor, "n d"]:
        """Embeddings to latents.

        Args:
            embedding: Unit sentence embeddings.
            z: Standard normal noise if the configuration has a ``z_dim``; ``None`` is zeros.
        """
        return self.whitening.inverse(self.whitened(embedding, z))
