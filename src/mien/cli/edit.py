"""``mien edit FACE``: a face moved along directions that have names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.common import (
    DeviceOption,
    FormatOption,
    JsonOption,
    LabelOption,
    ResultsOption,
    SizeOption,
    emit,
    note,
    watching,
)
from mien.cli.results import Results

if TYPE_CHECKING:
    from mien.portraits.faces import Faces


def edit(
    faces: Annotated[
        list[str],
        typer.Argument(
            metavar="FACE...", help="Seeds, .npz files with w (file.npz:2), or PNGs of mien's."
        ),
    ],
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="NAME=N",
            help="smile=+2, or a pair with two coefficients: 'long hair/short hair'=15,-5; "
            "may be repeated.",
        ),
    ],
    layers: Annotated[
        str | None,
        typer.Option(help="Move only these: coarse, middle, fine, 4-7, 0,2; else the direction's."),
    ] = None,
    directions: Annotated[
        str | None, typer.Option(help="A set: name or file; else MODEL-edits.")
    ] = None,
    strip: Annotated[
        int | None,
        typer.Option(
            metavar="STEPS", help="One PNG a face and setting, in steps from -N to N along it."
        ),
    ] = None,
    psi: Annotated[float, typer.Option(help="How far seeds lie from the mean face, 0 to 2.")] = 0.7,
    model: Annotated[str, typer.Option(help="A generator: name or file.")] = "portraits",
    label: LabelOption = None,
    size: SizeOption = None,
    format: FormatOption = "png",
    out: ResultsOption = None,
    device: DeviceOption = "auto",
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Overwrite what is there, and move along directions of another generator too.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Change what has a name about a face: smile, age, glasses, hair.

    Strength 2 to 3 turns an attribute over; `mien directions show` lists what there is. Writes one
    picture a face, `sheet.png` with before and after, and `latents.npz`, into a new folder below
    `out/edit`; with `--strip` one picture with all steps in a row. Each picture carries what made
    it, so that it can be edited again.
    """
    from mien.editing.edit import joined
    from mien.studio import Studio

    results = Results("edit", out, force, format, size)
    results.check()
    studio = Studio(model, device, label=label)
    paths: list[Path] = []
    if strip is not None:
        with watching(studio):
            drawn = [
                (setting, studio.strip(face, setting, strip, directions, layers, psi, force))
                for face in faces
                for setting in settings
            ]
        if size is not None:
            drawn = [(setting, one.resized(size)) for setting, one in drawn]
        notes = {remark: None for _, one in drawn for remark in one.notes}
        paths = _write_strips(results, drawn)
        result = {"strips": strip, "settings": settings, "faces": faces}
        for remark in notes:
            note(remark)
    else:
        with watching(studio):
            made = joined(
                [studio.edit(face, settings, directions, layers, psi, force) for face in faces]
            )
        made, paths = results.write(made, made.stems[0])
        notes = dict.fromkeys(made.notes)
        result = {**made.provenance, "faces": [dict(one) for one in made.each]}
    emit({**result, "notes": list(notes), "files": paths}, json, "\n".join(map(str, paths)))


def _write_strips(results: Results, drawn: list[tuple[str, Faces]]) -> list[Path]:
    """One picture a face and setting."""
    from mien.editing.edit import save_strip, strip_path
    from mien.files import refuse_existing

    folder = results.folder(drawn[0][1].stems[-1])
    targets = [strip_path(folder, one, results.format) for _, one in drawn]
    refuse_existing(targets, results.force)
    return [
        save_strip(target, one, setting, results.force)
        for target, (setting, one) in zip(targets, drawn, strict=True)
    ]
