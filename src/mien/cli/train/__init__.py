"""``mien train``: make the networks; the same command goes on with a run. One file a model."""

from __future__ import annotations

import typer

from mien.cli.train import gan, tagger, text, warmup

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _train() -> None:
    """Train a network; give the same command again to go on."""


app.command()(gan.gan)
app.command()(warmup.warmup)
app.command()(tagger.tagger)
app.command()(text.text)
