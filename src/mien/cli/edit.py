"""``mien edit FACE``: a face moved along directions that have names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from mien.cli import opt
from mien.cli.common import emit, note, watching
from mien.cli.options import shared_options
from mien.cli.results import Drawing, Results, chosen_psi
from mien.errors import InputError

if TYPE_CHECKING:
    from mien.portraits.faces import Faces


_Force = Annotated[
    bool,
    Option(
        "--force",
        help="Overwrite what is there, and move along directions of another generator too.",
    ),
]


@shared_options(Drawing, leave=("precision", "engine"), force=_Force)
def edit(
    how: Drawing,
    faces: Annotated[
        list[str],
        Argument(
            metavar="FACE...",
            help="Seeds (7, 0-5), .npz files with w (file.npz:2), PNGs of mien's, or photos.",
        ),
    ],
    settings: Annotated[
        list[str] | None,
        Option(
            "--set",
            metavar="NAME=N",
            help="smile=+2, or a pair with two coefficients: 'long hair/short hair'=15,-5; "
            "may be repeated.",
        ),
    ] = None,
    text: Annotated[
        str | None,
        Option(
            metavar="WORDS",
            help="What shall be true of the face: 'smiling, red hair', 'without glasses'.",
        ),
    ] = None,
    strength: Annotated[
        float, Option(help="Of --text: 1 goes as far as is needed to be seen.")
    ] = 1.0,
    layers: Annotated[
        str | None,
        Option(help="Move only these: coarse, middle, fine, 4-7, 0,2; else the direction's."),
    ] = None,
    directions: Annotated[str | None, Option(help="A set: name or file; else MODEL-edits.")] = None,
    strip: Annotated[
        int | None,
        Option(metavar="STEPS", help="One PNG a face and setting, in steps from -N to N along it."),
    ] = None,
    steps: Annotated[
        int, Option(help="Photos: steps of optimisation after the one pass, as mien invert.")
    ] = 0,
    face: Annotated[
        int | None, Option(metavar="N", help="Photos: which face, where there are several.")
    ] = None,
    paste: Annotated[
        bool, Option("--paste", help="Photos: put the face back into the whole picture too.")
    ] = False,
    psi: opt.OptionalPsi = None,
) -> None:
    """Change a face by words, or by what has a name about it: smile, age, glasses, hair.

    `--text` moves a face until a tagger sees in it what the words say. `--set` moves it as far as
    it says: strength 2 to 3 turns an attribute over; `mien directions show` lists what there is.
    Writes one picture a face, `sheet.png` with before and after, and `latents.npz`, into a new
    folder below `out/edit`; with `--strip` one picture with all steps in a row, with `--paste` also
    `NAME-pasted.png`, the photo with its new face. Each picture carries what made it, so that it
    can be edited again.
    """
    if (settings is None) == (text is None):
        raise InputError("give what shall change: --set smile=+2, or --text 'smiling, red hair'")
    if text is not None and strip is not None:
        raise InputError("--strip shows steps along one direction; give --set smile=+2 with it")
    if paste and strip is not None:
        raise InputError("--paste puts a face into its photo; --strip draws many; give one of them")
    results = how.results("edit")
    force, size = how.force, how.size
    results.check(psi=psi)
    psi = chosen_psi(psi, faces)
    from mien.editing.edit import joined
    from mien.inversion.paste import pasted, save_pasted
    from mien.inversion.photos import InversionRequest

    studio = how.studio()
    studio.photos = InversionRequest(steps, face=face)
    paths: list[Path] = []
    if strip is not None:
        with watching(studio):
            drawn = [
                (setting, studio.strip(face, setting, strip, directions, layers, psi, force))
                for face in faces
                for setting in settings or ()
            ]
        if size is not None:
            drawn = [(setting, one.resized(size)) for setting, one in drawn]
        notes = {remark: None for _, one in drawn for remark in one.notes}
        paths = _write_strips(results, drawn)
        result = {"strips": strip, "settings": settings, "faces": faces}
        for remark in notes:
            note(remark)
    else:
        with watching(studio):
            how_far = (directions, layers, psi, force)
            made = joined(
                [studio.edit(face, settings or (), *how_far) for face in faces]
                if text is None
                else [studio.edit_by_words(face, text, strength, *how_far) for face in faces]
            )
        # Before anything is written: a face that is no photo's has nothing to go back into.
        pages = pasted(made.images, made.each, made.names(), Path(), force=True) if paste else {}
        made, paths = results.write(made, made.stems[0])
        notes = dict.fromkeys(made.notes)
        pages = {paths[0].parent / path.name: page for path, page in pages.items()}
        paths = [*paths, *save_pasted(pages, force)]
        result = {**made.provenance, "faces": [dict(one) for one in made.each]}
    emit({**result, "notes": list(notes), "files": paths}, how.json, "\n".join(map(str, paths)))


def _write_strips(results: Results, drawn: list[tuple[str, Faces]]) -> list[Path]:
    """One picture a face and setting, and its latents step by step."""
    from mien.editing.edit import save_strip, strip_path
    from mien.files import refuse_existing
    from mien.portraits.faces import save_latents

    folder = results.folder(drawn[0][1].stems[-1])
    targets = [strip_path(folder, one, results.format) for _, one in drawn]
    latents = [target.with_name(f"{target.stem}-latents.npz") for target in targets]
    refuse_existing([*targets, *latents], results.force)
    for target, beside, (setting, one) in zip(targets, latents, drawn, strict=True):
        save_strip(target, one, setting, results.force)
        save_latents(beside, one, force=results.force)
    return [path for pair in zip(targets, latents, strict=True) for path in pair]
