"""A new trainer is a configuration, a recipe and a function; the rest comes by itself."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from torch import Tensor, nn
from typer.testing import CliRunner, Result

from mien.cli.train.running import Job, ModelOption, Run, run_folder, trainer
from mien.errors import InputError
from mien.training.adamw import AdamWRecipe
from mien.training.checks import check_run
from mien.training.random import StepRandom
from mien.training.state import checkpoints, forget


@dataclass(frozen=True)
class ToyTraining:
    """A line through noisy points.

    Args:
        kimg: Thousand points to see.
        batch: Points a step.
        lr: Learning rate.
        weight_decay: Of AdamW.
        slope: Of the true line.
        precision: ``fp32`` or ``bf16``.
        seed: Decides everything.
    """

    kimg: float = 0.4
    batch: int = 20
    lr: float = 0.3
    weight_decay: float = 0.0
    slope: float = 3.0
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        check_run(self)


class Toy(AdamWRecipe):
    """A network of one weight."""

    def __init__(self, config: ToyTraining, stop_at: int, device: Any) -> None:
        super().__init__(config, lambda: nn.Linear(1, 1), device)
        self.stop_at = stop_at

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Squared error; somebody presses Ctrl-C on the way."""
        if random.nimg == self.stop_at:
            signal.raise_signal(signal.SIGTERM)
        x = torch.randn(self.config.batch, 1, generator=random.torch(0)).to(self.device)
        return {"loss": (self.network(x) - self.config.slope * x).square().mean()}


@trainer(ToyTraining, leave=("weight_decay",))
def toy(out: ModelOption, config: dict[str, Any], device: Any, stop_at: int = -1) -> Job:
    """Train a toy."""
    recipe = Toy(ToyTraining(**config), stop_at, device)
    yield Run(recipe, run_folder(out), "toy")
    slope = float(recipe.trained.weight.detach())
    forget(run_folder(out))
    return {"out": out, "slope": slope}, f"slope {slope:.2f}"


app = typer.Typer()
app.command()(toy)


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


SIGNALLED = """
import json, signal, sys
sys.path.insert(0, sys.argv[1])
from cli.test_trainer import call
before = signal.getsignal(signal.SIGTERM)
found = call(*sys.argv[2:])
same = signal.getsignal(signal.SIGTERM) is before
print(json.dumps({"status": found.exit_code, "stderr": found.stderr, "handler": same}))
"""


def test_the_same_command_goes_on_after_a_signal(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    often = ("--tick-kimg", 0.02, "--checkpoint-kimg", 0.1, "--device", "cpu")
    words = ["--out", tmp_path / "a.st", *often, "--stop-at", 40]
    # In a process of its own: a signal has no business among tests that run beside each other.
    tests = request.config.rootpath / "tests"
    command = [sys.executable, "-c", SIGNALLED, str(tests), *map(str, words)]
    child = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert child.returncode == 0, child.stderr
    stopped = json.loads(child.stdout)
    assert stopped["status"] == 130
    assert "stopped at 60 images; the same command goes on" in stopped["stderr"]
    assert "mien: toy  nimg 60" in stopped["stderr"]
    assert [path.name for path in checkpoints(tmp_path / "a.run")] == ["state-00000060.safetensors"]
    assert stopped["handler"]
    again = call("--out", tmp_path / "a.st", *often, "--json")
    whole = call("--out", tmp_path / "b.st", *often, "--json")
    results = [json.loads(run.stdout) for run in (again, whole)]
    assert results[0]["slope"] == results[1]["slope"] == pytest.approx(3, abs=1)
    assert results[0]["nimg"] == 400
    assert not checkpoints(tmp_path / "a.run")
    assert len((tmp_path / "a.run" / "log.jsonl").read_text().splitlines()) == 20


def test_options_are_the_configurations(tmp_path: Path) -> None:
    told = call("--help").stdout
    for option in ("--slope", "--precision", "--device", "--checkpoint-kimg", "--seed", "--json"):
        assert option in told
    for option in ("--weight-decay", "--sample-kimg", "--measure-kimg"):
        assert option not in told
    found = call("--out", tmp_path / "a.st", "--slope", -2, "--device", "cpu", "--json")
    assert json.loads(found.stdout)["slope"] == pytest.approx(-2, abs=1)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--precision", "fp8"), "precision 'fp8'"),
        (("--device", "moon"), "device 'moon'"),
        (("--kimg", 0), "kimg 0 must be above 0"),
    ],
)
def test_refuses(words: tuple[object, ...], cause: str, tmp_path: Path) -> None:
    result = call("--out", tmp_path / "a.st", *words)
    assert isinstance(result.exception, InputError)
    assert cause in str(result.exception)
    assert not list(tmp_path.iterdir())
