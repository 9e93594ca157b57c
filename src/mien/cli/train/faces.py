"""``mien train faces``: a generator together with its encoder, under critics of frozen features."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note
from mien.cli.options import config_options
from mien.cli.train.options import OnlyOption, RunOption
from mien.cli.train.running import Run, follow_or_finish, settled_precision
from mien.errors import counted
from mien.portraits.joint_config import JointConfig
from mien.training.cadence import Cadence


@config_options(JointConfig, leave=("label_dim",), precision="auto")
def faces(
    data: opt.FaceSets,
    out: RunOption,
    config: dict[str, Any],
    only: OnlyOption = None,
    start: Annotated[
        Path | None,
        Option(
            "--from", metavar="FILE", help="A generator, or a checkpoint of a run of half the size."
        ),
    ] = None,
    finish: Annotated[
        bool, Option("--finish", help="Train no further; write the models as they stand.")
    ] = False,
    tick_kimg: opt.TickKimg = 0.4,
    checkpoint_kimg: opt.CheckpointKimg = 2,
    sample_kimg: opt.SampleKimg = 4,
    device: opt.Device = "auto",
    json: opt.Json = False,
) -> None:
    """Train a generator of faces together with the encoder that inverts it.

    Killed at any moment and started again with the same command, it goes on from its newest
    checkpoint. The folder gets `state-*.safetensors`, `log.jsonl`, `grids/`, and at the end
    `generator.safetensors`, `encoder.safetensors` and `codes.safetensors`.
    """
    from mien.hub.loading import load_features
    from mien.portraits import joint_files
    from mien.portraits.joint import JointRecipe
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator

    tune_allocator()
    place = find_device(device)
    pictures = _pictures(data, config["resolution"], only or [])
    config["precision"] = settled_precision(config["precision"], place)
    settled = JointConfig(**config, label_dim=pictures.label_dim)
    recipe = JointRecipe(settled, pictures, load_features(), device=place)
    if start is not None and joint_files.stored_config(out) is None:
        joint_files.start_from(recipe, start)
    cadence = Cadence(tick_kimg, checkpoint_kimg, sample_kimg)
    last = follow_or_finish(Run(recipe, out), cadence, json, finish)
    joint_files.finish(out, recipe, {"data": [str(path) for path in data]})
    model = out / "generator.safetensors"
    emit({"out": out, "model": model, **last}, json, f"wrote {model}")


def _pictures(data: list[Path], resolution: int, rules: list[str]) -> Any:
    """All sets as one, at one size, without what the rules leave out."""
    from mien.data.joining import choose, join
    from mien.data.training_set import TrainingSet

    sets = [choose(TrainingSet.open(path, resolution), rules) for path in data]
    pictures = join(sets)
    if pictures.labels is None:
        note("no labels: sentences and named directions will not work with this generator")
    if len(pictures) < 200:
        note(f"{counted(len(pictures), 'pictures')} will be learnt by heart; 1,000 is a beginning")
    return pictures
