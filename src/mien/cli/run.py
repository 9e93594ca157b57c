"""``mien run VERB INPUT…``: very many inputs, in processes here or on a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from mien.cli import opt
from mien.cli.common import emit, note, progress


def run(
    verb: Annotated[
        str,
        Argument(
            metavar="VERB", help="align, mask, cutout, caption, invert, sketch, anime, generate."
        ),
    ],
    inputs: Annotated[
        list[str],
        Argument(
            metavar="INPUT…", help="Folders, zips, tars, pictures; for generate seeds: 0-9999."
        ),
    ],
    out: Annotated[Path, Option(metavar="FOLDER", help="Where the shards go.")],
    option: Annotated[
        list[str] | None, Option(metavar="NAME=VALUE", help="Of the verb: size=512, aligned=yes.")
    ] = None,
    cluster: Annotated[
        str | None,
        Option(metavar="ADDRESS", help="A Ray cluster: auto, or its head; else processes."),
    ] = None,
    processes: Annotated[int, Option(metavar="N", help="Without a cluster; 0 for each core.")] = 0,
    per_shard: Annotated[int, Option(metavar="N", help="Inputs of a shard at most.")] = 1000,
    device: opt.Device = "cpu",
    json: opt.Json = False,
) -> None:
    """Do something with each of very many inputs, each exactly once.

    Writes `shard-000000.tar` and `shard-000000.jsonl` with a line for each input, and at the end
    `manifest.jsonl` with all of them. What cannot be used, and an input of which 3 processes died,
    is left out, with its reason there; files that are not called like pictures are named at the
    start. Stopped at any moment, the same command goes on. On a cluster all machines need the same
    files under the same names. The exit status is 2 if something was left out.
    """
    from mien.data import bulk
    from mien.errors import InputError
    from mien.studio.bulk import worker_of

    if processes < 0:
        raise InputError(f"--processes is {processes}, and must be 0 or more")
    if device != "cpu":
        from mien.runtime.devices import find_device

        device = str(find_device(device))
    start = worker_of(verb, option or [], device)
    said = {"verb": verb, "options": dict(vars(start)) | {"device": ""}}
    ends = getattr(start, "ends", (".png",))
    seeds: list[int] = []
    if verb == "generate":
        seeds = [seed for text in inputs for seed in _seeds(text)]
    plan = bulk.Plan.of(inputs, out, per_shard, ends, said, seeds)
    if plan.note:
        note(plan.note)
    result: dict[str, Any] = {}
    count = processes or os.cpu_count() or 1
    for line in progress(bulk.run(plan, start, count, cluster), verb, len(plan.shards) + 2):
        result = line
    result = {"out": out, **result, "notes": [plan.note] if plan.note else []}
    left = f", {result['left_out']} left out" if result["left_out"] else ""
    shards = f"{len(plan.shards)} shard" + "s" * (len(plan.shards) != 1)
    emit(result, json, f"made {result['made']}{left}; {shards} in {out}")
    if result["left_out"]:
        note(f"why they were left out is said in {result['manifest']}")
        raise typer.Exit(2)


def _seeds(text: str) -> range:
    """``7`` or ``0-9999``: more at once than ``mien generate`` draws."""
    from mien.errors import InputError

    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise InputError(f"{text!r} are no seeds; write 7 or 0-9999")
    if dash and int(last) < int(first):
        raise InputError(f"seeds {text!r} run backwards; write {last}-{first}")
    found = range(int(first), int(last or first) + 1)
    if not found or found[-1] >= 2**32:
        raise InputError(f"{text!r} are no seeds from 0 to {2**32 - 1}")
    return found
