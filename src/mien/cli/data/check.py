"""``mien data check``: what is wrong with a set of pictures."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from mien.cli import opt
from mien.cli.common import emit, progress
from mien.errors import counted

if TYPE_CHECKING:
    from mien.data.check import Problem, Summary

_BAD_STATUS = 2
_ALIKE = 10
"""So many warnings that say the same are listed one by one; ``--json`` lists all."""


def check(
    path: opt.FaceSet,
    labels: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="A table of labels; else the one beside the data, such as faces_labels.tsv.",
        ),
    ] = None,
    json: opt.Json = False,
) -> None:
    """Name every bad file of a data set and why it is bad.

    Errors would stop or spoil a training: broken or animated pictures, tiny ones (a side below 32
    pixels), damaged labels, paths that climb out of a zip. Warnings say what training does with a
    file: transparent, grey, 16-bit, turned, not square, there twice, not called like a picture,
    labels without picture. The exit status is 2 if there is an error, else 0.
    """
    from mien.data.check import Summary, check_each

    summary = Summary()
    found = [
        problem
        for problems in progress(check_each(path, labels, summary), "checking")
        for problem in problems
    ]
    result = {
        "path": path,
        "ok": summary.errors == 0,
        **asdict(summary),
        "problems": [asdict(problem) for problem in found],
    }
    emit(result, json, _lines(path, found, summary))
    if summary.errors:
        raise typer.Exit(_BAD_STATUS)


def _lines(path: Path, found: list[Problem], summary: Summary) -> str:
    by_count = sorted(summary.sizes.items(), key=lambda item: -item[1])
    sizes = ", ".join(f"{count} of {size}" for size, count in by_count[:5])
    more = f" and {counted(len(by_count) - 5, 'other sizes')}" if len(by_count) > 5 else ""
    formats = ", ".join(f"{count} {name}" for name, count in sorted(summary.formats.items()))
    lines = _listed(found)
    lines.append(
        f"{path}: {counted(summary.pictures, 'pictures')}, {summary.usable} usable, "
        f"{counted(summary.errors, 'errors')}, {counted(summary.warnings, 'warnings')}"
    )
    if summary.pictures:
        lines.append(f"sizes: {sizes or 'none'}{more}")
        lines.append(f"formats: {formats or 'none'}")
    if summary.labels is not None:
        lines.append(f"labels: {summary.labels}")
    return "\n".join(lines)


def _listed(found: list[Problem]) -> list[str]:
    """Every error, and of many warnings that say the same the first few and how many follow."""
    alike = Counter((problem.severity, problem.cause) for problem in found)
    seen: Counter[tuple[str, str]] = Counter()
    lines = []
    for problem in found:
        key = (problem.severity, problem.cause)
        seen[key] += 1
        left = alike[key] - _ALIKE
        if problem.severity == "error" or seen[key] <= _ALIKE or left == 1:
            lines.append(str(problem))
        elif seen[key] == _ALIKE + 1:
            lines.append(f"warning: {left} more: {problem.cause}; --json names them all")
    return lines
