"""Directions of a generator, found from what a tagger sees in its samples.

    mien directions fit --model portraits --method lasso --samples 10200 --out dirs.safetensors

Latents are drawn, a tagger reads the pictures, and a method of :mod:`mien.editing` finds a
direction for each tag that is neither too rare nor too usual. Opposing pairs of tags become named
edits, freed from each other by :mod:`mien.editing.fit_decoupling`. Minutes: one that was stopped
starts again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mien.editing.decoupling import Spread
from mien.editing.direction import Direction, DirectionSet, scaled_to_spread
from mien.editing.fit_decoupling import Measure, Whitened, decouple
from mien.editing.label_directions import all_told, occurs, step_towards
from mien.editing.lasso import fit_lasso
from mien.editing.margin import fit_logistic, fit_svm
from mien.editing.naming import EDITS, TAGS, NamedEdit
from mien.editing.pairs import default_coefficients, frequent_tags
from mien.editing.pca import pca
from mien.editing.regression import GramAccumulator, fit_linear
from mien.editing.samples import LatentSource, Reader, TaggedSamples, sample_tagged
from mien.editing.sefa import sefa
from mien.editing.svd import svd
from mien.errors import InputError, UnknownName, counted
from mien.portraits.codes import CodeMoments

METHODS = ("linear", "lasso", "logistic", "svm", "svd", "codes", "sefa", "pca")
"""How directions are found: five from tags of samples, one from the codes of labelled photographs,
SeFa from weights, PCA from latents alone."""

UNSUPERVISED = ("sefa", "pca")
SAMPLED = tuple(method for method in METHODS if method != "codes")
"""Those that any generator can be asked for: all but the codes of one that has an encoder."""
SEVERAL_PASSES = ("logistic", "svm", "svd")
TAG_UNIT = 0.15
"""Standard deviations in one unit of strength along a single tag.

