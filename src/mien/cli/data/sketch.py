"""``mien data sketch PHOTOS``: pairs of photo and sketch from any photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.data.working import ProcessesOption, RedoOption, work


def sketch(
    photos: opt.Pictures,
    out: opt.Out = Path("out/pairs"),
    style: Annotated[str, Option(help="pencil, line or xdog (ink).")] = "pencil",
    strength: Annotated[
        list[float] | None,
        Option(
            metavar="X",
            help="0 faint to 1 dark, else 0.5; given several times, photos take them in turn.",
        ),
    ] = None,
    size: Annotated[
        int | None, Option(help="Cut and resize photos to this side; else as they are.")
    ] = None,
    processes: ProcessesOption = 1,
    force: RedoOption = False,
    json: opt.Json = False,
) -> None:
    """Make pairs of photo and sketch from any photos, without a network.

    Writes `photo/NAME.png` and `sketch/NAME.png`, which `mien train sketch --data` reads. What is
    there is passed over, so the same command goes on. Photos that cannot be read are left out and
    named, and then the exit status is 2.
    """
    from mien.data.batch import find_jobs
    from mien.sketch.made_pairs import ENDS, FOLDERS, Sketching

    start = Sketching(style, tuple(strength or [0.5]), size)
    jobs = find_jobs(photos, out, ENDS, FOLDERS)
    how = {"out": out, "style": style, "strengths": start.strengths}
    how |= {"processes": processes, "force": force, "json": json}
    work(jobs, start, how, "sketching", "pairs")
