"""``mien directions calibrate``: strength 1 turns the attribute over in half of the faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note
from mien.cli.directions.options import (
    FacesOption,
    JudgeOption,
    SeedOption,
    TaggerOption,
    batch_of,
    open_reader,
    open_source,
    place,
)
from mien.errors import counted


def calibrate(
    directions: opt.Directions,
    out: Annotated[Path, Option(metavar="FILE", help="The new set.")],
    model: opt.Model = "portraits",
    judge: JudgeOption = "judge",
    tagger: TaggerOption = "teacher",
    identity: Annotated[str, Option(help="A judge of who a face is: name or file.")] = "identity",
    faces: FacesOption = 48,
    psi: opt.Truncation = 0.7,
    seed: SeedOption = 0,
    device: opt.Device = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Scale directions so that strength 1 turns the attribute over in half of the faces.

    Measured for each direction on faces that lack it, and stored with it. One that never turns half
    of them over, or that makes another person of them first, is left out and named.
    """
    from mien.editing.calibrate import LADDER, calibrated
    from mien.editing.evaluate import EditProtocol, Faces, named_edits
    from mien.editing.flips import flips
    from mien.editing.samples import TagReader
    from mien.editing.sets import check_set_name, load_direction_set, save_direction_set
    from mien.files import check_targets
    from mien.hub.loading import load_identity, load_tagger

    check_set_name(out)
    check_targets([out], force)
    found = load_direction_set(directions)
    source, loaded = open_source(model, device)
    found.directions.check_generator(source.sha256, force)
    chooser = open_reader(tagger, device)[0]
    judges = load_tagger(judge, place(device))
    who = load_identity(identity, place(device))
    edits = named_edits(found.directions, TagReader(judges.network).tags)
    chosen = Faces(source, chooser, edits, EditProtocol(faces, seed, psi, batch=batch_of(loaded)))
    tell = lambda name: note(f"moving: {name}")  # noqa: E731
    turned = flips(chosen, judges, edits, found.directions, tagger, who, LADDER, tell)
    scaled, left_out = calibrated(found.directions, turned)
    for line in left_out:
        note(f"left out: {line}")
    meta = {**found.meta, "calibrated": turned.as_dict()}
    save_direction_set(out, scaled, meta, force)
    result = {"file": out, "directions": scaled.names, "left_out": left_out, **turned.as_dict()}
    emit(result, json, f"{turned.text()}\n{counted(len(scaled), 'directions')}\n{out}")
