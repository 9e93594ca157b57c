"""What each engine costs on this machine: a small measured table, and the choice that follows.

A cost is what is paid once, from cold or with a compiled network on disk, and what is paid for each
image. The table lies in the cache folder, as ``mien bench`` measured it; where nothing was measured
on this machine, the one below stands in.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from mien.files import replacing
from mien.runtime.precision import cpu_facts

FILE = "engines.json"
"""Name of the table in the cache folder."""

COMPARABLE = 8
"""How many times larger or smaller the work of a network may be that a measurement stands for."""

_KEPT = 200


@dataclass(frozen=True)
class Cost:
    """One measurement of an engine at ``exact`` or ``fast`` on a :func:`machine`.

    ``gflop`` is the work of one image of the network, 10⁹ operations; ``start_s`` are seconds until
    it is ready, from cold, ``again_s`` with the compiled network on disk, ``image_s`` for one
    image.
    """

    engine: str
    precision: str
    gflop: float
    start_s: float
    again_s: float
    image_s: float
    machine: str = ""

    def total(self, gflop: float, items: int, kept: bool) -> float:
        """Seconds for ``items`` images of a network of that work; ``kept``: it lies on disk."""
        return (self.again_s if kept else self.start_s) + items * self.image_s * gflop / self.gflop


BUILT_IN: tuple[Cost, ...] = (
    # StyleGAN2 at 128² (channel_base 2048), then config F at 1024²: one thread of a Zen 4 core with
    # AVX-512 and bfloat16, no matrix units; seconds of processor time.
    Cost("eager", "exact", 0.586, 0, 0, 0.0166, "cpu"),
    Cost("eager", "fast", 0.586, 0, 0, 0.0182, "cpu"),
    Cost("compile", "exact", 0.586, 20, 10, 0.0123, "cpu"),
    Cost("compile", "fast", 0.586, 20, 10, 0.0125, "cpu"),
    Cost("openvino", "exact", 0.586, 5.3, 0.2, 0.0085, "cpu"),
    Cost("openvino", "fast", 0.586, 5.3, 0.2, 0.0069, "cpu"),
    Cost("eager", "exact", 150.6, 0, 0, 1.86, "cpu"),
    Cost("eager", "fast", 150.6, 0, 0, 1.01, "cpu"),
    Cost("compile", "exact", 150.6, 30, 15, 1.62, "cpu"),
    Cost("compile", "fast", 150.6, 30, 15, 0.84, "cpu"),
    Cost("openvino", "exact", 150.6, 9, 0.9, 1.61, "cpu"),
    Cost("openvino", "fast", 150.6, 9, 0.9, 0.81, "cpu"),
    # Not measured: a launch of each kernel against one replay of the graph, on any GPU.
    Cost("eager", "exact", 150.6, 0, 0, 0.02, "cuda"),
    Cost("eager", "fast", 150.6, 0, 0, 0.015, "cuda"),
    Cost("cuda", "exact", 150.6, 0.5, 0.5, 0.015, "cuda"),
    Cost("cuda", "fast", 150.6, 0.5, 0.5, 0.008, "cuda"),
)
"""What stands in where nothing was measured; ``machine`` is the kind of device."""


def machine(device: torch.device) -> str:
    """What a measurement holds for: processor or GPU, and threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = cpu_facts()[0] or platform.processor() or platform.machine()
    return f"{name}, {torch.get_num_threads()} threads"


def read(cache: Path | None, device: torch.device) -> list[Cost]:
    """What was measured on this machine; empty if nothing was, or the table is damaged."""
    if cache is None:
        return []
    here = machine(device)
    return [cost for cost in _read_all(cache) if cost.machine == here]


def write(cache: Path, costs: Iterable[Cost]) -> None:
    """Add measurements, replacing the same engine, precision, work, machine; or OutputError."""
    new = {_key(cost): cost for cost in costs}
    kept = [cost for cost in _read_all(cache) if _key(cost) not in new]
    rows = [asdict(cost) for cost in [*kept, *new.values()][-_KEPT:]]
    with replacing(cache / FILE) as beside:
        beside.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _key(cost: Cost) -> tuple[Any, ...]:
    return cost.engine, cost.precision, round(cost.gflop, 2), cost.machine


def _read_all(cache: Path) -> list[Cost]:
    try:
        rows = json.loads((cache / FILE).read_text(encoding="utf-8"))
        return [_cost(row) for row in rows]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _cost(row: dict[str, Any]) -> Cost:
    engine, precision, where = (str(row[name]) for name in ("engine", "precision", "machine"))
    names = ("gflop", "start_s", "again_s", "image_s")
    gflop, start_s, again_s, image_s = (float(row[name]) for name in names)
    if not all(math.isfinite(x) and x >= 0 for x in (gflop, start_s, again_s, image_s)):
        raise ValueError("a cost is no number")
    if not gflop:
        raise ValueError("a network without work")
    return Cost(engine, precision, gflop, start_s, again_s, image_s, where)


def nearest(costs: Iterable[Cost], gflop: float) -> dict[tuple[str, str], Cost]:
    """For each engine and precision, what was measured on the network nearest in size."""
    found: dict[tuple[str, str], Cost] = {}

    def distance(cost: Cost) -> float:
        return abs(math.log(cost.gflop / gflop))

    for cost in costs:
        key = (cost.engine, cost.precision)
        if key not in found or distance(cost) < distance(found[key]):
            found[key] = cost
    return found


def table(cache: Path | None, device: torch.device, gflop: float) -> dict[tuple[str, str], Cost]:
    """Engine and precision -> its cost for a network of about that work.

    Measurements of this machine, if there are any of a network within a factor of
    :data:`COMPARABLE`; else those that are built in.
    """
    measured = [
        cost for cost in read(cache, device) if 1 / COMPARABLE < cost.gflop / gflop < COMPARABLE
    ]
    return nearest(measured or [c for c in BUILT_IN if c.machine == device.type], gflop)
