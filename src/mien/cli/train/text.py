"""``mien train text``: the ways from a sentence to a latent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.common import ForceOption, JsonOption, emit
from mien.cli.train.lines import Lines
from mien.cli.train.options import DataOption, SeedOption


def text(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")],
    model: Annotated[str, typer.Option(help="A generator: name or file.")] = "portraits",
    method: Annotated[
        list[str] | None,
        typer.Option("--method", help="mapper, prior, directions; may be repeated; else all."),
    ] = None,
    tagger: Annotated[str, typer.Option(help="Tagger that reads the samples.")] = "teacher",
    samples: Annotated[int, typer.Option(min=100, help="Latents to sample.")] = 12_000,
    steps: Annotated[int, typer.Option(min=1, help="Of mapper and prior.")] = 4_000,
    seed: SeedOption = 0,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Train the ways from a sentence to a latent for one generator.

    Writes `MODEL-mapper.safetensors`, `MODEL-prior.safetensors` and
    `MODEL-directions.safetensors`; put them beside the generator's file, or into the store, and
    `mien describe --method` finds them.
    """
    from mien.data.training_set import TrainingSet
    from mien.errors import UnknownName
    from mien.hub.loading import load_generator, load_tagger
    from mien.runtime.memory import tune_allocator
    from mien.text import train_files as text_files
    from mien.text.embedding import SentenceEncoder

    tune_allocator()
    known = tuple(text_files.WRITERS)
    names = list(method or known)
    for name in names:
        if name not in known:
            raise UnknownName("trainable method", name, known)
    loaded = load_generator(model)
    pictures = TrainingSet.open(data, 32, part="train")
    config = text_files.TextTraining(samples=samples, steps=steps, seed=seed)
    job = text_files.TextJob(
        loaded, load_tagger(tagger), pictures, SentenceEncoder(), config, out, force
    )
    written = []
    tell = Lines(None, quiet=json)
    for line in job.run(names):
        if "file" in line:
            written.append(line["file"])
        tell(line)
    emit({"files": written}, json, "\n".join(str(path) for path in written))
