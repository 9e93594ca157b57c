"""``mien data align``: faces cut out of pictures as FFHQ does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, parse_box, progress, read_face
from mien.errors import counted


def align(
    pictures: opt.Pictures,
    out: opt.Out = Path("out/faces"),
    size: Annotated[int, Option(help="Side of the crops in pixels, 16 to 4096.")] = 256,
    face: Annotated[
        str | None, Option(metavar="N", help="Where there are several: a number, largest, or all.")
    ] = None,
    box: opt.Box = None,
    landmarks: Annotated[
        Path | None, Option(metavar="FILE", help="5 or 68 points a face: .npz, .json or .csv.")
    ] = None,
    detector: opt.Detector = None,
    device: opt.Device = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Cut faces out as FFHQ does, from eyes and mouth, upright.

    Writes `NAME.png` for each picture, and `faces.json` with landmarks and with how each crop lies
    in its picture. Pictures without a face, or with several and no `--face`, are left out and
    named; several are numbered on a preview, `NAME-faces.png`. The exit status is 2 if nothing was
    written.
    """
    from mien.faces.aligning import AlignOptions, align_pictures
    from mien.faces.points import read_landmarks
    from mien.runtime.devices import find_device

    which = read_face(face, "largest", "all")
    where = None if box is None else parse_box(box)
    points = None if landmarks is None else read_landmarks(landmarks)
    options = AlignOptions(size, which, where, points)
    finder = None
    if landmarks is None:
        from mien.faces.shipped import face_finder

        finder = face_finder(detector, device=str(find_device(device)))
    written: list[dict[str, Any]] = []
    problems: list[str] = []
    outcomes = align_pictures(pictures, out, finder, options, force)
    for outcome in progress(outcomes, "aligning"):
        for text in (*outcome.notes, *([outcome.problem] if outcome.problem else [])):
            note(text)
        if outcome.problem:
            problems.append(outcome.problem)
        written += [
            {"file": file, **document}
            for file, document in zip(outcome.files, outcome.faces, strict=True)
        ]
    left = f", {counted(len(problems), 'pictures')} left out" if problems else ""
    result = {"out": out, "size": size, "faces": written, "left_out": problems}
    emit(result, json, f"wrote {counted(len(written), 'faces')} to {out}{left}")
    if not written:
        raise typer.Exit(2)
