"""Latents to pictures, through the engine that pays for itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.errors import InputError
from mien.runtime import engines
from mien.runtime.precision import check_precision
from mien.runtime.watching import Watch, quiet

if TYPE_CHECKING:
    from mien.stylegan2.generator import Generator

_PATIENCE_S = 1.0
"""Building that takes less is not worth a word."""


class Drawer:
    """A generator and the engine that draws with it.

    With ``auto`` the engine is chosen anew while it is the eager one: what was drawn so far and
    what is asked for now decide whether building another would have paid. ``cache`` is the folder
    of compiled networks and of the table of costs.

    Raises:
        UnknownName: No such engine.
        InputError: No such precision, or an engine that does not run on this device.
        MissingExtra: An engine whose package is not installed.
    """

    def __init__(
        self, generator: Generator, precision: str, engine: str, cache: Path | None
    ) -> None:
        self.generator, self.cache = generator, cache
        self.example = generator.mapping.w_avg.expand(1, generator.num_ws, -1).contiguous()
        self.precision = check_precision(precision)
        self.name = engines.check_engine(engine, self.example.device)
        self.wanted = 0
        self.watch: Watch = quiet
        self._engine: engines.Engine | None = None

    def engine(self, count: int) -> engines.Engine:
        """The engine for ``count`` more pictures, built if need be."""
        self.wanted += count
        now = self._engine
        if now is not None and (self.name != engines.AUTO or now.name != "eager"):
            return now
        network, name = self.generator.synthesis, self.name
        if now is not None:
            best = engines.rank(network, (self.example,), self.precision, self.wanted, self.cache)
            if best[0] == now.plan:
                return now
        self._engine = engines.engine(
            network, self.example, self.precision, name, self.wanted, self.cache, self._tell
        )
        return self._engine

    def _tell(self, plan: engines.Plan) -> None:
        """Say that an engine is being built, if it is known to take a while."""
        seconds = engines.seconds_to_start(
            self.generator.synthesis, (self.example,), plan, self.cache
        )
        if seconds >= _PATIENCE_S:
            self.watch(f"preparing the engine, once, about {seconds:.0f} s", 0, 0)

    @property
    def said(self) -> str:
        """What drew last, for a picture's provenance: ``eager, exact``; empty before that."""
        return str(self._engine.plan) if self._engine else ""

    def frames(
        self, ws: Iterable[Float[Tensor, "n num_ws w_dim"]], count: int
    ) -> Iterator[UInt8[np.ndarray, "n h w 3"]]:
        """The pictures of portions of latents, each drawn when it is asked for.

        ``count`` is how many latents they hold together, about; it decides which engine pays.
        """
        engine, device, done = self.engine(count), self.example.device, 0
        self.watch("drawing", 0, count)
        for part in ws:
            drawn = engine(part.to(device, torch.float32))
            if not isinstance(drawn, Tensor):
                raise InputError("a generator that gives more than pictures")
            yield images.to_uint8(drawn)
            done += len(part)
            self.watch("drawing", done, count)

    def draw(self, ws: Float[Tensor, "n num_ws w_dim"]) -> UInt8[np.ndarray, "n h w 3"]:
        """Draw latents, one after the other so that memory does not grow with their number."""
        return np.concatenate(list(self.frames(ws.split(1), len(ws))))
