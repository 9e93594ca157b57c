"""Steps from the encoder's code towards one photo, and a generator tuned for it.

Instance-level optimisation (TediGAN, Xia et al. 2021, Eq. 5; in-domain inversion, Zhu et al. 2020,
Eq. 4): Adam over one w a layer, started at the encoder's code, on

    |x - G(w)|  +  2 F(x, G(w))  +  λ ‖w - E(G(w))‖²  +  μ ‖w - w₀‖²

with F the feature distance. We take the L1 norm of pixels, which blurs less than the papers'
squares, and measure distances of codes in the spread of codes, so that λ and μ mean the same for
every generator. The in-domain term needs a second frozen network and the encoder; to save time it
is computed in every ``every``-th step only, with the same weight.

Tuning (pivotal tuning, Roich et al. 2022) holds the code and moves the generator's weights.

Every photo is moved by itself in one thread: the result is the same in any batch and on any number
of processors of one kind.

Axes: n batch (always 1), h w pixels.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError, TrainingDiverged
from mien.inversion.encoder import Inverter
from mien.judges.frozen import Maps
from mien.judges.losses import feature_distance
from mien.runtime.devices import one_thread
from mien.stylegan2.generator import Generator

MOST_STEPS = 5000


@dataclass(frozen=True)
class Optimisation:
    """What a photo is approached with.

    Args:
        steps: Of the code; 0 leaves it as it is.
        tune_steps: Of the generator's weights, for :func:`tune`.
        rate: Adam's longest step, in spreads of codes; it rises over the first tenth of the steps
            and falls to 0 over the last half.
        tune_rate: Adam's step for weights.
        pixels: Weight of the mean difference of pixels, in [-1, 1].
        features: Weight of the feature distance.
        domain: λ, of the squared distance from what the encoder says of the drawn face.
        every: In every so manieth step the in-domain term is computed.
        pull: μ, of the squared distance from the first code.
    """

    steps: int = 100
    tune_steps: int = 60
    rate: float = 0.03
    tune_rate: float = 1e-3
    pixels: float = 1.0
    features: float = 2.0
    domain: float = 2.0
    every: int = 2
    pull: float = 0.05

    def __post_init__(self) -> None:
        for name in ("steps", "tune_steps"):
            if not 0 <= getattr(self, name) <= MOST_STEPS:
                value = getattr(self, name)
                raise InputError(f"{name} is {value}, but must be from 0 to {MOST_STEPS}")
        if self.every < 1:
            raise InputError(f"every is {self.every}, and must be 1 or more")
        for name in ("rate", "tune_rate", "pixels", "features", "domain", "pull"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)}, but must be 0 or more")

    def rate_at(self, step: int) -> float:
        """Share of the longest step that step ``step`` (from 0) takes, above 0 to 1."""
        done = (step + 0.5) / max(self.steps, 1)
        rise = min(done / 0.1, 1.0)
        fall = min((1 - done) / 0.5, 1.0)
        return rise * (0.5 - 0.5 * math.cos(math.pi * fall))


@dataclass(frozen=True)
class Step:
    """Where an optimisation stands: step ``number`` (0 is the start) of so many.

    ``losses`` are the terms before this step, unweighted; ``ws`` is the code now, ``generator``
    what draws it now, since tuning has its own.
    """

    number: int
    of: int
    losses: Mapping[str, float]
    ws: Float[Tensor, "1 num_ws w_dim"]
    generator: Generator


def terms(
    inverter: Inverter,
    photo: Float[Tensor, "1 3 h w"],
    seen: Maps,
    ws: Float[Tensor, "1 num_ws w_dim"],
    start: Float[Tensor, "1 num_ws w_dim"],
    domain: bool = True,
) -> dict[str, Float[Tensor, ""]]:
    """The terms of the sum, unweighted; each differentiable to ``ws``.

    ``photo`` is in [-1, 1], of the generator's size, ``seen`` its features, Inception's at least;
    ``start`` the code that ``ws`` started from. ``domain``: whether the in-domain term is wanted.
    """
    drawn = inverter.generator.synthesis(ws)
    maps = inverter.look(drawn, deep=domain)
    found = {
        "pixels": (drawn - photo).abs().mean(),
        "features": feature_distance(maps[0], seen[0]).mean(),
        "pull": (ws - start).square().mean() / inverter.spread**2,
    }
    if domain:
        again = inverter.encode(drawn, maps)[:, None]
        found["domain"] = (ws - again).square().mean() / inverter.spread**2
    return found


def optimise(
    inverter: Inverter,
    photo: Float[Tensor, "1 3 h w"],
    start: Float[Tensor, "1 num_ws w_dim"],
    plan: Optimisation | None = None,
) -> Iterator[Step]:
    """Move a code from ``start``, as :meth:`Inverter.codes` gives it, towards a photo.

    The photo is one face cut as FFHQ's, in [-1, 1], of the generator's size. Yields the start, then
    every step; the last holds the result. TrainingDiverged: a loss is not finite.
    """
    plan = plan or Optimisation()
    seen = _seen(inverter, photo)
    ws = start.detach().clone().requires_grad_(True)
    adam = torch.optim.Adam([ws], lr=plan.rate * inverter.spread, betas=(0.9, 0.99))
    weights = {name: getattr(plan, name) for name in ("pixels", "features", "domain", "pull")}
    yield Step(0, plan.steps, {}, start.detach(), inverter.generator)
    for number in range(plan.steps):
        adam.param_groups[0]["lr"] = plan.rate * inverter.spread * plan.rate_at(number)
        with one_thread(), torch.enable_grad():
            found = terms(inverter, photo, seen, ws, start, number % plan.every == 0)
            losses = _descend(adam, found, weights, [ws], number)
        yield Step(number + 1, plan.steps, losses, ws.detach().clone(), inverter.generator)


def tune(
    inverter: Inverter,
    photo: Float[Tensor, "1 3 h w"],
    ws: Float[Tensor, "1 num_ws w_dim"],
    plan: Optimisation | None = None,
) -> Iterator[Step]:
    """Move a copy of the generator so that it draws one photo from its code.

    The weights of the convolutions, their biases and the RGB branches move; the affine maps of the
    styles stay, and with them what directions mean. The inverter's own generator is not touched.
    Yields and errors as :func:`optimise`; each step has the same ``generator``, the copy.
    """
    plan = plan or Optimisation()
    seen = _seen(inverter, photo)
    G = copy.deepcopy(inverter.generator).requires_grad_(False)
    fixed = {id(p) for affine in G.synthesis.affines for p in affine.parameters()}
    moved = [p for p in G.synthesis.parameters() if id(p) not in fixed]
    adam = torch.optim.Adam(moved, lr=plan.tune_rate, betas=(0.9, 0.99))
    weights = {"pixels": plan.pixels, "features": plan.features}
    ws = ws.detach()
    yield Step(0, plan.tune_steps, {}, ws, G)
    for number in range(plan.tune_steps):
        for weight in moved:
            weight.requires_grad_(True)
        with one_thread(), torch.enable_grad():
            drawn = G.synthesis(ws)
            found = {
                "pixels": (drawn - photo).abs().mean(),
                "features": feature_distance(inverter.look(drawn, deep=False)[0], seen[0]).mean(),
            }
            losses = _descend(adam, found, weights, moved, number)
        for weight in moved:  # Whoever draws with it between two steps needs no graph.
            weight.requires_grad_(False)
        yield Step(number + 1, plan.tune_steps, losses, ws, G)


def _seen(inverter: Inverter, photo: Tensor) -> Maps:
    with torch.no_grad(), one_thread():
        return inverter.look(photo, deep=False)


def _descend(
    adam: torch.optim.Adam,
    found: Mapping[str, Tensor],
    weights: Mapping[str, float],
    moved: Sequence[Tensor],
    number: int,
) -> dict[str, float]:
    """One step of Adam on the weighted sum; what the terms were before it."""
    loss = torch.stack([weights[name] * value for name, value in found.items()]).sum()
    if not bool(loss.isfinite()):
        raise TrainingDiverged(
            f"inversion: the loss of step {number + 1} is {float(loss.detach())}"
        )
    slopes = torch.autograd.grad(loss, moved, allow_unused=True)
    for part, slope in zip(moved, slopes, strict=True):
        part.grad = slope
    adam.step()
    return {name: float(value.detach()) for name, value in found.items()}
