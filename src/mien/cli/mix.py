"""``mien mix A B``: some layers of one face in another."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from mien.cli import opt
from mien.cli.common import watching
from mien.cli.options import shared_options
from mien.cli.results import Drawing, chosen_psi


@shared_options(Drawing, leave=("precision", "engine"))
def mix(
    how: Drawing,
    a: Annotated[str, Argument(metavar="A", help="A seed, an .npz with w, a PNG or a photo.")],
    b: Annotated[str, Argument(metavar="B", help="Where the layers come from; like A.")],
    layers: Annotated[str, Option(help="Which layers of B: coarse, middle, fine, 0-3, 0,2,5.")],
    psi: opt.OptionalPsi = None,
) -> None:
    """Take some layers of face B into face A.

    Coarse layers carry pose and shape, middle ones features and hair, fine ones colours; see
    `mien directions layers`. Writes pictures, `sheet.png` with A and B beside them and
    `latents.npz`, into a new folder below `out/mix`; each picture carries what made it.
    """
    results = how.results("mix")
    results.check(psi=psi)
    studio = how.studio()
    with watching(studio):
        drawn = studio.mix(a, b, layers, chosen_psi(psi, (a, b)))
    faces, paths = results.write(drawn, drawn.stems[0])
    how.tell(faces, paths, paths, faces=list(faces.each))
