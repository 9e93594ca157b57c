"""``mien directions compare``: ways to find directions side by side on one generator."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, write_text
from mien.cli.directions.options import (
    FacesOption,
    JudgeOption,
    LeastOption,
    MostOption,
    SeedOption,
    TaggerOption,
    batch_of,
    open_reader,
    open_source,
    place,
    style_weights_of,
)


def compare(
    model: opt.Model = "portraits",
    method: Annotated[list[str] | None, Option(help="Only these; may be repeated.")] = None,
    samples: Annotated[int, Option(min=2, help="Latents to sample.")] = 3000,
    directions: Annotated[
        list[str] | None, Option(help="A set that is there already, as a row; may be repeated.")
    ] = None,
    tagger: TaggerOption = "teacher",
    judge: JudgeOption = "judge",
    min_count: LeastOption = None,
    max_count: MostOption = None,
    alpha: opt.Alpha = 0.01,
    faces: FacesOption = 24,
    psi: opt.Truncation = 0.7,
    seed: SeedOption = 0,
    csv: opt.Csv = None,
    device: opt.Device = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Compare methods: distance and diversity of edited faces, re-scoring, seconds.

    Every method sees the same samples and moves the same faces, with opposing pairs and with
    single tags.
    """
    from mien.editing.evaluate import EditProtocol, Faces
    from mien.editing.evaluate_methods import compare_methods
    from mien.editing.fit import SAMPLED, DirectionFit
    from mien.editing.naming import EDITS
    from mien.editing.sets import load_direction_set
    from mien.errors import UnknownName
    from mien.files import check_targets
    from mien.hub.loading import load_tagger

    methods = tuple(method or SAMPLED)
    for name in methods:
        if name not in SAMPLED:
            raise UnknownName("method", name, SAMPLED)
    check_targets([csv], force)
    source, loaded = open_source(model, device)
    shipped = {}
    for name in directions or ():
        found = load_direction_set(name)
        found.directions.check_generator(source.sha256, force)
        shipped[name] = found.directions
    reader = open_reader(tagger, device)[0]
    judges = load_tagger(judge, place(device))
    batch = batch_of(loaded)
    plan = EditProtocol(faces, seed, psi, batch=batch)
    config = DirectionFit(
        samples=samples, min_count=min_count, max_count=max_count, alpha=alpha, batch=batch
    )
    made = compare_methods(
        Faces(source, reader, EDITS, plan), reader, judges, config, tagger, methods,
        style_weights_of(loaded), shipped, note,
    )  # fmt: skip
    write_text(csv, made.table.csv(), force)
    emit(made.as_dict(), json, made.table.text())
