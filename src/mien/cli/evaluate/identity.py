"""``mien evaluate identity``: whether a judge knows people again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, write_json, write_text

if TYPE_CHECKING:
    from mien.faces.evaluate_identity import Cut, Square


def identity(
    data: Annotated[Path, Option(metavar="PATH", help="Pictures NAME_neutral and NAME_smiling.")],
    judge: Annotated[
        list[str] | None, Option(help="A judge of identity: name, file or .onnx; may be repeated.")
    ] = None,
    looks: Annotated[
        str, Option(help="What tells the two pictures of a person apart.")
    ] = "neutral,smiling",
    points: Annotated[
        Path | None, Option(metavar="FILE", help="An .npz whose points begin with the pupils.")
    ] = None,
    crop: Annotated[
        str | None, Option(metavar="X,Y,SIDE", help="Where the face is, in every picture alike.")
    ] = None,
    device: opt.Device = "auto",
    out: opt.OptionalOut = None,
    csv: opt.Csv = None,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Recognise real people across two pictures of each: AUC over all pairs, and rank-1.

    All pictures are cut in one place: --crop, or where the mean pupils of --points lie in FFHQ's
    frame; else DATA_landmarks189.npz beside the data says it, else pictures are taken whole.
    """
    from mien.errors import InputError
    from mien.faces.evaluate_identity import (
        TwicePictured,
        read_pupils,
        score_identity,
        square_from_pupils,
        whole,
    )
    from mien.files import check_targets
    from mien.hub.loading import load_identity
    from mien.runtime.devices import find_device

    check_targets([out, csv], force)
    names = looks.split(",")
    if len(names) != 2 or not all(names):
        raise InputError(f"--looks {looks!r} names {len(names)}; two are needed: neutral,smiling")
    cut: Cut = whole
    framing = "largest square in the middle"
    beside = data.parent / f"{data.stem}_landmarks189.npz"
    table = points or (beside if beside.is_file() else None)
    if crop is not None:
        cut = _square(crop)
        framing = str(cut)
    elif table is not None:
        cut = square_from_pupils(read_pupils(table))
        framing = f"{cut}, from the mean pupils of {table.name}"
    where = str(find_device(device))
    judges = [load_identity(name, where) for name in judge or ["identity"]]
    scores = score_identity(judges, TwicePictured.open(data, (names[0], names[1]), cut), framing)
    write_text(csv, scores.csv(), force)
    write_json(out, scores.as_dict(), force)
    emit(scores.as_dict(), json, scores.text())


def _square(text: str) -> Square:
    from mien.errors import InputError
    from mien.faces.evaluate_identity import Square

    try:
        left, top, side = (int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--crop {text!r} is not X,Y,SIDE in whole pixels") from None
    if side < 1:
        raise InputError(f"--crop {text!r} has a side of {side}; it must be 1 or more")
    return Square(left, top, side)
