"""Latents moved until a tagger sees in the drawn face what the sentence says.

Instance-level optimisation (TediGAN, Xia et al. 2021, Eq. 5) with an attribute reader in the place
of a text-image similarity: a few gradient steps in w, of a fixed length. A column is let be as soon
as the tagger is sure enough of it, so that no face is driven on to please the tagger.

Axes: n faces, v values of a column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from mien.attributes import COLUMNS
from mien.errors import InputError
from mien.runtime.devices import one_thread
from mien.text.reader import Reading, expected

_BATCH = 2  # Always so many at a time: another number would round otherwise, and steps grow that.


@dataclass(frozen=True)
class Refinement:
    """How far a face is moved.

    Attributes:
        steps: Gradient steps at most; 0 leaves faces as they are.
        stride: Length of a step as a share of the face's distance from the mean face.
        sure: Probability from which on a column is let be.
        silent: Weight of what is expected though the sentence does not say it, such as no glasses;
            what it says has weight 1.
    """

    steps: int = 32
    stride: float = 0.04
    sure: float = 0.85
    silent: float = 0.6

    def __post_init__(self) -> None:
        if not 0 <= self.steps <= 500:
            raise InputError(f"refine is {self.steps} steps, but must be from 0 to 500")


def shortfall(
    logits: Mapping[str, Tensor], reading: Reading, plan: Refinement
) -> Float[Tensor, " n"]:
    """How far faces are from a sentence: 0 where the tagger is sure of every column.

    The sum over columns of log(sure / p) where the probability p of the wanted value is below
    ``sure``, and of log((1 - p) / sure) where 1 - p of a denied value is. ``logits`` are the
    tagger's, ``[n, v]`` a column.
    """
    face = expected(reading)
    total = next(iter(logits.values())).new_zeros(len(next(iter(logits.values()))))
    floor = torch.tensor(plan.sure).log()
    for column, value in face.items():
        if column in logits:
            place = COLUMNS[column].index(value)
            seen = logits[column].float().log_softmax(dim=1)[:, place]
            weight = 1.0 if column in reading.asserted else plan.silent
            total = total + weight * (floor - seen).clamp(min=0)
    for column, values in reading.denied.items():
        for value in values if column in logits and column not in face else ():
            seen = logits[column].float().softmax(dim=1)[:, COLUMNS[column].index(value)]
            total = total + (floor - torch.log1p(-seen.clamp(max=0.999))).clamp(min=0)
    return total


def refine(
    w: Float[Tensor, "n w_dim"],
    reading: Reading,
    draw: Callable[[Tensor], Tensor],
    tagger: Callable[[Tensor], Mapping[str, Tensor]],
    centre: Float[Tensor, " w_dim"],
    plan: Refinement | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> Float[Tensor, "n w_dim"]:
    """Move latents until the tagger agrees with what was read in a sentence.

    Each face is moved by itself: what it becomes does not depend on the others, nor on the number
    of threads, because steps along gradients enlarge the last bit in which these would differ. On a
    CPU every two faces take one thread, and as many threads work as PyTorch has.

    ``draw`` gives images ``[n, 3, h, w]`` in [-1, 1] of ``w``, differentiable; the judge that
    measures must be another one than ``tagger``. From ``centre``, the mean w, the length of a step
    is counted. ``told`` is told how many faces are done, whenever some are.
    """
    plan = plan or Refinement()

    def move(part: Tensor) -> Tensor:
        full = torch.cat([part, part[-1:].expand(_BATCH - len(part), -1)])
        with one_thread():
            return _refine(full, reading, draw, tagger, centre, plan)[: len(part)]

    def gathered(moved: Iterable[Tensor]) -> Tensor:
        done: list[Tensor] = []
        for part in moved:
            done.append(part)
            told(sum(map(len, done)))
        return torch.cat(done)

    parts, threads = w.split(_BATCH), torch.get_num_threads()
    if w.device.type != "cpu" or threads == 1 or len(parts) == 1:
        return gathered(map(move, parts))
    with one_thread(), ThreadPoolExecutor(threads) as pool:
        return gathered(pool.map(move, parts))


def _refine(
    w: Tensor,
    reading: Reading,
    draw: Callable[[Tensor], Tensor],
    tagger: Callable[[Tensor], Mapping[str, Tensor]],
    centre: Tensor,
    plan: Refinement,
) -> Tensor:
    length = plan.stride * (w - centre).norm(dim=1, keepdim=True)  # [n 1]
    w = w.detach()
    with torch.enable_grad():
        for _ in range(plan.steps):
            w.requires_grad_(True)
            missing = shortfall(tagger(draw(w)), reading, plan)
            if not bool((missing > 0).any()):
                break
            (slope,) = torch.autograd.grad(missing.sum(), w)
            size = slope.norm(dim=1, keepdim=True)
            step = torch.where(size > 0, slope / size.clamp(min=1e-12), 0)
            w = (w - length * step).detach()
    return w.detach()
