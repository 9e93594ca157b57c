"""What training loops share: rates, seeds, steps that refuse bad numbers, means for the log."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from mien.errors import TrainingDiverged
from mien.training.fitting import descend, step_seed, update, warm_cosine
from mien.training.logs import Tick


def one_weight(value: float = 1.0) -> tuple[nn.Parameter, torch.optim.SGD]:
    weight = nn.Parameter(torch.tensor([value]))
    return weight, torch.optim.SGD([weight], lr=1.0)


def test_the_rate_rises_and_falls_to_nothing() -> None:
    assert warm_cosine(0.025, 0.05) == 0.5
    assert warm_cosine(0.5, 0.05) == pytest.approx(0.5)
    assert warm_cosine(1.0, 0.05) == 0
    rates = [warm_cosine(step / 100, 0.1) for step in range(1, 101)]
    top = rates.index(max(rates))
    assert 8 <= top <= 10
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_seeds_of_a_step_differ_in_each_part() -> None:
    seeds = {step_seed(*parts) for parts in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert step_seed(3, 64, 1) == step_seed(3, 64, 1)


def test_a_step_goes_down_and_no_further_than_asked() -> None:
    weight, optimizer = one_weight()
    descend(4 * weight.sum(), optimizer, "the loss", 0)
    assert weight.item() == -3
    assert weight.grad is None
    descend(4 * weight.sum(), optimizer, "the loss", 1, longest=0.5)
    assert weight.item() == pytest.approx(-3.5, abs=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_changes_nothing(bad: float) -> None:
    weight, optimizer = one_weight()
    with pytest.raises(TrainingDiverged, match=f"the toy's loss is {bad} at step 7"):
        descend(bad * weight.sum(), optimizer, "the toy's loss", 7)
    assert weight.item() == 1


def test_a_gradient_that_is_no_number_changes_nothing() -> None:
    weight, optimizer = one_weight()
    weight.grad = torch.tensor([2.0])
    stats = {"loss/G": torch.tensor(1.5), "loss/D": torch.tensor(0.25)}
    text = r"the gradient of G is nan at 64 images \(loss/G 1.5, loss/D 0.25\); the last checkpoint"
    with pytest.raises(TrainingDiverged, match=text):
        update(optimizer, torch.tensor(math.nan), "G", 64, stats)
    assert weight.item() == 1
    update(optimizer, torch.tensor(2.0), "G", 64, stats)
    assert weight.item() == -1
    assert weight.grad is None


def test_a_line_of_the_log_is_the_mean_since_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.0, 100.0, 100.5])
    monkeypatch.setattr("mien.training.logs.time.perf_counter", lambda: next(clock))
    tick = Tick(100)
    assert tick.empty
    tick.add({"loss/G": torch.tensor(1.0), "loss/D": torch.tensor(4.0)})
    tick.add({"loss/G": torch.tensor(2.0)})
    assert not tick.empty
    assert tick.values(300) == {"loss/G": 1.5, "loss/D": 4.0, "s/kimg": 10.0}
    tick.restart(300)
    assert tick.empty
    assert tick.values(300) == {"s/kimg": 500.0}
