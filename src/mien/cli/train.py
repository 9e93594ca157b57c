"""``mien train gan|warmup|tagger|text``: make the networks; the same command goes on with a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.common import DeviceOption, ForceOption, JsonOption, emit, note

if TYPE_CHECKING:
    from mien.training.gan_config import GanConfig

app = typer.Typer(no_args_is_help=True)

DataOption = Annotated[
    Path, typer.Option("--data", metavar="PATH", help="A folder or zip of pictures.")
]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help="Label table, `dataset.json` for class labels, or `none`; else the one beside --data.",
    ),
]
RunOption = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The run's folder.")]
PartOption = Annotated[str, typer.Option("--part", help="train, kept-out or all of the data.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Decides every random number.")]


@app.callback()
def _train() -> None:
    """Train a network; give the same command again to go on."""


@app.command()
def gan(
    data: DataOption,
    out: RunOption,
    resolution: Annotated[int, typer.Option(help="Height and width: 32, 64, … 1024.")] = 128,
    kimg: Annotated[float, typer.Option(help="Thousand images to see.")] = 1000,
    batch: Annotated[int, typer.Option(help="Images a step, over all processes.")] = 32,
    labels: LabelsOption = None,
    part: PartOption = "train",
    channel_base: Annotated[int, typer.Option(help="Features × resolution.")] = 2048,
    channel_max: Annotated[int, typer.Option(help="Most features of a layer.")] = 256,
    z_dim: Annotated[int, typer.Option(help="Width of z.")] = 256,
    w_dim: Annotated[int, typer.Option(help="Width of w.")] = 256,
    mapping_layers: Annotated[int, typer.Option(help="Layers from z to w.")] = 4,
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
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Checkpoint of a run to grow from."),
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
    from mien.runtime.memory import tune_allocator
    from mien.training.gan_config import GanConfig

    tune_allocator()
    wanted: Any = False if labels == "none" else labels
    pictures = TrainingSet.open(data, resolution, labels=wanted, part=part)  # type: ignore[arg-type]
    config = GanConfig(
        resolution=resolution, kimg=kimg, batch=batch, z_dim=z_dim, w_dim=w_dim,
        mapping_layers=mapping_layers, channel_base=channel_base, channel_max=channel_max,
        label_dim=pictures.label_dim, tagger_weight=tagger_weight if tagger else 0, lr=lr,
        g_lr=g_lr, r1_gamma=gamma, pl_weight=pl_weight, mixing=mixing, noise=noise,
        ema_kimg=ema_kimg,
        augment="" if augment == "none" else augment, ada_target=ada_target, ada_kimg=ada_kimg,
        mirror=mirror, precision=precision, seed=seed, freeze_g_kimg=freeze_g_kimg,
    )  # fmt: skip
    if dry_run:
        _print_plan(config, len(pictures), devices * nodes, json)
        return
    from mien.training import gan as loop
    from mien.training.processes import launch

    judge = None
    if tagger:
        from mien.hub.loading import load_tagger

        judge = load_tagger(tagger).network
    fabric = launch(device, devices, nodes)
    cadence = loop.Cadence(tick_kimg, checkpoint_kimg, grid_kimg)
    last: dict[str, Any] = {}
    for last in loop.train(config, pictures, out, fabric, cadence, judge, start):
        if not json:
            note("  ".join(f"{key} {value}" for key, value in last.items() if key != "time"))
    if fabric.is_global_zero:
        model = loop.export(out, out / "generator.safetensors", {"data": str(data)})
        emit({"out": out, "model": model, **last}, json, f"wrote {model}")


def _print_plan(config: GanConfig, pictures: int, processes: int, json: bool) -> None:
    from dataclasses import asdict

    from mien.training.gan_memory import estimate

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


@app.command()
def tagger(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .safetensors to write.")],
    labels: LabelsOption = None,
    kimg: Annotated[float, typer.Option(help="Thousand pictures to see.")] = 80,
    batch: Annotated[int, typer.Option(help="Pictures a step.")] = 64,
    resolution: Annotated[int, typer.Option(help="Side that pictures are resized to.")] = 96,
    width: Annotated[int, typer.Option(help="Channels of the first stage.")] = 32,
    lr: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    leave_out: Annotated[
        int | None,
        typer.Option(min=0, max=4, help="Leave out every fifth picture, from this one on."),
    ] = None,
    seed: SeedOption = 0,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Train the judge that reads attributes off faces, and measure it on the kept-out part."""
    from dataclasses import asdict

    from mien.checkpoints import native
    from mien.data.training_set import TrainingSet
    from mien.evaluation.tagger import score_tagger
    from mien.files import refuse_existing
    from mien.judges.tagger import TaggerConfig
    from mien.runtime.memory import tune_allocator
    from mien.training import tagger as loop

    refuse_existing([out], force)
    tune_allocator()
    size = round(resolution * 4 / 3)
    wanted: Any = labels
    pictures = TrainingSet.open(data, size, labels=wanted, part="train").leave_out(leave_out)
    kept = TrainingSet.open(data, size, labels=wanted, part="kept-out")
    network = TaggerConfig(resolution=resolution, width=width)
    config = loop.TaggerTraining(
        network=network, kimg=kimg, batch=batch, lr=lr, seed=seed, precision=precision
    )
    trained = None
    for line, network_now in loop.train(config, pictures):
        trained = network_now
        if not json:
            note("  ".join(f"{key} {value}" for key, value in line.items()))
    if trained is None:
        raise typer.Exit(2)
    table = score_tagger(trained, kept, pictures)
    without = "" if leave_out is None else f" without fold {leave_out} of 5"
    meta = {"kimg": kimg, "data": f"{data.name}, training part{without}", "seed": seed}
    native.save(out, "tagger", trained.state_dict(), asdict(network), meta, half=True, force=force)
    emit({"out": out, **table.as_dict()}, json, f"{table.text()}\nwrote {out}")


