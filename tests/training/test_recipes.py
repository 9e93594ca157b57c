"""Every recipe goes on after SIGKILL as if nothing had happened; every loss moves its networks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mien.checkpoints import native
from mien.training import loop, state
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom
from training.recipes import RECIPES, STEPS, cadence


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """What killed runs left behind."""
    folder = tmp_path_factory.mktemp("killed")
    tests = request.config.rootpath / "tests"
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    command = [sys.executable, "-m", "training.recipes", str(folder)]
    ended = subprocess.run(command, env=environment, cwd=tests, check=False, timeout=1800)
    assert ended.returncode == -signal.SIGKILL
    return folder


@pytest.mark.parametrize("name", RECIPES)
def test_a_killed_run_equals_an_unbroken_one(name: str, left: Path, tmp_path: Path) -> None:
    again, whole = RECIPES[name](), RECIPES[name]()
    first, *_ = loop.run(again, left / name, cadence(again))
    batch = again.config.batch
    assert first == {"nimg": batch, "note": f"the run goes on from {batch} images"}
    list(loop.run(whole, tmp_path, cadence(whole)))
    assert again.nimg == whole.nimg == STEPS * batch
    a, b = (native.load(state.checkpoints(f)[-1]).tensors for f in (left / name, tmp_path))
    assert a.keys() == b.keys()
    own = a.keys() - {"random/torch"}  # of the process; no recipe draws from it
    assert not [key for key in own if not torch.equal(a[key], b[key])]


MEANT = {
    "tagger": {"loss": {"network"}},
    "anime-tagger": {"loss": {"network"}},
    "anime-tagger-2": {"loss": {"network"}},
    "identity": {"loss/partner": {"network"}, "loss/prototypes": {"network", "prototypes"}},
    "landmarks": {"loss/points": {"network"}, "loss/face": {"network"}},
    "detector": {"loss/heat": {"network"}, "loss/points": {"network"}},
    "mapper": {"loss": {"network"}},
    "prior": {"loss": {"network"}},
}


@pytest.mark.parametrize("name", MEANT)
def test_every_loss_moves_what_it_is_meant_for(name: str) -> None:
    recipe = RECIPES[name]()
    assert isinstance(recipe, AdamWRecipe)
    recipe.network.train()
    terms = {k: v for k, v in recipe.losses(StepRandom(0, 0)).items() if k.startswith("loss")}
    assert terms.keys() == MEANT[name].keys()
    for term, value in terms.items():
        moved = set()
        for module, network in recipe.modules().items():
            weights = [p for p in network.parameters() if p.requires_grad]
            if weights:
                grads = torch.autograd.grad(value, weights, retain_graph=True, allow_unused=True)
                if sum(float(g.abs().sum()) for g in grads if g is not None) > 0:
                    moved.add(module)
        assert moved == MEANT[name][term], term


@pytest.mark.parametrize("name", MEANT)
def test_a_step_moves_every_network(name: str) -> None:
    recipe = RECIPES[name]()
    before = {k: [p.clone() for p in m.parameters()] for k, m in recipe.modules().items()}
    recipe.step(StepRandom(0, 0))
    for module, network in recipe.modules().items():
        pairs = zip(before[module], network.parameters(), strict=True)
        assert any(not torch.equal(a, b) for a, b in pairs), module
