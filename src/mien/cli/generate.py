"""``mien generate``: faces of seeds, of which nothing is said."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.options import shared_options
from mien.cli.results import Drawing, Stream, chosen_seed


@shared_options(Drawing)
def generate(
    how: Drawing,
    seeds: Annotated[
        str | None,
        Option(metavar="LIST", help="These seeds: 0-35, 1,5,9-12; else --count from --seed."),
    ] = None,
    count: opt.Count = 4,
    seed: opt.Seed = 0,
    psi: Annotated[
        float, Option(help="How far they lie from the mean face, 0 to 2; 1 is the data's.")
    ] = 0.7,
    sheet: Annotated[
        bool, Option("--sheet", help="Only the sheet and the latents, no picture a face.")
    ] = False,
) -> None:
    """Draw faces from seeds: seed i gives face i.

    Writes one picture a face, `sheet.png` with all of them and `latents.npz` with their `w`, into a
    new folder below `out/generate`; each picture is there, and named, as soon as it is drawn, and
    carries what made it.
    """
    from mien.portraits.checks import checked_seeds, parse_seeds
    from mien.portraits.faces import face_names

    results = how.results("generate")
    chosen = parse_seeds(seeds) if seeds else checked_seeds(count, chosen_seed(seed))
    results.check([] if sheet else face_names("", chosen), psi=psi)
    studio = how.studio()
    stream = Stream(results, f"seeds-{seeds or chosen[0]}", not how.json)
    with stream.of(studio, not sheet):
        drawn = studio.generate(psi=psi, seeds=chosen)
    faces, paths = results.write(drawn, stream.name, sheet, stream)
    lines = [path for path in paths if path not in stream.written]
    how.tell(faces, paths, lines, seeds=faces.seeds)
