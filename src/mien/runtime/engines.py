"""One call: a network -> its fastest form on this machine, the same result from each.

    draw = engine(generator.synthesis, ws[:1], precision="fast", items=300, cache=folder)
    image = draw(ws)                     # any number of rows
    draw.name, draw.precision            # "openvino", "fast"

A network is any module that takes tensors and gives tensors whose first axis counts rows that do
not depend on each other. It may say ``gflop``, its work for one row; else that is counted.
"""

from __future__ import annotations

import copy
import importlib.util
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.errors import InputError, MissingExtra, UnknownName
from mien.runtime import costs, cuda_engine, openvino_engine, torch_engines
from mien.runtime.precision import check_precision, fast_dtype

Builder = Callable[
    [nn.Module, tuple[Tensor, ...], torch.dtype, Path | None],
    Callable[..., Tensor | tuple[Tensor, ...]],
]
"""Network, example, what features are computed in, cache folder -> what runs it."""

ENGINES: dict[str, Builder] = {
    "eager": torch_engines.build_eager,
    "compile": torch_engines.build_compiled,
    "openvino": openvino_engine.build,
    "cuda": cuda_engine.build,
}
"""Name -> what builds it."""

WORTHWHILE = 1.15
"""How many times sooner ``fast`` has to be ready than ``exact`` for ``auto`` to take it."""

AUTO = "auto"
"""The name that leaves the choice to the table of costs."""

_UNBUILDABLE = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError),
    *(OSError, RuntimeError, TypeError, ValueError),
)


@dataclass(frozen=True)
class Plan:
    """A form that a network can be brought to: an engine, and what features are computed in."""

    name: str
    dtype: torch.dtype

    @property
    def precision(self) -> str:
        """``exact`` or ``fast``: what is really computed."""
        return "exact" if self.dtype == torch.float32 else "fast"

    def __str__(self) -> str:
        return f"{self.name}, {self.precision}"


