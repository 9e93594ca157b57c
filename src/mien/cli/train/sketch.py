"""``mien train sketch``: photo ↔ sketch by one of three methods."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.common import DeviceOption, JsonOption, emit
from mien.cli.train.lines import Lines
from mien.cli.train.options import RunOption, SeedOption

if TYPE_CHECKING:
    from mien.sketch.config import TranslationConfig

_JUDGES = ("tagger", "identity")
_SIDES = "photo,sketch"


def sketch(
    data: Annotated[Path, typer.Option("--data", metavar="PATH", help="A folder or zip of pairs.")],
    out: RunOption,
    method: Annotated[str, typer.Option(help="autoencoder, pix2pix or cyclegan.")] = "pix2pix",
    direction: Annotated[
        str, typer.Option(help="photo-to-sketch or sketch-to-photo; cyclegan learns both.")
    ] = "photo-to-sketch",
    preset: Annotated[str, typer.Option(help="narrow, for one CPU core, or paper.")] = "narrow",
    split: Annotated[
        str, typer.Option(help="honest: by person; leaky: as the study, for comparison.")
    ] = "honest",
    unpaired: Annotated[
        bool, typer.Option("--unpaired", help="cyclegan: two folders whose files do not match.")
    ] = False,
    sides: Annotated[
        str, typer.Option(metavar="A,B", help="Names of the two folders, photographs first.")
    ] = _SIDES,
    resolution: Annotated[int, typer.Option(help="Height and width.")] = 256,
    kimg: Annotated[float | None, typer.Option(help="Thousand images to see.")] = None,
    batch: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    decay: Annotated[
        float | None, typer.Option(help="Last share of the run in which it falls to zero.")
    ] = None,
    ngf: Annotated[
        int | None, typer.Option(help="Channels of the generator's first layer.")
    ] = None,
    channel_max: Annotated[
        int | None, typer.Option(help="Most channels of a layer of the generator.")
    ] = None,
    blocks: Annotated[int | None, typer.Option(help="cyclegan: residual blocks.")] = None,
    ndf: Annotated[
        int | None, typer.Option(help="Channels of the discriminator's first layer.")
    ] = None,
    norm: Annotated[str | None, typer.Option(help="batch or instance.")] = None,
    dropout: Annotated[
        bool | None, typer.Option("--dropout/--no-dropout", help="pix2pix: noise in the decoder.")
    ] = None,
    adversary: Annotated[str | None, typer.Option(help="bce or lsgan.")] = None,
    gan_weight: Annotated[
        float | None, typer.Option(help="Weight of the adversarial loss.")
    ] = None,
    l1_weight: Annotated[
        float | None, typer.Option(help="pix2pix: weight of the absolute error.")
    ] = None,
    cycle_weight: Annotated[
        float | None, typer.Option(help="cyclegan: weight of the cycle.")
    ] = None,
    identity_weight: Annotated[
        float | None, typer.Option(help="cyclegan: identity loss as a share of the cycle's.")
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(help="upright: mirror, shift, scale; eight: turns as the study; none."),
    ] = None,
    jitter: Annotated[
        float | None, typer.Option(help="Vary the light of the given picture by so much.")
    ] = None,
    judge: Annotated[
        str | None, typer.Option(help="Tagger or identity judge whose features are compared.")
    ] = None,
    judge_weight: Annotated[float, typer.Option(help="Weight of that comparison.")] = 10,
    ema_kimg: Annotated[
        float | None, typer.Option(help="Half-life of the averaged generator.")
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="PATH", help="A run, or its checkpoint, to begin with."),
    ] = None,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    tick_kimg: Annotated[float, typer.Option(help="Measure and log every so many kimg.")] = 0.5,
    checkpoint_kimg: Annotated[float, typer.Option(help="Checkpoint every so many kimg.")] = 1,
    grid_kimg: Annotated[float, typer.Option(help="Sheet of pictures every so many kimg.")] = 2,
    validate: Annotated[
        int, typer.Option(min=0, help="Kept-out pairs to measure on at each tick.")
    ] = 30,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print configuration and sizes, train nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train photo to sketch, sketch to photo, or with cyclegan both.

    Killed at any moment and started again with the same command, it goes on from its newest
    checkpoint as if nothing had happened. The run's folder gets `state-*.safetensors`, `log.jsonl`,
    `tensorboard/`, `grids/` and at the end `photo-to-sketch.safetensors` or
    `sketch-to-photo.safetensors`, or both.
    """
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator
    from mien.sketch import presets

    place = find_device(device)
    tune_allocator()
    config = presets.preset(
        method, preset, direction=direction, resolution=resolution, kimg=kimg, batch=batch, lr=lr,
        decay=decay, ngf=ngf, channel_max=channel_max, blocks=blocks, ndf=ndf, norm=norm,
        dropout=dropout, adversary=adversary, gan_weight=gan_weight, l1_weight=l1_weight,
        cycle_weight=cycle_weight, identity_weight=identity_weight, augment=augment,
        jitter=jitter, judge=judge, judge_weight=judge_weight if judge else None,
        ema_kimg=ema_kimg, split=split, precision=precision, seed=seed,
    )  # fmt: skip
    pictures, kept = _open(data, config, unpaired, sides)
    if dry_run:
        _print_plan(config, len(pictures), 0 if kept is None else len(kept), json)
        return
    from mien.sketch import train as loop

    cadence = loop.TranslationCadence(tick_kimg, checkpoint_kimg, grid_kimg, validate)
    last: dict[str, Any] = {}
    taught = _judge(judge, place) if judge else None
    tell = Lines(config.kimg, quiet=json)
    for last in loop.train(config, pictures, out, place, cadence, kept, taught, start):
        tell(last)
    models = loop.export(out, out, {"data": f"{data.name}, training part"})
    listed = "\n".join(f"wrote {path}" for path in models.values())
    emit({"out": out, "models": models, **last}, json, listed)


