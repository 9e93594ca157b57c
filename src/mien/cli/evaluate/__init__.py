"""``mien evaluate``: tables of numbers, each with its protocol. One file a table."""

from __future__ import annotations

import typer

from mien.cli.evaluate import alignment, anime, generator, identity, inversion, sketch, text

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _evaluate() -> None:
    """Measure models; every number with its protocol."""


app.command()(generator.generator)
app.command()(text.text)
app.command()(identity.identity)
app.command()(sketch.sketch)
app.command()(alignment.alignment)
app.command()(anime.anime)
app.command()(inversion.inversion)
