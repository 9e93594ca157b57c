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
    sentences,
    similarity,
    sketch,
    tagger,
    text,
)

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _train() -> None:
    """Train a network; give the same command again to go on."""


for command in (
    *(faces.faces, gan.gan, tagger.tagger, text.text, sentences.sentences, sketch.sketch),
    *(anime.anime, anime_tagger.anime_tagger, landmarks.landmarks, landmarks.detector),
    *(parsing.parsing, identity.identity, similarity.similarity, inversion.inversion),
):
    app.command()(command)
app.command("sketch-encoder")(guides.sketch_encoder)
app.command("label-encoder")(guides.label_encoder)
