"""``mien train warmup``: a generator as the decoder of an autoencoder."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mien.cli.common import JsonOption, emit
from mien.cli.train.lines import Lines
from mien.cli.train.options import DataOption, LabelsOption, RunOption, SeedOption


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
    from mien.portraits.config import GanConfig
    from mien.portraits.warmup import WarmupConfig, warm_up
    from mien.runtime.memory import tune_allocator

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
    tell = Lines(config.kimg, quiet=json)
    for last in warm_up(config, pictures, load_tagger(tagger).network, out):
        tell(last)
    path = out / "state-00000000.safetensors"
    emit({"out": path, **last}, json, f"wrote {path}")
