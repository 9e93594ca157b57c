"""``mien data pack``: a set of pictures in one zip, as trainers read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, progress
from mien.cli.data.working import ProcessesOption
from mien.errors import counted


def pack(
    path: opt.FaceSet,
    out: opt.Out = Path("out/faces.zip"),
    layout: Annotated[
        Literal["nvlabs", "pairs"],
        Option(help="nvlabs, or pairs of photo and sketch side by side, for pix2pix."),
    ] = "nvlabs",
    size: Annotated[int, Option(help="Side that pictures are cut and resized to.")] = 256,
    labels: Annotated[Path | None, Option(metavar="FILE", help="A table of labels.")] = None,
    column: Annotated[
        str | None, Option(metavar="NAME", help="The column that gives the classes: gender.")
    ] = None,
    person: Annotated[
        str | None,
        Option(
            metavar="REGEX",
            help="What names the person in a file's name: '^[^_]+'; nobody is torn apart.",
        ),
    ] = None,
    kept_out: Annotated[
        float | None, Option(metavar="SHARE", help="Kept out for measuring; else a tenth.")
    ] = None,
    processes: ProcessesOption = 1,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Pack a set of pictures into a zip: NVlabs' with `dataset.json`, or pairs side by side.

    `NAME-splits.json` beside it says what is to train and what is kept out. Stopped and repeated,
    it goes on. Pictures that cannot be used are left out and named, and then the exit status is 2.
    """
    from mien.data.batch import work_off
    from mien.data.pack import Packing, PackOptions, pack_jobs, parts_folder, write_zip
    from mien.files import check_targets

    # A run that was killed between zip and splits goes on; it was allowed to write both.
    force = force or parts_folder(out).exists()
    options = PackOptions(layout, size, column, person, kept_out)
    check_targets([out, out.with_name(f"{out.stem}-splits.json")], force)
    check_targets([out], True, ".zip")
    jobs = pack_jobs(path, out, options, labels)
    problems = []
    for done in progress(work_off(jobs, Packing(size), processes), "packing", len(jobs)):
        if done.problem:
            note(f"left out: {done.problem}")
            problems.append(done.problem)
    result = write_zip(path, out, jobs, options, force)
    left = f", {len(problems)} left out" if problems else ""
    count = counted(result["pictures"], "pictures")
    text = (
        f"wrote {count} to {out}{left}; {result['train']} to train, "
        f"{result['kept_out']} kept out ({result['splits']})"
    )
    emit({**result, "left_out": problems}, json, text)
    if problems:
        raise typer.Exit(2)
