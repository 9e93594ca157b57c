"""``mien mix A B``: some layers of one face in another."""

from __future__ import annotations

from typing import Annotated

import typer

from mien.cli.common import (
    DeviceOption,
    ForceOption,
    FormatOption,
    JsonOption,
    LabelOption,
    ResultsOption,
    SizeOption,
    emit,
    watching,
)
from mien.cli.results import PsiOption, Results, chosen_psi


def mix(
    a: Annotated[
        str, typer.Argument(metavar="A", help="A seed, an .npz with w, a PNG or a photo.")
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Where the layers come from; like A.")],
    layers: Annotated[
        str, typer.Option(help="Which layers of B: coarse, middle, fine, 0-3, 0,2,5.")
    ],
    psi: PsiOption = None,
    model: Annotated[str, typer.Option(help="A generator: name or file.")] = "portraits",
    label: LabelOption = None,
    size: SizeOption = None,
    format: FormatOption = "png",
    out: ResultsOption = None,
    device: DeviceOption = "auto",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Take some layers of face B into face A.

    Coarse layers carry pose and shape, middle ones features and hair, fine ones colours; see
    `mien directions layers`. Writes pictures, `sheet.png` with A and B beside them and
    `latents.npz`, into a new folder below `out/mix`; each picture carries what made it.
    """
    results = Results("mix", out, force, format, size)
    results.check(psi=psi)
    from mien.studio import Studio

    studio = Studio(model, device, label=label)
    with watching(studio):
        drawn = studio.mix(a, b, layers, chosen_psi(psi, (a, b)))
    faces, paths = results.write(drawn, drawn.stems[0])
    result = {**faces.provenance, "faces": list(faces.each), "notes": faces.notes, "files": paths}
    emit(result, json, "\n".join(str(path) for path in paths))
