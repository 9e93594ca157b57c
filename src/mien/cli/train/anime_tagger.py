"""``mien train anime-tagger``: what reads hair, eyes and mouth off anime faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.anime.tagger_config import AnimeTaggerTraining
from mien.cli import opt
from mien.cli.train.running import Job, ModelOption, Run, run_folder, trainer


@trainer(AnimeTaggerTraining)
def anime_tagger(
    data: Annotated[Path, Option(metavar="PATH", help="Folder or zip with trainB.")],
    out: ModelOption,
    config: dict[str, Any],
    device: Any,
    labels: Annotated[
        Path | None, Option(metavar="CSV", help="Table of tags; else the one beside --data.")
    ] = None,
    start: Annotated[
        str | None, Option("--from", metavar="NAME", help="A tagger whose trunk is taken over.")
    ] = None,
    leave_out: Annotated[
        int | None, Option(min=0, max=4, help="Leave out every fifth face, from this one on.")
    ] = None,
    cache: Annotated[
        Path | None, Option(metavar="FOLDER", help="Keep decoded pictures here.")
    ] = None,
    force: opt.Force = False,
) -> Job:
    """Train the tagger of anime faces, and measure it on the last 200 rows of the table.

    The second round shows it the faces without tags too, with the answers that it was sure of.
    """
    from mien.anime.evaluate_tagger import score_anime_tagger
    from mien.anime.train_tagger import open_faces, rounds
    from mien.files import check_targets
    from mien.hub.loading import load_tagger
    from mien.training.state import forget

    check_targets([out], force, ".safetensors")
    settled = AnimeTaggerTraining(**config)
    trunk = load_tagger(start) if start else None
    teaching, kept, table = open_faces(data, round(settled.resolution * 4 / 3), labels, cache)
    teaching = teaching.leave_out(leave_out)
    folders = [run_folder(out) / f"round-{number}" for number in (1, 2)]
    recipes = []
    for recipe in rounds(settled, teaching, trunk.network if trunk else None, device):
        recipes.append(recipe)
        yield Run(recipe, folders[len(recipes) - 1], f"round {len(recipes)}")
    score = score_anime_tagger(recipes[-1].trained, kept.pictures, table)
    meta = {
        "kimg": settled.kimg + settled.second_kimg,
        "seed": settled.seed,
        "data": f"{data.name}, trainB, but the last 200 rows of {table.path.name}",
        "faces": len(teaching.names),
        "leave_out": leave_out,
        "start": trunk.name if trunk else None,
    }
    recipes[-1].export(out, "tagger", meta, force)
    for folder in folders:
        forget(folder)
    return {"out": out, **meta, **score.as_dict()}, f"{score.text()}\nwrote {out}"