So small that the coefficients of the thesis, 15 and −5 for a pair, come to three of them.
"""


@dataclass(frozen=True)
class DirectionFit:
    """What decides a run.

    Args:
        method: One of :data:`METHODS`.
        samples: Latents to sample; the thesis took 10,200.
        min_count: Tags must occur in more samples; ``None`` for one of 102, as in the thesis.
        max_count: And in fewer; ``None`` for all but ``min_count``. The thesis took a third.
        tags: Only these tags, and an error if one of them cannot be fitted; ``None`` for all.
        pairs: Subtract the opposing tag in named edits.
        free: Free named edits from each other, measured by the tagger.
        ridge: Penalty of linear regression, as scikit-learn's ``Ridge(alpha)``.
        alpha: Penalty of the Lasso, on log odds of unit variance.
        c: Inverse penalty of logistic regression and SVM.
        count: How many directions SeFa or PCA give.
        layers: Layers that SeFa factorises; ``None`` for all.
        seed: Decides every sample.
        batch: Pictures at a time; changes nothing but speed and memory.
    """

    method: str = "linear"
    samples: int = 10_200
    min_count: int | None = None
    max_count: int | None = None
    tags: tuple[str, ...] | None = None
    pairs: bool = True
    free: bool = True
    ridge: float = 0.0
    alpha: float = 0.01
    c: float = 1.0
    count: int = 10
    layers: tuple[int, ...] | None = None
    seed: int = 0
    batch: int = 32

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownName("method", self.method, METHODS)
        if self.samples < 2 or self.batch < 1:
            raise InputError(f"{self.samples} samples in batches of {self.batch}; at least 2 and 1")
        frequent_tags({}, *self.limits)

    @property
    def limits(self) -> tuple[int, int]:
        """Counts between which a tag must lie."""
        low = round(self.samples / 102) if self.min_count is None else self.min_count
        return low, self.samples - low if self.max_count is None else self.max_count


def fit_directions(
    source: LatentSource,
    reader: Reader,
    config: DirectionFit,
    weights: Sequence[Tensor] = (),
    codes: CodeMoments | None = None,
) -> Iterator[dict[str, Any] | DirectionSet]:
    """Find the directions of a generator; yields progress, notes (``{"note": …}``), last the set.

    ``reader`` is the tagger (not to judge the result), ``weights`` the style weights of each layer
    for SeFa, ``codes`` the moments of the generator's codes and labels for method ``codes``.

    Raises:
        InputError: Tags that never or always occur, values that are not finite, layers outside, or
            no codes where the method needs them.
    """
    if config.method in UNSUPERVISED:
        yield DirectionSet(unsupervised(source, latents_of(source, config), config, weights))
        return
    if config.method == "codes":
        if codes is None:
            raise InputError("method codes needs the moments of codes that train faces writes")
        units, spread = from_codes(codes, config)
        yield from _named(units, spread, source, reader, config)
        return
    samples = TaggedSamples(source.w_dim, reader.tags, config.method in SEVERAL_PASSES)
    try:
        yield from sample_tagged(source, reader, samples, config.samples, config.seed, config.batch)
        tags, left_out = kept_tags(samples, config)
        if left_out:
            yield {"note": left_out}
        found, warnings = fit_tags(samples, tags, config)
        for warning in warnings:
            yield {"note": warning}
        spread = Spread(samples.seen.covariance)
        yield from _named(in_spread(found, spread, config.method), spread, source, reader, config)
    finally:
        samples.close()


def from_codes(codes: CodeMoments, config: DirectionFit) -> tuple[dict[str, Tensor], Spread]:
    """The columns of the regression from labels to codes, as unit vectors in whitened coordinates.

    A tag's direction leads from the rest of its column to its labels, all other columns being told:
    what a label changes by itself. InputError: no attributes known, or none of the tags occurs.
    """
    gaussian = all_told(codes)
    shares = codes.label_mean.clamp(min=0)
    spread = Spread(codes.cov_ww)
    units: dict[str, Tensor] = {}
    for tag, labels in TAGS.items():
        wanted = config.tags is None or tag in config.tags
        if wanted and occurs(codes, labels):
            units[tag] = spread.whiten_step(step_towards(labels, gaussian.slope, shares))
    if not units:
        raise InputError("none of the tags occurs often enough among the codes")
    return units, spread


def _named(
    units: dict[str, Tensor],
    spread: Spread,
    source: LatentSource,
    reader: Reader,
    config: DirectionFit,
) -> Iterator[dict[str, Any] | DirectionSet]:
    """A direction for each tag, and for each opposing pair a named edit; last the set."""
    named = [edit for edit in EDITS if edit.pair.towards in units]
    edits = {edit.name: edit_vector(edit, units, config) for edit in named}
    directions = [
        _direction(tag, spread.step(x) * TAG_UNIT, source, config) for tag, x in units.items()
    ]
    measure = Measure(source, reader, named)
    for edit in named:
        yield {"freeing": edit.name}
        made = _direction(edit.name, spread.step(edits[edit.name]), source, config)
        if config.free:
            plain = Whitened(made, edits[edit.name], spread)
            made = decouple(edit, plain, edits, measure)
        directions.append(made)
    yield DirectionSet(tuple(directions))


def latents_of(source: LatentSource, config: DirectionFit) -> GramAccumulator:
    """The spread of a generator's latents; nothing is drawn."""
    seen = GramAccumulator(source.w_dim, ())
    for first in range(0, config.samples, 1024):
        numbers = range(first, min(first + 1024, config.samples))
        seen.update(source.sample(numbers, config.seed).cpu(), torch.zeros(len(numbers), 0))
    return seen


def unsupervised(
    source: LatentSource,
    seen: GramAccumulator,
    config: DirectionFit,
    weights: Sequence[Tensor] = (),
) -> tuple[Direction, ...]:
    """SeFa or PCA; strength 1 is one standard deviation of the latents.

    Raises InputError: layers outside the network, or more directions than dimensions.
    """
    if config.method == "pca":
        return pca(seen, config.count, layers=config.layers, generator=source.sha256)
    found = sefa(weights, config.count, config.layers, source.sha256)
    return tuple(scaled_to_spread(one, seen.covariance) for one in found)


