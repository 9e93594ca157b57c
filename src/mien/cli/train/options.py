"""Options that several of the verbs of ``mien train`` share."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

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


def codes_of(studio: Any, photos: Any, kept: Path, tell: Any) -> tuple[Any, Any]:
    """Codes and features of photographs by a generator's encoder, kept in a run's folder."""
    from mien.inversion.known_codes import known_codes

    said = f"{photos.fingerprint} {studio.loaded.sha256[:12]}"
    told = lambda i, n: tell("reading photographs", i, n)  # noqa: E731
    return known_codes(studio.inverter, photos.pictures, kept, said, told)


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
