"""``mien train anime``: selfie to anime in many styles (GANs N' Roses)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.common import DeviceOption, JsonOption, emit
from mien.cli.train.lines import Lines
from mien.cli.train.options import RunOption

if TYPE_CHECKING:
    from mien.anime.config import AnimeConfig


def anime(
    data: Annotated[
        Path,
        typer.Option(
            "--data", metavar="PATH", help="Folder or zip of trainA (selfies) and trainB (anime)."
        ),
    ],
    out: RunOption,
    preset: Annotated[
        str | None,
        typer.Option(help="published-256, published-128, cpu-128 or cpu-64; else by resolution."),
    ] = None,
    resolution: Annotated[
        int, typer.Option(help="128 or 256, if no preset is given: the published network.")
    ] = 256,
    kimg: Annotated[float | None, typer.Option(help="Thousand selfies to see.")] = None,
    batch: Annotated[int | None, typer.Option(help="Selfies a step, copies counted.")] = None,
    copies: Annotated[
        int | None, typer.Option(help="Augmented copies of one selfie; divides --batch.")
    ] = None,
    warmup_kimg: Annotated[
        float | None, typer.Option(help="Train autoencoders of both kinds first, for so long.")
    ] = None,
    way_back: Annotated[
        float | None, typer.Option(help="Share of the steps that also draw selfies from anime.")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    d_lr: Annotated[
        float | None, typer.Option(help="Learning rate of the discriminators, if another.")
    ] = None,
    gamma: Annotated[float | None, typer.Option(help="Weight of R1.")] = None,
    adversarial: Annotated[
        float | None, typer.Option(help="Weight of the adversarial loss.")
    ] = None,
    cycle: Annotated[
        float | None, typer.Option(help="Weight of the cycle's squared error.")
    ] = None,
    perceptual: Annotated[
        float | None, typer.Option(help="Weight of the cycle's perceptual distance.")
    ] = None,
    equivariance: Annotated[
        float | None, typer.Option(help="Weight of drawing a moved selfie as its drawing, moved.")
    ] = None,
    style: Annotated[
        float | None, typer.Option(help="Weight of reading back the style that was drawn.")
    ] = None,
    critic: Annotated[
        float | None, typer.Option(help="Weight of a discriminator on the tagger's features.")
    ] = None,
    reconstruct: Annotated[
        float | None, typer.Option(help="Weight of autoencoding real anime faces.")
    ] = None,
    augment: Annotated[float | None, typer.Option(help="How far pictures are moved.")] = None,
    precision: Annotated[str | None, typer.Option(help="bf16 or fp32.")] = None,
    tagger: Annotated[
        str, typer.Option(help="Frozen tagger that says how alike pictures look.")
    ] = "teacher",
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Checkpoint of a run to grow from."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep decoded pictures here.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Decides every random number.")] = None,
    device: DeviceOption = "auto",
    tick_kimg: Annotated[float, typer.Option(help="Log every so many kimg.")] = 0.25,
    checkpoint_minutes: Annotated[float, typer.Option(help="Checkpoint every so often.")] = 10,
    grid_kimg: Annotated[float, typer.Option(help="Grid of faces every so many kimg.")] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print configuration and sizes, train nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train GANs N' Roses: selfies to anime faces, many styles for one face.

    Killed at any moment and started again with the same command, it goes on from its newest
    checkpoint as if nothing had happened. The run's folder gets `state-*.safetensors`, `log.jsonl`,
    `tensorboard/`, `grids/` and, with each checkpoint, `anime.safetensors`.
    """
    from mien.anime.config import preset as make
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator

    tune_allocator()
    where = find_device(device)
    config = make(
        preset or f"published-{resolution}",
        kimg=kimg, batch=batch, copies=copies, warmup_kimg=warmup_kimg, way_back=way_back, lr=lr,
        d_lr=d_lr, r1_gamma=gamma, adversarial=adversarial, cycle=cycle, perceptual=perceptual,
        equivariance=equivariance, style=style, critic=critic, reconstruct=reconstruct,
        augment=augment, precision=precision, seed=seed,
    )  # fmt: skip
    if dry_run:
        _print_plan(config, json)
        return
    from mien.anime import train as loop

    judge = None
    if config.needs_tagger:
        from mien.hub.loading import load_tagger

        judge = load_tagger(tagger).network
    pictures = loop.AnimeData.open(data, config.resolution, cache)
    cadence = loop.Cadence(tick_kimg, checkpoint_minutes, grid_kimg)
    last: dict[str, Any] = {}
    meta = {"data": data.name}
    tell = Lines(config.kimg, quiet=json)
    for last in loop.train(config, pictures, out, where, cadence, judge, start, meta=meta):
        tell(last)
    model = out / loop.MODEL
    emit({"out": out, "model": model, **last}, json, f"wrote {model}")


def _print_plan(config: AnimeConfig, json: bool) -> None:
    from mien.anime.step import count_parameters
    from mien.anime.train import config_as_json

    resolved, sizes = config_as_json(config), count_parameters(config)
    lines = [f"{key:20} {value}" for key, value in resolved.items()]
    counted = "  ".join(f"{key} {value:,}" for key, value in sizes.items())
    lines += [f"{'parameters':20} {counted}"]
    emit({"config": resolved, "parameters": sizes}, json, "\n".join(lines))
