"""``mien photo SKETCH…``: pencil sketches turned into photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.common import (
    DeviceOption,
    EngineOption,
    ForceOption,
    JsonOption,
    OutOption,
    PrecisionOption,
)
from mien.cli.sketch import BigOption, MethodOption, translate_all


def photo(
    sketches: Annotated[
        list[str], typer.Argument(metavar="SKETCH…", help="Files, folders or patterns.")
    ],
    model: Annotated[str | None, typer.Option(help="A model: name or file.")] = None,
    method: MethodOption = None,
    big: BigOption = "resize",
    out: OutOption = Path("out/photo"),
    device: DeviceOption = "auto",
    precision: PrecisionOption = "fast",
    engine: EngineOption = "auto",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Turn pencil sketches of faces into photos.

    Writes `NAME.png` for each, of the size of the sketch; `mien show FILE` says what made it. The
    model that ships is `sketch-to-photo`.
    """
    studio = {"device": device, "precision": precision, "engine": engine}
    translate_all("photo", sketches, (model, method, big), out, studio, force, json)
