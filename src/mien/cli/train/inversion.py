"""``mien train inversion``: a w for each layer, for any generator with an encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, showing
from mien.cli.options import config_options
from mien.cli.train.options import RunOption, codes_of
from mien.cli.train.running import Run, follow_or_finish
from mien.inversion.head_options import HeadTraining
from mien.training.cadence import Cadence


@config_options(HeadTraining)
def inversion(
    data: Annotated[
        list[Path], Option(help="A folder or zip of photographs; give it again for more.")
    ],
    out: RunOption,
    config: dict[str, Any],
    model: Annotated[str, Option(help="A generator with an encoder: name or file.")] = (
        "portraits"
    ),
    finish: Annotated[
        bool, Option("--finish", help="Train no further; write the head as it stands.")
    ] = False,
    device: opt.Device = "auto",
    json: opt.Json = False,
) -> None:
    """Train the W+ head: what each layer's code must change for the drawing to be the photo.

    `mien invert` and every verb that takes a photo then use it, once it lies beside the generator's
    encoder as `inversion.safetensors` or `NAME-inversion.safetensors`. The folder gets the run's
    files, grids of photo, one pass and result, and at the end `inversion.safetensors`.
    """
    from mien.data.training_set import TrainingSet
    from mien.hub.loading import load_identity
    from mien.inversion.compose import find_moments
    from mien.inversion.guide_training import Pairs, joined
    from mien.inversion.head_training import HeadRecipe
    from mien.runtime.memory import tune_allocator
    from mien.studio import Studio

    tune_allocator()
    settled, studio = HeadTraining(**config), Studio(model, device)
    inverter, sha = studio.inverter, studio.loaded.sha256
    parts = []
    with showing() as tell:
        for path in data:
            photos = TrainingSet.open(path, inverter.resolution)
            codes = codes_of(studio, photos, out / f"codes-{path.stem}.npz", tell)[0]
            parts.append(Pairs(photos.pictures, codes))
    embed = load_identity("identity", str(studio.device)).network.embed
    recipe = HeadRecipe(
        settled, inverter, joined(parts), find_moments(studio) if settled.drawn else None,
        embed if settled.identity else None,
    )  # fmt: skip
    run = Run(recipe, out, seen="faces")
    last = follow_or_finish(run, Cadence(0.4, 1, 2, 2), json, finish)
    meta = {"generator": sha, "data": [str(path) for path in data]}
    path = recipe.finish(out / "inversion.safetensors", meta)
    emit({"out": out, "model": path, **last}, json, f"wrote {path}")
