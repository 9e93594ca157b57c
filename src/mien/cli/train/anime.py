"""``mien train anime``: selfie to anime in many styles (GANs N' Roses)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.anime.config import AnimeConfig
from mien.cli import opt
from mien.cli.common import emit
from mien.cli.options import config_options
from mien.cli.train.options import RunOption
from mien.cli.train.running import Run, follow_or_finish
from mien.training.cadence import Cadence


@config_options(AnimeConfig)
def anime(
    data: Annotated[
        Path, Option(metavar="PATH", help="Folder or zip of trainA (selfies) and trainB (anime).")
    ],
    out: RunOption,
    config: dict[str, Any],
    faces: Annotated[
        list[Path] | None,
        Option(help="A folder or zip of faces, selfies too, one to one; repeatable."),
    ] = None,
    only: Annotated[
        list[str] | None,
        Option(metavar="RULE", help="Rows of the faces' label tables: quality=ok."),
    ] = None,
    start: Annotated[
        Path | None,
        Option("--from", metavar="FILE", help="A model, or a checkpoint of a run, or half."),
    ] = None,
    tagger: Annotated[str, Option(help="Reads attributes off selfies.")] = "teacher",
    anime_tagger: Annotated[str, Option(help="Reads them off drawings.")] = "anime-teacher",
    finish: Annotated[
        bool, Option("--finish", help="Train no further; write the model as it stands.")
    ] = False,
    tick_kimg: opt.TickKimg = 0.2,
    checkpoint_kimg: opt.CheckpointKimg = 0.8,
    sample_kimg: opt.SampleKimg = 0.8,
    device: opt.Device = "auto",
    json: opt.Json = False,
) -> None:
    """Train GANs N' Roses: selfies to anime faces, many styles for one face.

    Killed at any moment and started again with the same command, it goes on from its newest
    checkpoint. The folder gets `state-*.safetensors`, `log.jsonl`, `grids/`, and at the end
    `anime.safetensors`.
    """
    from mien.anime import files
    from mien.anime.recipe import AnimeRecipe, Judges
    from mien.hub.loading import load_features, load_tagger, resolve
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator
    from mien.training import state

    tune_allocator()
    settled = AnimeConfig(**config)
    taggers = (load_tagger(tagger).network, load_tagger(anime_tagger).network)
    more = _faces(faces or [], settled.resolution, only or [])
    pictures = files.AnimeData.open(data, settled.resolution, more)
    recipe = AnimeRecipe(settled, pictures, Judges(load_features(), *taggers), find_device(device))
    if start is not None and not state.checkpoints(out):
        files.start_from(recipe, resolve(start, files.KIND))
    cadence = Cadence(tick_kimg, checkpoint_kimg, sample_kimg)
    last = follow_or_finish(Run(recipe, out), cadence, json, finish)
    said = {"data": [data.name, *(path.name for path in faces or [])]}
    model = files.export(out, out / "anime.safetensors", said)
    emit({"out": out, "model": model, **last}, json, f"wrote {model}")


def _faces(paths: list[Path], resolution: int, rules: list[str]) -> list[Any]:
    """Pictures of further selfies, without what the rules leave out."""
    from mien.data.joining import choose
    from mien.data.training_set import TrainingSet

    return [choose(TrainingSet.open(path, resolution), rules).pictures for path in paths]
