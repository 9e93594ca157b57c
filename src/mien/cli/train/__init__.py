"""``mien train``: make the networks; the same command goes on with a run. One file a model."""

from __future__ import annotations

import typer

from mien.cli.train import (
    anime,
    anime_tagger,
    faces,
    gan,
    guides,
    identity,
    inversion,
    landmarks,
    parsing,
    similarity,
    sketch,
    tagger,
    text,
    warmup,
)

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _train() -> None:
    """Train a network; give the same command again to go on."""


app.command()(faces.faces)
app.command()(gan.gan)
app.command()(warmup.warmup)
app.command()(tagger.tagger)
app.command()(text.text)
app.command()(sketch.sketch)
app.command()(anime.anime)
app.command()(anime_tagger.anime_tagger)
app.command()(landmarks.landmarks)
app.command()(parsing.parsing)
app.command()(identity.identity)
app.command("sketch-encoder")(guides.sketch_encoder)
app.command("label-encoder")(guides.label_encoder)
app.command()(similarity.similarity)
app.command()(inversion.inversion)
