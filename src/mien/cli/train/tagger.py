"""``mien train tagger``: the judge that reads attributes off faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.train.options import LabelsOption, OnlyOption
from mien.cli.train.running import Job, ModelOption, Run, run_folder, trainer
from mien.errors import InputError
from mien.tagging.config import TaggerTraining

if TYPE_CHECKING:  # numpy would come with it
    from mien.data.splits import Part
    from mien.data.training_set import TrainingSet


@trainer(TaggerTraining)
def tagger(
    data: opt.FaceSets,
    out: ModelOption,
    config: dict[str, Any],
    device: Any,
    labels: LabelsOption = None,
    only: OnlyOption = None,
    leave_out: Annotated[
        int | None, Option(min=0, help="Leave out one picture of every --folds, from this one on.")
    ] = None,
    folds: Annotated[int, Option(min=2, help="2 lets two judges learn from different halves.")] = 5,
    also: Annotated[
        Path | None, Option(metavar="PATH", help="A second labelled set, such as celeba.zip.")
    ] = None,
    force: opt.Force = False,
) -> Job:
    """Train the judge that reads attributes off faces, and measure it on the kept-out part."""
    from mien.data.joining import choose, join
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

    def joined(part: Part) -> TrainingSet:
        sets = [TrainingSet.open(path, size, labels=labels, part=part) for path in data]
        return join([choose(one, only or []) for one in sets])

    pictures, kept = joined("train").leave_out(leave_out, folds), joined("kept-out")
    second = TrainingSet.open(also, size, part="all").leave_out(leave_out, folds) if also else None
    recipe = TaggerRecipe(settled, pictures, second, device)
    yield Run(recipe, run_folder(out))
    table = score_tagger(recipe.trained, kept, pictures)
    without = "" if leave_out is None else f" without fold {leave_out} of {folds}"
    with_also = f", and {also.name}" if also else ""
    names = " and ".join(path.name for path in data)
    told = {"data": f"{names}, training part{without}{with_also}"}
    recipe.export(out, "tagger", told, force)
    forget(run_folder(out))
    return {"out": out, **table.as_dict()}, f"{table.text()}\nwrote {out}"
