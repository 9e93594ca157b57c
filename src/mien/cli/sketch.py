"""``mien sketch PHOTO…``: photos drawn as sketches; ``mien photo`` is the other way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from mien.cli import opt
from mien.cli.common import emit, note, progress
from mien.cli.options import shared_options
from mien.cli.results import run_folder
from mien.errors import ImageError, InputError, counted

if TYPE_CHECKING:
    from mien.data.paths import Found
    from mien.portraits.faces import Faces
    from mien.sketch.translate import Translation
    from mien.studio import Studio

MethodOption = Annotated[
    str | None, Option(help="The model of this method: pix2pix ships; others once trained here.")
]
BigOption = Annotated[
    str,
    Option(
        help="How a network takes a picture: face (each face at its own scale), resize or tile."
    ),
]


@dataclass(frozen=True)
class Translating:
    """How pictures are translated, and where they go: the options of both ways."""

    method: MethodOption = None
    big: BigOption = "face"
    out: opt.RunOut = None
    device: opt.Device = "auto"
    precision: opt.Precision = "fast"
    engine: opt.Engine = "auto"
    force: opt.Force = False
    json: opt.Json = False

    def studio(self, *model: str) -> Studio:
        """What translates them; loads torch, which a mistyped file need not wait for."""
        from mien.studio import Studio

        return Studio(*model, device=self.device, precision=self.precision, engine=self.engine)


@shared_options(Translating)
def sketch(
    how: Translating,
    photos: Annotated[list[str], Argument(metavar="PHOTO…", help="Files, folders or patterns.")],
    style: Annotated[
        str | None, Option(help="pencil, line or xdog (ink), without a network; learned.  [pencil]")
    ] = None,
    strength: Annotated[float, Option(help="Without a network: 0 faint to 1 dark.")] = 0.5,
    model: Annotated[str | None, Option(help="A model: name or file.")] = None,
) -> None:
    """Draw photos as sketches.

    Writes `NAME.png` for each, of the size of the photo; `mien show FILE` says what made it. The
    style `learned`, which a model or method implies, is drawn by a network that learnt from
    artists; `photo-to-sketch` ships. Pictures that cannot be read are named and left out; the exit
    status is 2 if such a one was named itself. No photo is written over.
    """
    session = cache(how.studio)

    def translate(path: Path, items: int) -> Translation:
        return session().sketch(path, model, how.method, how.big, items, style, strength)

    translate_all("sketch", photos, translate, how)


def translate_all(
    verb: str,
    named: list[str],
    translate: Callable[[Path, int], Translation | Faces],
    how: Translating,
) -> None:
    """Translate every picture that was named, one by one, and print what was written.

    Args:
        verb: Whose run it is.
        named: Files, folders, patterns.
        translate: A picture, and how many there are in all -> what was made of it.
        how: ``out`` is a folder, or a PNG file for one picture; None for a numbered folder.
    """
    from mien.data.paths import find_pictures, output_paths
    from mien.files import check_targets

    found = find_pictures(named, [*([how.out] if how.out else []), "out/sketch", "out/photo"])
    with run_folder(verb, how.out, found[0].path.stem) as home:
        targets = output_paths(found, home)
        check_targets(targets, how.force)
        pairs = list(zip(found, targets, strict=True))
        files, left_out = _translated(pairs, translate, how.force)
    result = {"files": files, "left_out": left_out}
    emit(result, how.json, "\n".join(str(row["file"]) for row in files))
    if left_out and any(one.named for one in found):
        count = counted(len(found), "pictures")
        note(f"left out: {len(left_out)} of {count}: {'; '.join(left_out)}")
        raise typer.Exit(2)


def _translated(
    pairs: list[tuple[Found, Path]],
    translate: Callable[[Path, int], Translation | Faces],
    force: bool,
) -> tuple[list[dict[str, Any]], list[str]]:
    """What was written of each picture, and what was left out and why."""
    from mien import images
    from mien.portraits.faces import Faces

    files: list[dict[str, Any]] = []
    left_out: list[str] = []
    said: set[str] = set()
    for one, target in progress(pairs, "translating"):
        try:
            made = translate(one.path, len(pairs))
        except ImageError as error:
            if len(pairs) == 1 and one.named:
                raise
            left_out.append(str(error))
            note(f"left out: {error}")
            continue
        if isinstance(made, Faces):
            images.save(target, made.images[0], made.made()[0], force=force)
        else:
            made.save(target, force)
        files.append({"of": one.path, "file": target, "notes": made.notes})
        for remark in made.notes:
            if remark not in said:
                said.add(remark)
                note(f"{one.path}: {remark}")
    if not files:
        cause = f"none of {counted(len(pairs), 'pictures')} can be read: {left_out[0]}"
        raise InputError(cause)
    return files, left_out
