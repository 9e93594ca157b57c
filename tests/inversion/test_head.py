"""The W+ head: passes, layers that part one after another, losses that move it, and its use."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
import torch
from torch.nn import functional

from inversion import toys
from mien.checkpoints import native
from mien.errors import ConfigMismatch, InputError
from mien.hub import loading
from mien.inversion import encoder as encoding
from mien.inversion.encoder import Inverter
from mien.inversion.guide_training import Pairs
from mien.inversion.head import KIND, HeadConfig, WPlusHead
from mien.inversion.head_options import HeadTraining
from mien.inversion.head_training import HeadRecipe, terms
from mien.judges.frozen import FrozenFeatures
from mien.portraits.codes import CodeMoments
from mien.studio import Studio
from mien.training import loop
from mien.training.random import StepRandom


class QuickInverter(Inverter):
    """Features that cost nothing: the picture itself, small."""

    def look(self, image, deep=True):
        small = functional.avg_pool2d(image, 8)
        return [[small, small[:, :2], small], *([[small]] if deep else [])]

    def encode(self, image, maps):
        return functional.adaptive_avg_pool2d(image.mean(dim=1, keepdim=True), 4).flatten(1)


class NoFeatures(FrozenFeatures):
    """Nothing is asked of it."""

    def __init__(self):
        torch.nn.Module.__init__(self)


@pytest.fixture(scope="module")
def inverter() -> QuickInverter:
    return QuickInverter(toys.make_generator(), toys.make_encoder(), NoFeatures())


def photos(count: int = 40) -> Pairs:
    rng = np.random.default_rng(0)
    pictures = np.stack([toys.photo(seed) for seed in range(count)])
    return Pairs(pictures, rng.normal(size=(count, 16)).astype(np.float32))


def small_head(num_ws: int, passes: int = 2) -> WPlusHead:
    torch.manual_seed(0)
    head = WPlusHead(HeadConfig(num_ws, 16, width=4, hidden=8, passes=passes))
    torch.nn.init.normal_(head.offsets.weight)
    return head


def test_untrained_it_changes_nothing():
    head = WPlusHead(HeadConfig(4, 16, width=4, hidden=8))
    x, ws = torch.randn(1, 3, 32, 32), torch.randn(1, 4, 16)
    assert all(torch.equal(one, ws) for one in head.refine(x, ws, lambda ws: x))


def test_layers_part_one_group_after_the_other():
    head, x = small_head(6), torch.randn(1, 3, 64, 64)
    ws = torch.zeros(1, 6, 16)
    for unlocked in (1, 2, 4):
        made = head.refine(x, ws, lambda ws: x, unlocked)[-1]
        assert torch.equal(
            made[:, unlocked - 1 :], made[:, unlocked - 1 :][:, :1].expand(-1, 7 - unlocked, -1)
        )
        assert unlocked == 1 or not torch.equal(made[:, 0], made[:, unlocked - 1])
    config = HeadTraining(unlock_kimg=2)
    assert [config.unlocked(n, 6) for n in (0, 1999, 2000, 9000)] == [2, 2, 4, 6]


def test_passes_look_at_what_was_drawn():
    head, seen = small_head(2, passes=3), []

    def draw(ws):
        seen.append(ws)
        return ws.mean(dim=(1, 2))[:, None, None, None].expand(-1, 3, 64, 64)

    found = head.refine(torch.zeros(1, 3, 64, 64), torch.zeros(1, 2, 16), draw)
    assert len(found) == len(seen) == 3
    assert torch.equal(seen[1], found[0])
    assert not torch.equal(found[1], found[2])


@pytest.mark.parametrize("name", ["pixels", "features", "identity", "offset"])
def test_each_loss_moves_it(inverter, name):
    weights = dict.fromkeys(("pixels", "features", "identity", "offset"), 0.0) | {name: 1.0}
    config = HeadTraining(
        kimg=1, batch=4, drawn=0, unlock_kimg=0.001, lr=3e-3, width=4, hidden=8, **weights
    )
    recipe = HeadRecipe(
        config, inverter, photos(), embed=lambda x: functional.avg_pool2d(x, 16).flatten(1)
    )
    torch.nn.init.normal_(recipe.network.offsets.weight, std=0.05)
    before = [p.clone() for p in recipe.network.parameters()]
    first = float(recipe.step(StepRandom(0, 0))[name])
    assert any(
        not torch.equal(p, q) for p, q in zip(recipe.network.parameters(), before, strict=True)
    )
    for _ in range(8):  # the same four photos again
        last = float(recipe.step(StepRandom(0, 0))[name])
    assert last < first


def test_terms_of_the_photo_itself_are_nothing(inverter):
    ws = torch.randn(1, inverter.generator.num_ws, 16)
    ws[:] = ws[:, :1]
    photo = inverter.generator.synthesis(ws)
    found = terms(inverter, lambda x: x.clamp(-1, 1).flatten(1), photo, ws)
    assert float(found["offset"]) == 0
    assert float(found["pixels"]) < 1e-3
    assert float(found["identity"]) < 1e-3


def test_a_run_writes_a_head_that_is_used(inverter, tmp_path):
    config = HeadTraining(kimg=0.012, batch=4, drawn=0.5, passes=1, width=4, hidden=8)
    moments = CodeMoments(1, 16)
    recipe = HeadRecipe(config, inverter, photos(), moments)
    (*_, last) = loop.run(recipe, tmp_path / "run", loop.Cadence(0.004, 1, 1, 0.004))
    assert last["held/pixels of one pass"] > 0
    path = recipe.finish(tmp_path / "inversion.safetensors", {"generator": "abc"})
    found = loading.load(path, KIND).network
    photo = torch.randn(1, 3, 64, 64).clamp(-1, 1)
    torch.nn.init.normal_(found.offsets.bias)
    with_head = QuickInverter(inverter.generator, inverter.encoder, inverter.features, found)
    plain, parted = inverter.codes(photo), with_head.codes(photo)
    assert torch.equal(plain[:, 0], plain[:, 1])
    assert not torch.equal(parted[:, 0], parted[:, 1])


def test_a_head_of_another_generator(inverter, tmp_path):
    with pytest.raises(InputError, match="the W\\+ head is for 3 layers 16 wide"):
        QuickInverter(inverter.generator, inverter.encoder, inverter.features, small_head(3))
    path = toys.write_models(tmp_path / "run")
    head = small_head(3)
    native.save(
        path.with_name("inversion.safetensors"), KIND, head.state_dict(), asdict(head.config),
        {"generator": "0" * 64},
    )  # fmt: skip
    with pytest.raises(ConfigMismatch, match="run: mien train inversion --model"):
        encoding._find_head(Studio(path, "cpu").loaded, "generator", path, "cpu")


def test_options_that_cannot_be():
    for wrong, said in (
        ({"drawn": 2}, "drawn is 2"),
        ({"identity": -1}, "identity is -1"),
        ({"batch": 1}, "batch 2"),
    ):
        with pytest.raises(InputError, match=said):
            HeadTraining(**wrong)
    with pytest.raises(InputError, match="passes is 9"):
        HeadConfig(passes=9)
