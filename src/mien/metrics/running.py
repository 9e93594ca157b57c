"""The mean of a metric over samples that arrive in batches, with its standard error."""

from __future__ import annotations

import math

from jaxtyping import Shaped
from torch import Tensor

from mien.errors import InputError
from mien.metrics.features import as_matrix
from mien.metrics.protocol import Protocol, Score


class RunningMean:
    """Mean and spread of one value a sample, in float64, whatever the batches.

    ``name`` is what the values are, as :data:`mien.metrics.protocol.BETTER` calls it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self._mean = 0.0
        self._squares = 0.0

    def update(self, values: Shaped[Tensor, " n"]) -> None:
        """Take in numbers, or truth values whose share is wanted; InputError if not finite."""
        batch = as_matrix(values[:, None], self.name)[:, 0]
        mean, count = float(batch.mean()), batch.shape[0]
        total, shift = self.count + count, mean - self._mean
        self._squares += (
            float((batch - mean).square().sum()) + shift**2 * self.count * count / total
        )
        self._mean += shift * count / total
        self.count = total

    @property
    def value(self) -> float:
        """The mean of all values seen; raises InputError if there are none."""
        if not self.count:
            raise InputError(f"{self.name} of no samples; at least 1 is needed")
        return self._mean

    @property
    def stderr(self) -> float:
        """Standard error of the mean; 0 for one sample."""
        if self.count < 2:
            return 0.0
        return math.sqrt(self._squares / (self.count - 1) / self.count)

    def score(self, protocol: Protocol) -> Score:
        """The mean with its protocol.

        Raises InputError for no samples, or a protocol that counts others, UnknownName if the name
        is not that of a metric.
        """
        if protocol.samples != self.count:
            raise InputError(
                f"{self.name}: {self.count} samples were seen, the protocol says {protocol.samples}"
            )
        return Score.of(self.name, self.value, protocol, self.stderr)