def kept_tags(samples: TaggedSamples, config: DirectionFit) -> tuple[tuple[str, ...], str]:
    """The tags that are fitted, and a line that says which are not.

    UnknownName: a tag asked for is none of the tagger's; InputError: it occurs too seldom or too
    often, or no tag is left.
    """
    low, high = config.limits
    kept = frequent_tags(samples.counts, low, high)
    for tag in config.tags or ():
        if tag not in samples.counts:
            raise UnknownName("tag", tag, samples.tags)
        if tag not in kept:
            count = samples.counts[tag]
            how = {0: "never occurs", samples.seen.count: "always occurs"}.get(
                count, f"occurs {counted(count, 'times')}"
            )
            raise InputError(
                f"tag {tag!r} {how} in {counted(samples.seen.count, 'samples')}, more than {low} "
                f"and fewer than {high} are needed; sample more, or move `min_count` and "
                "`max_count`"
            )
    if config.tags is not None:
        return config.tags, ""
    if not kept:
        raise InputError(
            f"none of {len(samples.tags)} tags occurs in more than {low} and fewer than {high} of "
            f"{samples.seen.count} samples; sample more, or move `min_count` and `max_count`"
        )
    left = [f"{tag} ({samples.counts[tag]})" for tag in samples.tags if tag not in kept]
    if not left:
        return kept, ""
    return kept, f"{counted(len(left), 'tags')} too seldom or too often: " + ", ".join(left)


def fit_tags(
    samples: TaggedSamples, tags: Sequence[str], config: DirectionFit
) -> tuple[tuple[Direction, ...], tuple[str, ...]]:
    """A direction for each tag by the method of the run, and what a person should know of the fit.

    Regression uses the tagger's log odds, scaled to unit variance; margins and SVD use 0 and 1.
    InputError: a tag that never varies, or too few samples.
    """
    if config.method == "linear":
        fit = fit_linear(standardised(samples.seen, tags), config.ridge)
    elif config.method == "lasso":
        fit = fit_lasso(standardised(samples.seen, tags), config.alpha)
    elif config.method == "svd":
        batches = list(samples.batches(tags)())
        latents, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
        return svd(latents, labels, tags, centre=True), ()
    else:
        solve = fit_logistic if config.method == "logistic" else fit_svm
        fit = solve(samples.batches(tags), tags, c=config.c)
    return fit.directions(), fit.warnings


def standardised(seen: GramAccumulator, tags: Sequence[str]) -> GramAccumulator:
    """The sums of some tags, each scaled to unit variance; an InputError if one never varies."""
    columns = torch.tensor([seen.tags.index(tag) for tag in tags], dtype=torch.long)
    part = GramAccumulator(seen.dims, tags)
    part.count, part.mean, part.scatter = seen.count, seen.mean, seen.scatter
    part.tag_mean, part.tag_scatter = seen.tag_mean[columns], seen.tag_scatter[columns]
    part.cross = seen.cross[:, columns]
    part.check()
    deviation = (part.tag_scatter / part.count).sqrt()
    part.tag_mean, part.cross = part.tag_mean / deviation, part.cross / deviation
    part.tag_scatter = part.tag_scatter / deviation.square()
    return part


def in_spread(found: Sequence[Direction], spread: Spread, method: str) -> dict[str, Tensor]:
    """Directions as unit vectors in whitened coordinates; an SVD's are differences of latents."""
    turn = spread.whiten_step if method == "svd" else spread.whiten
    return {one.name: turn(one.vector) for one in found}


def edit_vector(edit: NamedEdit, units: dict[str, Tensor], config: DirectionFit) -> Tensor:
    """The unit vector of a named edit in whitened coordinates.

    With pairs a·n(towards) + b·n(away), the coefficients of the thesis; else n(towards) alone.
    """
    x = units[edit.pair.towards]
    if config.pairs and edit.pair.away in units:
        a, b = edit.pair.coefficients or default_coefficients(config.method)
        x = a * x + b * units[edit.pair.away]
    return x / x.norm()


def _direction(name: str, vector: Tensor, source: LatentSource, config: DirectionFit) -> Direction:
    if config.method == "codes":
        return Direction(name, vector, "w", generator=source.sha256, method="codes")
    settings = {"linear": "", "lasso": f", alpha {config.alpha:g}", "svd": ", centred"}
    said = settings.get(config.method, f", C {config.c:g}")
    method = f"{config.method}{said}, {config.samples} samples"
    return Direction(name, vector, "w", generator=source.sha256, method=method)
