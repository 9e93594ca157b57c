"""``mien train tagger``: the judge that reads attributes off faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli.common import ForceOption, JsonOption, emit
from mien.cli.train.lines import Lines
from mien.cli.train.options import DataOption, LabelsOption, SeedOption
from mien.errors import InputError


def tagger(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .safetensors to write.")],
    labels: LabelsOption = None,
    kimg: Annotated[float, typer.Option(help="Thousand pictures to see.")] = 80,
    batch: Annotated[int, typer.Option(help="Pictures a step.")] = 64,
    resolution: Annotated[int, typer.Option(help="Side that pictures are resized to.")] = 96,
    width: Annotated[int, typer.Option(help="Channels of the first stage.")] = 32,
    lr: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    leave_out: Annotated[
        int | None,
        typer.Option(min=0, max=4, help="Leave out every fifth picture, from this one on."),
    ] = None,
    also: Annotated[
        Path | None,
        typer.Option("--also", metavar="PATH", help="A second labelled set, such as celeba.zip."),
    ] = None,
    seed: SeedOption = 0,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Train the judge that reads attributes off faces, and measure it on the kept-out part."""
    from dataclasses import asdict

    from mien.checkpoints import native
    from mien.data.training_set import TrainingSet
    from mien.files import check_targets
    from mien.judges.tagger import TaggerConfig
    from mien.runtime.memory import tune_allocator
    from mien.tagging import train as loop
    from mien.tagging.evaluate import score_tagger

    if labels == "none":
        raise InputError("--labels none: a tagger learns from labels; name a table of them")
    check_targets([out], force, ".safetensors")
    tune_allocator()
    size = round(resolution * 4 / 3)
    wanted: Any = labels
    pictures = TrainingSet.open(data, size, labels=wanted, part="train").leave_out(leave_out)
    kept = TrainingSet.open(data, size, labels=wanted, part="kept-out")
    network = TaggerConfig(resolution=resolution, width=width)
    config = loop.TaggerTraining(
        network=network, kimg=kimg, batch=batch, lr=lr, seed=seed, precision=precision
    )
    second = TrainingSet.open(also, size, part="all") if also else None
    trained = None
    tell = Lines(config.kimg, quiet=json)
    for line, network_now in loop.train(config, pictures, second):
        trained = network_now
        tell(line)
    if trained is None:
        raise typer.Exit(2)
    table = score_tagger(trained, kept, pictures)
    without = "" if leave_out is None else f" without fold {leave_out} of 5"
    with_also = f", and {also.name}" if also else ""
    meta = {"kimg": kimg, "data": f"{data.name}, training part{without}{with_also}", "seed": seed}
    native.save(out, "tagger", trained.state_dict(), asdict(network), meta, half=True, force=force)
    emit({"out": out, **table.as_dict()}, json, f"{table.text()}\nwrote {out}")