@app.command()
def warmup(
    data: DataOption,
    out: RunOption,
    tagger: Annotated[str, typer.Option(help="Tagger whose features compare pictures.")],
    resolution: Annotated[int, typer.Option(help="Height and width.")] = 64,
    kimg: Annotated[float, typer.Option(help="Thousand pictures for the autoencoder.")] = 60,
    batch: Annotated[int, typer.Option(help="Pictures a step.")] = 32,
    labels: LabelsOption = None,
    channel_base: Annotated[int, typer.Option(help="Features × resolution.")] = 2048,
    channel_max: Annotated[int, typer.Option(help="Most features of a layer.")] = 256,
    z_dim: Annotated[int, typer.Option(help="Width of z.")] = 256,
    w_dim: Annotated[int, typer.Option(help="Width of w.")] = 256,
    mapping_layers: Annotated[int, typer.Option(help="Layers from z to w.")] = 4,
    mapping_steps: Annotated[int, typer.Option(help="Steps of the mapping network.")] = 3000,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Warm a generator up as the decoder of an autoencoder; `train gan --from` goes on from it.

    Writes `state-00000000.safetensors` and grids into the folder. A run that was stopped starts
    again.
    """
    from mien.data.training_set import TrainingSet
    from mien.hub.loading import load_tagger
    from mien.runtime.memory import tune_allocator
    from mien.training.gan_config import GanConfig
    from mien.training.warmup import WarmupConfig, warm_up

    tune_allocator()
    wanted: Any = False if labels == "none" else labels
    pictures = TrainingSet.open(data, resolution, labels=wanted, part="train")
    shape = GanConfig(
        resolution=resolution, z_dim=z_dim, w_dim=w_dim, mapping_layers=mapping_layers,
        channel_base=channel_base, channel_max=channel_max, label_dim=pictures.label_dim,
        precision=precision, seed=seed,
    )  # fmt: skip
    config = WarmupConfig(gan=shape, kimg=kimg, batch=batch, mapping_steps=mapping_steps)
    last: dict[str, Any] = {}
    for last in warm_up(config, pictures, load_tagger(tagger).network, out):
        if not json:
            note("  ".join(f"{key} {value}" for key, value in last.items()))
    path = out / "state-00000000.safetensors"
    emit({"out": path, **last}, json, f"wrote {path}")


@app.command()
def text(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")],
    model: Annotated[str, typer.Option(help="A generator: name or file.")] = "portraits",
    method: Annotated[
        list[str] | None,
        typer.Option("--method", help="mapper, prior, directions; may be repeated; else all."),
    ] = None,
    tagger: Annotated[str, typer.Option(help="Tagger that reads the samples.")] = "teacher",
    samples: Annotated[int, typer.Option(min=100, help="Latents to sample.")] = 12_000,
    steps: Annotated[int, typer.Option(min=1, help="Of mapper and prior.")] = 4_000,
    seed: SeedOption = 0,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Train the ways from a sentence to a latent for one generator.

    Writes `MODEL-mapper.safetensors`, `MODEL-prior.safetensors` and
    `MODEL-directions.safetensors`; put them beside the generator's file, or into the store, and
    `mien describe --method` finds them.
    """
    from mien.data.training_set import TrainingSet
    from mien.errors import UnknownName
    from mien.hub.loading import load_generator, load_tagger
    from mien.runtime.memory import tune_allocator
    from mien.text.embedding import SentenceEncoder
    from mien.training import text_files

    tune_allocator()
    known = tuple(text_files.WRITERS)
    names = list(method or known)
    for name in names:
        if name not in known:
            raise UnknownName("trainable method", name, known)
    loaded = load_generator(model)
    pictures = TrainingSet.open(data, 32, part="train")
    config = text_files.TextTraining(samples=samples, steps=steps, seed=seed)
    job = text_files.TextJob(
        loaded, load_tagger(tagger), pictures, SentenceEncoder(), config, out, force
    )
    written = []
    for line in job.run(names):
        if "file" in line:
            written.append(line["file"])
        if not json:
            note("  ".join(f"{key} {value}" for key, value in line.items()))
    emit({"files": written}, json, "\n".join(str(path) for path in written))
