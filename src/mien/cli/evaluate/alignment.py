"""``mien evaluate alignment``: faces of real photos, found and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, write_text


def alignment(
    data: Annotated[
        Path, Option(metavar="PATH", help="A folder or zip of photos, such as london.zip.")
    ],
    points: Annotated[
        Path | None, Option(metavar="FILE", help="Hand-placed points; else the .npz beside --data.")
    ] = None,
    detector: opt.Detector = None,
    landmarks: Annotated[str, Option(metavar="NAME", help="The landmark network.")] = "landmarks",
    count: Annotated[int | None, Option(min=1, help="Only so many photos; else all.")] = None,
    seed: opt.Seed = 0,
    device: opt.Device = "auto",
    csv: opt.Csv = None,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Find the faces of photos, turned and scaled, and compare eyes with hand-placed pupils."""
    from mien.data.sources import open_source
    from mien.faces.evaluate_alignment import find_points, read_pupils, score_alignment
    from mien.faces.finder import FaceFinder
    from mien.faces.shipped import load_any_detector
    from mien.files import check_targets
    from mien.hub.loading import load_landmarks
    from mien.runtime.devices import find_device

    check_targets([csv], force)
    where = str(find_device(device))
    photos = open_source(data)
    if count is not None:
        photos = photos.select(range(min(count, len(photos))))
    pupils = read_pupils(points or find_points(data))
    loaded = load_landmarks(landmarks, where)
    finder = FaceFinder(load_any_detector(detector, where), loaded.network)
    table = score_alignment(
        finder, photos, pupils, (loaded.name, loaded.sha256), seed=seed, say=note
    )
    write_text(csv, table.csv(), force)
    emit(table.as_dict(), json, table.text())
