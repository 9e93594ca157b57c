"""Landmark tracks: gaps, the One-Euro filter."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import InputError
from mien.video.smoothing import OneEuro, fill_gaps, one_euro

RNG = np.random.RandomState(0)


def steps(count: int, fps: float = 30) -> np.ndarray:
    return np.arange(count) / fps


def test_gaps_are_crossed_in_straight_lines() -> None:
    track = np.full((6, 2, 2), np.nan)
    track[1], track[4] = 10.0, 40.0
    track[2, 0, 1] = 5.0
    filled = fill_gaps(track)
    assert filled[:, 1, 0].tolist() == [10, 10, 20, 30, 40, 40]
    assert filled[:, 0, 1].tolist() == [10, 10, 5, 22.5, 40, 40]
    assert np.isnan(track[0]).all()  # what was given stays


def test_gaps_are_crossed_by_the_clock() -> None:
    filled = fill_gaps(np.array([0.0, np.nan, 10.0]), np.array([0.0, 1.0, 4.0]))
    assert filled.tolist() == [0, 2.5, 10]


def test_a_curve_without_any_value_stays_empty() -> None:
    track = np.array([[np.nan, 1.0], [np.nan, 2.0]])
    assert np.isnan(fill_gaps(track)[:, 0]).all()
    assert fill_gaps(track)[:, 1].tolist() == [1, 2]


def test_one_euro_is_the_published_filter() -> None:
    """Against the algorithm of the paper, written as its listing is: scalar, step by step."""

    class LowPass:
        last: float | None = None

        def __call__(self, x: float, alpha: float) -> float:
            self.last = x if self.last is None else alpha * x + (1 - alpha) * self.last
            return self.last

    def alpha(cutoff: float, rate: float) -> float:
        tau = 1 / (2 * np.pi * cutoff)
        return 1 / (1 + tau * rate)

    values, rate = np.cumsum(RNG.randn(80)), 25.0
    position, speed, before, wanted = LowPass(), LowPass(), None, []
    for x in values:
        dx = 0.0 if before is None else (x - before) * rate
        edx = speed(dx, alpha(1.3, rate))
        # The paper differentiates against the last filtered value.
        wanted.append(position(x, alpha(0.7 + 0.2 * abs(edx), rate)))
        before = wanted[-1]
    seen = one_euro(values, np.arange(80) / rate, min_cutoff=0.7, beta=0.2, d_cutoff=1.3)
    np.testing.assert_allclose(seen, wanted, rtol=1e-9)


def test_one_euro_is_steady_at_rest_and_quick_in_motion() -> None:
    noise = 100 + RNG.randn(300, 5, 2)
    smooth = one_euro(noise, steps(300), min_cutoff=0.5, beta=0.0)
    assert smooth[50:].std(axis=0).max() < 0.35
    walk = 400 * steps(300)
    slow, fast = (one_euro(walk, steps(300), 0.5, beta) for beta in (0.0, 0.1))
    assert abs(walk[-1] - fast[-1]) < 0.1 * abs(walk[-1] - slow[-1])


def test_one_euro_in_pieces_equals_one_euro_at_once() -> None:
    track, times = RNG.randn(40, 3, 2), steps(40)
    keep = OneEuro(1.0, 0.1)
    rows = [keep(row, float(time)) for row, time in zip(track, times, strict=True)]
    np.testing.assert_array_equal(np.stack(rows), one_euro(track, times, 1.0, 0.1))


def test_one_euro_keeps_its_value_over_gaps() -> None:
    track = np.array([np.nan, 3.0, np.nan, np.nan, 3.0])
    seen = one_euro(track, steps(5))
    assert np.isnan(seen[0])
    assert seen[1:] == pytest.approx(3)


def test_what_does_not_fit_is_refused() -> None:
    track = RNG.randn(10, 2)
    with pytest.raises(InputError, match="9 times for 10 frames"):
        one_euro(track, steps(9))
    with pytest.raises(InputError, match="they rise"):
        fill_gaps(track, np.zeros(10))
    with pytest.raises(InputError, match="above 0"):
        OneEuro(min_cutoff=0)
    keep = OneEuro()
    keep(np.zeros(2), 1.0)
    with pytest.raises(InputError, match="must rise"):
        keep(np.zeros(2), 1.0)
