"""``mien photo SKETCH…``: sketches turned into photos."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from mien.cli import opt
from mien.cli.sketch import BigOption, MethodOption, translate_all

if TYPE_CHECKING:
    from mien.portraits.faces import Faces
    from mien.sketch.translate import Translation
    from mien.studio import Studio


def photo(
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
    method: MethodOption = None,
    big: BigOption = "face",
    out: opt.RunOut = None,
    device: opt.Device = "auto",
    precision: opt.Precision = "fast",
    engine: opt.Engine = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Turn sketches of faces into photos.

    Writes `NAME.png` for each, of the size of the sketch; `mien show FILE` says what made it. The
    model that ships is `sketch-to-photo`. With `--through-latent` the encoder of the generator
    reads the sketch and the generator draws the face at its own size; every seed gives another.
    """
    from mien.errors import InputError

    if through_latent and method is not None:
        raise InputError("--method names a network that translates; leave out --through-latent")

    @cache  # loads torch, which a mistyped file need not wait for
    def session() -> Studio:
        from mien.studio import DEFAULT_MODEL, Studio

        generator = (through_latent and model) or DEFAULT_MODEL
        return Studio(generator, device=device, precision=precision, engine=engine)

    def translate(path: Path, items: int) -> Translation | Faces:
        if through_latent:
            return session().photo_through_latent(path, seed, psi)
        return session().photo(path, model, method, big, items)

    translate_all("photo", sketches, translate, out, force, json)
