"""The training loop: log, sample, measure, checkpoint, done?, step; resumed by the same command.

What is particular to a model is a :class:`Recipe`. A run folder holds ``state-*.safetensors``,
``log.jsonl``, ``tensorboard/`` and ``grids/``; a run that was killed at any moment goes on from its
newest checkpoint and gives, on a CPU bit for bit, what an unbroken run gives.
"""

from __future__ import annotations

import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mien.errors import TrainingDiverged
from mien.files import make_folder
from mien.training import state
from mien.training.cadence import Cadence
from mien.training.logs import RunLog, Tick
from mien.training.random import StepRandom


class Recipe(ABC):
    """How one model is trained: networks, optimisers and one step.

    Attributes:
        config: A frozen dataclass with at least ``kimg`` and ``seed``; it decides the run.
        device: Where it computes.
        nimg: Images seen so far; :meth:`step` raises it.
        free: Names of the configuration that may change when a run is resumed.
        leads: Whether this process writes; of many that train as one, one does.
    """

    free: ClassVar[frozenset[str]] = frozenset({"kimg"})
    config: Any
    device: torch.device
    nimg: int = 0
    leads: bool = True

    @abstractmethod
    def modules(self) -> Mapping[str, nn.Module]:
        """Name -> network, in the order in which a checkpoint stores them."""

    @abstractmethod
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Name -> optimiser; names differ from the networks'."""

    @abstractmethod
    def step(self, random: StepRandom) -> Mapping[str, Tensor]:
        """One update of every network; returns the losses by name and raises ``nimg``."""

    def scalars(self) -> dict[str, Any]:
        """What else the next step depends on, as JSON values."""
        return {}

    def restore(self, scalars: Mapping[str, Any]) -> None:  # noqa: B027, most have nothing
        """Take back what :meth:`scalars` gave."""

    def source(self) -> dict[str, Any]:
        """What else has to be the same when a run is resumed, as JSON values: the data, say."""
        return {}

    def stops(self, asked: bool) -> bool:
        """Whether to stop after this step; where many processes train as one, all say the same."""
        return asked

    def begin(self) -> None:  # noqa: B027
        """Called once when a run starts anew, not when it is resumed."""

    def fast(self) -> torch.autocast:
        """Inside, networks compute in the run's ``precision``."""
        fast = self.config.precision == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=fast)

    def sample(self) -> np.ndarray | None:
        """Pictures to look at, uint8 ``[n, h, w, 3]``; None for a model that draws none."""
        return None

    def measure(self) -> dict[str, float]:
        """Numbers on held-out data; empty for none."""
        return {}


def run(
    recipe: Recipe,
    folder: Path,
    cadence: Cadence | None = None,
    pause: Callable[[], bool] = lambda: False,
) -> Iterator[dict[str, Any]]:
    """Train until ``config.kimg``, going on from the newest checkpoint of ``folder``.

    ``pause`` is asked after each step; true ends the run after a checkpoint.

    Yields:
        Lines of the log: ``nimg``, losses, measures, ``s/kimg``, ``left`` (seconds to the end); one
            ``{"nimg", "note"}`` first where a run is resumed.

    Raises:
        TrainingDiverged: A loss is not finite; the last checkpoint is kept.
        ConfigMismatch: ``folder`` holds a run with another configuration.
    """
    cadence = cadence or Cadence()
    make_folder(folder)
    resumed = resume(recipe, folder)
    goal = recipe.config.kimg * 1000
    if resumed:
        said = "is done" if recipe.nimg >= goal else f"goes on from {recipe.nimg} images"
        yield {"nimg": recipe.nimg, "note": f"the run {said}"}
        if recipe.nimg >= goal:
            if recipe.leads:
                state.prune(folder)
            return
    else:
        recipe.begin()
    started, first = time.perf_counter(), recipe.nimg
    tick = Tick(recipe.nimg)
    # A first grid of the networks as they begin.
    due: dict[str, float] = {} if resumed else {"sample": float("-inf")}

    def is_due(what: str, kimg: float) -> bool:
        if recipe.nimg - due.get(what, first) < kimg * 1000 and not done:
            return False
        due[what] = recipe.nimg
        return True

    done = False
    with RunLog(folder, recipe.nimg) if recipe.leads else contextlib.nullcontext() as log:
        while True:
            # Once in a while: log, measure, sample, checkpoint.
            if is_due("tick", cadence.tick_kimg) and not tick.empty:
                values = tick.values(recipe.nimg)
                if is_due("measure", cadence.measure_kimg):
                    values |= {k: round(v, 5) for k, v in recipe.measure().items()}
                pace = (time.perf_counter() - started) / max(recipe.nimg - first, 1)
                values["left"] = round(pace * max(goal - recipe.nimg, 0))
                if log is not None:
                    yield log.write(recipe.nimg, values)
                tick.restart(recipe.nimg)
            if is_due("sample", cadence.sample_kimg) and log is not None:
                pictures = recipe.sample()
                if pictures is not None:
                    log.grid(recipe.nimg, pictures)
            # Last: a run that is killed before it does all of this again.
            if is_due("checkpoint", cadence.checkpoint_kimg) and log is not None:
                checkpoint(recipe, folder)
            if done:
                return

            # The step.
            before = recipe.nimg
            stats = recipe.step(StepRandom(recipe.config.seed, recipe.nimg))
            _check(stats, before)
            tick.add(stats)
            done = recipe.nimg >= goal or recipe.stops(pause())


def resume(recipe: Recipe, folder: Path) -> bool:
    """Read the newest checkpoint of a run folder into a recipe; false where there is none."""
    found = state.load_newest(
        folder, recipe.modules(), recipe.optimizers(), _settled(recipe), free=recipe.free
    )
    if found is None:
        return False
    recipe.nimg = found["nimg"]
    recipe.restore(found)
    return True


def checkpoint(recipe: Recipe, folder: Path) -> Path:
    """Write everything that the next step depends on."""
    return state.save(
        folder, recipe.nimg, recipe.modules(), recipe.optimizers(), _settled(recipe),
        recipe.scalars(),
    )  # fmt: skip


def _settled(recipe: Recipe) -> dict[str, Any]:
    """What decides the run, as a checkpoint says it."""
    return {**asdict(recipe.config), **recipe.source()}


def _check(stats: Mapping[str, Tensor], nimg: int) -> None:
    bad = {name: float(v.detach()) for name, v in stats.items() if not torch.isfinite(v).all()}
    if bad:
        said = ", ".join(f"{name} is {value}" for name, value in bad.items())
        raise TrainingDiverged(
            f"{said} at {nimg} images; the last checkpoint is kept, try a smaller lr or fp32"
        )
