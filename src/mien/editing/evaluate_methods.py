"""Ways to find directions side by side on one generator, as the thesis on steering compares them.

All methods see the same samples and move the same faces. With opposing pairs a face goes 15 units
(of :data:`~mien.editing.fit.TAG_UNIT` standard deviations) towards a tag and 5 from its contrary;
without, the 15 alone, and once more as far as the pair goes. Of the components of SeFa and PCA the
tagger takes for each attribute the one that moves it most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mien.editing.decoupling import Spread
from mien.editing.direction import Direction, DirectionSet, move
from mien.editing.evaluate import Faces, Rescored, named_edits, rescored
from mien.editing.fit import (
    SAMPLED,
    TAG_UNIT,
    UNSUPERVISED,
    DirectionFit,
    fit_tags,
    in_spread,
    kept_tags,
    unsupervised,
)
from mien.editing.fit_decoupling import Measure
from mien.editing.naming import EDITS, NamedEdit
from mien.editing.pairs import default_coefficients
from mien.editing.samples import LatentSource, Reader, TaggedSamples, TagReader, sample_tagged
from mien.errors import InputError
from mien.hub.judging import RESIZE
from mien.hub.loading import Loaded
from mien.metrics.diversity import perceptual_diversity
from mien.metrics.frechet import FeatureStatistics, frechet_distance
from mien.metrics.protocol import Protocol, Score, frechet_name
from mien.metrics.tables import ScoreTable

_COMPONENTS = 20
_FEW = 8


@dataclass(frozen=True)
class Comparison:
    """A table of methods with and without pairs, and the re-scoring matrix behind each row."""

    table: ScoreTable
    matrices: Mapping[str, Rescored]

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            **self.table.as_dict(),
            "matrices": {name: one.as_dict() for name, one in self.matrices.items()},
        }


def compare_methods(
    faces: Faces,
    reader: Reader,
    judge: Loaded,
    config: DirectionFit,
    chosen_by: str,
    methods: Sequence[str] = SAMPLED,
    weights: Sequence[Tensor] = (),
    shipped: Mapping[str, DirectionSet] | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> Comparison:
    """Fit by several methods and measure what the edits do to ``faces``.

    ``reader`` is the tagger that finds the directions, ``judge`` another one, which measures (its
    features give the Fréchet distance); ``config`` has samples, limits of the counts and penalties,
    ``weights`` the style weights of each layer, for SeFa. ``shipped`` are sets that are there
    already, a row each, moved by the plan's strength. InputError: no edit has both its tags in the
    samples, or a method cannot be fitted.
    """
    source = faces.source
    samples = TaggedSamples(source.w_dim, reader.tags, spool=True)
    rows: dict[str, list[Score]] = {}
    extra: dict[str, dict[str, str]] = {}
    matrices: dict[str, Rescored] = {}
    try:
        progress(f"sampling {config.samples} faces")
        for _ in sample_tagged(source, reader, samples, config.samples, config.seed, config.batch):
            pass
        tags, _ = kept_tags(samples, config)
        edits = [e for e in EDITS if e.pair.towards in tags and e.pair.away in tags]
        edits = [edit for edit in edits if _anybody_lacks(faces, edit, progress)]
        if not edits:
            raise InputError("no opposing pair has both its tags in the samples; sample more")
        look = _Look(faces, judge, edits)
        rows["unedited"] = look.unedited()
        fitted = _fitted(source, reader, samples, tags, edits, config, methods, weights, faces)
        for name, made, seconds in fitted:
            progress(name)
            matrices[name], rows[name] = look.edited(name, made, chosen_by, 1.0)
            extra[name] = {"seconds": f"{seconds:.2f}"}
    finally:
        samples.close()
    for name, made in (shipped or {}).items():
        progress(name)
        kept = [edit for edit in named_edits(made, reader.tags) if edit in edits]
        part = _Look(faces, judge, kept)
        matrices[name], rows[name] = part.edited(name, made, chosen_by, faces.plan.strength)
    title = f"directions of {source.name}, {config.samples} samples, {len(edits)} edits"
    return Comparison(ScoreTable(title, "method", rows, extra), matrices)


def _anybody_lacks(faces: Faces, edit: NamedEdit, progress: Callable[[str], None]) -> bool:
    try:
        return len(faces.lacking(edit)) > 0
    except InputError as error:
        progress(f"{edit.name} is left out: {error}")
        return False


def _fitted(
    source: LatentSource,
    reader: Reader,
    samples: TaggedSamples,
    tags: Sequence[str],
    edits: Sequence[NamedEdit],
    config: DirectionFit,
    methods: Sequence[str],
    weights: Sequence[Tensor],
    faces: Faces,
) -> Iterator[tuple[str, DirectionSet, float]]:
    """Row, directions named like the edits of which strength 1 is the edit, and seconds."""
    spread = Spread(samples.seen.covariance)
    measure = Measure(source, reader, edits)
    for method in methods:
        this = replace(config, method=method, count=min(_COMPONENTS, source.w_dim))
        start = time.perf_counter()
        if method in UNSUPERVISED:
            found = unsupervised(source, samples.seen, this, weights)
            seconds = time.perf_counter() - start
            yield method, DirectionSet(tuple(_components(edits, found, measure))), seconds
            continue
        units = in_spread(fit_tags(samples, tags, this)[0], spread, method)
        seconds = time.perf_counter() - start
        usable = [e for e in edits if e.pair.towards in units and e.pair.away in units]
        if len(usable) < len(edits):
            missing = next(edit for edit in edits if edit not in usable)
            raise InputError(
                f"method {method} gives no direction for {missing.pair.name!r}; lower `alpha`"
            )
        a, b = (TAG_UNIT * number for number in default_coefficients(method))
        paired = {e: a * units[e.pair.towards] + b * units[e.pair.away] for e in edits}
        alone = {e: a * units[e.pair.towards] for e in edits}
        # Adding the contrary also lengthens the way; this tells what the contrary itself is worth.
        level = {e: alone[e] * (paired[e].norm() / alone[e].norm()) for e in edits}
        variants = {"pairs": paired, "single tags": alone, "single tags, same length": level}
        for variant, vectors in variants.items():
            made = [
                Direction(e.name, spread.step(x), "w", generator=source.sha256, method=method)
                for e, x in vectors.items()
            ]
            yield f"{method}, {variant}", DirectionSet(tuple(made)), seconds


def _components(
    edits: Sequence[NamedEdit], found: Sequence[Direction], measure: Measure
) -> list[Direction]:
    """For each edit the component, and its sign, that the tagger sees move it most."""
    length = TAG_UNIT * default_coefficients("linear")[0]
    signed = [replace(one, scale=sign * length * one.scale) for one in found for sign in (1, -1)]
    moved = torch.stack([measure.changes(one, 1.0, _FEW) for one in signed])  # [2k e]
    best = moved.argmax(dim=0).tolist()
    return [replace(signed[row], name=e.name) for e, row in zip(edits, best, strict=True)]


class _Look:
    """What the judge sees of the edited faces of all edits together."""

    def __init__(self, faces: Faces, judge: Loaded, edits: Sequence[NamedEdit]) -> None:
        self.faces, self.judge, self.edits = faces, judge, tuple(edits)
        self.reader = TagReader(judge.network)
        self.before = [faces.lacking(edit) for edit in edits]
        self.pictures = [self._see(ws) for ws in self.before]

    @torch.no_grad()
    def _see(self, ws: Tensor) -> tuple[Tensor, float]:
        """Features, and the perceptual diversity, of the pictures of latents."""
        parts = []
        for part in ws.split(self.faces.plan.batch):
            images = self.faces.source.draw(part).to(self.reader.device)
            parts.append([maps.float().cpu() for maps in self.judge.network.feature_maps(images)])
        levels = [torch.cat(maps) for maps in zip(*parts, strict=True)]
        return levels[-1].mean(dim=(2, 3)), perceptual_diversity(levels)

    def unedited(self) -> list[Score]:
        """Diversity of the faces before, and how far other unedited faces are from them."""
        plan, source = self.faces.plan, self.faces.source
        count = sum(len(ws) for ws in self.before)
        first = plan.seed + 10**6
        others, _ = self._see(source.start(list(range(first, first + count)), plan.psi))
        diversity = sum(diversity for _, diversity in self.pictures) / len(self.pictures)
        return self._scores(others, diversity, "other faces, unedited")

    def edited(
        self, name: str, directions: DirectionSet, chosen_by: str, strength: float
    ) -> tuple[Rescored, list[Score]]:
        """The re-scoring matrix of a set, and its scores beside distance and diversity."""
        seen = [
            self._see(move(ws, directions[edit.name], strength))
            for edit, ws in zip(self.edits, self.before, strict=True)
        ]
        read = {
            edit: (self.reader.of_features(was[0])[0], self.reader.of_features(now[0])[0])
            for edit, was, now in zip(self.edits, self.pictures, seen, strict=True)
        }
        matrix = rescored(self.faces, self.judge, self.reader.tags, read, chosen_by, name, strength)
        features = torch.cat([features for features, _ in seen])
        diversity = sum(diversity for _, diversity in seen) / len(seen)
        own = self._scores(features, diversity, "edited faces of all edits")
        return matrix, [*matrix.scores(), *own]

    def _scores(self, features: Tensor, diversity: float, split: str) -> list[Score]:
        before = torch.cat([features for features, _ in self.pictures])
        distance = frechet_distance(FeatureStatistics.of(features), FeatureStatistics.of(before))
        plan = self.faces.plan

        def protocol(metric: str, reference: int) -> Protocol:
            said = f"{self.faces.source.name}, {split}, psi {plan.psi:g}"
            count = len(features)
            return Protocol.by(self.judge, metric, count, said, plan.seed, reference, RESIZE)

        return [
            Score.of(
                frechet_name(self.judge.name),
                distance,
                protocol("Fréchet distance to the faces before", len(before)),
            ),
            Score.of(
                "diversity",
                diversity,
                protocol(f"perceptual diversity of {plan.faces} faces, mean over edits", 0),
            ),
        ]
