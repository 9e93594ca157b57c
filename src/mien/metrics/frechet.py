"""Distances between two sets of images, seen through the features of a judge.

Fréchet distance (Heusel et al. 2017) and its mean over augmented faces (DFID, Chong & Forsyth
2021); kernel distance (Bińkowski et al. 2018). All of them: lower is better. On the original
Inception network they are called FID, DFID and KID, elsewhere FD, DFD and KD: see
:func:`mien.metrics.protocol.frechet_name`.

    d feature width · n, m samples
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError
from mien.metrics.features import as_matrix


class FeatureStatistics:
    """Mean and covariance of feature vectors that arrive in batches, in float64.

    Batches are merged by the exact update of Chan et al. (1983), so order and batch size change the
    result by rounding only, and statistics of parts may be merged later. ``count`` vectors were
    seen; ``scatter`` ``[d, d]`` is the sum of the outer products of centred ones.
    """

    def __init__(self, width: int) -> None:
        self.count = 0
        self.mean = torch.zeros(width, dtype=torch.float64)
        self.scatter = torch.zeros(width, width, dtype=torch.float64)

    @classmethod
    def of(cls, features: Float[Tensor, "n d"]) -> FeatureStatistics:
        """Statistics of one set that is in memory."""
        statistics = cls(features.shape[-1])
        statistics.update(features)
        return statistics

    @property
    def width(self) -> int:
        """d, the length of a feature vector."""
        return self.mean.shape[0]

    @property
    def covariance(self) -> Float[Tensor, "d d"]:
        """Unbiased covariance, float64; raises InputError below two vectors."""
        if self.count < 2:
            raise InputError(f"covariance of {self.count} feature vectors; at least 2 are needed")
        return self.scatter / (self.count - 1)

    def update(self, features: Float[Tensor, "n d"]) -> None:
        """Take in a batch; raises InputError for another width, or values that are not finite."""
        batch = as_matrix(features, "features")
        self._check_width(batch.shape[1])
        mean = batch.mean(dim=0)
        centred = batch - mean
        self._absorb(batch.shape[0], mean, centred.T @ centred)

    def merge(self, other: FeatureStatistics) -> None:
        """Take in what another accumulator of the same width has seen, as if seen here."""
        self._check_width(other.width)
        if other.count:
            self._absorb(other.count, other.mean, other.scatter)

    def _check_width(self, width: int) -> None:
        if width != self.width:
            cause = f"features are {width} wide, those before {self.width}; use one judge for both"
            raise InputError(cause)

    def _absorb(self, count: int, mean: Tensor, scatter: Tensor) -> None:
        total = self.count + count
        shift = mean - self.mean
        self.scatter = self.scatter + scatter
        self.scatter += torch.outer(shift, shift) * (self.count * count / total)
        self.mean = self.mean + shift * (count / total)
        self.count = total


class _Gaussian:
    """Mean and a factor F of the covariance, C = F Fᵀ, without its empty directions."""

    def __init__(self, statistics: FeatureStatistics) -> None:
        covariance = statistics.covariance
        values, vectors = torch.linalg.eigh(covariance)
        # Rounding leaves values of about eps·max where there is no variance at all.
        floor = values[-1].clamp(min=0) * values.shape[0] * torch.finfo(values.dtype).eps
        kept = values > floor
        self.mean = statistics.mean
        self.trace = covariance.trace()
        self.factor = vectors[:, kept] * values[kept].sqrt()  # [d r]


def _distance(a: _Gaussian, b: _Gaussian) -> float:
    # tr √(√A B √A) is the sum of the singular values of √A √B (Heusel et al. 2017, Eq. 6). Taken
    # so, rounding stays at eps·max; the square root of an eigenvalue would lift it to √eps·max.
    if a.factor.shape[1] and b.factor.shape[1]:
        overlap = torch.linalg.svdvals(a.factor.T @ b.factor).sum()
    else:
        overlap = torch.zeros((), dtype=torch.float64)
    distance = (a.mean - b.mean).square().sum() + a.trace + b.trace - 2 * overlap
    return max(0.0, float(distance))


def _same_width(a: int, b: int) -> None:
    if a != b:
        raise InputError(f"features are {a} and {b} wide; use one judge for both")


def frechet_distance(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """‖μₐ − μ_b‖² + tr(A + B − 2(√A B √A)^½), lower is better (Heusel et al.

    2017). Exact for singular covariances too, that is for fewer samples than features; but then it
    is biased upwards, so compare only numbers with equal sample counts. Raises InputError if the
    widths differ, or a side has fewer than two samples.
    """
    _same_width(a.width, b.width)
    return _distance(_Gaussian(a), _Gaussian(b))


@dataclass(frozen=True)
class DiverseFrechet:
    """Fréchet distances of each face's translations to one target set, in their order.

    ``value`` is their mean, lower is better, with its standard error over faces; 0 for one face.
    """

    value: float
    stderr: float
    per_face: tuple[float, ...]


def dfid(faces: Iterable[FeatureStatistics], target: FeatureStatistics) -> DiverseFrechet:
    """(1/N) Σᵢ FD({F(c(T_M(xᵢ)), z)}, Y): how diverse one face comes out (Chong & Forsyth 2021).

    For each face, the statistics of the translations of its M augmented copies, each with a random
    style; ``faces`` may be a generator: one is held at a time. ``target`` are those of the whole
    target set Y. Raises InputError for no faces, or widths that differ.
    """
    reference = _Gaussian(target)
    distances = []
    for face in faces:
        _same_width(face.width, target.width)
        distances.append(_distance(_Gaussian(face), reference))
    if not distances:
        raise InputError("DFID of no faces; at least 1 is needed")
    values = np.asarray(distances, np.float64)
    stderr = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return DiverseFrechet(float(values.mean()), stderr, tuple(distances))


@dataclass(frozen=True)
class KernelDistance:
    """An unbiased estimate of the squared maximum mean discrepancy.

    ``value`` is the mean over subsets, lower is better; may be slightly negative. ``std`` is the
    standard deviation over subsets, as the literature prints it; 0 for one.
    """

    value: float
    std: float
    subsets: int
    subset_size: int


def _unbiased_mmd2(x: Tensor, y: Tensor) -> float:
    # k(x, y) = (xᵀy / d + 1)³; diagonals left out within a set (Bińkowski et al. 2018, Eq. 4).
    n, m, width = x.shape[0], y.shape[0], x.shape[1]
    k_xx, k_yy, k_xy = (((p @ q.T) / width + 1) ** 3 for p, q in ((x, x), (y, y), (x, y)))
    within_x = (k_xx.sum() - k_xx.diagonal().sum()) / (n * (n - 1))
    within_y = (k_yy.sum() - k_yy.diagonal().sum()) / (m * (m - 1))
    return float(within_x + within_y - 2 * k_xy.mean())


def kernel_distance(
    a: Float[Tensor, "n d"],
    b: Float[Tensor, "m _d"],
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> KernelDistance:
    """Kernel distance with the cubic polynomial kernel, lower is better (Bińkowski et al.

    2018). Unbiased, so it may be compared across sample counts; its expectation, not its value, is
    0 for two samples of one distribution. Random ``subsets`` of ``subset_size`` of each side,
    without repetition, are averaged; the size is cut to the smaller set, and if neither set is
    larger, both are used whole, once. Raises InputError for fewer than two samples, widths that
    differ, or a count below its minimum.
    """
    x, y = as_matrix(a, "features", 2), as_matrix(b, "reference features", 2)
    _same_width(x.shape[1], y.shape[1])
    if subsets < 1 or subset_size < 2:
        raise InputError(f"{subsets} subsets of {subset_size}; at least 1 of 2 are needed")
    if max(x.shape[0], y.shape[0]) <= subset_size:
        size = min(x.shape[0], y.shape[0])
        return KernelDistance(_unbiased_mmd2(x, y), 0.0, 1, size)
    size = min(subset_size, x.shape[0], y.shape[0])
    draw = np.random.RandomState(seed)
    values = []
    for _ in range(subsets):
        rows_x = torch.from_numpy(draw.choice(x.shape[0], size, replace=False))
        rows_y = torch.from_numpy(draw.choice(y.shape[0], size, replace=False))
        values.append(_unbiased_mmd2(x[rows_x], y[rows_y]))
    return KernelDistance(float(np.mean(values)), float(np.std(values)), subsets, size)
