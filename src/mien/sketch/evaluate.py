"""Models that turn photos and sketches into each other, a row a model and part of the data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.data.pairs import PairedSet
from mien.errors import InputError, UnknownName
from mien.hub.loading import Loaded
from mien.metrics.charts import sheet_picture
from mien.metrics.folded import FoldedTable
from mien.metrics.protocol import Protocol, Score
from mien.sketch.pair_scores import PairMeasure, PairPart
from mien.sketch.translate import DIRECTIONS, METHODS, Translator
from mien.training.run_logs import Curves

PARTS = ("train", "kept-out")
CONTROL = "untranslated"
"""Row of the control: what was given, taken for the answer."""

SPLITS = ("trained", "honest", "leaky")
"""Which split is measured on; ``trained`` is the one that each model was trained with."""

# Published for 188 pairs in eight variants, 8:2: SSIM and "accuracy" of training and validation.
_STUDY = {
    "autoencoder": ((0.8118, 0.92), (0.7135, 0.89)),
    "pix2pix": ((0.7002, None), (0.6064, None)),
    "cyclegan": ((0.1698, None), (0.1624, None)),
}
_STUDY_SAMPLES = (1203, 301)


@dataclass(frozen=True)
class SketchPlan:
    """What is measured.

    At most ``limit`` pairs of a part, spread over it, 0 for all; ``shown`` faces on the sheet;
    ``study``: the study's figures stand beside ours. ``sides`` are the names of the two folders or
    halves, photos first; ``direction`` that of models that do not say theirs; ``cache`` the folder
    of compiled networks.
    """

    split: str = "trained"
    limit: int = 120
    shown: int = 6
    study: bool = True
    sides: tuple[str, str] = ("photo", "sketch")
    direction: str | None = None
    precision: str = "fast"
    engine: str = "auto"
    cache: Path | None = None


@dataclass(frozen=True)
class SketchScores:
    """The table, a row a model, split and part; a sheet a direction; the curves of the runs.

    A sheet has input, truth and every model's answer for the same held-out faces.
    """

    table: FoldedTable
    sheets: dict[str, UInt8[np.ndarray, "h w 3"]]
    curves: tuple[Curves, ...]


@dataclass
class _Model:
    """A model that is measured."""

    translator: Translator
    name: str
    method: str
    direction: str
    trained: str
    curves: Curves | None
    seconds: list[float] = field(default_factory=list)

    def answers(self, given: UInt8[np.ndarray, "n r r 3"]) -> UInt8[np.ndarray, "n r r 3"]:
        made = np.empty_like(given)
        self.translator.forward(images.to_float(given[:1], self.translator.device))  # builds it
        for i in range(len(given)):
            picture = images.to_float(given[i : i + 1], self.translator.device)
            start = time.perf_counter()
            made[i] = images.to_uint8(self.translator.forward(picture))[0]
            self.seconds.append(time.perf_counter() - start)
        return made

    def facts(self, part: str) -> dict[str, str | int]:
        facts: dict[str, str | int] = {}
        prefix = {"train": "", "kept-out": "val/"}[part]
        for name in ("G", "D"):
            value = self.curves.last(f"{prefix}loss/{name}") if self.curves else None
            facts[f"loss {name}"] = "–" if value is None else f"{value:.4g}"
        parameters = self.translator.loaded.network.parameters()
        facts["parameters"] = f"{sum(p.numel() for p in parameters) / 1e6:.2f} M"
        facts["s/image"] = f"{median(self.seconds):.3f}"
        facts["engine"] = self.translator.engine.name
        return facts


def score_sketch(
    models: Sequence[Loaded],
    data: str | Path,
    judge: Loaded,
    identity: Loaded | None = None,
    plan: SketchPlan | None = None,
    progress: Callable[[str], None] = lambda row: None,
) -> SketchScores:
    """Measure models that translate photos and sketches into each other, on pairs.

    ``judge`` is a tagger, for the perceptual and the Fréchet distance; without ``identity``, an
    identity judge, people are recognised by the tagger's features. ``progress`` is told the name of
    each row before it is measured.

    Raises:
        InputError: There is no model, one that does not say its direction, or two of one name.
        UnknownName: No such split.
        DatasetError: The data holds no pairs.
    """
    plan = plan or SketchPlan()
    ready = _ready(models, plan)
    measure = PairMeasure(judge, identity)
    rows: dict[str, list[Score]] = {}
    extra: dict[str, dict[str, str | int]] = {}
    sheets: dict[str, UInt8[np.ndarray, "h w 3"]] = {}
    controls: dict[str, list[Score]] = {}
    parts: dict[tuple[str, int, str, str], PairPart] = {}
    for direction in DIRECTIONS:
        those = [model for model in ready if model.direction == direction]
        for model in those:
            split = model.trained if plan.split == "trained" else plan.split
            for part in PARTS:
                key = (direction, model.translator.resolution, part, split)
                if key not in parts:
                    pairs = PairedSet.open(data, key[1], part, split, plan.sides)
                    parts[key] = PairPart.of(pairs, direction, plan.limit)
                row = f"{model.name}, {split} {part}"
                progress(row)
                made = model.answers(parts[key].given)
                precision = model.translator.engine.precision
                notes = f"model trained on the {model.trained} split, precision {precision}"
                rows[row] = measure.scores(made, parts[key], notes)
                extra[row] = model.facts(part)
                control = f"{CONTROL}, {direction}, {split} {part}"
                if part == "kept-out" and control not in controls:
                    controls[control] = measure.scores(parts[key].given, parts[key])
        if those and plan.shown:
            sheets[direction] = _sheet(those, data, direction, plan)
        rows |= controls
        controls = {}
        if plan.study and direction == "photo-to-sketch":
            rows |= _study_rows(model.method for model in those)
    table = FoldedTable(
        f"photo and sketch, {Path(data).name}", "model, split and part", rows, extra
    )
    curves = {str(model.curves.path): model.curves for model in ready if model.curves is not None}
    return SketchScores(table, sheets, tuple(curves.values()))


def _ready(models: Sequence[Loaded], plan: SketchPlan) -> list[_Model]:
    """Models in the order of methods, with names that tell them apart."""
    if not models:
        raise InputError("there is no model to measure; give `model`")
    if plan.split not in SPLITS:
        raise UnknownName("split", plan.split, SPLITS)
    made: list[_Model] = []
    for loaded in models:
        direction = loaded.meta.get("direction") or plan.direction
        if direction not in DIRECTIONS:
            cause = f"model {loaded.name!r} does not say its direction"
            raise InputError(f"{cause}; give `direction`, {' or '.join(DIRECTIONS)}")
        method = str(loaded.meta.get("method") or type(loaded.network).__name__.lower())
        name = f"{method} {direction}"
        trained = str(loaded.meta.get("split") or "honest")
        if any(other.name == name and other.trained == trained for other in made):
            name = f"{name} ({loaded.name} {loaded.sha256[:8]})"
        if any(other.name == name for other in made) and plan.split != "trained":
            name = f"{name}, trained {trained}"
        log = loaded.path.parent / "log.jsonl"
        curves = Curves.read(log, f"{method} {trained}") if log.is_file() else None
        items = 2 * (plan.limit or 1000)
        translator = Translator(loaded, direction, plan.precision, plan.engine, items, plan.cache)
        made.append(_Model(translator, name, method, direction, trained, curves))
    order = {method: i for i, method in enumerate(METHODS)}
    return sorted(made, key=lambda model: order.get(model.method, len(order)))


def _sheet(
    models: Sequence[_Model], data: str | Path, direction: str, plan: SketchPlan
) -> UInt8[np.ndarray, "h w 3"]:
    side = max(model.translator.resolution for model in models)
    columns: dict[str, UInt8[np.ndarray, "n r r 3"]] = {}
    for model in models:
        size = model.translator.resolution
        pairs = PairedSet.open(data, size, "kept-out", "honest", plan.sides)
        part = PairPart.of(pairs, direction, plan.shown)
        columns.setdefault("input", images.resize(part.given, side))
        columns.setdefault("truth", images.resize(part.truth, side))
        name = model.method + (" (leaky)" if model.trained == "leaky" else "")
        while name in columns:
            name += "'"
        columns[name] = images.resize(model.answers(part.given), side)
    return sheet_picture(columns, f"{direction}, kept-out faces of {Path(data).name}")


def _study_rows(methods: Iterable[str]) -> dict[str, list[Score]]:
    """What the study printed for the methods that are measured."""
    rows = {}
    for method in dict.fromkeys(m for m in methods if m in _STUDY):
        for part, samples, (ssim, accuracy) in zip(
            PARTS, _STUDY_SAMPLES, _STUDY[method], strict=True
        ):
            split = f"188 CUHK pairs in 8 variants, shuffled, then 8:2; {part}"
            metric = "as published, k1 0.01, k2 0.03"
            protocol = Protocol.by(None, metric, samples, split, reference_samples=samples)
            scores = [Score.of("SSIM", ssim, protocol)]
            if accuracy is not None:
                scores.append(Score.of("Keras accuracy", accuracy, protocol))
            rows[f"the study's {method}, leaky {part}"] = scores
    return rows
