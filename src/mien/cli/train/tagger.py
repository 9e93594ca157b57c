"""``mien train tagger``: the judge that reads attributes off faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli import opt
from mien.cli.train.options import DataOption, LabelsOption
from mien.cli.train.running import Job, ModelOption, Run, run_folder, trainer
from mien.errors import InputError
from mien.tagging.config import TaggerTraining


@trainer(TaggerTraining)
def tagger(
    data: DataOption,
    out: ModelOption,
    config: dict[str, Any],
    device: Any,
    labels: LabelsOption = None,
    leave_out: Annotated[
        int | None,
        typer.Option(min=0, max=4, help="Leave out every fifth picture, from this one on."),
    ] = None,
    also: Annotated[
        Path | None,
        typer.Option("--also", metavar="PATH", help="A second labelled set, such as celeba.zip."),
    ] = None,
    force: opt.Force = False,
) -> Job:
    """Train the judge that reads attributes off faces, and measure it on the kept-out part."""
    from mien.data.training_set import TrainingSet
    from mien.files import check_targets
    from mien.tagging.evaluate import score_tagger
    from mien.tagging.train import TaggerRecipe
    from mien.training.state import forget

    if labels == "none":
        raise InputError("--labels none: a tagger learns from labels; name a table of them")
    check_targets([out], force, ".safetensors")
    settled = TaggerTraining(**config)
    size = round(settled.resolution * 4 / 3)
    pictures = TrainingSet.open(data, size, labels=labels, part="train").leave_out(leave_out)
    kept = TrainingSet.open(data, size, labels=labels, part="kept-out")
    second = TrainingSet.open(also, size, part="all") if also else None
    recipe = TaggerRecipe(settled, pictures, second, device)
    yield Run(recipe, run_folder(out))
    table = score_tagger(recipe.trained, kept, pictures)
    without = "" if leave_out is None else f" without fold {leave_out} of 5"
    with_also = f", and {also.name}" if also else ""
    told = {"data": f"{data.name}, training part{without}{with_also}"}
    recipe.export(out, "tagger", told, force)
    forget(run_folder(out))
    return {"out": out, **table.as_dict()}, f"{table.text()}\nwrote {out}"
