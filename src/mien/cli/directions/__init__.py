"""``mien directions``: directions that have names. One file a verb."""

from __future__ import annotations

import typer

from mien.cli.directions import calibrate, compare, fit, layers, score, show

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _directions() -> None:
    """Directions that have names: find them, see what they move, compare ways to find them."""


app.command()(fit.fit)
app.command("list")(show.list_sets)
app.command()(show.show)
app.command()(score.score)
app.command()(calibrate.calibrate)
app.command()(compare.compare)
app.command()(layers.layers)