@dataclass(frozen=True)
class Engine:
    """A network in one of its forms; called as the network is, with any number of rows.

    Rows pass in portions of the example's size, the last one filled up, so that a row's result does
    not depend on how many others there are. It took ``start_s`` seconds to build.
    """

    plan: Plan
    rows: int
    start_s: float
    run: Callable[..., Tensor | tuple[Tensor, ...]]

    @property
    def name(self) -> str:
        """A key of :data:`ENGINES`."""
        return self.plan.name

    @property
    def precision(self) -> str:
        """``exact`` or ``fast``: what is really computed."""
        return self.plan.precision

    @torch.no_grad()
    def __call__(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The network's output, float32; several as a tuple."""
        count = len(inputs[0])
        parts = []
        for start in range(0, count, self.rows):
            portion = [tensor[start : start + self.rows] for tensor in inputs]
            missing = self.rows - len(portion[0])
            if missing:
                portion = [torch.cat([p, p[-1:].expand(missing, *p.shape[1:])]) for p in portion]
            parts.append(self.run(*portion))
        if isinstance(parts[0], Tensor):
            return torch.cat(parts)[:count]
        return tuple(torch.cat(part)[:count] for part in zip(*parts, strict=True))


def engine(
    network: nn.Module,
    example: Tensor | Sequence[Tensor],
    precision: str = "exact",
    engine: str = AUTO,
    items: int = 1,
    cache: Path | None = None,
    told: Callable[[Plan], None] = lambda plan: None,
) -> Engine:
    """The form of a network that is ready soonest with so many items.

    Args:
        network: In eval mode, on the device that it shall run on; nothing of it is changed.
        example: Inputs of the shapes that will come; their rows are what passes at once.
        precision: ``exact``: float32, reproducible. ``fast``: bfloat16 where the hardware has it
            and, with ``auto``, where that is faster.
        engine: A key of :data:`ENGINES`, or ``auto``.
        items: How many rows it will be used for; with few of them, building does not pay.
        cache: Folder of compiled networks and of the table of costs; None for neither.
        told: The form that is being built now, each time before it is.

    Raises UnknownName for no such engine, InputError for no such precision, or an engine that
    cannot run this network here, MissingExtra for one whose package is not installed.
    """
    check_precision(precision)
    inputs = (example,) if isinstance(example, Tensor) else tuple(example)
    device = inputs[0].device
    if engine != AUTO:
        check_engine(engine, device)
        dtype = torch.float32 if precision == "exact" else fast_dtype(device)
        told(Plan(engine, dtype))
        return _build(Plan(engine, dtype), network, inputs, cache)
    plans = rank(network, inputs, precision, items, cache)
    for plan in plans[:-1]:
        try:
            told(plan)
            return _build(plan, network, inputs, cache)
        except InputError:
            continue  # The table can promise what this network does not allow.
    return _build(plans[-1], network, inputs, cache)


def rank(
    network: nn.Module, example: tuple[Tensor, ...], precision: str, items: int, cache: Path | None
) -> list[Plan]:
    """:func:`choose` for a network, with a look at which of its forms lie on disk already."""

    def kept(plan: Plan) -> bool:
        return _is_kept(network, example, plan, cache)

    device = example[0].device
    return choose(work(network, example), device, precision, items, cache, kept)


def choose(
    gflop: float,
    device: torch.device,
    precision: str,
    items: int,
    cache: Path | None,
    kept: Callable[[Plan], bool] = lambda plan: False,
) -> list[Plan]:
    """Forms in which ``items`` rows would be ready, the soonest first, by the table of costs.

    As far as the eager engine, which is always the last: it needs nothing. ``gflop`` is the work of
    one row; ``exact`` allows float32 only; ``kept`` says whether a form lies on disk and is asked
    only where that could make it the soonest.
    """
    fast = fast_dtype(device)
    timed = []
    for (name, said), cost in costs.table(cache, device, gflop).items():
        plan = Plan(name, torch.float32 if said == "exact" else fast)
        if plan.precision == said and said in ("exact", precision) and not why_not(name, device):
            again, cold = (cost.total(gflop, items, there) for there in (True, False))
            timed.append((again, cold, plan))
    certain = min((cold for _, cold, plan in timed if plan.name == "eager"), default=math.inf)
    seconds = [
        (again if again < certain and kept(plan) else cold, plan) for again, cold, plan in timed
    ]
    found = []
    # Rounding has to pay: bfloat16 for less than WORTHWHILE is not taken.
    handicap = {"exact": 1, "fast": WORTHWHILE}
    for _, plan in sorted(seconds, key=lambda pair: pair[0] * handicap[pair[1].precision]):
        found.append(plan)
        if plan.name == "eager":
            return found
    return [*found, Plan("eager", torch.float32)]


def seconds_to_start(
    network: nn.Module, example: tuple[Tensor, ...], plan: Plan, cache: Path | None
) -> float:
    """About how long building a form takes, by the table of costs; 0 where nobody knows."""
    known = costs.table(cache, example[0].device, work(network, example))
    cost = known.get((plan.name, plan.precision))
    if cost is None:
        return 0.0
    return cost.again_s if _is_kept(network, example, plan, cache) else cost.start_s


def _is_kept(
    network: nn.Module, example: tuple[Tensor, ...], plan: Plan, cache: Path | None
) -> bool:
    if plan.name != "openvino" or cache is None or not cache.is_dir():
        return False
    return openvino_engine.blob_path(network, example, plan.dtype, cache).is_file()


def why_not(name: str, device: torch.device) -> str:
    """Why an engine cannot run on a device; empty if it can."""
    if name == "cuda":
        return "" if device.type == "cuda" else "needs a CUDA device; take `device=cuda`"
    if name == "openvino" and device.type != "cpu":
        return f"runs on the CPU, not on {device.type}; take `device=cpu`"
    if name == "openvino" and importlib.util.find_spec("openvino") is None:
        return "needs openvino, which is not installed; pip install 'mien[fast]'"
    if name == "compile" and device.type == "cpu" and not torch_engines.has_compiler():
        return "needs a C++ compiler, and none was found; take `engine=eager`"
    return ""


def check_engine(name: str, device: torch.device) -> str:
    """The name of an engine, ``auto`` included, if it is there.

    Raises UnknownName for no such engine, MissingExtra if its package is not installed, InputError
    if it cannot run on this device.
    """
    if name == AUTO:
        return name
    if name not in ENGINES:
        raise UnknownName("engine", name, [AUTO, *ENGINES])
    reason = why_not(name, device)
    if "not installed" in reason:
        raise MissingExtra("openvino", "fast", f"engine {name!r}")
    if reason:
        raise InputError(f"engine {name!r} {reason}")
    return name


def work(network: nn.Module, example: tuple[Tensor, ...]) -> float:
    """Work of one row, 10⁹ operations: as the network says it, or counted without computing."""
    said = getattr(network, "gflop", None)
    if isinstance(said, int | float) and said > 0:
        return float(said)
    from torch.utils.flop_counter import FlopCounterMode

    ghosts: dict[int, Tensor] = {}
    for tensor in network.parameters():
        ghosts[id(tensor)] = nn.Parameter(tensor.detach().to("meta"), requires_grad=False)
    for tensor in network.buffers():
        ghosts[id(tensor)] = tensor.to("meta")
    ghost = copy.deepcopy(network, ghosts)
    try:
        with FlopCounterMode(display=False) as counted, torch.no_grad():
            ghost(*(tensor.to("meta") for tensor in example))
    except (RuntimeError, NotImplementedError):  # It reads numbers, which are not there.
        return 1.0
    return max(counted.get_total_flops() / len(example[0]) / 1e9, 1e-3)


def _build(
    plan: Plan, network: nn.Module, example: tuple[Tensor, ...], cache: Path | None
) -> Engine:
    start = time.perf_counter()
    try:
        run = ENGINES[plan.name](network, example, plan.dtype, cache)
    except _UNBUILDABLE as error:
        cause = " ".join(str(error).split())[:200]
        cause = f"engine {plan.name!r} cannot run this network ({cause}); take `engine=eager`"
        raise InputError(cause) from None
    return Engine(plan, len(example[0]), time.perf_counter() - start, run)
