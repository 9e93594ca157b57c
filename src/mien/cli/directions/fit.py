"""``mien directions fit``: directions found from what a tagger sees in samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, showing
from mien.cli.directions.options import (
    LeastOption,
    MostOption,
    SamplesOption,
    SeedOption,
    TaggerOption,
    batch_of,
    open_reader,
    open_source,
    place,
    style_weights_of,
)
from mien.errors import InputError, counted

LEAST = 16
"""Fewer samples than these make no direction."""


def fit(
    out: Annotated[Path, Option(metavar="FILE", help="A .safetensors file.")],
    model: opt.Model = "portraits",
    method: Annotated[
        str, Option(help="linear, lasso, logistic, svm, svd, codes, sefa or pca.")
    ] = "linear",
    samples: SamplesOption = 10_200,
    tagger: TaggerOption = "teacher",
    min_count: LeastOption = None,
    max_count: MostOption = None,
    tag: Annotated[list[str] | None, Option(help="Only these tags; may be repeated.")] = None,
    pairs: Annotated[
        bool, Option("--pairs/--single", help="Subtract the opposing tag in named edits.")
    ] = True,
    free: Annotated[
        bool, Option("--free/--plain", help="Free named edits from each other, and scale.")
    ] = True,
    ridge: Annotated[float, Option(min=0, help="Penalty of linear regression.")] = 0,
    alpha: opt.Alpha = 0.01,
    c: Annotated[float, Option("--C", help="Inverse penalty of logistic and svm.")] = 1,
    count: Annotated[int, Option(min=1, help="How many SeFa or PCA give.")] = 10,
    layers: Annotated[
        str | None, Option(help="Layers for SeFa or PCA: coarse, middle, fine, 4-7.")
    ] = None,
    codes: Annotated[
        Path | None, Option(metavar="FILE", help="Moments of codes, for codes; else MODEL-codes.")
    ] = None,
    selfies: Annotated[
        Path | None, Option(help="Pictures, if the model is one of GANs N' Roses.")
    ] = None,
    seed: SeedOption = 0,
    device: opt.Device = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Find directions: sample faces, let a tagger read them, fit every tag at once.

    Opposing tags become named edits (smile, age, hair length); each is freed from the others as
    the tagger finds best, and scaled so that strength 2 to 3 turns the attribute over. `codes`
    takes the regression from labels to codes of a generator of `train faces` and samples nothing.
    `sefa` and `pca` need no tags; their directions have numbers for names.
    """
    from dataclasses import asdict

    from mien.editing.direction import DirectionSet
    from mien.editing.fit import DirectionFit, fit_directions
    from mien.editing.mixing import parse_layers
    from mien.editing.sets import check_set_name, save_direction_set
    from mien.files import check_targets
    from mien.hub.loading import load

    if samples < LEAST:
        raise InputError(f"{samples} samples tell nothing of a tag; take {LEAST} at the least")
    check_set_name(out)
    check_targets([out], force)
    source, loaded = open_source(model, device, selfies)
    config = DirectionFit(
        method=method,
        samples=samples,
        min_count=min_count,
        max_count=max_count,
        tags=tuple(tag) if tag else None,
        pairs=pairs,
        free=free,
        ridge=ridge,
        alpha=alpha,
        c=c,
        count=count,
        layers=None if layers is None else parse_layers(layers, source.num_ws),
        seed=seed,
        batch=batch_of(loaded),
    )
    reader, tagger_name, tagger_sha256 = open_reader(tagger, device)
    moments = None
    if method == "codes":
        moments = load(codes or f"{loaded.name}-codes", "code-moments", place(device)).network
    steps = fit_directions(source, reader, config, style_weights_of(loaded), moments)
    found, notes = None, []
    with showing() as tell:
        for line in steps:
            if isinstance(line, DirectionSet):
                found = line
            elif "note" in line:
                notes.append(line["note"])
                note(line["note"])
            else:
                _tell(tell, line)
    assert found is not None
    meta = {
        "generator": source.name,
        "generator_sha256": source.sha256,
        "tagger": tagger_name,
        "tagger_sha256": tagger_sha256,
        "fit": asdict(config),
    }
    save_direction_set(out, found, meta, force)
    result = {"file": out, "directions": found.names, "notes": notes, **meta}
    emit(result, json, f"{counted(len(found), 'directions')}\n{out}")


def _tell(tell: Callable[[str, int, int], None], line: dict[str, Any]) -> None:
    from mien.editing.naming import EDITS

    if "sampled" in line:
        tell("sampling faces", line["sampled"], line["of"])
    elif "freeing" in line:
        names = [edit.name for edit in EDITS]
        tell("freeing directions from each other", names.index(line["freeing"]), len(names))
