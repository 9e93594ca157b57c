"""How well faces fit the sentences they were drawn for, a row a method, beside a control.

The sentences are the written ones of kept-out pictures; what is wanted of a face are the labels of
the picture that its sentence was written about. The judge has not taught the generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from mien import images
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.hub.judging import RESIZE, Seen, label_dicts, look
from mien.hub.loading import Loaded
from mien.metrics.agreement import Agreement, attribute_agreement
from mien.metrics.diversity import diversity_share, perceptual_diversity
from mien.metrics.face import fsd, fss
from mien.metrics.frechet import frechet_distance
from mien.metrics.protocol import Protocol, Score, frechet_name
from mien.metrics.tables import ScoreTable
from mien.text.reader import read
from mien.text.refine import Refinement

if TYPE_CHECKING:
    from mien.text.session import Describes

COLUMNS = ("gender", "glasses", "facial_hair", "hair_color", "expression", "headwear")
"""The columns that agreement is averaged over, each with equal weight."""

CONTROL = "control: faces of other sentences"
"""Row of the control: the default method's faces, each judged by another sentence's labels."""

REFINED = "{}, refined"
"""Row of the default method's faces after refining; the other rows are without it."""


@dataclass(frozen=True)
class TextProtocol:
    """How many of what, and from which seed (of the first face of the first sentence).

    ``diverse_faces`` of each of ``diverse_sentences`` measure diversity; ``refine`` steps at most
    make the first method's second row, 0 for no such row.
    """

    per_sentence: int = 2
    seed: int = 0
    diverse_sentences: int = 24
    diverse_faces: int = 8
    refine: int = Refinement().steps


@dataclass(frozen=True)
class TextScores:
    """The table, a row a method; ``columns`` has each one's agreement on what sentences state."""

    table: ScoreTable
    columns: dict[str, Agreement]

    def text(self) -> str:
        """Both, for a person."""
        lines = [self.table.text(), "agreement by column (exact / coarse groups, of n stated)"]
        names = [row.column for row in next(iter(self.columns.values())).rows]
        width = max(len(name) for name in self.columns)
        lines.append(" " * width + "".join(f"{name:>17}" for name in names))
        for method, agreement in self.columns.items():
            cells = [f"{row.exact:>7.2f}/{row.coarse:.2f} {row.count:>4}" for row in agreement.rows]
            lines.append(f"{method:{width}}" + "".join(cells))
        return "\n".join(lines)


