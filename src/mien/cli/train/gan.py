"""``mien train gan``: a StyleGAN2 with adaptive augmentation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.common import DeviceOption, JsonOption, emit, note
from mien.cli.train.lines import Lines
from mien.cli.train.options import DataOption, LabelsOption, PartOption, RunOption, SeedOption

if TYPE_CHECKING:
    from mien.portraits.config import GanConfig
    from mien.portraits.start import Start


def gan(
    data: DataOption,
    out: RunOption,
    resolution: Annotated[
        int | None, typer.Option(help="Height and width: 32, 64, … 1024; 128, or as --from.")
    ] = None,
    kimg: Annotated[float, typer.Option(help="Thousand images to see.")] = 1000,
    batch: Annotated[int, typer.Option(help="Images a step, over all processes.")] = 32,
    labels: LabelsOption = None,
    part: PartOption = "train",
    channel_base: Annotated[
        int | None, typer.Option(help="Features × resolution; 2048, or as --from.")
    ] = None,
    channel_max: Annotated[
        int | None, typer.Option(help="Most features of a layer; 256, or as --from.")
    ] = None,
    z_dim: Annotated[int | None, typer.Option(help="Width of z; 256, or as --from.")] = None,
    w_dim: Annotated[int | None, typer.Option(help="Width of w; 256, or as --from.")] = None,
    mapping_layers: Annotated[
        int | None, typer.Option(help="Layers from z to w; 4, or as --from.")
    ] = None,
    lr: Annotated[float, typer.Option(help="Learning rate.")] = 0.0025,
    g_lr: Annotated[
        float | None, typer.Option(help="Learning rate of the generator, if another.")
    ] = None,
    gamma: Annotated[float | None, typer.Option(help="Weight of R1; else a heuristic.")] = None,
    pl_weight: Annotated[float, typer.Option(help="Weight of path length; 0 for none.")] = 0,
    mixing: Annotated[float, typer.Option(help="Probability of style mixing.")] = 0.9,
    noise: Annotated[bool, typer.Option(help="Noise inputs of the generator.")] = True,
    ema_kimg: Annotated[float, typer.Option(help="Half-life of the averaged generator.")] = 10,
    augment: Annotated[str, typer.Option(help="Groups of b g c f n k, or none.")] = "bgc",
    ada_target: Annotated[float, typer.Option(help="Mean sign of D on real pictures.")] = 0.6,
    ada_kimg: Annotated[float, typer.Option(help="How long p takes from 0 to 1.")] = 500,
    mirror: Annotated[bool, typer.Option(help="See pictures mirrored half of the time.")] = True,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    tagger: Annotated[
        str | None, typer.Option(help="Tagger that teaches the generator its labels.")
    ] = None,
    tagger_weight: Annotated[float, typer.Option(help="Weight of that lesson.")] = 0.3,
    critic: Annotated[
        float, typer.Option(help="Weight of a discriminator on the tagger's features.")
    ] = 0,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="What to start from: a run of ours, or any StyleGAN2 (ffhq.pkl); its sizes count.",
        ),
    ] = None,
    freeze_g_kimg: Annotated[float, typer.Option(help="Train only D for so long.")] = 0,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    devices: Annotated[int, typer.Option(min=1, help="Processes a machine.")] = 1,
    nodes: Annotated[int, typer.Option(min=1, help="Machines.")] = 1,
    tick_kimg: Annotated[float, typer.Option(help="Log every so many kimg.")] = 1,
    checkpoint_kimg: Annotated[float, typer.Option(help="Checkpoint every so many kimg.")] = 5,
    grid_kimg: Annotated[float, typer.Option(help="Grid of faces every so many kimg.")] = 10,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print configuration and memory, train nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train a StyleGAN2 with adaptive augmentation.

    Killed at any moment and started again with the same command, it goes on from its newest
    checkpoint as if nothing had happened. The run's folder gets `state-*.safetensors`, `log.jsonl`,
    `tensorboard/`, `grids/` and at the end `generator.safetensors`.
    """
    from mien.data.training_set import TrainingSet
    from mien.portraits.config import GanConfig
    from mien.runtime.memory import tune_allocator

    tune_allocator()
    wanted: Any = False if labels == "none" else labels
    given = {
        "resolution": resolution, "z_dim": z_dim, "w_dim": w_dim,
        "mapping_layers": mapping_layers, "channel_base": channel_base, "channel_max": channel_max,
    }  # fmt: skip
    sizes, begin = _sizes(given, start, out)
    side = sizes["resolution"]
    pictures = TrainingSet.open(data, side, labels=wanted, part=part)  # type: ignore[arg-type]
    config = GanConfig(
        **sizes, kimg=kimg, batch=batch, label_dim=pictures.label_dim,
        tagger_weight=tagger_weight if tagger else 0, critic=critic, lr=lr,
        g_lr=g_lr, r1_gamma=gamma, pl_weight=pl_weight, mixing=mixing, noise=noise,
        ema_kimg=ema_kimg,
        augment="" if augment == "none" else augment, ada_target=ada_target, ada_kimg=ada_kimg,
        mirror=mirror, precision=precision, seed=seed, freeze_g_kimg=freeze_g_kimg,
    )  # fmt: skip
    if begin is not None:
        begin.check(config)
        for remark in begin.notes:
            note(remark)
    if dry_run:
        _print_plan(config, len(pictures), devices * nodes, json)
        return
    from mien.portraits import train as loop
    from mien.training.processes import launch

    judge = None
    if tagger:
        from mien.hub.loading import load_tagger

        judge = load_tagger(tagger).network
    fabric = launch(device, devices, nodes)
    cadence = loop.Cadence(tick_kimg, checkpoint_kimg, grid_kimg)
    last: dict[str, Any] = {}
    tell = Lines(config.kimg, quiet=json)
    for last in loop.train(config, pictures, out, fabric, cadence, judge, begin):
        tell(last)
    if fabric.is_global_zero:
        model = loop.export(out, out / "generator.safetensors", {"data": str(data)})
        emit({"out": out, "model": model, **last}, json, f"wrote {model}")


