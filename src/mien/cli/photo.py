"""``mien photo SKETCH…``: sketches turned into photos."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from mien.cli.options import shared_options
from mien.cli.sketch import Translating, translate_all

if TYPE_CHECKING:
    from mien.portraits.faces import Faces
    from mien.sketch.translate import Translation
    from mien.studio import Studio


@shared_options(Translating)
def photo(
    how: Translating,
    sketches: Annotated[list[str], Argument(metavar="SKETCH…", help="Files, folders or patterns.")],
    through_latent: Annotated[
        bool, Option("--through-latent", help="Let the generator draw: always a face.")
    ] = False,
    seed: Annotated[
        int, Option(min=0, help="Through latents: decides what the sketch does not say.")
    ] = 0,
    psi: Annotated[
        float, Option(help="Through latents: how far seeds part; 0 for the likeliest face.")
    ] = 0.5,
    model: Annotated[
        str | None, Option(help="A model, or through latents a generator: name or file.")
    ] = None,
) -> None:
    """Turn sketches of faces into photos.

    Writes `NAME.png` for each, of the size of the sketch; `mien show FILE` says what made it. The
    model that ships is `sketch-to-photo`. With `--through-latent` the encoder of the generator
    reads the sketch and the generator draws the face at its own size; every seed gives another.
    """
    from mien.errors import InputError

    if through_latent and how.method is not None:
        raise InputError("--method names a network that translates; leave out --through-latent")

    @cache
    def session() -> Studio:
        from mien.studio import DEFAULT_MODEL

        return how.studio((through_latent and model) or DEFAULT_MODEL)

    def translate(path: Path, items: int) -> Translation | Faces:
        if through_latent:
            return session().photo_through_latent(path, seed, psi)
        return session().photo(path, model, how.method, how.big, items)

    translate_all("photo", sketches, translate, how)