def score_text(
    studio: Describes,
    judge: Loaded,
    kept: TrainingSet,
    methods: Sequence[str],
    plan: TextProtocol | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> TextScores:
    """Draw faces for the sentences of held-out pictures and judge them.

    ``judge`` is a tagger that has not taught the generator, ``kept`` pictures with labels and
    sentences that no training saw; the first of ``methods`` also gives the control. ``progress`` is
    told the name of each row. InputError: no labels, or no sentences.
    """
    plan = plan or TextProtocol()
    if kept.labels is None or not kept.captions or not any(kept.captions):
        raise InputError(f"{kept.path} has no sentences to measure with; give `labels=TABLE`")
    wanted = label_dicts(kept.labels)
    stated = [
        {column: value for column, value in face.items() if column in read(text).asserted}
        for face, text in zip(wanted, kept.captions, strict=True)
    ]
    real = look(judge.network, kept.pictures)
    measure = _Measure(judge, kept, real, plan, wanted, stated)
    rows: dict[str, list[Score]] = {}
    columns: dict[str, Agreement] = {}
    ways = {method: _Way(method, 0) for method in methods}
    default = methods[0]
    if plan.refine:
        default = REFINED.format(default)
        ways = {default: _Way(methods[0], plan.refine), **ways}
    for name, way in ways.items():
        progress(name)
        seen = look(judge.network, _faces(studio, way, kept.captions, plan))
        diverse = _diversity(studio, way, judge, kept.captions, plan)
        rows[name] = measure.scores(seen, diverse)
        columns[name] = measure.agreement(seen, measure.stated)
        if name == default:
            shift = len(wanted) // 2
            other = _Measure(
                judge, kept, real, plan, wanted[shift:] + wanted[:shift],
                stated[shift:] + stated[:shift], shift,
            )  # fmt: skip
            rows[CONTROL] = other.scores(seen, None)
            columns[CONTROL] = other.agreement(seen, other.stated)
    progress("real pictures")
    rows["the true pictures"] = measure.scores(real, None, times=1)
    columns["the true pictures"] = measure.agreement(real, measure.stated, times=1)
    last = [name for name in rows if name not in (CONTROL, "the true pictures")]
    order = [*last, CONTROL, "the true pictures"]
    table = ScoreTable(
        f"text to face, generator {studio.loaded.name}", "method", {k: rows[k] for k in order}
    )
    return TextScores(table, {k: columns[k] for k in order})


class _Way(NamedTuple):
    """A method and how many steps its faces are refined."""

    method: str
    refine: int

    def faces(self, studio: Describes, text: str, count: int, seed: int) -> np.ndarray:
        asked = {"method": self.method, "refine": self.refine, "anyway": True}
        return studio.describe(text, count, seed, **asked).images


def _faces(
    studio: Describes, way: _Way, sentences: Sequence[str], plan: TextProtocol
) -> np.ndarray:
    """``per_sentence`` faces for each sentence, every one with a seed of its own."""
    count = plan.per_sentence
    drawn = [
        way.faces(studio, text, count, plan.seed + i * count) for i, text in enumerate(sentences)
    ]
    return np.concatenate(drawn)


def _diversity(
    studio: Describes, way: _Way, judge: Loaded, sentences: Sequence[str], plan: TextProtocol
) -> float:
    """Diversity of faces for one sentence, as a share of that of random faces."""

    def spread(pictures: np.ndarray) -> float:
        with torch.no_grad():
            return perceptual_diversity(judge.network.feature_maps(images.to_float(pictures)))

    count = plan.diverse_faces
    step = max(1, len(sentences) // plan.diverse_sentences)
    chosen = list(sentences)[::step][: plan.diverse_sentences]
    same = [
        spread(way.faces(studio, text, count, plan.seed + i * count))
        for i, text in enumerate(chosen)
    ]
    free = [
        spread(studio.generate(count, plan.seed + i * count).images) for i in range(len(chosen))
    ]
    return diversity_share(same, float(np.mean(free)))


@dataclass(frozen=True)
class _Measure:
    """Turns what a judge saw into the scores of a row."""

    judge: Loaded
    kept: TrainingSet
    real: Seen
    plan: TextProtocol
    wanted: Sequence[dict[str, str]]
    stated: Sequence[dict[str, str]]
    shift: int = 0

    def agreement(
        self, seen: Seen, wanted: Sequence[dict[str, str]], times: int | None = None
    ) -> Agreement:
        times = times or self.plan.per_sentence
        repeated = [face for face in wanted for _ in range(times)]
        logits = {name: seen.logits[name] for name in COLUMNS}
        return attribute_agreement(logits, repeated, self.judge.network.config.columns)

    def scores(self, seen: Seen, diverse: float | None, times: int | None = None) -> list[Score]:
        times = times or self.plan.per_sentence
        stated = self.agreement(seen, self.stated, times)
        every = self.agreement(seen, self.wanted, times)
        order = torch.arange(len(self.real.features)).roll(-self.shift).repeat_interleave(times)
        true = self.real.features[order]
        distance = frechet_distance(seen.statistics(), self.real.statistics())
        known, wanted = ([row.column for row in one.rows] for one in (stated, every))
        exact, coarse = stated.average(known), stated.average(known, "coarse")
        groups = self._on(_STATED + ", coarse groups of values")
        found = [
            Score("agreement", exact, "higher", self._on(_STATED)),
            Score("coarse", coarse, "higher", groups),
            Score("all labels", every.average(wanted), "higher", self._on(_EVERY)),
            Score("FSD", fsd(seen.features, true), "lower", self._on(_FSD)),
            Score("FSS", fss(seen.features, true), "higher", self._on(_FSS)),
            Score(frechet_name(self.judge.name), distance, "lower", self._on("Fréchet distance")),
        ]
        if diverse is not None:
            metric = (
                f"perceptual diversity of {self.plan.diverse_faces} faces a sentence over that of "
                f"{self.plan.diverse_faces} random faces at psi 0.7, "
                f"{self.plan.diverse_sentences} sentences"
            )
            found.append(Score("diversity", diverse, "higher", self._on(metric)))
        return found

    def _on(self, metric: str) -> Protocol:
        count, plan = len(self.kept), self.plan
        split = f"{self.kept.path.name}, part {self.kept.part!r}, written sentences"
        samples = count * plan.per_sentence
        return Protocol.by(self.judge, metric, samples, split, plan.seed, count, RESIZE)


_STATED = f"agreement with the true labels of the columns that a sentence states, mean of {COLUMNS}"
_EVERY = f"agreement with all true labels, stated or not, mean of {COLUMNS}"
_FSD = "FSD, mean distance of unit features of generated and true face"
_FSS = "FSS, mean cosine of features of generated and true face"
