"""``mien train parsing``: the network that says which region of a face each pixel shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note
from mien.cli.options import config_options
from mien.cli.train.options import RunOption
from mien.cli.train.running import Run, follow
from mien.faces.parsing.config import ParsingConfig
from mien.training.cadence import Cadence


@config_options(ParsingConfig)
def parsing(
    data: opt.FaceSets,
    masks: Annotated[
        list[Path],
        Option(help="Label maps of its pictures, of the same names; once for each --data."),
    ],
    out: RunOption,
    config: dict[str, Any],
    tick_kimg: opt.TickKimg = 0.4,
    checkpoint_kimg: opt.CheckpointKimg = 1,
    measure_kimg: opt.MeasureKimg = 2,
    json: opt.Json = False,
) -> None:
    """Train the face parser on pictures and their label maps, and measure it on the kept-out part.

    `mien data mask --by colours` makes maps to learn from; CelebAMask-HQ's serve as well. Started
    again with the same command, a stopped run goes on. The folder gets `state-*.safetensors`,
    `log.jsonl`, `grids/`, and at the end `parsing.safetensors`.
    """
    from dataclasses import asdict

    from mien.checkpoints import native
    from mien.checkpoints.kinds import PARSER
    from mien.errors import DatasetError
    from mien.faces.parsing.masked import open_masked
    from mien.faces.parsing.train import ParsingRecipe
    from mien.hub.loading import load
    from mien.runtime.memory import tune_allocator

    tune_allocator()
    settled = ParsingConfig(**config)
    pictures = open_masked(data, masks)
    try:
        kept = open_masked(data, masks, "kept-out")
    except DatasetError:
        kept = None
        note("no kept-out picture has a map; nothing is measured")
    recipe = ParsingRecipe(settled, pictures, load("mobilenet", "mobilenet").network, kept)
    cadence = Cadence(tick_kimg, checkpoint_kimg, measure_kimg, measure_kimg)
    follow(Run(recipe, out), cadence, json)
    scores, model = recipe.measure(), out / "parsing.safetensors"
    meta = {
        "kimg": recipe.nimg / 1000, "pictures": len(pictures), "scores": scores,
        "data": [str(path) for path in data],
    }  # fmt: skip
    decoder = recipe.average.decoder
    tensors, shape = decoder.state_dict(), asdict(settled.network())
    native.save(model, PARSER, tensors, shape, meta, half=True, force=True)
    emit({"out": out, "model": model, "scores": scores}, json, f"wrote {model}")
