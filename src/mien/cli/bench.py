"""``mien bench``: what each engine takes for an image on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, progress, write_json

if TYPE_CHECKING:
    from mien.runtime.speed import Bench


def bench(
    model: opt.Model = "portraits",
    engine: Annotated[
        list[str] | None,
        Option(
            metavar="NAME", help="Measure this engine; may be repeated. Else all here but compile."
        ),
    ] = None,
    rounds: Annotated[int, Option(metavar="N", help="Passes over the images.")] = 5,
    count: Annotated[int, Option(metavar="N", help="How many images.")] = 4,
    out: opt.OptionalOut = None,
    device: opt.Device = "auto",
    anyway: Annotated[
        bool, Option("--anyway", help="Keep the timings of a busy machine too.")
    ] = False,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Measure the engines for a generator on this machine.

    Prints milliseconds an image, seconds to start (cold, and with the compiled network on disk),
    and how far each is from exact. What was measured decides from then on which engine
    `--engine auto` takes for generators of about this size. Nothing else should be running: timings
    of a busy machine are shown and not kept. `--engine compile` needs a C++ compiler and minutes.
    """
    from mien.files import check_targets
    from mien.hub.loading import load_generator
    from mien.hub.store import engine_cache
    from mien.runtime import costs, speed
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator

    check_targets([out], force)
    busy = speed.busy()
    tune_allocator()
    generator = load_generator(model, str(find_device(device))).network
    measured = speed.measure(generator, engine_cache(), engine or (), rounds, count)
    found = speed.bench_of(generator, list(progress(measured, "measuring")))
    kept = anyway or not busy
    if kept:
        costs.write(engine_cache(), found.costs())
    else:
        note(f"{busy}; these timings are not kept, wait until it is quiet or give `anyway=True`")
    for one in found.speeds:
        if one.failed:
            note(one.failed)
    result = {"model": model, **found.as_dict(), "table": engine_cache() / costs.FILE, "kept": kept}
    write_json(out, result, force)
    emit(result, json, _table(model, found))


def _table(model: str, found: Bench) -> object:
    from rich.table import Table

    from mien.runtime.speed import LEVELS

    title = f"{model}, {found.gflop:.3g} GFLOP an image, on {found.machine}"
    table = Table(title=title, box=None, pad_edge=False)
    table.add_column("engine")
    table.add_column("precision")
    heads = ("ms an image", "start s", "again s", "RMS to exact", f"within {LEVELS} levels")
    for head in heads:
        table.add_column(head, justify="right")
    for one in found.speeds:
        if one.failed:
            continue
        table.add_row(
            one.engine,
            one.precision,
            f"{one.image_ms:.1f}",
            f"{one.start_s:.1f}",
            f"{one.again_s:.1f}",
            f"{100 * one.rms:.4f} %",
            f"{100 * one.within:.2f} %",
        )
    return table
