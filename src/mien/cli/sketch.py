"""``mien sketch PHOTO…``: photos drawn as pencil sketches; ``mien photo`` is the other way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli.common import (
    DeviceOption,
    EngineOption,
    ForceOption,
    JsonOption,
    OutOption,
    PrecisionOption,
    emit,
    note,
    progress,
)

MethodOption = Annotated[
    str | None, typer.Option(help="pix2pix ships; autoencoder, cyclegan: after mien train sketch.")
]
BigOption = Annotated[
    str,
    typer.Option(help="Pictures larger than the model: resize, or tile (overlapping, blended)."),
]


def sketch(
    photos: Annotated[
        list[str], typer.Argument(metavar="PHOTO…", help="Files, folders or patterns.")
    ],
    model: Annotated[str | None, typer.Option(help="A model: name or file.")] = None,
    method: MethodOption = None,
    big: BigOption = "resize",
    out: OutOption = Path("out/sketch"),
    device: DeviceOption = "auto",
    precision: PrecisionOption = "fast",
    engine: EngineOption = "auto",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Draw photos as pencil sketches.

    Writes `NAME.png` for each, of the size of the photo; `mien show FILE` says what made it. The
    model that ships is `photo-to-sketch`, trained on faces. Pictures that cannot be read are named
    and left out; the exit status is 2 if such a one was named itself. No photo is written over.
    """
    studio = {"device": device, "precision": precision, "engine": engine}
    translate_all("sketch", photos, (model, method, big), out, studio, force, json)


def translate_all(
    verb: str,
    named: list[str],
    how: tuple[str | None, str | None, str],
    out: Path,
    studio: dict[str, str],
    force: bool,
    json: bool,
) -> None:
    """Translate every picture that was named, one by one, and print what was written.

    Args:
        verb: ``sketch`` or ``photo``.
        named: Files, folders, patterns.
        how: Model, method, and what to do with big pictures.
        out: A folder, or a PNG file for one picture.
        studio: Device, precision and engine.
        force: Whether files may be replaced.
        json: Whether to print JSON.
    """
    from mien.data.paths import find_pictures, output_paths
    from mien.errors import ImageError
    from mien.files import check_targets

    found = find_pictures(named, (out, f"out/{verb}"))
    targets = output_paths(found, out)
    check_targets(targets, force)
    from mien.studio import Studio

    session = Studio(**studio)
    translate = session.sketch if verb == "sketch" else session.photo
    files: list[dict[str, Any]] = []
    left_out: list[str] = []
    said: set[str] = set()
    pairs = list(zip(found, targets, strict=True))
    for one, target in progress(pairs, "translating"):
        try:
            made = translate(one.path, *how, len(found))
        except ImageError as error:
            if len(found) == 1 and one.named:
                raise
            left_out.append(str(error))
            note(f"left out: {error}")
            continue
        made.save(target, force)
        files.append({"of": one.path, "file": target, "notes": made.notes})
        for remark in made.notes:
            if remark not in said:
                said.add(remark)
                note(f"{one.path}: {remark}")
    if not files:
        raise ImageError(named[0], f"none of {len(found)} pictures can be read")
    result = {"files": files, "left_out": left_out}
    emit(result, json, "\n".join(str(row["file"]) for row in files))
    if left_out and any(one.named for one in found):
        note(f"{len(left_out)} of {len(found)} pictures were left out: {'; '.join(left_out)}")
        raise typer.Exit(2)
