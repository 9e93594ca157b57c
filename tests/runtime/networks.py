"""Small networks to bring into other forms."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mien.stylegan2.generator import Generator, GeneratorConfig


class Plain(nn.Module):
    """One convolution and a table that is no parameter; says nothing of precision or layout."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.register_buffer("offset", torch.linspace(-1, 1, width)[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return (self.conv(x) + self.offset).tanh()


class Two(nn.Module):
    """Two inputs, two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        return self.linear(a) + b, a * b


def plain(seed: int = 0) -> Plain:
    """A network with known weights."""
    torch.manual_seed(seed)
    return Plain().eval().requires_grad_(False)


def small_generator(resolution: int = 32) -> Generator:
    """A StyleGAN2 generator, untrained."""
    torch.manual_seed(0)
    config = GeneratorConfig(resolution, 16, 16, channel_base=256, channel_max=16, mapping_layers=2)
    return Generator(config).eval().requires_grad_(False)
