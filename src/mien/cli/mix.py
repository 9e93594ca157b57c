"""``mien mix A B``: some layers of one face in another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.common import (
    DeviceOption,
    ForceOption,
    JsonOption,
    LabelOption,
    OutOption,
    emit,
    note,
)


def mix(
    a: Annotated[
        str, typer.Argument(metavar="A", help="A seed, an .npz with w, a PNG or a photo.")
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Where the layers come from; like A.")],
    layers: Annotated[
        str, typer.Option(help="Which layers of B: coarse, middle, fine, 0-3, 0,2,5.")
    ],
    psi: Annotated[float, typer.Option(help="How far seeds lie from the mean face, 0 to 1.")] = 0.7,
    model: Annotated[str, typer.Option(help="A generator: name or file.")] = "portraits",
    label: LabelOption = None,
    out: OutOption = Path("out/mix"),
    device: DeviceOption = "auto",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Take some layers of face B into face A.

    Coarse layers carry pose and shape, middle ones features and hair, fine ones colours; see
    `mien directions layers`. Writes PNG, `sheet.png` and `latents.npz`; each picture carries what
    made it.
    """
    from mien.studio import Studio

    faces = Studio(model, device, label=label).mix(a, b, layers, psi)
    paths = faces.save(out, force)
    for remark in faces.notes:
        note(remark)
    result = {**faces.provenance, "faces": list(faces.each), "notes": faces.notes, "files": paths}
    emit(result, json, "\n".join(str(path) for path in paths))
