"""The order in which training sees its pictures: a pure function of a seed and a count.

The k-th sample of a run is the same whether the run was ever interrupted, how it is cut into
batches and over how many processes it is spread, so nothing about the order needs to be saved.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Int64

from mien.errors import InputError

_PERMUTATION, _MIRROR = 0, 1


class SampleOrder:
    """An endless shuffled order over a data set of ``size`` pictures.

    Each pass over the set shows every picture once; with ``mirror``, every picture is seen once as
    it is and once mirrored in each two passes. Raises InputError if the set is empty, or the seed
    is not from 0 to 2**64 - 1.
    """

    def __init__(self, size: int, seed: int = 0, mirror: bool = False) -> None:
        if size < 1:
            raise InputError(f"a data set of {size} pictures has no order")
        if not 0 <= seed < 1 << 64:
            raise InputError(f"seed {seed} is not between 0 and 2**64 - 1")
        self.size = size
        self.seed = seed
        self.mirror = mirror

    def batch(
        self, nimg: int, batch_size: int, rank: int = 0, world: int = 1
    ) -> tuple[Int64[np.ndarray, " b"], Bool[np.ndarray, " b"]]:
        """Positions after ``nimg`` samples, and whether each is to be mirrored.

        Samples and ``batch_size`` count all ``world`` processes together; the slices of all ranks,
        in their order, are the batch of one process. Raises InputError if the batch cannot be
        shared evenly, or there is no such rank.
        """
        if batch_size % world:
            raise InputError(f"a batch of {batch_size} cannot be shared by {world} processes")
        if not 0 <= rank < world:
            raise InputError(f"rank {rank} is not one of {world} processes")
        share = batch_size // world
        start = nimg + rank * share
        passes, places = np.divmod(np.arange(start, start + share, dtype=np.int64), self.size)
        indices = np.zeros(share, np.int64)
        mirrored = np.zeros(share, np.bool_)
        for number in np.unique(passes).tolist():
            here = passes == number
            indices[here] = _permutation(self.size, self.seed, number)[places[here]]
            if self.mirror:
                first = _first_mirrored(self.size, self.seed, number // 2)[indices[here]]
                mirrored[here] = first != bool(number % 2)
        return indices, mirrored


def _random(seed: int, number: int, purpose: int) -> np.random.RandomState:
    """A generator of its own for each pass; RandomState's numbers never change with numpy."""
    words = (seed & 0xFFFFFFFF, seed >> 32, number & 0xFFFFFFFF, number >> 32, purpose)
    return np.random.RandomState(words)


@lru_cache(maxsize=8)
def _permutation(size: int, seed: int, number: int) -> Int64[np.ndarray, " size"]:
    return _random(seed, number, _PERMUTATION).permutation(size).astype(np.int64)


@lru_cache(maxsize=8)
def _first_mirrored(size: int, seed: int, pair: int) -> Bool[np.ndarray, " size"]:
    """Which pictures are mirrored in the first of two passes, and not in the second."""
    return _random(seed, pair, _MIRROR).randint(0, 2, size).astype(np.bool_)
