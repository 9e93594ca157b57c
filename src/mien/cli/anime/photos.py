"""The part of ``mien anime`` that draws photos."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.cli.common import note, picture_problem, progress
from mien.errors import InputError, counted

if TYPE_CHECKING:
    from mien.anime.translate import AnimeRequest
    from mien.studio import Studio


def draw_photos(
    studio: Studio,
    named: list[str],
    request: AnimeRequest,
    detector: str | None,
    folder: Path,
    more: bool = False,
) -> tuple[list[dict[str, Any]], list[str], bool]:
    """Translate pictures, one by one; with ``more`` (other inputs follow) none of these need be.

    Returns a row a face that was written; a line for each that was left out; and whether something
    that was named itself is among those.

    Raises:
        InputError: The only picture cannot be drawn, or none of them, or a result would stand in
            the place of a picture that is read.
        OutputError: A file exists already and there is no ``--force``.
    """
    from mien.anime.photos import draw_faces, picture_paths, style_names
    from mien.anime.translate import wanted_styles
    from mien.data.paths import find_pictures, output_paths
    from mien.errors import ImageError
    from mien.faces.choosing import shipped_finder
    from mien.files import refuse_existing

    found = find_pictures(named, (folder, "out/anime"))
    stems = [path.stem for path in output_paths(found, folder / "x")]
    painter = studio.painter(request.model)
    styles = wanted_styles(painter, request)
    painter.prepare(len(styles.w) * len(found))
    finder = None if request.aligned else shipped_finder(str(studio.device), detector)
    read = {os.path.realpath(one.path) for one in found}
    rows: list[dict[str, Any]] = []
    left_out: list[str] = []
    for one, stem in progress(list(zip(found, stems, strict=True)), "drawing"):
        # Known before the work: what would be refused at its end is refused here.
        if request.face != "all":
            paths = picture_paths(folder, stem, style_names(styles.said)[1])
            _refuse_read(paths, read)
            refuse_existing(paths, request.force)
        try:
            drawn, failed = draw_faces(painter, one.path, request, styles, finder)
        except (ImageError, InputError) as error:
            text = picture_problem(error, str(one.path), folder / f"{stem}-faces.png")
            if one.named and len(found) == 1 and not more:
                raise InputError(text) from None
            left_out.append(text)
            note(f"left out: {text}")
            continue
        for text in failed:
            left_out.append(f"{one.path}: {text}")
            note(f"left out: {left_out[-1]}")
        for part, made in drawn.items():
            _refuse_read(made.paths(folder, f"{stem}{part}"), read)
            paths = made.save(folder, f"{stem}{part}", request.force)
            rows.append({"of": one.path, "files": paths, "notes": made.notes})
            for remark in made.notes:
                note(f"{one.path}{part.replace('-', ', ')}: {remark}")
    if not rows and not more:
        count = counted(len(found), "pictures")
        raise InputError(f"none of {count} could be drawn; the first: {left_out[0]}")
    return rows, left_out, bool(left_out) and any(one.named for one in found)


def _refuse_read(paths: list[Path], read: set[str]) -> None:
    """Never write over a picture that is read, not even with ``--force``."""
    for path in paths:
        if os.path.realpath(path) in read:
            raise InputError(f"{path} is one of the pictures that are read; give another --out")
