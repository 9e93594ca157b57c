"""``mien train gan``: a StyleGAN2 with adaptive augmentation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from mien.cli.common import note
from mien.cli.train.options import DataOption, LabelsOption, PartOption, RunOption
from mien.cli.train.running import Job, Run, trainer
from mien.portraits.config import GanConfig

if TYPE_CHECKING:
    from mien.portraits.start import Start


@trainer(
    GanConfig, leave=("label_dim", "conv_clamp", "d_mapping_layers"), grids=True, tagger_weight=0.3
)
def gan(
    data: DataOption,
    out: RunOption,
    config: dict[str, Any],
    device: Any,
    typed: set[str],
    labels: LabelsOption = None,
    part: PartOption = "train",
    tagger: Annotated[
        str | None, Option(help="Tagger that teaches the generator its labels.")
    ] = None,
    start: Annotated[
        Path | None,
        Option(
            "--from",
            metavar="FILE",
            help="What to start from: a run of ours, or any StyleGAN2 (ffhq.pkl); its sizes count "
            "where none are given.",
        ),
    ] = None,
    devices: Annotated[int, Option(min=1, help="Processes a machine.")] = 1,
    nodes: Annotated[int, Option(min=1, help="Machines.")] = 1,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Print configuration and memory, train nothing.")
    ] = False,
) -> Job:
    """Train a StyleGAN2 with adaptive augmentation.

    Stopped or killed at any moment and started again with the same command, it goes on from its
    newest checkpoint as if nothing had happened. The run's folder gets `state-*.safetensors`,
    `log.jsonl`, `tensorboard/`, `grids/` and at the end `generator.safetensors`.
    """
    from mien.data.training_set import TrainingSet

    wanted: Any = False if labels == "none" else labels
    sizes, begin = _sizes(start, out)
    config |= {name: value for name, value in sizes.items() if name not in typed}
    config["tagger_weight"] = config["tagger_weight"] if tagger else 0
    chosen: Any = part
    pictures = TrainingSet.open(data, config["resolution"], labels=wanted, part=chosen)
    settled = GanConfig(**config, label_dim=pictures.label_dim)
    if begin is not None:
        begin.check(settled)
        for remark in begin.notes:
            note(remark)
    if dry_run:
        return _plan(settled, len(pictures), devices * nodes)
    from mien.hub.loading import load_features, load_tagger
    from mien.portraits.train import GanRecipe, export
    from mien.training.processes import launch

    judge = load_tagger(tagger).network if tagger else None
    features = load_features() if settled.critic else None
    fabric = launch(str(device), devices, nodes)
    recipe = GanRecipe(settled, pictures, fabric, judge, features, begin)
    yield Run(recipe, out)
    if not recipe.leads:
        return None
    model = export(recipe, out / "generator.safetensors", {"data": str(data)})
    return {"out": out, "model": model}, f"wrote {model}"


def _sizes(start: Path | None, out: Path) -> tuple[dict[str, Any], Start | None]:
    """The sizes of a run's own checkpoint, or of what it starts from."""
    from mien.hub.loading import resolve
    from mien.portraits.start import SIZES, read_start
    from mien.training import state

    if start is None:
        return {}, None
    own = state.newest_config(out)
    if own is not None:
        return {k: own[k] for k in (*SIZES, "conv_clamp", "d_mapping_layers") if k in own}, None
    begin = read_start(start if start.exists() else resolve(start, "stylegan2-generator"))
    return begin.sizes, begin


def _plan(config: GanConfig, pictures: int, processes: int) -> tuple[Mapping[str, Any], str]:
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
    return result | {"memory_total": memory.total}, "\n".join(lines)
