"""What each engine takes for an image of a generator on this machine, and how far it is from exact.

The measurements go into the table from which the engine is chosen (:mod:`mien.runtime.costs`).
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from mien import images
from mien.errors import InputError, counted
from mien.runtime import blobs, engines, openvino_engine
from mien.runtime.costs import Cost, machine
from mien.runtime.precision import PRECISIONS, fast_dtype
from mien.stylegan2.seeds import seed_latents

if TYPE_CHECKING:
    from mien.stylegan2.generator import Generator

LEVELS = 3
"""Levels of 256 by which a pixel may differ and still count as the same."""

BUSY = 0.25
"""Share of the cores that others may use while engines are measured."""

ONLY_ASKED = ("compile",)
"""Engines that are measured only if they are named: they need a compiler, and minutes."""

_PSI = 0.7


@dataclass(frozen=True)
class Speed:
    """One engine at one precision: median milliseconds an image, one at a time.

    ``start_s`` are seconds until it is ready from cold, ``again_s`` with the compiled network on
    disk; ``rms`` and ``within`` are as of :func:`difference`, to eager and exact; ``failed`` says
    why it could not be measured, if so.
    """

    engine: str
    precision: str
    image_ms: float = 0.0
    start_s: float = 0.0
    again_s: float = 0.0
    rms: float = 0.0
    within: float = 0.0
    failed: str = ""

    def cost(self, gflop: float, where: str) -> Cost:
        """The row of the table that it becomes."""
        seconds = self.image_ms / 1000
        return Cost(self.engine, self.precision, gflop, self.start_s, self.again_s, seconds, where)


@dataclass(frozen=True)
class Bench:
    """What was measured of one generator: a row an engine and precision; see :class:`Cost`."""

    machine: str
    gflop: float
    speeds: tuple[Speed, ...]

    def costs(self) -> list[Cost]:
        """Rows for the table from which engines are chosen."""
        return [one.cost(self.gflop, self.machine) for one in self.speeds if not one.failed]

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)


def measure(
    generator: Generator, cache: Path, names: Sequence[str] = (), rounds: int = 5, count: int = 4
) -> Iterator[Speed]:
    """Measure engines one after the other, on images of the first seeds at psi 0.7.

    The generator is frozen, on its device; its compiled networks in ``cache`` are compiled again.
    Without ``names`` all engines that can run here are measured but :data:`ONLY_ASKED`; of
    ``rounds`` passes over ``count`` images the median is told.

    Raises UnknownName for no such engine, InputError if one was named that cannot run here, or for
    fewer rounds or images than one, MissingExtra if one was named whose package is not installed.
    """
    if rounds < 1 or count < 1:
        raise InputError(f"rounds is {rounds} and images {count}, but both must be at least 1")
    device = generator.mapping.w_avg.device
    for name in names:
        engines.check_engine(name, device)
    here = [
        name
        for name in engines.ENGINES
        if name not in ONLY_ASKED and not engines.why_not(name, device)
    ]
    z = seed_latents(list(range(count)), generator.config.z_dim).to(device)
    with torch.no_grad():
        ws = generator.map(z, psi=_PSI)
        exact = engines.engine(generator.synthesis, ws[:1], "exact", "eager")
        wanted = _tensor(exact(ws))
    for name in names or here:
        for precision in PRECISIONS:
            if precision == "exact" or fast_dtype(device) != torch.float32:
                yield _one(generator, ws, wanted, name, precision, cache, rounds)


def busy() -> str:
    """Why this machine is too busy for timings; empty if it is not, or does not say.

    By the load of the last minute: tasks that want a core. More than a quarter of the cores, and
    at least half a core, means that something else runs.
    """
    try:
        load = os.getloadavg()[0]
    except (OSError, AttributeError):  # Windows has no such number.
        return ""
    cores = os.cpu_count() or 1
    if load <= max(0.5, cores * BUSY):
        return ""
    return f"the machine is busy: a load of {load:.1f} on {counted(cores, 'cores')}"


def bench_of(generator: Generator, speeds: Sequence[Speed]) -> Bench:
    """Measurements with what they were measured on."""
    return Bench(machine(generator.mapping.w_avg.device), generator.synthesis.gflop, tuple(speeds))


def _one(
    generator: Generator,
    ws: Tensor,
    wanted: Tensor,
    name: str,
    precision: str,
    cache: Path,
    rounds: int,
) -> Speed:
    network, example = generator.synthesis, ws[:1].contiguous()
    _forget(name, network, example, precision, cache)
    try:
        built = engines.engine(network, example, precision, name, cache=cache)
        first = _passed(built, example)
        start_s = built.start_s
        built = engines.engine(network, example, precision, name, cache=cache)
        again_s = built.start_s
        _passed(built, example)
    except InputError as error:
        return Speed(name, precision, failed=str(error))
    seconds = []
    drawn = first
    for _ in range(rounds):
        parts = []
        for row in ws.split(1):
            begin = time.perf_counter()
            parts.append(_passed(built, row))
            seconds.append(time.perf_counter() - begin)
        drawn = torch.cat(parts)
    rms, within = difference(drawn, wanted)
    return Speed(name, precision, statistics.median(seconds) * 1000, start_s, again_s, rms, within)


def _passed(engine: engines.Engine, ws: Tensor) -> Tensor:
    image = _tensor(engine(ws))
    if image.is_cuda:
        torch.cuda.synchronize(image.device)
    return image


def _tensor(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]


def difference(drawn: Tensor, wanted: Tensor) -> tuple[float, float]:
    """How far pictures ``[n, 3, h, w]`` are from the exact ones.

    Root mean square difference relative to that of ``wanted``, and the share of the pixels of which
    no channel is off by more than :data:`LEVELS` of 256.
    """
    drawn, wanted = drawn.double().cpu(), wanted.double().cpu()
    rms = ((drawn - wanted).square().mean() / wanted.square().mean().clamp(min=1e-30)).sqrt()
    a, b = (images.to_uint8(part).astype(np.int16) for part in (drawn, wanted))
    return float(rms), float((np.abs(a - b).max(axis=-1) <= LEVELS).mean())


def _forget(
    name: str, network: torch.nn.Module, example: Tensor, precision: str, cache: Path
) -> None:
    if name == "openvino":
        dtype = torch.float32 if precision == "exact" else fast_dtype(example.device)
        blobs.forget(openvino_engine.blob_path(network, (example,), dtype, cache))
    if name == "compile":
        shutil.rmtree(cache / "inductor", ignore_errors=True)
        torch.compiler.reset()
