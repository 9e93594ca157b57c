"""Options and habits that the verbs of ``mien evaluate`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

DataOption = Annotated[
    Path, Option("--data", metavar="PATH", help="Real pictures; a part of them is kept out.")
]
JudgeOption = Annotated[str, Option("--judge", help="A tagger that has not taught the generator.")]


def refuse_csv(path: Path | None, force: bool) -> None:
    """Refuse to overwrite a table, before minutes are spent on its numbers."""
    from mien.files import refuse_existing

    refuse_existing([path] if path else [], force)
