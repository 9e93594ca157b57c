"""What makes a command of a training: its options, the run itself, how it stops and goes on.

    @trainer(ToyConfig)
    def toy(data: DataOption, out: ModelOption, config: dict[str, Any], device: Any) -> Job:
        '''Train a toy.'''
        recipe = Toy(ToyConfig(**config), data, device)
        yield Run(recipe, run_folder(out))  # here it is trained; a stopped run ends the command
        recipe.export(out, "toy")
        forget(run_folder(out))
        return {"out": out}, f"wrote {out}"

The command has an option for each field of the configuration, ``--precision``, ``--device``,
``--json``, and how often it logs and saves. ``typed: set[str]`` gets the options that were typed.
"""

from __future__ import annotations

import inspect
import signal
import typing
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note
from mien.cli.options import config_options
from mien.cli.train.lines import Lines
from mien.cli.train.options import stop_asked
from mien.training.cadence import Cadence

if TYPE_CHECKING:
    from mien.training.loop import Recipe

ModelOption = Annotated[Path, Option("--out", metavar="FILE", help="The .safetensors to write.")]


@dataclass(frozen=True)
class Run:
    """A training that a command waits for: what, where its checkpoints and log go.

    ``head`` stands before each printed line, ``seen`` is what is counted.
    """

    recipe: Recipe
    folder: Path
    head: str = ""
    seen: str = "images"


Job = Generator[Run, None, tuple[Mapping[str, Any], str] | None]
"""What a command does: prepares, yields runs, measures and writes, returns what is to be said."""


def run_folder(out: Path) -> Path:
    """Where the run of a model lives: beside its file, ``NAME.run``."""
    return out.with_suffix(".run")


def trainer(
    config: type,
    leave: Collection[str] = (),
    cadence: Cadence | None = None,
    grids: bool = False,
    **defaults: Any,
) -> Callable[[Callable[..., Job]], Callable[..., None]]:
    """Make a command of a function that prepares a training, see the head of this file.

    Args:
        config: The dataclass whose fields are options, ``leave`` left out.
        leave: Fields that are none.
        cadence: Defaults of how often.
        grids: Whether the recipe draws pictures to look at.
        **defaults: Other defaults than the dataclass has.
    """
    often = vars(cadence or Cadence())
    unused = {"measure_kimg"} if grids else {"measure_kimg", "sample_kimg"}

    def wrap(prepare: Callable[..., Job]) -> Callable[..., None]:
        def command(
            cadence: dict[str, Any], device: opt.Device, json: opt.Json, **values: Any
        ) -> None:
            from mien.runtime.devices import find_device
            from mien.runtime.memory import tune_allocator

            tune_allocator()
            place, context = find_device(device), values.pop("context")
            if "typed" in hints:
                values["typed"] = {n for n in context.params if _is_typed(context, n)}
            values["config"]["precision"] = settled_precision(values["config"]["precision"], place)
            job = prepare(device=place, **values)
            _train(job, Cadence(**{**often, **cadence}), json)

        hints = typing.get_type_hints(prepare, include_extras=True)
        own = inspect.signature(prepare).parameters.values()
        kind = inspect.Parameter.KEYWORD_ONLY
        found = [
            p.replace(annotation=hints[p.name]) for p in own if p.name not in ("device", "typed")
        ]
        found += [
            inspect.Parameter("context", kind, annotation=typer.Context),
            inspect.Parameter("cadence", kind, annotation=dict[str, Any]),
            inspect.Parameter("device", kind, default="auto", annotation=opt.Device),
            inspect.Parameter("json", kind, default=False, annotation=opt.Json),
        ]
        keywords = [p.replace(kind=kind) for p in found]
        command.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in keywords}
        command.__name__, command.__doc__ = prepare.__name__, prepare.__doc__
        command.__module__ = prepare.__module__
        timed = config_options(Cadence, unused, "cadence", **often)(command)
        return config_options(config, leave, **{"precision": "auto", **defaults})(timed)

    return wrap


def _is_typed(context: Any, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _train(job: Job, cadence: Cadence, json: bool) -> None:
    """Do a job: train what it yields, then print what it returns."""
    last: dict[str, Any] = {}
    while True:
        try:
            run = next(job)
        except StopIteration as end:
            if end.value is not None:
                result, text = end.value
                emit({**last, **result}, json, text)
            return
        last = follow(run, cadence, json)


def follow(run: Run, cadence: Cadence, quiet: bool) -> dict[str, Any]:
    """Train to the end, printing lines; returns the last.

    Ctrl-C or SIGTERM ends it before: a checkpoint is written, and typer.Exit has status 130.
    """
    from mien.training import loop

    last: dict[str, Any] = {}
    goal = run.recipe.config.kimg
    tell = Lines(goal, quiet, run.head)
    with stopping() as asked:
        for last in loop.run(run.recipe, run.folder, cadence, asked):
            tell(last)
    if run.recipe.nimg < goal * 1000:
        if run.recipe.leads:
            note(f"stopped at {run.recipe.nimg} {run.seen}; the same command goes on")
        raise typer.Exit(130)
    return last


def follow_or_finish(run: Run, cadence: Cadence, quiet: bool, finish: bool) -> dict[str, Any]:
    """As :func:`follow`; with ``finish`` the newest checkpoint is the end, InputError if none."""
    from mien.errors import InputError
    from mien.training import loop

    if not finish:
        return follow(run, cadence, quiet)
    if not loop.resume(run.recipe, run.folder):
        raise InputError(f"{run.folder} holds no run to finish")
    return {}


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Inside, Ctrl-C and SIGTERM are asked for, see :func:`stop_asked`; then as before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop_asked()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def settled_precision(precision: str, device: Any) -> str:
    """The precision of a run; ``auto`` is bf16 where the hardware multiplies it faster."""
    import torch

    from mien.runtime.precision import fast_dtype

    if precision != "auto":
        return precision
    return "bf16" if fast_dtype(device) == torch.bfloat16 else "fp32"
