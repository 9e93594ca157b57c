"""``mien train landmarks``: the networks that find faces and their landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mien.cli.common import ForceOption, JsonOption, emit, note
from mien.cli.train.lines import Lines
from mien.cli.train.options import DataOption, SeedOption

NETWORKS = ("detector", "landmarks")
"""What is trained, and the names of the files."""


def landmarks(
    data: DataOption,
    points: Annotated[
        Path,
        typer.Option(
            "--points", metavar="FILE", help="An .npz with `points`: 68 landmarks a picture."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FOLDER", help="For detector.safetensors and landmarks.safetensors."
        ),
    ],
    part: Annotated[
        Literal["both", "detector", "landmarks"], typer.Option(help="Which of the two networks.")
    ] = "both",
    kimg: Annotated[
        float | None, typer.Option(help="Thousand pictures to see; 60 and 110 unless told.")
    ] = None,
    batch: Annotated[int, typer.Option(min=2, help="Pictures a step.")] = 64,
    lr: Annotated[float, typer.Option(help="Highest learning rate.")] = 3e-3,
    seed: SeedOption = 0,
    precision: Annotated[Literal["bf16", "fp32"], typer.Option(help="Of the network.")] = "bf16",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Train the face detector and the landmark network; measure them on the kept-out part."""
    from mien.faces.pictures import FacePictures
    from mien.files import refuse_existing
    from mien.runtime.memory import tune_allocator

    names = NETWORKS if part == "both" else (part,)
    refuse_existing([out / f"{name}.safetensors" for name in names], force)
    tune_allocator()
    faces = FacePictures.open(data, points)
    kept = FacePictures.open(data, points, part="kept-out")
    common: dict[str, Any] = {"lr": lr, "seed": seed, "precision": precision, "batch": batch}
    if kimg is not None:
        common["kimg"] = kimg
    results = {}
    for name in names:
        results[name] = _train(name, faces, kept, common, out, data, quiet=json)
    lines = [
        f"{name}: " + "  ".join(f"{key} {value:.4g}" for key, value in scores.items())
        for name, scores in results.items()
    ]
    note(f"measured on {len(kept)} kept-out pictures of {data.name}, moved and spoilt; seed 1")
    emit({"out": out, "kept_out": len(kept), "scores": results}, json, "\n".join(lines))


def _train(
    name: str, faces: Any, kept: Any, common: dict[str, Any], out: Path, data: Path, quiet: bool
) -> dict[str, float]:
    """Train, measure and write one of the networks."""
    from dataclasses import asdict

    from mien.checkpoints import native
    from mien.faces import train_detector as face_detector
    from mien.faces import train_landmarks as landmarks
    from mien.faces.evaluate_finding import score_crops, score_heat

    if name == "detector":
        config: Any = face_detector.DetectorTraining(**common)
        run, kind = face_detector.train(config, faces), "face-detector"
    else:
        config = landmarks.LandmarkTraining(**common)
        run, kind = landmarks.train(config, faces), "landmarks"
    trained: Any = None
    tell = Lines(config.kimg, quiet=quiet, head=name)
    for line, network_now in run:
        trained = network_now
        tell(line)
    scores = (score_heat if name == "detector" else score_crops)(trained, kept)
    meta = {"kimg": config.kimg, "data": f"{data.name}, training part", "seed": config.seed}
    native.save(
        out / f"{name}.safetensors",
        kind,
        trained.state_dict(),
        asdict(config.network),
        {**meta, "scores": scores},
        half=True,
    )
    return scores
