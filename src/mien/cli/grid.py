"""``mien grid``: style mixing, every row with every column."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import watching
from mien.cli.options import shared_options
from mien.cli.results import Drawing


@shared_options(Drawing, leave=("precision", "engine"))
def grid(
    how: Drawing,
    rows: Annotated[
        list[str],
        Option(metavar="FACES", help="Seeds 0-3 or 1,5,9; an .npz; a picture; repeatable."),
    ],
    columns: Annotated[
        list[str], Option(metavar="FACES", help="Where the layers come from; like --rows.")
    ],
    layers: Annotated[
        str, Option(help="Which layers of the columns: coarse, middle, fine, 0-3, 0,2,5.")
    ] = "coarse",
    psi: opt.Psi = 0.7,
    cells: Annotated[
        bool, Option("--cells", help="Also one picture a cell, not only the sheet.")
    ] = False,
) -> None:
    """Mix faces in rows and columns: each cell is its row with some layers of its column.

    Writes `sheet.png`, with the faces that were mixed at its edges, and `latents.npz` with the `w`
    of all cells row by row, into a new folder below `out/grid`.
    """
    results = how.results("grid")
    results.check(psi=psi)
    studio = how.studio()
    with watching(studio):
        drawn = studio.grid(rows, columns, layers, psi)
    faces, paths = results.write(drawn, f"layers-{layers}", only_sheet=not cells)
    how.tell(faces, paths, paths, faces=list(faces.each))
