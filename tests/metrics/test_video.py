"""Warp error and landmark jitter: zero where they must be, and right where the sum is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from images.test_flow import SIDE, as_image, texture
from mien.errors import InputError
from mien.images.flow import warp
from mien.metrics.protocol import BETTER, Protocol
from mien.metrics.video import NAMES, WarpError, landmark_jitter, warp_errors

RNG = np.random.RandomState(0)


def drifting(frames: int, seed: int = 0, speed: float = 2.0) -> torch.Tensor:
    """A picture that slides under the camera, ``[t 3 h w]``."""
    large = as_image(texture(seed).transpose(2, 0, 1))
    shifts = [round(speed * number) for number in range(frames)]
    return torch.cat([large[..., 20 : 20 + SIDE, x : x + SIDE] for x in shifts])


def protocol(samples: int) -> Protocol:
    return Protocol("warp error", "none", "", samples, 0, "none", None, "synthetic")


def test_a_clip_that_moves_with_its_source_has_none() -> None:
    source = drifting(6)
    error = WarpError(["same", "inverted", "frozen"])
    error.update(
        source, {"same": source, "inverted": -source, "frozen": source[:1].expand_as(source)}
    )
    assert error.pairs == 5
    assert error.value("same") < 1e-3
    assert error.value("inverted") == pytest.approx(error.value("same"))
    assert error.value("frozen") > 20 * error.value("same")


def test_flicker_counts_as_much_as_it_is() -> None:
    """Independent noise of deviation s in each channel: 2 · 3 · (s/2)², half of it by bilinear."""
    source = torch.full((4, 3, 64, 64), 0.1)
    torch.manual_seed(0)
    noisy = source + 0.2 * torch.randn_like(source)
    error = WarpError(["noisy"])
    error.update(source, {"noisy": noisy})
    assert error.value("noisy") == pytest.approx(2 * 3 * 0.1**2, rel=0.02)


def test_batches_do_not_change_it() -> None:
    source = drifting(7)
    other = source + 0.05 * torch.randn_like(source)
    whole, pieces = WarpError(["a"]), WarpError(["a"])
    whole.update(source, {"a": other})
    for begin, end in ((0, 1), (1, 2), (2, 5), (5, 7)):
        pieces.update(source[begin:end], {"a": other[begin:end]})
    assert pieces.pairs == whole.pairs == 6
    assert pieces.value("a") == pytest.approx(whole.value("a"), rel=1e-6)


def test_only_what_is_seen_twice_counts() -> None:
    frames = torch.zeros(1, 3, 16, 16)
    before = frames.clone()
    before[..., :4] = 1
    still, seen = torch.zeros(1, 2, 16, 16), torch.ones(1, 16, 16, dtype=torch.bool)
    assert float(warp_errors(frames, before, still, seen)) == pytest.approx(3 * 0.25 * 4 / 16)
    seen[..., :4] = False
    assert float(warp_errors(frames, before, still, seen)) == 0
    assert float(warp_errors(frames, before, still, seen & False)) == 0
    assert warp_errors(frames, before, still, seen).dtype == torch.float64
    torch.testing.assert_close(warp(before, still), before)


def test_the_score_carries_its_protocol() -> None:
    source = drifting(4)
    error = WarpError(["a"])
    error.update(source, {"a": source})
    score = error.score("a", protocol(3))
    assert (score.name, score.better) == ("warp error", "lower")
    with pytest.raises(InputError, match="3 samples were seen"):
        error.score("a", protocol(4))
    assert {BETTER[name] for name in NAMES} == {"lower"}


def test_what_does_not_fit_is_refused() -> None:
    source = drifting(2)
    with pytest.raises(InputError, match="0 clips"):
        WarpError([])
    error = WarpError(["a"])
    with pytest.raises(InputError, match=r"frames of \['b'\]; \['a'\] are measured"):
        error.update(source, {"b": source})
    with pytest.raises(InputError, match="a: frames"):
        error.update(source, {"a": source[:1]})
    error.update(source[:1], {"a": source[:1]})
    with pytest.raises(InputError, match="no samples"):
        error.value("a")


def test_steady_motion_has_no_jitter() -> None:
    t = np.arange(20.0)[:, None, None]
    track = np.array([3.0, -1.0]) * t + RNG.randn(1, 5, 2)
    assert landmark_jitter(track, 60.0) == pytest.approx(0, abs=1e-12)


def test_jitter_of_noise_is_known() -> None:
    """A second difference of noise s has deviation √6·s in each axis: mean length √6·s·√(π/2)."""
    track = 2.0 * RNG.randn(4000, 4, 2)
    wanted = np.sqrt(6) * 2 * np.sqrt(np.pi / 2) / 50
    assert landmark_jitter(track, 50.0) == pytest.approx(wanted, rel=0.02)
    assert landmark_jitter(track, np.full(4000, 100.0)) == pytest.approx(wanted / 2, rel=0.02)


def test_what_the_person_does_is_not_counted() -> None:
    nod = 10 * np.sin(np.arange(50.0) / 3)[:, None, None] * np.ones((1, 5, 2))
    assert landmark_jitter(nod, 60.0) > 0.01
    assert landmark_jitter(nod + 4, 60.0, reference=nod) == pytest.approx(0, abs=1e-12)


def test_gaps_are_left_out() -> None:
    track = np.zeros((9, 2, 2))
    track[4] = np.nan
    assert landmark_jitter(track, 60.0) == 0
    with pytest.raises(InputError, match="no 3 in a row"):
        landmark_jitter(track[3:6], 60.0)
    with pytest.raises(InputError, match="size 0"):
        landmark_jitter(track, 0.0)
    with pytest.raises(InputError, match="of the reference"):
        landmark_jitter(track, 60.0, reference=track[:5])
