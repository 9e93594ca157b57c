"""One network under AdamW and a cosine: what judges and the ways from sentences learn by.

A recipe of this kind says how its network is built and what its losses are; the loop does the rest.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mien.checkpoints import native
from mien.training import ema
from mien.training.fitting import update, warm_cosine
from mien.training.loop import Recipe
from mien.training.random import StepRandom

_DROPOUT = 1_000  # purpose of the random numbers that layers draw by themselves


class AdamWRecipe(Recipe):
    """A network, the sum of its losses, AdamW.

    ``config`` has ``kimg``, ``batch``, ``lr``, ``weight_decay``, ``seed`` and ``precision``;
    ``build`` gives the network at the start, from torch's seed. A subclass may set ``name`` (what a
    message calls the network), ``kind`` (of the file that :meth:`finish` writes), ``warm`` (share
    of the run for which the learning rate rises; then it falls as a cosine), ``longest`` (the norm
    to which a gradient is shortened), ``betas``, and ``average_steps`` (half-life of an average of
    the weights; None for no average).
    """

    free = frozenset()  # A cosine ends where it was told to.
    name: str = "the network"
    kind: ClassVar[str] = ""
    warm: ClassVar[float] = 0.05
    longest: ClassVar[float] = float("inf")
    betas: ClassVar[tuple[float, float]] = (0.9, 0.999)
    average_steps: ClassVar[float | None] = None
    network: Any
    average: Any

    def __init__(
        self, config: Any, build: Callable[[], nn.Module], device: torch.device | str = "cpu"
    ) -> None:
        self.config, self.device = config, torch.device(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.network = build().to(self.device)
        self.average = None
        if self.average_steps is not None:
            self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.groups(), config.lr, self.betas, weight_decay=config.weight_decay
        )

    @abstractmethod
    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Draw a batch; ``loss`` and ``loss/…`` are added up, other numbers only told."""

    def groups(self) -> list[dict[str, Any]]:
        """What AdamW updates; ``far`` multiplies the learning rate of a group."""
        return [{"params": list(self.network.parameters())}]

    def modules(self) -> Mapping[str, nn.Module]:
        """The network, and its average if there is one."""
        found = {"network": self.network}
        return found if self.average is None else {**found, "average": self.average}

    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """AdamW."""
        return {"adamw": self.optimizer}

    @property
    def trained(self) -> Any:
        """The network to use, in eval mode: the average if there is one."""
        return (self.network if self.average is None else self.average).eval()

    def export(
        self, out: Path, kind: str, meta: Mapping[str, Any] | None = None, force: bool = False
    ) -> None:
        """Write the trained network as a ``.safetensors`` of its own, 16 bits a number.

        ``meta``, the data say, is added to ``kimg`` and ``seed`` in its header.
        """
        told = {"kimg": self.config.kimg, "seed": self.config.seed, **(meta or {})}
        network = self.trained
        native.save(
            out, kind, network.state_dict(), asdict(network.config), told, half=True, force=force
        )

    def finish(self, path: Path, meta: Mapping[str, Any]) -> Path:
        """Write the network of a run's end with what it measures, 16 bits a number.

        What lies at ``path`` is replaced; ``meta`` is for the header, beside kimg, configuration
        and measures.
        """
        measured = {name: round(value, 4) for name, value in self.measure().items()}
        told = {**meta, "kimg": self.nimg / 1000, "training": asdict(self.config), **measured}
        shape = asdict(self.network.config)
        native.save(path, self.kind, self.network.state_dict(), shape, told, half=True, force=True)
        return path

    def step(self, random: StepRandom) -> Mapping[str, Tensor]:
        """One step down the sum of the losses."""
        config = self.config
        done = min(1.0, (self.nimg + config.batch) / (1000 * config.kimg))
        for group in self.optimizer.param_groups:
            group["lr"] = config.lr * warm_cosine(done, self.warm) * group.get("far", 1.0)
        self.network.train()
        with self._seeded(random):
            terms = dict(self.losses(random))
        torch.stack([v for k, v in terms.items() if k.startswith("loss")]).sum().backward()
        weights = [p for group in self.optimizer.param_groups for p in group["params"]]
        norm = nn.utils.clip_grad_norm_(weights, self.longest)
        update(self.optimizer, norm, self.name, self.nimg, terms)
        if self.average is not None and self.average_steps is not None:
            kimg = self.average_steps * config.batch / 1000 if self.nimg else 0
            ema.update(self.average, self.network, config.batch, kimg)
        self.nimg += config.batch
        return {name: value.detach() for name, value in terms.items()}

    @contextmanager
    def _seeded(self, random: StepRandom) -> Iterator[None]:
        """Inside, what layers draw by themselves (dropout) belongs to the step."""
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(random.torch(_DROPOUT).initial_seed())
            yield
