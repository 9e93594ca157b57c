"""The order of training: a pure function of seed and count, however the run is cut."""

from __future__ import annotations

import numpy as np
import pytest

from mien.data.order import SampleOrder
from mien.errors import InputError


def drawn(order: SampleOrder, sizes: list[int], start: int = 0) -> list[tuple[int, bool]]:
    samples: list[tuple[int, bool]] = []
    for size in sizes:
        indices, mirrored = order.batch(start + len(samples), size)
        samples += list(zip(indices.tolist(), mirrored.tolist(), strict=True))
    return samples


def test_each_pass_shows_every_picture_once() -> None:
    order = SampleOrder(7, seed=3)
    indices, mirrored = order.batch(0, 70)
    assert indices.dtype == np.int64
    assert not mirrored.any()
    passes = indices.reshape(10, 7)
    assert (np.sort(passes, axis=1) == np.arange(7)).all()
    assert len({tuple(one) for one in passes.tolist()}) > 5


def test_two_passes_show_every_picture_both_ways() -> None:
    indices, mirrored = SampleOrder(64, seed=1, mirror=True).batch(0, 4 * 64)
    for start in (0, 128):
        seen = set(zip(indices[start : start + 128], mirrored[start : start + 128], strict=True))
        assert len(seen) == 128
    assert 16 < mirrored[:64].sum() < 48


@pytest.mark.parametrize("mirror", [False, True])
def test_cutting_and_resuming_change_nothing(mirror: bool) -> None:
    order = SampleOrder(11, seed=5, mirror=mirror)
    whole = drawn(order, [120])
    assert drawn(order, [1] * 120) == whole
    assert drawn(order, [32, 32, 7, 49]) == whole
    again = SampleOrder(11, seed=5, mirror=mirror)
    assert drawn(again, [50], start=70) == whole[70:]


@pytest.mark.parametrize("world", [1, 2, 4])
def test_processes_share_the_batch_of_one(world: int) -> None:
    order = SampleOrder(10, seed=2, mirror=True)
    for nimg in (0, 8, 1000):
        parts = [order.batch(nimg, 8, rank, world) for rank in range(world)]
        for i in range(2):
            joined = np.concatenate([part[i] for part in parts])
            assert np.array_equal(joined, order.batch(nimg, 8)[i])


def test_seeds_differ_and_large_numbers_work() -> None:
    one, two, big = (SampleOrder(50, seed).batch(0, 50)[0] for seed in (0, 1, 2**64 - 1))
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, big)
    assert not np.array_equal(SampleOrder(50, 2**32).batch(0, 50)[0], one)
    far, _ = SampleOrder(3).batch(10**12, 6)
    assert set(far.tolist()) == {0, 1, 2}


def test_the_order_is_the_same_tomorrow() -> None:
    indices, mirrored = SampleOrder(6, seed=0, mirror=True).batch(0, 8)
    assert indices.tolist() == [1, 3, 4, 0, 5, 2, 3, 4]
    assert mirrored.astype(int).tolist() == [0, 0, 0, 1, 1, 1, 1, 1]


def test_a_batch_is_nobody_elses() -> None:
    order = SampleOrder(4)
    order.batch(0, 4)[0][:] = 99
    assert order.batch(0, 4)[0].max() == 3


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputError, match="data set of 0 pictures"):
        SampleOrder(0)
    with pytest.raises(InputError, match="seed -1"):
        SampleOrder(3, -1)
    with pytest.raises(InputError, match="batch of 5 cannot be shared by 2"):
        SampleOrder(3).batch(0, 5, 0, 2)
    with pytest.raises(InputError, match="rank 2 is not one of 2"):
        SampleOrder(3).batch(0, 4, 2, 2)