def _sizes(
    given: dict[str, int | None], start: Path | None, out: Path
) -> tuple[dict[str, Any], Start | None]:
    """The sizes of a run: as given, else of its own checkpoint, else of what it starts from."""
    from mien.hub.loading import resolve
    from mien.portraits.config import GanConfig
    from mien.portraits.start import read_start
    from mien.training import state

    begin, known = None, {}
    if start is not None:
        own = state.newest_config(out)
        if own is not None:
            known = {k: own[k] for k in (*given, "conv_clamp", "d_mapping_layers") if k in own}
        else:
            begin = read_start(start if start.exists() else resolve(start, "stylegan2-generator"))
            known = begin.sizes
    usual = {name: getattr(GanConfig, name) for name in given}
    return usual | known | {k: v for k, v in given.items() if v is not None}, begin


def _print_plan(config: GanConfig, pictures: int, processes: int, json: bool) -> None:
    from dataclasses import asdict

    from mien.portraits.memory import estimate

    memory = estimate(config, pictures, processes)
    resolved = asdict(config) | {"r1_gamma": config.gamma}
    mib = {key: round(value / 2**20) for key, value in asdict(memory).items() if "par" not in key}
    lines = [f"{key:16} {value}" for key, value in resolved.items()]
    lines += [f"{'pictures':16} {pictures}"]
    lines += [f"{'parameters':16} G {memory.parameters_g:,}  D {memory.parameters_d:,}"]
    parts = ", ".join(f"{key} {value}" for key, value in mib.items())
    lines += [f"{'memory':16} about {round(memory.total / 2**20)} MiB a process ({parts})"]
    result = {"config": resolved, "pictures": pictures, "memory": asdict(memory)}
    emit(result | {"memory_total": memory.total}, json, "\n".join(lines))
