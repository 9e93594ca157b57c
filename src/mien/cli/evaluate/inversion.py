"""``mien evaluate inversion``: how near photos come, beside the mean face."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, showing


def inversion(
    photos: opt.Photos,
    steps: Annotated[int, Option(help="Of optimisation after the one pass.")] = 0,
    tune: opt.Tune = False,
    aligned: opt.Aligned = False,
    count: Annotated[
        int | None, Option(metavar="N", help="So many of them, evenly chosen; else all.")
    ] = None,
    model: opt.Model = "portraits",
    detector: opt.Detector = None,
    device: opt.Device = "auto",
    json: opt.Json = False,
) -> None:
    """Mean feature distance, MSE, recogniser's distance and seconds of each stage.

    The first row is the generator's mean face; `one person` is the share of photos at a
    recogniser's distance below 0.6. Photos that cannot be used are named and left out.
    """
    from mien.data.paths import find_pictures
    from mien.faces.choosing import shipped_finder
    from mien.inversion.evaluate import evaluate_inversion
    from mien.inversion.photos import InversionRequest
    from mien.studio import Studio

    request = InversionRequest(steps, tune, aligned=aligned)
    paths = [one.path for one in find_pictures(photos)]
    paths = paths if count is None else paths[:: max(1, len(paths) // max(1, count))][:count]
    studio = Studio(model, device)
    _ = studio.inverter  # A generator without an encoder is found out before anything else.
    finder = None if aligned else shipped_finder(str(studio.device), detector)
    with showing() as tell:
        report = evaluate_inversion(
            studio, paths, request, finder, lambda i, n: tell("inverting", i, n)
        )
    for reason in report.left_out:
        note(f"left out: {reason}")
    emit(report.as_dict(), json, report.text())
