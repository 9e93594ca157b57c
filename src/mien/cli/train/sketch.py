"""``mien train sketch``: photo ↔ sketch by one of three methods."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, read_sides
from mien.cli.options import config_options
from mien.cli.train.options import RunOption
from mien.cli.train.running import Run, follow, settled_precision
from mien.sketch.config import TranslationConfig
from mien.sketch.presets import DECIDED
from mien.training.cadence import Cadence

_JUDGES = ("tagger", "identity")
_SIDES = "photo,sketch"


_DEFAULTS: dict[str, Any] = {**dict.fromkeys(DECIDED), "precision": "auto"}


@config_options(TranslationConfig, leave=("judge",), into="config", **_DEFAULTS)
def sketch(
    data: Annotated[
        list[Path], Option(help="A folder or zip of pairs; give it again for more sets.")
    ],
    out: RunOption,
    config: dict[str, Any],
    preset: Annotated[str, Option(help="narrow, for one CPU core, or paper.")] = "narrow",
    faces: Annotated[
        list[Path] | None,
        Option(metavar="PATH", help="Photos for computed drawings; may be given again."),
    ] = None,
    only: Annotated[
        list[str] | None,
        Option(metavar="RULE", help="Of those by their table: quality=ok, source!=ffhq."),
    ] = None,
    unpaired: Annotated[
        bool, Option("--unpaired", help="cyclegan: two folders whose files do not match.")
    ] = False,
    sides: Annotated[
        str, Option(metavar="A,B", help="Names of the two folders, photographs first.")
    ] = _SIDES,
    judge: Annotated[
        str | None, Option(help="Tagger or identity judge whose features are compared.")
    ] = None,
    start: Annotated[
        Path | None,
        Option("--from", metavar="PATH", help="A run, its checkpoint or a model to begin."),
    ] = None,
    device: opt.Device = "auto",
    tick_kimg: opt.TickKimg = 0.5,
    checkpoint_kimg: opt.CheckpointKimg = 1,
    sample_kimg: Annotated[float, Option(help="Sheet of pictures every so many kimg.")] = 2,
    measure_kimg: opt.MeasureKimg = 2,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Print configuration and sizes, train nothing.")
    ] = False,
    json: opt.Json = False,
) -> None:
    """Train photo to sketch, sketch to photo, or with cyclegan both.

    Values that are not given are those of method and preset. Killed at any moment and started
    again with the same command, it goes on from its newest checkpoint as if nothing had happened.
    The run's folder gets `state-*.safetensors`, `log.jsonl`, `grids/` and at the end
    `photo-to-sketch.safetensors` or `sketch-to-photo.safetensors`, or both.
    """
    from mien.hub.loading import load_features
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator
    from mien.sketch import files
    from mien.sketch.methods import RECIPES
    from mien.sketch.presets import preset as settle

    place = find_device(device)
    tune_allocator()
    config["precision"] = settled_precision(config["precision"], place)
    weight = config.pop("judge_weight") if judge else config.pop("judge_weight") * 0
    settled = settle(config.pop("method"), preset, **config, judge=judge, judge_weight=weight)
    pictures, kept = _open(data, settled, unpaired, sides)
    if dry_run:
        _print_plan(settled, len(pictures), 0 if kept is None else len(kept), json)
        return
    recipe = RECIPES[settled.method](
        settled,
        pictures,
        _faces(faces or [], settled.resolution, only or []),
        kept,
        _judge(judge, place) if judge else None,
        load_features(str(place)) if settled.looks else None,
        place,
    )
    if start is not None and not files.state.checkpoints(out):
        files.start_from(recipe, start)
    cadence = Cadence(tick_kimg, checkpoint_kimg, sample_kimg, measure_kimg)
    last = follow(Run(recipe, out), cadence, json)
    sets = [path.name for path in [*data, *(faces or [])]]
    models = files.export(out, out, {"data": f"{', '.join(sets)}, training part"})
    listed = "\n".join(f"wrote {path}" for path in models.values())
    emit({"out": out, "models": models, **last}, json, listed)


def _open(
    data: list[Path], config: TranslationConfig, unpaired: bool, sides: str
) -> tuple[Any, Any]:
    """The training part, and the kept-out pairs if there are pairs."""
    from mien.data.pairs import PairedSet, UnpairedSet, joined
    from mien.errors import InputError

    names = read_sides(sides)
    if unpaired:
        if config.split != "honest":
            raise InputError(f"split {config.split!r} is for pairs; leave out --unpaired")
        if len(data) > 1:
            raise InputError("--unpaired takes one --data")
        chosen: Any = ("A", "B") if sides == _SIDES else names
        return UnpairedSet.open(data[0], config.resolution, "train", chosen), None
    split: Any = config.split
    parts = [
        joined([PairedSet.open(path, config.resolution, part, split, names) for path in data])
        for part in ("train", "kept-out")
    ]
    return parts[0], parts[1]


def _faces(paths: list[Path], resolution: int, rules: list[str]) -> Any:
    from mien.data.joining import choose, join
    from mien.data.training_set import TrainingSet

    sets = [choose(TrainingSet.open(path, resolution), rules) for path in paths]
    return join(sets) if sets else None


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
    from mien.sketch.methods import count_parameters

    counts = count_parameters(config)
    resolved = asdict(config)
    steps = round(config.kimg * 1000 / config.batch)
    lines = [f"{key:16} {value}" for key, value in resolved.items()]
    lines += [f"{'pictures':16} {pictures}, kept out {kept}", f"{'steps':16} {steps:,}"]
    parts = "  ".join(f"{name} {count:,}" for name, count in counts.items())
    lines += [f"{'parameters':16} {parts}"]
    result = {"config": resolved, "pictures": pictures, "kept_out": kept, "steps": steps}
    emit(result | {"parameters": counts}, json, "\n".join(lines))
