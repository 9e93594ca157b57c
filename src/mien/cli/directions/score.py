"""``mien directions score``: what the directions of a set do, by a judge that did not find them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, write_text
from mien.cli.directions.options import (
    FacesOption,
    JudgeOption,
    PictureOption,
    SeedOption,
    TaggerOption,
    batch_of,
    draw,
    open_reader,
    open_source,
    place,
)


def score(
    directions: opt.Directions = "portraits-edits",
    model: opt.Model = "portraits",
    judge: JudgeOption = "judge",
    tagger: TaggerOption = "teacher",
    identity: Annotated[
        str | None, Option(help="A judge of who a face is: name or file; with --flips.")
    ] = None,
    flips: Annotated[
        bool, Option("--flips", help="Also at which strength each attribute turns over.")
    ] = False,
    faces: FacesOption = 48,
    strength: Annotated[float, Option(help="How far faces are moved.")] = 3,
    psi: opt.Truncation = 0.7,
    seed: SeedOption = 0,
    csv: opt.Csv = None,
    out: PictureOption = None,
    card: Annotated[
        Path | None, Option(metavar="FILE", help="Also write the matrix as Markdown here.")
    ] = None,
    device: opt.Device = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Score directions: the re-scoring matrix, and what is left of the person.

    Faces that lack an attribute are moved along its direction; rows are directions, columns how
    much more the judge sees of each attribute. `--force` overwrites files, and scores directions
    of another generator too.
    """
    from mien.editing.evaluate import EditProtocol, Faces, named_edits, rescore
    from mien.editing.flips import flips as find_flips
    from mien.editing.samples import TagReader
    from mien.editing.sets import load_direction_set
    from mien.files import check_targets
    from mien.hub.loading import load_identity, load_tagger

    check_targets([csv, card], force)
    check_targets([out], force, ".png")
    found = load_direction_set(directions)
    source, loaded = open_source(model, device)
    found.directions.check_generator(source.sha256, force)
    chooser = open_reader(tagger, device)[0]
    judges = load_tagger(judge, place(device))
    who = None if identity is None else load_identity(identity, place(device))
    plan = EditProtocol(faces, seed, psi, strength, batch=batch_of(loaded))
    edits = named_edits(found.directions, TagReader(judges.network).tags)
    chosen = Faces(source, chooser, edits, plan)
    tell = lambda name: note(f"moving: {name}")  # noqa: E731
    report = rescore(
        chosen, judges, edits, found.directions, tagger, found.path.stem, progress=tell
    )
    texts, result = [report.text()], report.as_dict()
    if flips or who is not None:
        turned = find_flips(chosen, judges, edits, found.directions, tagger, who, progress=tell)
        texts.append(turned.text())
        result["flips"] = turned.as_dict()
    write_text(csv, report.csv(), force)
    write_text(card, report.markdown(), force)
    draw(out, report.picture(), report.protocol.as_dict(), force)
    emit(result, json, "\n\n".join(texts))
