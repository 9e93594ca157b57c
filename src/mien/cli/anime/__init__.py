"""``mien anime PHOTO…`` and ``mien anime CLIP``: faces drawn as anime, in many styles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer import Argument, Option

from mien.cli import opt
from mien.cli.common import emit, note, parse_box
from mien.cli.results import run_folder
from mien.errors import FileError, InputError, counted

if TYPE_CHECKING:
    from mien.anime.translate import AnimeRequest
    from mien.cli.anime.clip import How
    from mien.studio import Studio


def anime(
    photos: Annotated[
        list[str], Argument(metavar="PHOTO…|CLIP…", help="Files, folders, patterns, clips.")
    ],
    styles: Annotated[int, Option(help="How many styles for each photo.")] = 6,
    style_seed: Annotated[
        int | None, Option(min=0, help="Seed of the first style; else the model's own.")
    ] = None,
    style_from: Annotated[
        Path | None, Option(metavar="IMAGE", help="Take the style of an anime picture.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        Option("--set", metavar="NAME=N", help="'blue hair/brown hair=15,-5'; repeatable."),
    ] = None,
    directions: Annotated[
        str | None, Option(metavar="FILE", help="The set that --set is of: name or file.")
    ] = None,
    keyframes: Annotated[
        Path | None, Option(metavar="FILE", help='Of a clip: {"blue hair": [[0, 0], [2.5, 3]]}.')
    ] = None,
    model: opt.AnimeModel = None,
    face: Annotated[
        str | None,
        Option(metavar="N|all", help="Which face, where there are several, or every one."),
    ] = None,
    box: Annotated[
        str | None,
        Option(metavar="X,Y,W,H", help="Where the face is, forehead to chin, in pixels."),
    ] = None,
    aligned: opt.Aligned = False,
    detector: opt.Detector = None,
    size: Annotated[
        int | None, Option(help="Side of the face's picture; else the model's own.")
    ] = None,
    paste: Annotated[
        bool | None,
        Option(
            "--paste/--crop",
            help="Head and hair into the whole picture, or into its square around the face; else "
            "the drawing alone.",
        ),
    ] = None,
    smooth: Annotated[
        float, Option(help="Of a clip: how much a still face is averaged over time, 0 to 1.")
    ] = 0.9,
    resume: Annotated[
        bool, Option("--resume", help="Write a clip in parts, and go on where it stopped.")
    ] = False,
    out: Annotated[
        Path | None,
        Option(metavar="PATH", help="A folder, or the clip of a clip; else a new out/anime/0001-…"),
    ] = None,
    device: opt.Device = "auto",
    precision: opt.Precision = "fast",
    engine: opt.Engine = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Draw faces as anime: photos in many styles, a clip in one.

    Of a photo it writes `NAME-styleSEED.png` for each style and `NAME-sheet.png` into the folder
    --out; of a clip `NAME-anime.mp4` with its sound. Seed i is the same style for every face. `mien
    show FILE` says what made a file. Where several faces are found they are numbered in
    `NAME-faces.png`; `--face 2` chooses, `--face all` draws every one. Ctrl-C leaves a clip of what
    was done.
    """
    from mien.anime.translate import AnimeRequest
    from mien.data.paths import VIDEO_SUFFIXES
    from mien.studio import Studio
    from mien.video.formats import FORMATS

    where = None if box is None else parse_box(box)
    request = AnimeRequest(
        styles, style_seed, style_from, tuple(settings or ()), directions, model, _face(face),
        where, aligned, "square" if paste is False else bool(paste), size, force,
    )  # fmt: skip
    if style_from is not None and styles != AnimeRequest.styles:
        note(f"--styles {styles} is of styles from seeds; that of {style_from} is one")
    suffixes = {*VIDEO_SUFFIXES, ".gif"}
    clips = [name for name in photos if Path(name).suffix.lower() in suffixes]
    stills = [name for name in photos if name not in clips]
    for given, option in ((keyframes is not None, "--keyframes"), (resume, "--resume")):
        if given and not clips:
            raise InputError(f"{option} is for clips, and {photos[0]} is none by its name")
    if clips and face == "all":
        raise InputError("--face all is for photos; one face of a clip is drawn, such as --face 2")
    if out is not None and out.suffix.lower() in FORMATS and (stills or len(clips) > 1):
        what = f"{stills[0]} is a still picture by its name" if stills else f"{len(clips)} are read"
        raise InputError(f"--out {out} is a clip, and {what}")
    studio = Studio(device=device, precision=precision, engine=engine)
    how = (keyframes, smooth, resume, detector)
    # What goes on where it stopped must find it again.
    place = out or (Path("out/anime") if resume else None)
    with run_folder("anime", place, Path(photos[0]).stem) as folder:
        result, lines, problems = _draw(studio, stills, clips, request, how, out, folder)
    emit(result, json, "\n".join(lines))
    if problems:
        note(f"{len(problems)} left out: {'; '.join(problems)}")
        raise typer.Exit(2)


def _draw(
    studio: Studio, stills: list[str], clips: list[str], request: AnimeRequest, how: How,
    out: Path | None, folder: Path,
) -> tuple[dict[str, Any], list[str], list[str]]:  # fmt: skip
    """Draw photos, then clips; of several inputs one that fails does not lose the others.

    Returns what is printed as JSON and for a person, and what was named and could not be drawn.
    """
    from mien.cli.anime.clip import translate_clip
    from mien.cli.anime.photos import draw_photos

    if len(clips) == 1 and not stills:
        target = out or folder / f"{Path(clips[0]).stem}-anime.mp4"
        result, line = translate_clip(Path(clips[0]), target, request, how, studio)
        return result, [line], []
    result, lines, problems = {}, [], []
    if stills:
        rows, left_out, named = draw_photos(studio, stills, request, how[3], folder, bool(clips))
        result, problems = {"files": rows, "left_out": left_out}, left_out if named else []
        lines = [str(path) for row in rows for path in row["files"]]
    drawn: list[dict[str, Any]] = []
    for clip, target in zip(clips, _targets(clips, folder), strict=True):
        try:
            made, line = translate_clip(Path(clip), target, request, how, studio)
        except (FileError, InputError) as error:
            problems.append(str(error))
            note(f"left out: {error}")
            continue
        drawn.append(made)
        lines.append(line)
    if not lines:
        count = counted(len(stills) + len(clips), "inputs")
        raise InputError(f"none of {count} could be drawn; {problems[0]}")
    return {**result, "clips": drawn} if clips else result, lines, problems


def _face(text: str | None) -> int | Literal["all"] | None:
    """Read ``--face``: a number from 1, or ``all``."""
    if text is None or text == "all":
        return text
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"--face {text!r} is neither a number from 1 nor all")
    return int(text)


def _targets(clips: list[str], folder: Path) -> list[Path]:
    """Where each clip of several goes; clips of one name get a number."""
    stems = [Path(clip).stem for clip in clips]
    names = [f"{s}-{n + 1}" if (n := stems[:i].count(s)) else s for i, s in enumerate(stems)]
    return [folder / f"{name}-anime.mp4" for name in names]
