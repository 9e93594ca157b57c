"""Landmark tracks made steady: gaps filled, One-Euro filter.

A track is ``[t, k, 2]``: k points in pixels, frame after frame; NaN where nothing was found. The
One-Euro filter looks only back and lags a little.

t frames · k points
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from mien.errors import InputError


def fill_gaps(
    values: Float[np.ndarray, "t ..."], times: Float[np.ndarray, " _t"] | None = None
) -> Float[np.ndarray, "t ..."]:
    """NaN replaced: by straight lines between what was found, by the nearest at both ends.

    Every number of a track is a curve of its own; ``times`` are rising seconds of the frames, None
    for even steps. float64; all NaN where a curve has no value at all. Raises InputError for times
    that do not fit.
    """
    flat, where = _flat(values), _times(values, times)
    filled = flat.copy()
    for curve in range(flat.shape[1]):
        known = np.isfinite(flat[:, curve])
        if known.any() and not known.all():
            filled[:, curve] = np.interp(where, where[known], flat[known, curve])
    return filled.reshape(values.shape)


class OneEuro:
    """The One-Euro filter (Casiez, Roussel & Vogel 2012): steady at rest, quick in motion.

    One value at a time, so that it can run while frames come in. ``min_cutoff`` is Hz at rest;
    lower is steadier (their ``fcmin``). ``beta``, in 1 / unit of the values, says how fast the
    cutoff rises with speed; higher lags less. ``d_cutoff`` is Hz at which the speed itself is
    smoothed. Raises InputError for a cutoff that is not above 0, or a negative beta.
    """

    def __init__(self, min_cutoff: float = 1.0, beta: float = 0.05, d_cutoff: float = 1.0) -> None:
        if not (min_cutoff > 0 and d_cutoff > 0 and beta >= 0):
            raise InputError(
                f"One-Euro filter: cutoffs {min_cutoff:g} and {d_cutoff:g} Hz must be above 0, "
                f"beta {beta:g} at least 0"
            )
        self.min_cutoff, self.beta, self.d_cutoff = min_cutoff, beta, d_cutoff
        self._time = math.nan
        self._value: np.ndarray | None = None
        self._speed: np.ndarray | None = None

    def __call__(
        self, value: Float[np.ndarray, "*shape"], time: float
    ) -> Float[np.ndarray, "*shape"]:
        """Filter the next value at a later second; NaN keeps the last.

        InputError if it does not fit.
        """
        new = np.asarray(value, np.float64)
        if self._value is None or self._speed is None:
            self._value, self._speed, self._time = new.copy(), np.zeros_like(new), time
            return self._value.copy()
        step = time - self._time
        if not step > 0 or new.shape != self._value.shape:
            raise InputError(
                f"One-Euro filter: {new.shape} at {time:g} s after {self._value.shape} at "
                f"{self._time:g} s; times must rise and shapes stay"
            )
        begun = np.isfinite(self._value)
        known = np.isfinite(new) & begun
        old, speed = np.where(known, self._value, 0), np.where(known, new - self._value, 0) / step
        a = _share(self.d_cutoff, step)
        smooth_speed = np.where(known, a * speed + (1 - a) * self._speed, self._speed)
        share = _share(self.min_cutoff + self.beta * np.abs(smooth_speed), step)
        filtered = share * np.where(known, new, 0) + (1 - share) * old
        self._value = np.where(known, filtered, np.where(begun, self._value, new))
        self._speed, self._time = smooth_speed, time
        return self._value.copy()


def _share(cutoff: np.ndarray | float, step: float) -> np.ndarray:
    """α of an exponential filter with this cutoff: 1 / (1 + τ/Tₑ), τ = 1/(2π·fc) (their Eq. 3)."""
    return np.asarray(1 / (1 + 1 / (2 * math.pi * np.asarray(cutoff) * step)))


def one_euro(
    values: Float[np.ndarray, "t ..."],
    times: Float[np.ndarray, " _t"],
    min_cutoff: float = 1.0,
    beta: float = 0.05,
    d_cutoff: float = 1.0,
) -> Float[np.ndarray, "t ..."]:
    """A whole track through :class:`OneEuro`, float64; NaN keeps the last. InputError as there."""
    where = _times(values, times)
    keep = OneEuro(min_cutoff, beta, d_cutoff)
    track = np.asarray(values, np.float64)
    rows = [keep(track[i, ...], float(time)) for i, time in enumerate(where)]
    return np.stack(rows) if rows else track.copy()


def _flat(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float64).reshape(len(values), math.prod(values.shape[1:]))


def _times(values: np.ndarray, times: np.ndarray | None) -> np.ndarray:
    if times is None:
        return np.arange(len(values), dtype=np.float64)
    where = np.asarray(times, np.float64)
    if where.shape != (len(values),) or not (np.diff(where) > 0).all():
        raise InputError(
            f"{len(where)} times for {len(values)} frames; there must be one each, and they rise"
        )
    return where
