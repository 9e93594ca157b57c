"""``mien compose``: faces of words, a sketch, a label map and a photo, any of them together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import watching
from mien.cli.options import shared_options
from mien.cli.results import Drawing, chosen_seed
from mien.portraits.checks import GUIDANCE


@shared_options(Drawing, leave=("label", "precision", "engine"))
def compose(
    how: Drawing,
    text: Annotated[str | None, Option(metavar="WORDS", help="What the face looks like.")] = None,
    sketch: Annotated[Path | None, Option(metavar="FILE", help="A drawing of a face.")] = None,
    label: Annotated[
        Path | None, Option(metavar="FILE", help="A label map, as mien data mask makes them.")
    ] = None,
    photo: Annotated[Path | None, Option(metavar="FILE", help="A photo of a face.")] = None,
    count: opt.Count = 4,
    seed: opt.Seed = 0,
    strength: Annotated[float, Option(help="How closely the pictures are followed, 0 to 3.")] = 1.0,
    psi: Annotated[float, Option(help="How far faces lie from the likeliest one, 0 to 2.")] = 0.6,
    guidance: Annotated[float, Option(help="How strongly the words are followed.")] = GUIDANCE,
    layers: Annotated[
        str | None, Option(help="Layers that the photo keeps: coarse, middle, fine, 4-7.")
    ] = None,
    steps: Annotated[
        int, Option(help="Photo: steps of optimisation after the one pass, as mien invert.")
    ] = 0,
    face: Annotated[
        int | None, Option(metavar="N", help="Photo: which face, where there are several.")
    ] = None,
) -> None:
    """Draw faces of words and pictures together; what none of them decides, each seed decides.

    Writes one picture a face, `sheet.png` with what was given before them, and `latents.npz`, into
    a new folder below `out/compose`. With one photo and words alone, `mien edit PHOTO --text`
    keeps more of the person.
    """
    from mien.inversion.compose import Composition
    from mien.inversion.photos import InversionRequest

    results = how.results("compose")
    first = chosen_seed(seed)
    asked = Composition(text, sketch, label, photo, strength, psi, guidance, layers)
    results.check()
    studio = how.studio()
    studio.photos = InversionRequest(steps, face=face)
    with watching(studio):
        drawn = studio.compose(
            text, sketch, label, photo, count, first, strength, psi, guidance, layers
        )
    faces, paths = results.write(drawn, "-".join(asked.given))
    how.tell(faces, paths, paths, seeds=faces.seeds)
