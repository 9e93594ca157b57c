"""The networks of a StyleGAN2 run with their optimisers, as they are at its start."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from mien.judges.critics import Critics
from mien.judges.frozen import CHANNELS, SIDES
from mien.portraits.config import GanConfig
from mien.stylegan2.discriminator import Discriminator
from mien.stylegan2.generator import Generator


@dataclass
class Networks:
    """The networks of a run and their optimisers; critics and theirs if asked for."""

    G: Generator
    D: Discriminator
    ema: Generator
    g_opt: torch.optim.Adam
    d_opt: torch.optim.Adam
    critics: Critics | None = None
    c_opt: torch.optim.Adam | None = None

    def modules(self) -> dict[str, nn.Module]:
        """Name -> network, as a checkpoint stores them."""
        found: dict[str, nn.Module] = {"G": self.G, "D": self.D, "G_ema": self.ema}
        return found if self.critics is None else {**found, "C": self.critics}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Name -> optimiser."""
        found: dict[str, torch.optim.Optimizer] = {"g_opt": self.g_opt, "d_opt": self.d_opt}
        return found if self.c_opt is None else {**found, "c_opt": self.c_opt}


def build(config: GanConfig, device: torch.device | str = "cpu") -> Networks:
    """The networks at the start of a run, from its seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        G, D = Generator(config.generator()), Discriminator(config.discriminator())
        critics = Critics(CHANNELS, SIDES).to(device) if config.critic else None
    ema = copy.deepcopy(G).eval().requires_grad_(False)
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    for network in (G.synthesis, D, ema.synthesis):
        network.dtype = dtype
    for network in (G, D, ema):
        network.to(device)
    # A regulariser that runs every k steps counts as a step of its own (Karras et al. 2020, B).
    g_ratio = config.pl_interval / (config.pl_interval + 1) if config.pl_weight else 1
    d_ratio = config.r1_interval / (config.r1_interval + 1)
    g_lr = config.lr if config.g_lr is None else config.g_lr
    g_opt, d_opt = _adam(G.parameters(), g_lr, g_ratio), _adam(D.parameters(), config.lr, d_ratio)
    c_opt = None if critics is None else _adam(critics.learned, config.critic_lr, 1)
    return Networks(G, D, ema, g_opt, d_opt, critics, c_opt)


def _adam(weights: Iterable[nn.Parameter], lr: float, ratio: float) -> torch.optim.Adam:
    return torch.optim.Adam(weights, lr=lr * ratio, betas=(0.0, 0.99**ratio), eps=1e-8)
