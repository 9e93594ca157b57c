"""``mien train text``: the ways from a sentence to a latent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import note
from mien.cli.train.options import DataOption
from mien.cli.train.running import Job, Run, trainer
from mien.text.config import TextTraining
from mien.training.cadence import Cadence


@trainer(TextTraining, cadence=Cadence(tick_kimg=50, checkpoint_kimg=100))
def text(
    data: DataOption,
    out: Annotated[Path, Option(metavar="FOLDER", help="Where the files go.")],
    config: dict[str, Any],
    device: Any,
    model: opt.Model = "portraits",
    method: Annotated[
        list[str] | None, Option(help="mapper, prior, directions; may be repeated; else all.")
    ] = None,
    tagger: Annotated[str, Option(help="Tagger that reads the samples.")] = "teacher",
    force: opt.Force = False,
) -> Job:
    """Train the ways from a sentence to a latent for one generator.

    Writes `MODEL-mapper.safetensors`, `MODEL-prior.safetensors` and
    `MODEL-directions.safetensors`; put them beside the generator's file, or into the store, and
    `mien describe --method` finds them. What is counted in kimg are thousand pairs.
    """
    from mien.data.training_set import TrainingSet
    from mien.errors import UnknownName
    from mien.files import refuse_existing
    from mien.hub.loading import load_generator, load_tagger
    from mien.text.embedding import SentenceEncoder
    from mien.text.train_files import WRITERS, TextJob

    settled = TextTraining(**config)
    names = list(method or WRITERS)
    for name in names:
        if name not in WRITERS:
            raise UnknownName("trainable method", name, WRITERS)
    loaded = load_generator(model, str(device))
    pictures = TrainingSet.open(data, 32, part="train")
    reader = load_tagger(tagger, str(device))
    job = TextJob(
        loaded, reader, pictures, SentenceEncoder(), settled, out, force,
        progress=lambda done: note(f"sampled {done} of {settled.samples}"),
    )  # fmt: skip
    refuse_existing([job.path(name) for name in names], force)
    written = []
    for name in names:
        if name == "directions":
            written.append(job.write(name, job.directions()))
            continue
        recipe = job.recipe(name)
        yield Run(recipe, job.folder_of(name), name)
        written.append(job.write(name, recipe.trained))
    job.forget()
    return {"files": written}, "\n".join(str(path) for path in written)
