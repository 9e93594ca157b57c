"""``mien data mask``: which region of a face each pixel shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from typer import Option

from mien.cli import opt
from mien.cli.data.working import (
    AlignedOption,
    FaceOption,
    ParserOption,
    ProcessesOption,
    RedoOption,
    which_face,
    work,
)
from mien.errors import InputError


def mask(
    pictures: opt.Pictures,
    out: opt.Out = Path("out/masks"),
    face: FaceOption = None,
    aligned: AlignedOption = False,
    preview: Annotated[
        bool, Option("--preview", help="Write NAME-preview.png, the regions in colour, too.")
    ] = False,
    by: Annotated[
        Literal["network", "colours"],
        Option(help="network, or landmarks and colour models, which taught it."),
    ] = "network",
    parser: ParserOption = "parsing",
    labels: Annotated[
        Path | None, Option(metavar="FILE", help="With --by colours: the label table.")
    ] = None,
    points: Annotated[
        Path | None, Option(metavar="FILE", help="With --by colours: landmarks, .npz; else found.")
    ] = None,
    figures: Annotated[
        Path | None, Option(metavar="FILE", help="With --by colours: where the person is, .npz.")
    ] = None,
    detector: opt.Detector = None,
    device: opt.Device = "auto",
    processes: ProcessesOption = 1,
    force: RedoOption = False,
    json: opt.Json = False,
) -> None:
    """Write a label map of each picture: skin, hair, eyes, clothes and so on, in palette PNGs.

    Ids are CelebAMask-HQ's: 0 background, 1 skin, 2 nose, 3 glasses, 4 5 eyes, 6 7 brows, 8 9 ears,
    10 mouth, 11 12 lips, 13 hair, 14 hat, 15 earring, 16 necklace, 17 neck, 18 clothes; 255 is
    unknown. What is there is passed over, so the same command goes on. The exit status is 2 if a
    picture was left out.
    """
    from mien.data.batch import find_jobs
    from mien.data.training_set import find_table
    from mien.faces.parsing.work import Masking, Teaching
    from mien.runtime.devices import find_device

    ends = (".png", "-preview.png") if preview else (".png",)
    jobs = find_jobs(pictures, out, ends)
    start: Any = Masking(which_face(face, aligned), parser, str(find_device(device)), detector)
    if by == "colours":
        table = labels or find_table(pictures[0])
        if table is None:
            raise InputError("--by colours needs --labels, a table of what is in each picture")
        start = Teaching(table, points, figures)
    elif labels or points or figures:
        raise InputError("--labels, --points and --figures go with --by colours")
    how = {"out": out, "by": by, "processes": processes, "force": force, "json": json}
    work(jobs, start, how, "masking", "label maps")
