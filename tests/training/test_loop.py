"""The one loop: any recipe is logged, stopped, resumed, refused; killed in test_recipes."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

from mien import files
from mien.checkpoints import native
from mien.errors import ConfigMismatch, OutputError, TrainingDiverged
from mien.training import loop, state
from mien.training.logs import RunLog


@dataclass(frozen=True)
class ToyConfig:
    """A straight line through noisy points."""

    kimg: float = 0.1
    batch: int = 10
    seed: int = 0
    lr: float = 0.1


class Toy(loop.Recipe):
    """All that a new trainer has to say."""

    def __init__(self, config):
        self.config = config
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.line = nn.Linear(1, 1)
        self.optimizer = torch.optim.Adam(self.line.parameters(), lr=config.lr)
        self.begun = 0

    def modules(self):
        return {"line": self.line}

    def optimizers(self):
        return {"adam": self.optimizer}

    def scalars(self):
        return {"begun": self.begun}

    def restore(self, scalars):
        self.begun = scalars["begun"]

    def begin(self):
        self.begun += 1

    def step(self, random):
        x = torch.randn(self.config.batch, 1, generator=random.torch(0))
        noise = torch.from_numpy(random.numpy(1).normal(size=(self.config.batch, 1))).float()
        loss = (self.line(x) - 3 * x - 1 - 0.1 * noise).square().mean()
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.nimg += self.config.batch
        return {"loss": loss.detach()}

    def measure(self):
        return {"slope": float(self.line.weight.detach())}


OFTEN = loop.Cadence(tick_kimg=0.02, checkpoint_kimg=0.02, measure_kimg=0.04)


def weights(folder):
    return native.load(state.checkpoints(folder)[-1]).tensors


def same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert torch.equal(a[name], b[name]), name


def test_a_run_learns_logs_and_says_what_is_left(tmp_path):
    lines = list(loop.run(Toy(ToyConfig(kimg=2)), tmp_path, OFTEN))
    assert lines[-1]["nimg"] == 2000
    assert lines[-1]["loss"] < 0.05 < lines[0]["loss"]
    assert lines[-1]["slope"] == pytest.approx(3, abs=0.1)
    assert lines[0]["left"] >= lines[-1]["left"] == 0
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == len(lines)


def test_a_stopped_run_equals_an_unbroken_one(tmp_path):
    list(loop.run(Toy(ToyConfig()), tmp_path / "whole", OFTEN))
    first = Toy(ToyConfig())
    list(loop.run(first, tmp_path / "cut", OFTEN, pause=lambda: first.nimg >= 40))
    again = Toy(ToyConfig())
    lines = list(loop.run(again, tmp_path / "cut", OFTEN))
    assert lines[0] == {"nimg": 40, "note": "the run goes on from 40 images"}
    assert again.begun == 1
    same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))


def test_a_finished_run_says_so_and_may_go_further(tmp_path):
    list(loop.run(Toy(ToyConfig()), tmp_path, OFTEN))
    assert list(loop.run(Toy(ToyConfig()), tmp_path, OFTEN)) == [
        {"nimg": 100, "note": "the run is done"}
    ]
    assert list(loop.run(Toy(ToyConfig(kimg=0.2)), tmp_path, OFTEN))[-1]["nimg"] == 200


def test_another_configuration_is_refused(tmp_path):
    list(loop.run(Toy(ToyConfig()), tmp_path, OFTEN))
    with pytest.raises(ConfigMismatch, match="lr"):
        list(loop.run(Toy(replace(ToyConfig(), lr=0.2)), tmp_path, OFTEN))


def test_a_network_of_another_version_is_refused_in_one_line(tmp_path):
    list(loop.run(Toy(ToyConfig()), tmp_path, OFTEN))
    newer = Toy(ToyConfig())
    next(iter(newer.modules().values())).register_buffer("more", torch.zeros(1))
    with pytest.raises(ConfigMismatch, match=r'another version: Missing .*"more"') as caught:
        list(loop.run(newer, tmp_path, OFTEN))
    assert "\n" not in str(caught.value)


def test_a_loss_that_is_no_number_ends_the_run(tmp_path):
    toy = Toy(ToyConfig())
    runs = loop.run(toy, tmp_path, OFTEN)
    next(runs)
    nn.init.constant_(toy.line.weight, float("nan"))
    with pytest.raises(TrainingDiverged, match="loss is nan"):
        list(runs)
    assert state.checkpoints(tmp_path)


def test_a_second_run_in_one_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_ours", set())
    release = files.hold(tmp_path)
    files._ours.clear()  # as if another process had done that
    with pytest.raises(OutputError, match="another process is writing here at this moment"):
        RunLog(tmp_path)
    release()
    with RunLog(tmp_path):
        files._ours.clear()
        with pytest.raises(OutputError):
            RunLog(tmp_path)
    RunLog(tmp_path).close()
