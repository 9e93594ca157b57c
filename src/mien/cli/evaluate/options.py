"""Options and habits that the verbs of ``mien evaluate`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.common import note

DataOption = Annotated[
    Path, typer.Option("--data", metavar="PATH", help="Real pictures; a part of them is kept out.")
]
JudgeOption = Annotated[
    str, typer.Option("--judge", help="A tagger that has not taught the generator.")
]


def refuse_csv(path: Path | None, force: bool) -> None:
    """Refuse to overwrite a table, before minutes are spent on its numbers."""
    from mien.files import refuse_existing

    refuse_existing([path] if path else [], force)


def write_csv(path: Path | None, text: str, force: bool) -> None:
    """Write a table as CSV, if a file was asked for."""
    if path is None:
        return
    from mien.files import replacing

    with replacing(path, force) as beside:
        beside.write_text(text, encoding="utf-8")
    note(f"wrote {path}")
