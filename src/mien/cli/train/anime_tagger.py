"""``mien train anime-tagger``: what reads hair, eyes and mouth off anime faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.common import ForceOption, JsonOption, emit
from mien.cli.train.lines import Lines
from mien.cli.train.options import SeedOption


def anime_tagger(
    data: Annotated[
        Path, typer.Option("--data", metavar="PATH", help="Folder or zip with trainB.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .safetensors to write.")],
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="CSV", help="Table of tags; else the one beside --data."),
    ] = None,
    kimg: Annotated[float, typer.Option(help="Thousand pictures of the first round.")] = 40,
    second_kimg: Annotated[
        float, typer.Option(help="Thousand pictures of the second round; 0 for none.")
    ] = 20,
    confidence: Annotated[
        float, typer.Option(help="Answers this sure teach the second round.")
    ] = 0.9,
    batch: Annotated[int, typer.Option(help="Pictures a step.")] = 64,
    resolution: Annotated[int, typer.Option(help="Side that pictures are resized to.")] = 96,
    width: Annotated[int, typer.Option(help="Channels of the first stage.")] = 28,
    lr: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="A tagger whose trunk is taken over."),
    ] = None,
    leave_out: Annotated[
        int | None,
        typer.Option(min=0, max=4, help="Leave out every fifth face, from this one on."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep decoded pictures here.")
    ] = None,
    seed: SeedOption = 0,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Train the tagger of anime faces, and measure it on the last 200 rows of the table.

    The second round shows it the faces without tags too, with the answers that it was sure of.
    """
    from dataclasses import asdict

    from mien.anime import train_tagger as loop
    from mien.anime.evaluate_tagger import score_anime_tagger
    from mien.anime.tagger import anime_config
    from mien.checkpoints import native
    from mien.files import check_targets
    from mien.hub.loading import load_tagger
    from mien.runtime.memory import tune_allocator

    check_targets([out], force, ".safetensors")
    tune_allocator()
    network = anime_config(resolution, width)
    config = loop.AnimeTaggerTraining(
        network=network, kimg=kimg, second_kimg=second_kimg, confidence=confidence, batch=batch,
        lr=lr, seed=seed, precision=precision,
    )  # fmt: skip
    trunk = load_tagger(start) if start else None
    teaching, kept, table = loop.open_faces(data, round(resolution * 4 / 3), labels, cache)
    teaching = teaching.leave_out(leave_out)
    trained = None
    tell = Lines(config.kimg, quiet=json)
    for line, network_now in loop.train(config, teaching, trunk.network if trunk else None):
        trained = network_now
        tell(line)
    if trained is None:
        raise typer.Exit(2)
    score = score_anime_tagger(trained, kept.pictures, table)
    meta = {
        "kimg": kimg + second_kimg,
        "data": f"{data.name}, trainB, but the last 200 rows of {table.path.name}",
        "faces": len(teaching.names),
        "leave_out": leave_out,
        "start": trunk.name if trunk else None,
        "seed": seed,
    }
    native.save(out, "tagger", trained.state_dict(), asdict(network), meta, half=True, force=force)
    emit({"out": out, **meta, **score.as_dict()}, json, f"{score.text()}\nwrote {out}")
