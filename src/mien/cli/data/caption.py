"""``mien data caption``: sentences about faces, out of a table of their attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from mien.cli import opt
from mien.cli.data.working import ProcessesOption, RedoOption, work


def caption(
    table: Annotated[
        Path, Argument(metavar="TABLE", help="Labels, tab-separated, or CelebA's 40 attributes.")
    ],
    out: opt.Out = Path("out/captions"),
    count: Annotated[int, Option(min=1, help="Sentences a face.")] = 10,
    pictures: Annotated[
        Path | None, Option(metavar="PATH", help="A folder or zip: captions for these pictures.")
    ] = None,
    seed: Annotated[int, Option(min=0, help="Another seed gives other sentences.")] = 0,
    processes: ProcessesOption = 1,
    force: RedoOption = False,
    json: opt.Json = False,
) -> None:
    """Write different sentences about each face of an attribute table, as MM-CelebA-HQ has them.

    Writes `NAME.txt`, a sentence a line. Each is read back before it is kept: what it says is true
    of the face. Pictures without a row and faces of which too little is known are left out and
    named, and then the exit status is 2.
    """
    from mien.text.caption_files import Captioning, caption_jobs

    jobs = caption_jobs(table, out, pictures)
    how = {"out": out, "count": count, "processes": processes, "force": force, "json": json}
    work(jobs, Captioning(count, seed), how, "captioning", f"files of {count} captions")
