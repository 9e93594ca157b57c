"""``mien data cutout``: people without their background."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.data.working import (
    AlignedOption,
    FaceOption,
    ParserOption,
    ProcessesOption,
    RedoOption,
    which_face,
    work,
)
from mien.errors import InputError


def cutout(
    pictures: opt.Pictures,
    out: opt.Out = Path("out/cutouts"),
    face: FaceOption = None,
    aligned: AlignedOption = False,
    background: Annotated[
        str | None, Option(metavar="RRGGBB", help="A colour, such as ffffff, behind it.")
    ] = None,
    parser: ParserOption = "parsing",
    detector: opt.Detector = None,
    device: opt.Device = "auto",
    processes: ProcessesOption = 1,
    force: RedoOption = False,
    json: opt.Json = False,
) -> None:
    """Make the background of portraits transparent, softly at the hair.

    Writes `NAME.png`: the whole picture if it is a crop of a face, else head and shoulders. What is
    there is passed over, so the same command goes on. The exit status is 2 if a picture was left
    out.
    """
    from mien.data.batch import find_jobs
    from mien.faces.parsing.work import Cutting
    from mien.runtime.devices import find_device

    colour = None if background is None else _colour(background)
    jobs = find_jobs(pictures, out, (".png",))
    place = str(find_device(device))
    start = Cutting(which_face(face, aligned), parser, place, detector, colour)
    how = {"out": out, "processes": processes, "force": force, "json": json}
    work(jobs, start, how, "cutting out", "cut-outs")


def _colour(text: str) -> tuple[int, int, int]:
    digits = text.removeprefix("#")
    try:
        if len(digits) != 6:
            raise ValueError
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        raise InputError(f"--background {text!r} is no colour; six digits such as ffffff") from None
    return red, green, blue
