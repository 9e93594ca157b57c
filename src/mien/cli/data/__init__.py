"""``mien data``: sets of pictures. One file a verb."""

from __future__ import annotations

import typer

from mien.cli.data import align, check, sketch

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _data() -> None:
    """Look at sets of pictures; make pairs; cut faces out."""


app.command()(sketch.sketch)
app.command()(align.align)
app.command()(check.check)
