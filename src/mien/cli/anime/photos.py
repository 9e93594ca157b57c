"""The part of ``mien anime`` that draws photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mien.cli.common import emit, note, picture_problem, progress
from mien.errors import InputError

if TYPE_CHECKING:
    from mien.anime.translate import AnimeRequest
    from mien.studio import Studio


def draw_photos(
    studio: Studio,
    named: list[str],
    request: AnimeRequest,
    detector: str | None,
    out: Path | None,
    json: bool,
) -> None:
    """Translate pictures, one by one, and print what was written."""
    from mien.anime.crop import shipped_finder
    from mien.anime.translate import answer
    from mien.data.paths import find_pictures, output_paths
    from mien.errors import ImageError
    from mien.files import refuse_existing

    folder = out or Path("out/anime")
    found = find_pictures(named, (folder, "out/anime"))
    stems = [path.stem for path in output_paths(found, folder / "x")]
    count = 1 if request.style_from is not None else request.styles
    studio.painter(request.model).prepare(count * len(found))
    finder = None if request.aligned else shipped_finder(str(studio.device), detector)
    files: list[dict[str, Any]] = []
    left_out: list[str] = []
    for one, stem in progress(list(zip(found, stems, strict=True)), "drawing"):
        refuse_existing([folder / f"{stem}-sheet.png"], request.force)
        try:
            made = answer(studio, one.path, request, finder)
        except (ImageError, InputError) as error:
            text = picture_problem(error, str(one.path), folder / f"{stem}-faces.png")
            if one.named and len(found) == 1:
                raise InputError(text) from None
            left_out.append(text)
            note(f"left out: {text}")
            continue
        paths = made.save(folder, stem, request.force)
        files.append({"of": one.path, "files": paths, "notes": made.notes})
        for remark in made.notes:
            note(f"{one.path}: {remark}")
    if not files:
        raise InputError(f"none of {len(found)} pictures could be drawn; the first: {left_out[0]}")
    lines = [str(path) for row in files for path in row["files"]]
    emit({"files": files, "left_out": left_out}, json, "\n".join(lines))
    if left_out and any(one.named for one in found):
        note(f"{len(left_out)} of {len(found)} pictures were left out: {'; '.join(left_out)}")
        raise typer.Exit(2)
