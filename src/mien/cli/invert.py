"""``mien invert PHOTO...``: photos as latents of a generator."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, parse_box, picture_problem, progress
from mien.cli.results import run_folder
from mien.errors import ImageError, InputError, counted


def invert(
    photos: opt.Photos,
    steps: Annotated[
        int, Option(help="Of optimisation after the one pass; 100 helps much, 500 more.")
    ] = 0,
    tune: opt.Tune = False,
    face: Annotated[
        int | None, Option(metavar="N", help="Which face, where there are several.")
    ] = None,
    box: opt.Box = None,
    aligned: opt.Aligned = False,
    model: opt.Model = "portraits",
    detector: opt.Detector = None,
    out: opt.RunOut = None,
    device: opt.Device = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Find the latent of each photo's face.

    Writes `NAME.npz` (key `w`), which every verb takes as a face, and `NAME-sheet.png` with the
    photo, one pass and what the steps made of it; with `--tune` `NAME-tuned.safetensors` too, the
    generator for `--model`. Prints how near it came; a recogniser's distance below 0.6 is said to
    be one person. Pictures that cannot be used are named and left out; then the status is 2.
    """
    from mien.data.paths import find_pictures, output_paths
    from mien.files import check_targets

    where = None if box is None else parse_box(box)
    found = find_pictures(photos, [*([out] if out else []), "out/invert"])
    stems = [path.stem for path in output_paths(found, (out or Path("out/invert")) / "x")]
    writes = [".npz", "-sheet.png", *(["-tuned.safetensors"] if tune else [])]
    if out is not None:
        check_targets([out / f"{stem}{end}" for stem in stems for end in writes], force)
    from mien.faces.choosing import shipped_finder
    from mien.inversion.photos import InversionRequest
    from mien.inversion.photos import invert as invert_photo
    from mien.studio import Studio

    request = InversionRequest(steps, tune, face, where, aligned)
    studio = Studio(model, device)
    _ = studio.inverter  # A generator without an encoder is found out before anything else.
    finder = None if aligned else shipped_finder(str(studio.device), detector)
    done: list[dict[str, Any]] = []
    left_out: list[str] = []
    with run_folder("invert", out, found[0].path.stem) as home:
        for one, stem in progress(list(zip(found, stems, strict=True)), "photos"):
            try:
                made = invert_photo(studio, one.path, request, finder)
            except (ImageError, InputError) as error:
                text = picture_problem(error, str(one.path), home / f"{stem}-faces.png")
                if len(found) == 1:
                    raise InputError(text) from None
                left_out.append(text)
                note(f"left out: {text}")
                continue
            for remark in made.notes:
                note(f"{one.path}: {remark}")
            files = made.save(home, stem, force)
            stages = [asdict(stage) for stage in made.stages]
            done.append({"photo": one.path, "files": files, "stages": stages, "notes": made.notes})
            if not json:
                lines = [f"{one.path}: {stage}" for stage in made.stages]
                emit({}, json, "\n".join([*lines, *map(str, files)]))
    if not done:
        count = counted(len(found), "photos")
        raise InputError(f"none of {count} could be inverted; first: {left_out[0]}")
    if json:
        emit({"photos": done, "left_out": left_out}, json, "")
    if left_out:
        note(f"left out: {len(left_out)} of {counted(len(found), 'photos')}")
        raise typer.Exit(2)
