"""``mien train identity``: the judge that tells whose face it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.common import DeviceOption, ForceOption, JsonOption, emit
from mien.cli.train.lines import Lines
from mien.cli.train.options import DataOption, SeedOption


def identity(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .safetensors to write.")],
    points: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="68 landmarks a picture at 256×256; else DATA_landmarks68.npz beside the data.",
        ),
    ] = None,
    trunk: Annotated[
        str, typer.Option(help="A tagger or a network of this kind to start from, or `none`.")
    ] = "teacher",
    generator: Annotated[
        str, typer.Option(help="A generator that adds people who do not exist.")
    ] = "portraits",
    generated: Annotated[int, typer.Option(min=0, help="How many people it adds.")] = 0,
    kimg: Annotated[float, typer.Option(help="Thousand views to see.")] = 150,
    people: Annotated[int, typer.Option(help="People a step, two views of each.")] = 64,
    resolution: Annotated[int, typer.Option(help="Side of what the network looks at.")] = 80,
    width: Annotated[int, typer.Option(help="Channels of the first stage.")] = 32,
    dim: Annotated[int, typer.Option(help="Length of a vector.")] = 128,
    crop: Annotated[
        float, typer.Option(help="Side of the square looked at, as a share of the picture.")
    ] = 0.8,
    lr: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    seed: SeedOption = 0,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    device: DeviceOption = "auto",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Train the judge that tells whose face it is, and try it on faces it has not seen."""
    from dataclasses import asdict

    from mien.checkpoints import native
    from mien.faces import train_identity as loop
    from mien.faces.evaluate_identity import score_views
    from mien.faces.people import generated_people, open_people, points_beside
    from mien.files import check_targets
    from mien.hub.loading import load, load_generator, resolve
    from mien.judges.identity import IdentityConfig
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator

    check_targets([out], force, ".safetensors")
    tune_allocator()
    where = str(find_device(device))
    table = points or points_beside(data)
    side = max(128, resolution)
    known, labels = open_people(data, table, side, "train")
    kept, _ = open_people(data, table, side, "kept-out")
    count = known.count
    network = IdentityConfig(resolution=resolution, width=width, dim=dim, crop=crop)
    config = loop.IdentityTraining(
        network=network, kimg=kimg, people=people, lr=lr, seed=seed, precision=precision
    )
    added = ""
    if generated:
        loaded = load_generator(generator, where)
        first = 1_000_000 + seed  # far from the seeds that people type
        known = known + generated_people(loaded.network, generated, first, side, labels=labels)
        added = f", {generated} people of {loaded.name} {loaded.sha256[:12]}"
    start = None
    if trunk != "none":
        kind = native.read_header(resolve(trunk)).kind
        start = load(trunk, "identity" if kind == "identity" else "tagger").network.state_dict()
    trained = None
    tell = Lines(config.kimg, quiet=json)
    for line, trained in loop.train(config, known, start, where):  # noqa: B007
        tell(line)
    if trained is None:
        raise typer.Exit(2)
    scores = score_views(trained, kept.pictures, kept.anchors)
    meta = {
        "kimg": kimg,
        "data": f"{data.name}, training part, {count} people{added}",
        "trunk": trunk,
        "seed": seed,
    }
    native.save(
        out, "identity", trained.state_dict(), asdict(network), meta, half=True, force=force
    )
    protocol = (
        f"{len(kept.pictures)} faces of {data.name}, part 'kept-out', each recognised among all "
        "from a changed view; seed 7"
    )
    lines = [f"{'views':14}{'AUC':>8}{'rank-1':>8}"]
    lines += [f"{name:14}{row['AUC']:>8.4f}{row['rank-1']:>8.3f}" for name, row in scores.items()]
    text = "\n".join([*lines, "", protocol, f"wrote {out}"])
    emit({"out": out, "views": scores, "protocol": protocol}, json, text)
