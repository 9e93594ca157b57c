"""``mien anime PHOTO…`` and ``mien anime CLIP``: faces drawn as anime, in many styles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.common import (
    AnimeModelOption,
    DetectorOption,
    DeviceOption,
    EngineOption,
    ForceOption,
    JsonOption,
    OptionalOutOption,
    PrecisionOption,
    parse_box,
)
from mien.errors import InputError


def anime(
    photos: Annotated[
        list[str],
        typer.Argument(metavar="PHOTO…|CLIP", help="Files, folders, patterns; or a clip."),
    ],
    styles: Annotated[int, typer.Option(help="How many styles for each photo.")] = 6,
    style_seed: Annotated[int, typer.Option(min=0, help="Seed of the first style.")] = 0,
    style_from: Annotated[
        Path | None,
        typer.Option("--style-from", metavar="IMAGE", help="Take the style of an anime picture."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=N", help="'blue hair/brown hair=15,-5'; repeatable."),
    ] = None,
    directions: Annotated[
        str | None, typer.Option(metavar="FILE", help="The set that --set is of: name or file.")
    ] = None,
    keyframes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='Of a clip: {"blue hair": [[0, 0], [2.5, 3]]}.'),
    ] = None,
    model: AnimeModelOption = None,
    face: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Which face, where there are several.")
    ] = None,
    box: Annotated[
        str | None,
        typer.Option(metavar="X,Y,W,H", help="Where the face is, forehead to chin, in pixels."),
    ] = None,
    aligned: Annotated[
        bool, typer.Option("--aligned", help="The pictures are cut around the face already.")
    ] = False,
    detector: DetectorOption = None,
    size: Annotated[
        int | None, typer.Option(help="Side of the face's picture; else the model's own.")
    ] = None,
    paste: Annotated[
        bool, typer.Option("--paste/--crop", help="Back into the picture, or the face alone.")
    ] = False,
    smooth: Annotated[
        float, typer.Option(help="Of a clip: how much a still face is averaged over time, 0 to 1.")
    ] = 0.9,
    resume: Annotated[
        bool, typer.Option("--resume", help="Write a clip in parts, and go on where it stopped.")
    ] = False,
    out: OptionalOutOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "fast",
    engine: EngineOption = "auto",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Draw faces as anime: photos in many styles, a clip in one.

    Of a photo it writes `NAME-styleSEED.png` for each style and `NAME-sheet.png` into the folder
    --out; of a clip a clip with its sound. Seed i is the same style for every face. `mien show
    FILE` says what made a file. Where several faces are found they are numbered in
    `NAME-faces.png`, and `--face 2` chooses. Ctrl-C leaves a clip of what was done.
    """
    from mien.anime.translate import AnimeRequest
    from mien.data.paths import VIDEO_SUFFIXES
    from mien.studio import Studio
    from mien.video.formats import FORMATS

    where = None if box is None else parse_box(box)
    request = AnimeRequest(
        styles, style_seed, style_from, tuple(settings or ()), directions, model, face, where,
        aligned, paste, size, force,
    )  # fmt: skip
    studio = Studio(device=device, precision=precision, engine=engine)
    suffixes = {*VIDEO_SUFFIXES, ".gif"}
    clips = [name for name in photos if Path(name).suffix.lower() in suffixes]
    if clips and len(photos) > 1:
        raise InputError(f"{clips[0]} is a clip, and there are {len(photos)} inputs; one at a time")
    if clips:
        from mien.cli.anime.clip import translate_clip

        target = out or Path("out") / f"{Path(clips[0]).stem}-anime.mp4"
        how = (keyframes, smooth, resume, detector)
        translate_clip(Path(clips[0]), target, request, how, studio, json)
        return
    for given, option in ((keyframes is not None, "--keyframes"), (resume, "--resume")):
        if given:
            raise InputError(f"{option} is for clips, and {photos[0]} is none by its name")
    if out is not None and out.suffix.lower() in FORMATS:
        raise InputError(f"--out {out} is a clip, and {photos[0]} is a still picture by its name")
    from mien.cli.anime.photos import draw_photos

    draw_photos(studio, photos, request, detector, out, json)
