"""``mien data sketch PHOTOS``: pairs of photo and sketch from any photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.common import ForceOption, JsonOption, OutOption, emit, note, progress


def sketch(
    photos: Annotated[Path, typer.Argument(metavar="PHOTOS", help="A photo, folder or zip.")],
    out: OutOption = Path("out/pairs"),
    style: Annotated[str, typer.Option(help="pencil, line or xdog (ink).")] = "pencil",
    strength: Annotated[
        list[float] | None,
        typer.Option(
            "--strength",
            metavar="X",
            help="0 faint to 1 dark, else 0.5; given several times, photos take them in turn.",
        ),
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Cut and resize photos to this side; else as they are.")
    ] = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Make pairs of photo and sketch from any photos, without a network.

    Writes `photo/NAME.png` and `sketch/NAME.png`, which `mien train sketch --data` reads. Photos
    that cannot be read are left out and named.
    """
    from mien.sketch.extract import write_pairs

    strengths = strength or [0.5]
    pairs = write_pairs(photos, out, style, strengths, size, force)
    files, problems = [], []
    for written in progress(pairs, "sketching"):
        if written.problem:
            note(f"left out: {written.problem}")
            problems.append(written.problem)
        else:
            files.append({"photo": written.photo, "sketch": written.sketch})
    result = {
        "out": out,
        "style": style,
        "strengths": strengths,
        "pairs": files,
        "left_out": problems,
    }
    left = f", {len(problems)} left out" if problems else ""
    emit(result, json, f"wrote {len(files)} pairs to {out}{left}")
