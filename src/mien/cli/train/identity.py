"""``mien train identity``: the judge that tells whose face it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.train.options import DataOption
from mien.cli.train.running import Job, ModelOption, Run, run_folder, trainer
from mien.faces.training_config import IdentityTraining


@trainer(IdentityTraining, leave=("views",))
def identity(
    data: DataOption,
    out: ModelOption,
    config: dict[str, Any],
    device: Any,
    points: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="68 landmarks a picture at 256×256; else DATA_landmarks68.npz beside the data.",
        ),
    ] = None,
    trunk: Annotated[
        str, Option(help="A tagger or a network of this kind to start from, or `none`.")
    ] = "teacher",
    generator: Annotated[
        str, Option(help="A generator that adds people who do not exist.")
    ] = "portraits",
    generated: Annotated[int, Option(min=0, help="How many people it adds.")] = 0,
    force: opt.Force = False,
) -> Job:
    """Train the judge that tells whose face it is, and try it on faces it has not seen."""
    from mien.checkpoints.native import read_header
    from mien.faces.evaluate_identity import score_views
    from mien.faces.people import generated_people, open_people, points_beside
    from mien.faces.train_identity import IdentityRecipe
    from mien.files import check_targets
    from mien.hub.loading import load, load_generator, resolve
    from mien.training.state import forget

    check_targets([out], force, ".safetensors")
    settled = IdentityTraining(**config)
    table, side = points or points_beside(data), max(128, settled.resolution)
    known, labels = open_people(data, table, side, "train")
    kept, _ = open_people(data, table, side, "kept-out")
    said = f"{data.name}, training part, {known.count} people"
    if generated:
        loaded = load_generator(generator, str(device))
        first = 1_000_000 + settled.seed  # far from the seeds that people type
        known = known + generated_people(loaded.network, generated, first, side, labels=labels)
        said += f", {generated} people of {loaded.name} {loaded.sha256[:12]}"
    start = None
    if trunk != "none":
        kind = read_header(resolve(trunk)).kind
        start = load(trunk, "identity" if kind == "identity" else "tagger").network.state_dict()
    recipe = IdentityRecipe(settled, known, start, device)
    yield Run(recipe, run_folder(out))
    scores = score_views(recipe.trained, kept.pictures, kept.anchors)
    recipe.export(out, "identity", {"data": said, "trunk": trunk}, force)
    forget(run_folder(out))
    protocol = (
        f"{len(kept.pictures)} faces of {data.name}, part 'kept-out', each recognised among all "
        "from a changed view; seed 7"
    )
    lines = [f"{'views':14}{'AUC':>8}{'rank-1':>8}"]
    lines += [f"{name:14}{row['AUC']:>8.4f}{row['rank-1']:>8.3f}" for name, row in scores.items()]
    text = "\n".join([*lines, "", protocol, f"wrote {out}"])
    return {"out": out, "views": scores, "protocol": protocol}, text
