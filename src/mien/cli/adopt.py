"""``mien adopt``: a generator of any origin made a full citizen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from mien.cli import opt
from mien.cli.common import emit, note, showing
from mien.cli.results import chosen_seed


def adopt(
    model: Annotated[
        str, Argument(metavar="FILE|NAME", help="A StyleGAN2 generator: file or name.")
    ],
    samples: Annotated[
        int, Option(help="Latents to draw and read; 0: 2000 up to 128², 800 of 256², then 1500.")
    ] = 0,
    ways: Annotated[
        str, Option(help="From sentences: closed, or all for a mapper and a prior too.")
    ] = "closed",
    steps: Annotated[int, Option(min=1, help="Of mapper and prior.")] = 4000,
    faces: Annotated[int, Option(min=2, help="On which each edit is measured.")] = 6,
    free: Annotated[
        bool, Option("--free/--no-free", help="Free edits from each other; takes longest.")
    ] = False,
    tagger: Annotated[str, Option(help="Tagger that reads the samples.")] = "teacher",
    judge: Annotated[str, Option(help="Tagger that measures.")] = "judge",
    identity: Annotated[str, Option(help="Judge of who a face is.")] = "identity",
    encoder: Annotated[
        str, Option(metavar="KIMG", help="An encoder of photos: 20kimg; 0 for none.")
    ] = "0",
    data: Annotated[
        list[Path] | None,
        Option(help="With --encoder: photographs, for a w a layer; may be repeated."),
    ] = None,
    seed: opt.Seed = 0,
    device: opt.Device = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Make everything that a generator needs: sentences, edits, layers, a card.

    Draws samples and reads them; then describe, edit, walk and mix work with it. The files lie
    beside the generator's: `NAME-codes`, `-directions`, `-edits`, `-layers.csv`, `-card.md`, with
    `--ways all` also `-mapper` and `-prior`. What it takes is said before it starts. With
    `--encoder 20kimg` also `-encoder`, which `invert` and all that takes a photo needs, learnt from
    faces that the generator draws, and with photographs `-inversion`, its W+ head. A run that was
    stopped goes on where it was when the command is repeated; an encoder and the other ways can be
    added later in the same way.
    """
    from mien.errors import InputError
    from mien.hub.loading import load_generator, load_identity, load_tagger
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator
    from mien.studio.adopt import Adoption, Tools
    from mien.studio.adopt import adopt as adopt_generator
    from mien.text.embedding import SentenceEncoder

    kimg = _kimg(encoder)
    if data and not kimg:
        raise InputError("--data is for --encoder, which is not given; say --encoder 20kimg")
    config = Adoption(samples, steps, faces, free, chosen_seed(seed), encoder=kimg, ways=ways)
    tune_allocator()
    place = str(find_device(device))
    taggers = load_tagger(tagger, place), load_tagger(judge, place)
    tools = Tools(*taggers, load_identity(identity, place), SentenceEncoder)
    files: list[Path] = []
    notes: list[str] = []
    with showing() as tell:
        loaded = load_generator(model, place)
        for line in adopt_generator(loaded, tools, config, force, data or ()):
            if "file" in line:
                files.append(line["file"])
            elif "note" in line:
                notes.append(line["note"])
                note(line["note"])
            else:
                tell(line["doing"], line["done"], line["of"])
    emit({"files": files, "notes": notes}, json, "\n".join(map(str, files)))


def _kimg(text: str) -> float:
    from mien.errors import InputError

    try:
        return float(text.lower().removesuffix("kimg"))
    except ValueError:
        raise InputError(f"--encoder {text!r} is no number of kimg; say 20kimg") from None
