"""How good a generator's faces are: Fréchet and kernel distance to kept-out pictures, diversity."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mien.data.training_set import TrainingSet
from mien.hub.judging import RESIZE, Seen, look
from mien.hub.loading import Loaded
from mien.metrics.diversity import embedding_diversity
from mien.metrics.frechet import frechet_distance, kernel_distance
from mien.metrics.protocol import Protocol, Score, frechet_name
from mien.metrics.tables import ScoreTable

if TYPE_CHECKING:
    from mien.studio import Studio


def draw(studio: Studio, count: int, seed: int, psi: float) -> Iterator[np.ndarray]:
    """Draw ``count`` unconditional faces, uint8 ``[n, h, w, 3]``, 50 at a time."""
    for start in range(0, count, 50):
        size = min(50, count - start)
        yield studio.generate(size, seed + start, psi).images


def score_generator(
    studio: Studio,
    judge: Loaded,
    reference: TrainingSet,
    training: TrainingSet | None = None,
    count: int = 1000,
    seed: int = 0,
    psis: tuple[float, ...] = (1.0, 0.7),
) -> ScoreTable:
    """Compare generated faces with real ones.

    Args:
        studio: Whose generator is measured.
        judge: A tagger.
        reference: Kept-out pictures, at the generator's resolution.
        training: Training pictures; with them a row says how far real training pictures are from
            the kept-out ones, which is what a perfect generator would reach.
        count: How many faces.
        seed: Of the first.
        psis: Truncations, a row each.
    """
    real = look(judge.network, reference.pictures)
    rows: dict[str, list[Score]] = {}
    seconds = {}
    for psi in psis:
        start = time.perf_counter()
        pictures = np.concatenate(list(draw(studio, count, seed, psi)))
        seconds[psi] = (time.perf_counter() - start) / count
        seen = look(judge.network, pictures)
        rows[f"psi {psi:g}"] = _scores(seen, real, judge, reference, seed)
    if training is not None:
        seen = look(judge.network, training.pictures)
        rows["training pictures"] = _scores(seen, real, judge, reference, None)
    extra = {f"psi {psi:g}": {"s/image": f"{value:.3f}"} for psi, value in seconds.items()}
    return ScoreTable(f"generator {studio.loaded.name}", "faces", rows, extra)


def _scores(
    seen: Seen, real: Seen, judge: Loaded, reference: TrainingSet, seed: int | None
) -> list[Score]:
    def protocol(metric: str, against: int) -> Protocol:
        return Protocol(
            metric=metric,
            judge=judge.name,
            judge_sha256=judge.sha256,
            samples=len(seen.features),
            reference_samples=against,
            resize=RESIZE,
            seed=seed,
            split=f"{reference.path.name}, part {reference.part!r}",
        )

    distance = frechet_distance(seen.statistics(), real.statistics())
    kernel = kernel_distance(seen.features, real.features, seed=seed or 0)
    count = len(real.features)
    return [
        Score(frechet_name(judge.name), distance, "lower", protocol("Fréchet distance", count)),
        Score(
            frechet_name(judge.name, "KID"),
            kernel.value,
            "lower",
            protocol("kernel distance, unbiased, cubic", count),
            stderr=kernel.std / math.sqrt(kernel.subsets),
        ),
        Score(
            "diversity",
            embedding_diversity(seen.features[:200]),
            "higher",
            protocol("mean pairwise distance of features, first 200 pictures", 0),
        ),
    ]
