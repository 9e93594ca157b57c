"""What the verbs of ``mien data`` that go through many pictures share: options, run, report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from mien.cli.common import emit, note, progress, read_face
from mien.errors import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from mien.data.batch import Item, Worker
    from mien.faces.choosing import Where

ProcessesOption = Annotated[
    int, Option("--processes", min=1, metavar="N", help="Work in so many processes.")
]
RedoOption = Annotated[
    bool, Option("--force", help="Make again what is there; else it is passed over.")
]
FaceOption = Annotated[
    str | None, Option("--face", metavar="N", help="Where there are several: a number, or largest.")
]
AlignedOption = Annotated[
    bool, Option("--aligned", help="The pictures are crops of faces; look for none.")
]
ParserOption = Annotated[
    str,
    Option(
        "--parser", metavar="FILE", help="Name or file: mien's own, or BiSeNet's 79999_iter.pth."
    ),
]


def which_face(face: str | None, aligned: bool) -> Where:
    """Read ``--face`` and ``--aligned``."""
    from mien.faces.choosing import Where

    number = read_face(face, "largest")
    return Where(1 if number == "largest" else number, aligned=aligned)


def work(
    jobs: Sequence[Item], start: Callable[[], Worker], how: Mapping[str, Any], doing: str, what: str
) -> None:
    """Work on all jobs and report: what was made, what was there, what was left out and why.

    Args:
        jobs: What is to do.
        start: As :func:`mien.data.batch.work_off` takes it.
        how: ``out``, ``processes``, ``force``, ``json``, and what else the result shall say.
        doing: For the bar: *masking*.
        what: What was made: *label maps*.

    Raises:
        typer.Exit: Status 2, if something was left out.
    """
    from mien.data.batch import work_off

    said = dict(how)
    processes, force, json = (said.pop(name) for name in ("processes", "force", "json"))
    made, before, problems = [], 0, []
    outcomes = work_off(jobs, start, processes, force)
    for done in progress(outcomes, doing, len(jobs)):
        for text in (*done.notes, *([f"left out: {done.problem}"] if done.problem else [])):
            note(text)
        if done.problem:
            problems.append(done.problem)
        elif done.before:
            before += 1
        else:
            made.append({"source": done.name, "files": done.files})
    there = f", {before} were there" if before else ""
    left = f", {len(problems)} left out" if problems else ""
    result = {**said, "made": made, "there_before": before, "left_out": problems}
    emit(result, json, f"wrote {counted(len(made), what)} to {said['out']}{there}{left}")
    if problems:
        raise typer.Exit(2)
