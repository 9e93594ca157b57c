"""``mien weights list|card|convert|pull``: the weights that mien knows, and those of others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from mien.cli import opt
from mien.cli.common import emit, note
from mien.errors import InputError

if TYPE_CHECKING:
    from mien.hub.catalogue import Row

app = typer.Typer(no_args_is_help=True)

_FORMS = {".safetensors": "mien", ".pt": "rosinality", ".pth": "rosinality", ".onnx": "onnx"}
_CONVERTED = ("generator", "discriminator", "anime")

NameArgument = Annotated[str, Argument(metavar="NAME", help="A name of `mien weights list`.")]


@app.callback()
def _weights() -> None:
    """List, describe, fetch and convert weights."""


@app.command("list")
def list_(json: opt.Json = False) -> None:
    """List the weights that mien knows by name, and whether they are on this disk."""
    from mien.hub import catalogue

    rows = [_state(row) for row in catalogue.ROWS]
    emit({"weights": rows}, json, _table(rows))


@app.command()
def card(name: NameArgument, json: opt.Json = False) -> None:
    """Show the model card of a name: data, licence, training, scores and how they were measured."""
    from mien.hub import cards, catalogue

    row = catalogue.find(name)
    emit({**_state(row), "card": cards.card(name)}, json, cards.card(name))


@app.command()
def pull(
    name: NameArgument,
    accept: Annotated[
        bool,
        Option(
            "--accept-licence", help="Of weights that are not for every use; once for each licence."
        ),
    ] = False,
    json: opt.Json = False,
) -> None:
    """Fetch the weights of a name: resumed if it broke off, verified, stored once.

    This is the only verb that reaches for the network.
    """
    from mien.hub import catalogue
    from mien.hub.pull import pull as fetch
    from mien.hub.store import known_sha256

    with _bar(name) as progress:
        path = fetch(name, progress, accept)
    if not catalogue.find(name).sha256:
        note(f"nobody states the hash of {path.name}; what came has sha256 {known_sha256(path)}")
    emit({"name": name, "path": path}, json, f"{name}: {path}")


@app.command()
def convert(
    source: Annotated[
        str, Argument(metavar="FILE", help="A file of weights of any known family, or a name.")
    ],
    out: Annotated[
        Path,
        Option(
            metavar="PATH",
            help="Where to: .safetensors is mien's own form, .pt rosinality's names, .onnx ONNX.",
        ),
    ],
    kind: Annotated[
        str,
        Option(
            metavar="KIND",
            help="Which network of the file: generator, discriminator, or anime (GANs N' Roses).",
        ),
    ] = "generator",
    network: Annotated[
        str | None,
        Option(metavar="NAME", help="Which one, where the file has several: G_A, 2, ema."),
    ] = None,
    label: opt.Label = None,
    half: Annotated[
        bool, Option("--half", help="Store 16 bits a number (mien's own form only).")
    ] = False,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Convert weights of other programs to mien's form, or mien's to theirs.

    Reads NVlabs' network pickles, rosinality's checkpoints and those built on them (pSp, e4e,
    StyleCLIP), genforce's, GANs N' Roses', and mien's own older ones. No code in a file is ever
    run.
    """
    from mien.checkpoints.export import lost, save_onnx, save_rosinality
    from mien.checkpoints.kinds import find_kind
    from mien.checkpoints.native import save, sha256_file
    from mien.checkpoints.registry import open_checkpoint, remarks
    from mien.files import refuse_existing
    from mien.hub.loading import resolve
    from mien.portraits.labels import read_label

    form = _FORMS.get(out.suffix.lower())
    if form is None:
        raise InputError(f"--out {out} ends in none of {', '.join(_FORMS)}")
    if kind not in _CONVERTED:
        raise InputError(f"--kind {kind!r} is none of {', '.join(_CONVERTED)}")
    if kind == "anime" and form != "mien":
        raise InputError(f"--kind anime is written as .safetensors only, --out is {out}")
    if half and form != "mien":
        raise InputError("--half is for .safetensors only")
    if label is not None and form != "rosinality":
        raise InputError(f"--label fixes a class in a .pt, --out is {out}; .safetensors keeps all")
    refuse_existing([out], force)
    wanted = find_kind(kind).name
    path = resolve(source, wanted)
    native = open_checkpoint(path, wanted, network)
    fixed = read_label(label, native.config.get("c_dim", 0))
    if form == "mien":
        meta = {**native.meta, "source_sha256": sha256_file(path)}
        save(out, native.kind, native.tensors, native.config, meta, half, force)
    elif form == "rosinality":
        save_rosinality(native, out, fixed, force)
    else:
        save_onnx(native, out, force)
    made_up = remarks(native.meta)
    if form != "mien":
        made_up += lost(native, form, fixed)
    for line in made_up:
        note(line)
    result = {
        "source": path,
        "out": out,
        "form": form,
        "kind": native.kind,
        "config": native.config,
        "from": native.meta.get("format", "mien"),
        "notes": made_up,
    }
    size = native.config.get("resolution", "?")
    emit(result, json, f"{path} ({result['from']}, {size}×{size} {kind}) -> {out}")


def _state(row: Row) -> dict[str, Any]:
    from mien.hub.loading import find_file

    return {**asdict(row), "path": find_file(row.file)}


def _table(rows: list[dict[str, Any]]) -> object:
    if not rows:
        return "the catalogue is empty; weights in the user's store work by their file name"
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("name", "kind", "size", "kimg", "MB", "licence", "on this disk"):
        table.add_column(name, justify="right" if name in ("size", "kimg", "MB") else "left")
    for row in rows:
        table.add_row(
            row["name"],
            row["kind"],
            str(row["resolution"] or ""),
            f"{row['kimg']:g}" if row["kimg"] is not None else "",
            f"{row['bytes'] / 1e6:.1f}" if row["bytes"] else "",
            row["licence"],
            "yes" if row["path"] else f"no: mien weights pull {row['name']}",
        )
    return table


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what shows a bar of bytes on stderr, if somebody is looking."""
    if not sys.stderr.isatty():
        yield lambda have, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda have, total: bar.update(task, completed=have, total=total)
