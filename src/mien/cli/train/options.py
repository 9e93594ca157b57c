"""Options that several of the verbs of ``mien train`` share."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from typer import Option


def stop_asked() -> Callable[[], bool]:
    """Whether Ctrl-C or SIGTERM came: the run then ends after its step, with a checkpoint.

    A second Ctrl-C ends it at once; the checkpoint before is kept.
    """
    heard: list[int] = []

    def hear(number: int, frame: object) -> None:
        if heard:
            raise KeyboardInterrupt
        heard.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    return lambda: bool(heard)


DataOption = Annotated[Path, Option("--data", metavar="PATH", help="A folder or zip of pictures.")]
OnlyOption = Annotated[
    list[str] | None,
    Option(metavar="RULE", help="Rows of the label table: quality=ok, source!=ffhq."),
]
LabelsOption = Annotated[
    str | None,
    Option(
        "--labels",
        metavar="FILE",
        help="Label table, `dataset.json` for class labels, or `none`; else the one beside --data.",
    ),
]
RunOption = Annotated[Path, Option("--out", metavar="FOLDER", help="The run's folder.")]
PartOption = Annotated[str, Option("--part", help="train, kept-out or all of the data.")]
SeedOption = Annotated[int, Option("--seed", min=0, help="Decides every random number.")]
