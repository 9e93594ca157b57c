"""``mien walk FACE FACE …``: a clip that goes from face to face."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from mien.cli import opt
from mien.cli.common import clip_told, emit, note, watching
from mien.cli.options import shared_options
from mien.cli.results import HOME, Drawing, Results

_Out = Annotated[
    Path | None,
    Option(
        "--out", metavar="FILE", help="Where the clip goes; else a new out/walk/0001-…/walk.mp4"
    ),
]


@shared_options(Drawing, leave=("format",), out=_Out)
def walk(
    how: Drawing,
    faces: Annotated[
        list[str],
        Argument(
            metavar="FACE...", help="Seeds (7, 0-5), .npz files with w, or pictures that mien made."
        ),
    ],
    seconds: Annotated[float, Option(help="Length of the clip.")] = 6,
    fps: Annotated[float, Option(help="Frames a second.")] = 30,
    loop: Annotated[
        bool, Option("--loop", help="Go back to the first face, to repeat without a jump.")
    ] = False,
    space: Annotated[
        str, Option(help="w: straight from face to face. z: around, seeds only.")
    ] = "w",
    psi: opt.Psi = 0.7,
    ease: Annotated[str, Option(help="linear, or smooth: rest at each face.")] = "linear",
    keyframes: Annotated[
        Path | None, Option(metavar="FILE", help='Edits over time: {"smile": [[0, 0], [2.5, 3]]}.')
    ] = None,
    directions: Annotated[
        str | None, Option(help="The set that the edits are of; else the model's own.")
    ] = None,
) -> None:
    """Walk from face to face: a clip in .mp4, .mov, .mkv, .webm or .gif.

    Frames are drawn while those before are encoded. Ctrl-C leaves a clip of what was done. The
    clip carries what made it: `mien show FILE` reads it back.
    """
    import time

    from mien.files import check_writable, refuse_existing
    from mien.images import resize
    from mien.portraits.checks import in_range
    from mien.portraits.faces import checked_size, enlarged
    from mien.video.formats import format_of
    from mien.video.package import pyav
    from mien.video.writer import writing

    in_range("psi", psi)
    pyav()
    out, force, size = how.out, how.force, how.size
    if out is not None:
        format_of(out)
        refuse_existing([out], force)
    results = Results("walk", None if out is None else out.parent, force)
    if size is not None:
        checked_size(size)
    check_writable(HOME / "walk" if out is None else out.parent)
    studio = how.studio()
    planned = studio.walk(faces, seconds, fps, loop, space, psi, ease, keyframes, directions, force)
    out = out or results.folder("-".join(Path(face).stem for face in faces)) / "walk.mp4"
    begin = time.monotonic()
    writer = None
    try:
        with (
            watching(studio),
            writing(out, planned.fps, provenance=lambda: planned.provenance, force=force) as writer,
        ):
            for images in planned:
                writer.write(images if size is None else resize(images, size))
    except KeyboardInterrupt:
        if writer is not None and writer.count:
            note(f"{out} holds the {writer.count} of {planned.frames} frames that were done")
        raise
    finally:
        results.drop_empty(out.parent)
    took = time.monotonic() - begin
    notes = [*planned.notes, *writer.notes]
    if size is not None:
        notes += enlarged(studio.generator.config.resolution, size)
    for remark in notes:
        note(remark)
    result, text = clip_told(planned.provenance, writer.count, writer.count, took, notes, out)
    emit(result, how.json, text)
