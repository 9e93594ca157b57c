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

    The cosine is that of Loshchilov & Hutter 2017, Eq. 5, over the whole run; the line begins at 0
    and would reach 1 after ``warm``. Whichever is lower counts.

    Args:
        share: How much of the run is done, this step included, 0 to 1.
        warm: Share of the run that it rises for, above 0.
    """
    return min(share / warm, 0.5 * (1 + math.cos(math.pi * share)))


def step_seed(*parts: int) -> int:
    """A seed for one purpose of one step, as torch and numpy take it, 0 to 2⁶³ - 1.

    Args:
        parts: Not negative; such as the seed of the run, the images seen so far and a purpose.
    """
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> 1)


def descend(
    loss: Tensor,
    optimizer: torch.optim.Optimizer,
    what: str,
    step: int,
    longest: float | None = None,
) -> None:
    """One step down the gradient of a loss.

    Args:
        loss: A single number.
        optimizer: Of all the weights that learn; their gradients are gone afterwards.
        what: What the loss is called when it is no number, such as "the detector's loss".
        step: Which step of the run this is.
        longest: The gradient is shortened to this norm; ``None`` leaves it as it is.

    Raises:
        TrainingDiverged: The loss is not finite; the weights are as they were.
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
    """One step of an optimiser whose gradients are there, if they are finite.

    Args:
        optimizer: Its gradients are gone afterwards.
        norm: Of the gradients.
        name: Whose they are.
        nimg: Images seen so far.
        stats: The losses of this step, for the message.

    Raises:
        TrainingDiverged: The norm is not finite; the weights are as they were.
    """
    if not torch.isfinite(norm):
        losses_now = ", ".join(f"{k} {float(v.detach()):.4g}" for k, v in stats.items())
        raise TrainingDiverged(
            f"the gradient of {name} is {float(norm)} at {nimg} images "
            f"({losses_now}); the last checkpoint is kept, try a smaller lr or fp32"
        )
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
