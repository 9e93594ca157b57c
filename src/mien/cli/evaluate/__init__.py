"""``mien evaluate``: tables of numbers, each with its protocol. One file a table."""

from __future__ import annotations

import typer

from mien.cli.evaluate import alignment, anime, generator, identity, inversion, sketch, text

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _evaluate() -> None:
    """Measure models; every number with its protocol."""


for command in (
    *(generator.generator, text.text, identity.identity, sketch.sketch),
    *(alignment.alignment, anime.anime, inversion.inversion),
):
    app.command()(command)
