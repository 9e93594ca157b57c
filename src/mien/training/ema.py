"""The moving average of a network's weights, which is what is drawn with and shipped."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def update(average: nn.Module, network: nn.Module, batch: int, halflife_kimg: float) -> None:
    """Move an average one step of ``batch`` images towards a network; buffers are copied.

    After ``halflife_kimg`` thousand images half of the old average is left.
    """
    beta = 0.5 ** (batch / max(halflife_kimg * 1000, 1e-8))
    ours = [p.data for p in average.parameters()]
    theirs = [p.data for p in network.parameters()]
    for mine, other in zip(ours, theirs, strict=True):
        mine.lerp_(other, 1 - beta)
    for mine, other in zip(average.buffers(), network.buffers(), strict=True):
        mine.copy_(other)