def _open(data: Path, config: TranslationConfig, unpaired: bool, sides: str) -> tuple[Any, Any]:
    """The training part, and the kept-out pairs if there are pairs."""
    from mien.data.pairs import PairedSet, UnpairedSet
    from mien.errors import InputError

    names = tuple(name.strip() for name in sides.split(","))
    if len(names) != 2 or not all(names):
        raise InputError(f"sides {sides!r} are not two names with a comma between")
    if unpaired:
        if config.split != "honest":
            raise InputError(f"split {config.split!r} is for pairs; leave out --unpaired")
        chosen: Any = ("A", "B") if sides == _SIDES else names
        return UnpairedSet.open(data, config.resolution, "train", chosen), None
    split: Any = config.split
    parts = [
        PairedSet.open(data, config.resolution, part, split, names)
        for part in ("train", "kept-out")
    ]
    return parts[0], parts[1]


def _judge(name: str, device: Any) -> Any:
    """A judge that compares pictures, of whichever kind its file is."""
    from mien.checkpoints.registry import find_kind
    from mien.errors import InputError
    from mien.hub.loading import load, resolve

    kind = find_kind(resolve(name), _JUDGES)
    if kind not in _JUDGES:
        raise InputError(f"judge {name!r} is a {kind!r}; give one of {', '.join(_JUDGES)}")
    return load(name, kind, str(device)).network


def _print_plan(config: TranslationConfig, pictures: int, kept: int, json: bool) -> None:
    from dataclasses import asdict

    from mien.sketch.step import count_parameters

    counts = count_parameters(config)
    resolved = asdict(config)
    steps = round(config.kimg * 1000 / config.batch)
    lines = [f"{key:16} {value}" for key, value in resolved.items()]
    lines += [f"{'pictures':16} {pictures}, kept out {kept}", f"{'steps':16} {steps:,}"]
    parts = "  ".join(f"{name} {count:,}" for name, count in counts.items())
    lines += [f"{'parameters':16} {parts}"]
    result = {"config": resolved, "pictures": pictures, "kept_out": kept, "steps": steps}
    emit(result | {"parameters": counts}, json, "\n".join(lines))
