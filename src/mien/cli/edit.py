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
from mien.errors import InputError

if TYPE_CHECKING:
    from mien.portraits.faces import Faces


def edit(
    faces: Annotated[
        list[str],
        typer.Argument(
            metavar="FACE...",
            help="Seeds, .npz files with w (file.npz:2), PNGs of mien's, or photos.",
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
    steps: Annotated[
        int, typer.Option(help="Photos: steps of optimisation after the one pass, as mien invert.")
    ] = 0,
    face: Annotated[
        int | None, typer.Option(metavar="N", help="Photos: which face, where there are several.")
    ] = None,
    paste: Annotated[
        bool, typer.Option("--paste", help="Photos: put the face back into the whole picture too.")
    ] = False,
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
    `out/edit`; with `--strip` one picture with all steps in a row, with `--paste` also
    `NAME-pasted.png`, the photo with its new face. Each picture carries what made it, so that it
    can be edited again.
    """
    if paste and strip is not None:
        raise InputError("--paste puts a face into its photo; --strip draws many; give one of them")
    results = Results("edit", out, force, format, size)
    results.check(psi=psi)
    from mien.editing.edit import joined
    from mien.inversion.paste import pasted, save_pasted
    from mien.inversion.photos import InversionRequest
    from mien.studio import Studio

    studio = Studio(model, device, label=label)
    studio.photos = InversionRequest(steps, face=face)
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
        # Before anything is written: a face that is no photo's has nothing to go back into.
        pages = pasted(made.images, made.each, made.names(), Path(), force=True) if paste else {}
        made, paths = results.write(made, made.stems[0])
        notes = dict.fromkeys(made.notes)
        pages = {paths[0].parent / path.name: page for path, page in pages.items()}
        paths = [*paths, *save_pasted(pages, force)]
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
