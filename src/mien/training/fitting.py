"""What recipes share: the learning rate, seeds of a step, and steps that refuse bad numbers.

A run whose loss or gradient is not finite ends with :class:`~mien.errors.TrainingDiverged`, before
it spoils the weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from mien.errors import TrainingDiverged


def warm_cosine(share: float, warm: float) -> float:
    """Factor of the highest learning rate: up a straight line, then down a cosine to 0.

    The cosine is that of Loshchilov & Hutter 2017, Eq. 5, over the whole run, of which ``share`` is
    done, this step included; the line begins at 0 and would reach 1 after the share ``warm``.
    Whichever is lower counts.
    """
    return min(share / warm, 0.5 * (1 + math.cos(math.pi * share)))


def step_seed(*parts: int) -> int:
    """A seed, 0 to 2⁶³ - 1, for one purpose of one step, from numbers that are not negative."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> 1)


def descend(
    loss: Tensor,
    optimizer: torch.optim.Optimizer,
    what: str,
    step: int,
    longest: float | None = None,
) -> None:
    """One step down the gradient of a loss.

    ``what`` is what it is called when it is no number, "the detector's loss" say; the gradient is
    shortened to the norm ``longest``. TrainingDiverged: the loss is not finite; the weights are as
    they were.
    """
    if not torch.isfinite(loss):
        raise TrainingDiverged(f"{what} is {float(loss.detach())} at step {step}")
    loss.backward()
    if longest is not None:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        nn.utils.clip_grad_norm_(weights, longest)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def update(
    optimizer: torch.optim.Optimizer,
    norm: Tensor,
    name: str,
    nimg: int,
    stats: Mapping[str, Tensor],
) -> None:
    """One step of an optimiser whose gradients, of this ``norm``, are there; they are gone then.

    ``name`` says whose they are, ``stats`` the losses of the step, for the message.
    TrainingDiverged: the norm is not finite; the weights are as they were.
    """
    if not torch.isfinite(norm):
        losses_now = ", ".join(f"{k} {float(v.detach()):.4g}" for k, v in stats.items())
        raise TrainingDiverged(
            f"the gradient of {name} is {float(norm)} at {nimg} images "
            f"({losses_now}); the last checkpoint is kept, try a smaller lr or fp32"
        )
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
