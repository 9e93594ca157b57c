"""``mien directions layers``: what each layer of a generator is for."""

from __future__ import annotations

from mien.cli import opt
from mien.cli.common import emit, write_text
from mien.cli.directions.options import (
    FacesOption,
    JudgeOption,
    PictureOption,
    SeedOption,
    batch_of,
    draw,
    open_source,
    place,
)


def layers(
    model: opt.Model = "portraits",
    judge: JudgeOption = "judge",
    faces: FacesOption = 24,
    psi: opt.Truncation = 0.7,
    seed: SeedOption = 0,
    csv: opt.Csv = None,
    out: PictureOption = None,
    device: opt.Device = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Measure what each layer of a generator moves: attributes, pose, colours.

    One layer's code at a time is replaced by another face's. Printed as shares of what all layers
    together move.
    """
    from mien.editing.layer_report import score_layers
    from mien.files import check_targets
    from mien.hub.loading import load_tagger

    check_targets([csv], force)
    check_targets([out], force, ".png")
    source, loaded = open_source(model, device)
    judges = load_tagger(judge, place(device))
    report = score_layers(source, judges, faces, seed, psi, batch_of(loaded))
    write_text(csv, report.csv(), force)
    draw(out, report.picture(), report.protocol.as_dict(), force)
    emit(report.as_dict(), json, report.text())
