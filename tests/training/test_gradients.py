"""Every term of a loss moves the networks that it is meant for; a dead term is found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mien.judges.identity import Identity, IdentityConfig
from mien.portraits import warmup
from mien.portraits.autoencoder import WarmupEncoder
from mien.portraits.config import GanConfig
from mien.sketch import step as translation_step
from sketch.test_train import pairs, tiny_config
from training import tiny

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


def test_warm_up() -> None:
    shape = GanConfig(
        resolution=32, z_dim=16, w_dim=16, mapping_layers=2, channel_base=256, channel_max=16
    )
    torch.manual_seed(0)
    G, E = tiny.generator(0), WarmupEncoder(shape.discriminator(), 16)
    tagger = tiny.tagger().eval().requires_grad_(False)
    real = torch.rand(4, 3, 32, 32) * 2 - 1
    drawn = G.synthesis(E(real)[:, None].expand(-1, G.num_ws, -1), "none")
    terms = warmup.reconstruction_terms(tagger, drawn, real)
    networks = {"E": E, "G": G.synthesis}
    found = {(t, n): norm(v, m.parameters()) for t, v in terms.items() for n, m in networks.items()}
    check(found, {"L1": ("E", "G"), "perceptual": ("E", "G")})
    # The tagger's distance is no constant beside L1: its gradient is of the same size.
    assert 0.01 < found["perceptual", "G"] / found["L1", "G"] < 100


TRANSLATION = {
    "autoencoder": {"loss/L1": ("G",), "loss/judge": ("G",), "loss/G": ("G",)},
    "pix2pix": {
        "loss/L1": ("G",),
        "loss/judge": ("G",),
        "loss/G_gan": ("G",),
        "loss/G": ("G",),
        "loss/D": ("D",),
    },
    "cyclegan": {
        "loss/G_gan": ("G",),
        "loss/F_gan": ("F",),
        "loss/cycle": ("G", "F"),
        "loss/identity": ("G", "F"),
        "loss/judge": ("G", "F"),
        "loss/G": ("G", "F"),
    },
}


@pytest.mark.parametrize("judge", ["tagger", "identity"])
@pytest.mark.parametrize("method", TRANSLATION)
def test_translation(method: str, judge: str, norms_of: Callable[..., Norms]) -> None:
    config = tiny_config(method, judge_weight=1.0)
    torch.manual_seed(0)
    network = Identity(IdentityConfig(resolution=32, width=4)) if judge == "identity" else None
    network = (network or tiny.tagger()).eval().requires_grad_(False)
    trainer = translation_step.TRAINERS[method](
        config, pairs(config.resolution), torch.device("cpu"), network
    )
    found = norms_of(translation_step, trainer.step, trainer.networks)
    if method == "cyclegan":  # What is reported of its discriminators is detached.
        found = {key: value for key, value in found.items() if key[0] != "loss/D"}
    check(found, TRANSLATION[method])
