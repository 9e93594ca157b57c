"""How good a generator's faces are: Fréchet and kernel distance to kept-out pictures, diversity."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.faces.finder import FaceFinder
from mien.hub.judging import Seen, look, resize_of
from mien.hub.loading import Loaded
from mien.judges.inception import Inception
from mien.judges.tagger import Tagger
from mien.metrics.diversity import embedding_diversity
from mien.metrics.frechet import frechet_distance, kernel_distance
from mien.metrics.protocol import Protocol, Score, frechet_name
from mien.metrics.tables import ScoreTable
from mien.portraits.people import PeopleMeasure, found_share

if TYPE_CHECKING:
    from mien.portraits.session import Portraits

KERNEL_SCALE = 1000
"""Kernel distances on Inception are printed times this, as the literature does."""


def draw(studio: Portraits, count: int, seed: int, psi: float) -> Iterator[np.ndarray]:
    """Draw ``count`` unconditional faces, uint8 ``[n, h, w, 3]``, 50 at a time."""
    for start in range(0, count, 50):
        size = min(50, count - start)
        yield studio.generate(size, seed + start, psi).images


@dataclass(frozen=True)
class RealPictures:
    """Pictures of one resolution and one part of data sets, and which they are, for protocols."""

    pictures: UInt8[np.ndarray, "n h w 3"]
    said: str

    @classmethod
    def of(cls, sets: TrainingSet | Sequence[TrainingSet]) -> RealPictures:
        """All pictures of some sets; InputError: none, or sets of several parts or resolutions."""
        chosen = [sets] if isinstance(sets, TrainingSet) else list(sets)
        if not chosen or len({(one.part, one.resolution) for one in chosen}) > 1:
            kinds = ", ".join(f"{one.part!r} at {one.resolution}" for one in chosen) or "none"
            raise InputError(f"data sets of one part and resolution are wanted, not {kinds}")
        pictures = [one.pictures for one in chosen]
        names = " and ".join(one.path.name for one in chosen)
        joined = np.concatenate(pictures) if len(chosen) > 1 else pictures[0]
        return cls(joined, f"{names}, part {chosen[0].part!r}")


@dataclass(frozen=True)
class Beside:
    """What else is measured, each only if it is given, since each takes its time.

    ``recognition`` is dlib's network, for how different people are and whether one was copied;
    ``finder`` says in which pictures there is a face.
    """

    recognition: Loaded | None = None
    finder: FaceFinder | None = None


def score_generator(
    studio: Portraits,
    judge: Loaded,
    reference: TrainingSet | Sequence[TrainingSet],
    training: TrainingSet | Sequence[TrainingSet] | None = None,
    count: int = 1000,
    seed: int = 0,
    psis: tuple[float, ...] = (1.0, 0.7),
    beside: Beside | None = None,
) -> ScoreTable:
    """Compare generated faces with real ones.

    ``judge`` is a tagger, Inception or MobileNet, ``reference`` held-out pictures of one or several
    sets, at the generator's resolution. With training pictures a row says how far these are from
    the held-out ones, which is what a perfect generator would reach; judges larger than a tagger
    are shown ``count`` of them. ``count`` faces from ``seed`` on are drawn for each truncation of
    ``psis``, a row each.
    """
    beside, kept = beside or Beside(), RealPictures.of(reference)
    known = None if training is None else RealPictures.of(training)
    real = look(judge.network, kept.pictures)
    people = None
    if beside.recognition is not None:
        pictures = None if known is None else known.pictures
        said = kept.said if known is None else f"{kept.said}; {known.said}"
        people = PeopleMeasure(beside.recognition, kept.pictures, pictures, said, seed)
    rows: dict[str, list[Score]] = {}
    seconds = {}
    for psi in psis:
        start = time.perf_counter()
        pictures = np.concatenate(list(draw(studio, count, seed, psi)))
        seconds[psi] = (time.perf_counter() - start) / count
        row = _scores(look(judge.network, pictures), real, judge, kept.said, seed)
        row += [] if people is None else people.scores(pictures)
        row += [] if beside.finder is None else [_found(beside.finder, pictures, kept.said, seed)]
        rows[f"psi {psi:g}"] = row
    if known is not None:
        # A large network takes minutes for thousands; as many as are drawn are compared fairly.
        most = len(known.pictures) if isinstance(judge.network, Tagger) else count
        seen = look(judge.network, _spread(known.pictures, most))
        rows["training pictures"] = _scores(seen, real, judge, kept.said, None)
    if people is not None:
        rows["kept-out pictures"] = people.kept_scores()
    extra = {f"psi {psi:g}": {"s/image": f"{value:.3f}"} for psi, value in seconds.items()}
    return ScoreTable(f"generator {studio.loaded.name}", "faces", rows, extra)


def _spread(pictures: UInt8[np.ndarray, "n h w 3"], most: int) -> UInt8[np.ndarray, "m h w 3"]:
    """At most so many pictures, evenly spread over a set."""
    if len(pictures) <= most:
        return pictures
    return pictures[np.linspace(0, len(pictures) - 1, most).round().astype(np.int64)]


def _found(
    finder: FaceFinder, pictures: UInt8[np.ndarray, "n h w 3"], said: str, seed: int
) -> Score:
    metric = f"share of pictures with a face, threshold {finder.threshold:g}"
    protocol = Protocol(metric, "none", "", len(pictures), 0, "none", seed, said)
    return Score("found", found_share(finder, pictures), "higher", protocol)


def _scores(seen: Seen, real: Seen, judge: Loaded, said: str, seed: int | None) -> list[Score]:
    def protocol(metric: str, against: int) -> Protocol:
        shown = resize_of(judge.network)
        return Protocol.by(judge, metric, len(seen.features), said, seed, against, shown)

    distance = frechet_distance(seen.statistics(), real.statistics())
    kernel = kernel_distance(seen.features, real.features, seed=seed or 0)
    scale = KERNEL_SCALE if isinstance(judge.network, Inception) else 1
    times, name = (f" ×{scale}" if scale > 1 else ""), frechet_name(judge.name, "KID")
    count = len(real.features)
    return [
        Score(frechet_name(judge.name), distance, "lower", protocol("Fréchet distance", count)),
        Score(
            f"{name}{times}",
            kernel.value * scale,
            "lower",
            protocol(f"kernel distance, unbiased, cubic{times}", count),
            stderr=kernel.std * scale / math.sqrt(kernel.subsets),
        ),
        Score(
            "diversity",
            embedding_diversity(seen.features[:200]),
            "higher",
            protocol("mean pairwise distance of features, first 200 pictures", 0),
        ),
    ]
