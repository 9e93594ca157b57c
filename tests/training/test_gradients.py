"""Every term of a loss moves the networks that it is meant for; a dead term is found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mien.portraits import train as gan_train
from mien.training.random import StepRandom
from training.recipes import gan

Norms = dict[tuple[str, str], float]
"""Term and network -> norm of the gradient."""


def norm(term: Tensor, parameters: Iterable[nn.Parameter]) -> float:
    wanted = [p for p in parameters if p.requires_grad]
    if not wanted or not term.requires_grad:
        return 0.0
    grads = torch.autograd.grad(term, wanted, retain_graph=True, allow_unused=True)
    found = [g.norm() for g in grads if g is not None]
    return float(torch.stack(found).norm()) if found else 0.0


@pytest.fixture
def norms_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Norms]:
    """Runs steps without updating anything, and gives the gradient of each term at its update."""
    backward = torch.Tensor.backward

    def keep_graph(self: Tensor, *args: Any, **more: Any) -> None:
        backward(self, *args, **{**more, "retain_graph": True})

    def run(module: Any, step: Callable[[], Any], networks: dict[str, nn.Module]) -> Norms:
        found: Norms = {}

        def look(optimizer: torch.optim.Optimizer, *_: Any) -> None:
            stats = _[-1]
            own = {id(p) for group in optimizer.param_groups for p in group["params"]}
            for term, value in stats.items():
                for name, network in networks.items():
                    updated = [p for p in network.parameters() if id(p) in own]
                    if updated:
                        size = norm(value, updated)
                        found[term, name] = max(found.get((term, name), 0.0), size)
            optimizer.zero_grad(set_to_none=True)

        monkeypatch.setattr(torch.Tensor, "backward", keep_graph)
        monkeypatch.setattr(module, "update", look)
        step()
        return found

    return run


def check(found: Norms, meant: dict[str, tuple[str, ...]]) -> None:
    """Every term is known, and moves what it is meant for."""
    assert {term for term, _ in found} == set(meant)
    dead = [(t, n) for t, names in meant.items() for n in names if not found[t, n] > 0]
    assert not dead
    assert all(np.isfinite(value) for value in found.values())


GAN = {
    "loss/G": ("G",),
    "loss/fooling": ("G",),
    "loss/tags": ("G",),
    "loss/path_length": ("G",),
    "loss/D": ("D",),
    "loss/critics": ("C",),
    "loss/R1": ("D",),
}


def test_gan(norms_of: Callable[..., Norms]) -> None:
    recipe = gan(critic=1.0, tagger_weight=1.0)
    found = norms_of(gan_train, lambda: recipe.step(StepRandom(3, 0)), recipe.nets.modules())
    check(found, GAN)
