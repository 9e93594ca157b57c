"""``mien train landmarks`` and ``detector``: the networks that find faces and their landmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import note
from mien.cli.train.options import DataOption
from mien.cli.train.running import Job, ModelOption, Run, run_folder, trainer
from mien.faces.training_config import DetectorTraining, LandmarkTraining

PointsOption = Annotated[
    Path, Option("--points", metavar="FILE", help="An .npz with `points`: 68 landmarks a picture.")
]


@trainer(LandmarkTraining)
def landmarks(
    data: DataOption,
    points: PointsOption,
    out: ModelOption,
    config: dict[str, Any],
    device: Any,
    force: opt.Force = False,
) -> Job:
    """Train the network that reads landmarks; measure it on the kept-out part."""
    from mien.faces.evaluate_finding import score_crops
    from mien.faces.train_landmarks import LandmarkRecipe

    settled = LandmarkTraining(**config)
    make = lambda faces: LandmarkRecipe(settled, faces, device)  # noqa: E731
    return (yield from _job(data, points, out, force, "landmarks", make, score_crops))


@trainer(DetectorTraining)
def detector(
    data: DataOption,
    points: PointsOption,
    out: ModelOption,
    config: dict[str, Any],
    device: Any,
    force: opt.Force = False,
) -> Job:
    """Train the face detector; measure it on the kept-out part."""
    from mien.faces.evaluate_finding import score_heat
    from mien.faces.train_detector import DetectorRecipe

    settled = DetectorTraining(**config)
    make = lambda faces: DetectorRecipe(settled, faces, device)  # noqa: E731
    return (yield from _job(data, points, out, force, "face-detector", make, score_heat))


def _job(
    data: Path,
    points: Path,
    out: Path,
    force: bool,
    kind: str,
    make: Callable[[Any], Any],
    score: Callable[..., dict[str, float]],
) -> Job:
    from mien.faces.pictures import FacePictures
    from mien.files import check_targets
    from mien.training.state import forget

    check_targets([out], force, ".safetensors")
    recipe = make(FacePictures.open(data, points))
    kept = FacePictures.open(data, points, part="kept-out")
    yield Run(recipe, run_folder(out))
    scores = score(recipe.trained.cpu(), kept)
    told = {"data": f"{data.name}, training part", "scores": scores}
    recipe.export(out, kind, told, force)
    forget(run_folder(out))
    note(f"measured on {len(kept)} kept-out pictures of {data.name}, moved and spoilt; seed 1")
    text = "  ".join(f"{key} {value:.4g}" for key, value in scores.items())
    return {"out": out, "kept_out": len(kept), "scores": scores}, f"{text}\nwrote {out}"
