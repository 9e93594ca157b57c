"""Steps towards a photo: every term pulls, the loss falls, and it always comes out the same."""

import numpy as np
import pytest
import torch

from inversion import toys
from mien import images
from mien.errors import InputError, TrainingDiverged
from mien.inversion.optimise import Optimisation, Step, optimise, terms, tune

FEW = Optimisation(steps=4, tune_steps=4, every=2)


@pytest.fixture(scope="module")
def inverter():
    return toys.make_inverter()


@pytest.fixture(scope="module")
def photo():
    return images.to_float(toys.photo()[None])


@pytest.fixture(scope="module")
def start(inverter, photo):
    return inverter.codes(photo)


def total(inverter, photo, ws, start, plan=FEW):
    """The whole sum, in-domain term included."""
    with torch.no_grad():
        found = terms(inverter, photo, inverter.look(photo), ws, start)
    return sum(getattr(plan, name) * float(value) for name, value in found.items())


@pytest.mark.parametrize("term", ["pixels", "features", "domain", "pull"])
def test_each_term_has_a_gradient(inverter, photo, start, term):
    ws = (start + 0.1).requires_grad_(True)
    found = terms(inverter, photo, inverter.look(photo), ws, start)
    (slope,) = torch.autograd.grad(found[term], ws)
    assert slope.isfinite().all()
    assert (slope.abs().sum(dim=2) > 0).all(), "a layer that nothing pulls"


def test_the_loss_falls(inverter, photo, start):
    steps = list(optimise(inverter, photo, start, Optimisation(steps=8, every=4)))
    assert [step.number for step in steps] == list(range(9))
    assert torch.equal(steps[0].ws, start)
    assert total(inverter, photo, steps[-1].ws, start) < total(inverter, photo, start, start)
    assert [("domain" in step.losses) for step in steps[1:]] == [n % 4 == 0 for n in range(8)]
    assert not torch.equal(steps[-1].ws[:, 0], steps[-1].ws[:, -1]), "the layers part"


def test_it_comes_out_the_same_in_any_batch(inverter, photo, start):
    (*_, alone) = optimise(inverter, photo, start, FEW)
    both = torch.cat([images.to_float(toys.photo(1)[None]), photo])
    codes = inverter.codes(both)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        (*_, again) = optimise(inverter, both[1:], codes[1:], FEW)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert torch.equal(alone.ws, again.ws)


def test_no_steps_leave_the_code(inverter, photo, start):
    (only,) = optimise(inverter, photo, start, Optimisation(steps=0))
    assert isinstance(only, Step)
    assert torch.equal(only.ws, start)


def test_tuning_moves_a_copy(inverter, photo, start):
    before = {k: v.clone() for k, v in inverter.generator.state_dict().items()}
    steps = list(tune(inverter, photo, start, FEW))
    tuned = steps[-1].generator
    moved = [k for k, v in tuned.state_dict().items() if not torch.equal(v, before[k])]
    assert moved
    assert all(k.startswith("synthesis") and "affine" not in k for k in moved)
    after = inverter.generator.state_dict()
    assert all(torch.equal(after[k], v) for k, v in before.items())
    assert not any(p.requires_grad for p in tuned.parameters())
    first, last = (sum(step.losses.values()) for step in (steps[1], steps[-1]))
    assert last < first
    assert torch.equal(steps[-1].ws, start)
    (*_, again) = tune(inverter, photo, start, FEW)
    assert torch.equal(again.generator.synthesis(start), tuned.synthesis(start))


def test_a_rate_that_rises_and_falls():
    plan = Optimisation(steps=100)
    rates = np.array([plan.rate_at(step) for step in range(100)])
    assert rates.max() == 1
    assert (rates > 0).all()
    assert (np.diff(rates[:10]) > 0).all()
    assert (np.diff(rates[51:]) < 0).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"steps": -1}, "steps is -1, but must be from 0 to 5000"),
        ({"steps": 5001}, "steps is 5001"),
        ({"tune_steps": -2}, "tune_steps is -2"),
        ({"every": 0}, "every is 0"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"domain": -1.0}, "domain is -1"),
    ],
)
def test_plans_that_cannot_be(wrong, said):
    with pytest.raises(InputError, match=said):
        Optimisation(**wrong)


def test_a_loss_that_is_no_number_ends_it(inverter, photo, start):
    with pytest.raises(TrainingDiverged, match="step 1"):
        list(optimise(inverter, photo, torch.full_like(start, torch.inf), FEW))
