"""Options and habits that the verbs of ``mien evaluate`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli.common import note

DataOption = Annotated[
    Path, Option("--data", metavar="PATH", help="Real pictures; a part of them is kept out.")
]
JudgeOption = Annotated[str, Option("--judge", help="A tagger that has not taught the generator.")]


def measuring(row: str) -> None:
    """Say which row of a table is being measured."""
    note(f"measuring: {row}")
