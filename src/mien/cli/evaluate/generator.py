"""``mien evaluate generator``: generated faces against kept-out pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, write_text


def generator(
    data: Annotated[
        list[Path],
        Option(
            metavar="PATH",
            help="Real pictures; a part of them is kept out. May be repeated: all are taken.",
        ),
    ],
    model: opt.Model = "portraits",
    judge: Annotated[
        str,
        Option(
            help="A tagger that has not taught the generator, inception, or inception-fid: FID."
        ),
    ] = "judge",
    count: Annotated[int, Option(min=10, help="Faces to draw.")] = 1000,
    people: Annotated[
        bool,
        Option("--people", help="Also: how different the people are; the nearest training face."),
    ] = False,
    found: Annotated[
        bool, Option("--found", help="Also: in how many pictures a face is found.")
    ] = False,
    seed: opt.Seed = 0,
    device: opt.Device = "auto",
    csv: opt.Csv = None,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Compare generated faces with kept-out pictures: Fréchet and kernel distance, diversity.

    On Inception the kernel distance is unbiased, cubic, and printed times 1000. With --people
    dlib's recognition network says how different the faces are from each other, as a share of the
    training pictures, and how far the nearest training face is, as a share of kept-out faces.
    """
    from mien.data.training_set import TrainingSet
    from mien.faces.shipped import face_finder
    from mien.files import check_targets
    from mien.hub.loading import load_judge, load_recognition
    from mien.portraits.evaluate import Beside, score_generator
    from mien.studio import Studio

    check_targets([csv], force)
    studio = Studio(model, device, precision="exact")
    place, size = str(studio.device), studio.generator.config.resolution
    loaded = load_judge(judge, place)
    beside = Beside(
        load_recognition(device=place) if people else None,
        face_finder(device=place) if found else None,
    )
    kept = [TrainingSet.open(path, size, labels=False, part="kept-out") for path in data]
    training = [TrainingSet.open(path, size, labels=False, part="train") for path in data]
    table = score_generator(studio, loaded, kept, training, count, seed, beside=beside)
    write_text(csv, table.csv(), force)
    emit(table.as_dict(), json, table.text())
