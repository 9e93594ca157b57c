"""What keeps clips steady: squares, contents and pictures averaged over time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mien.anime.clip import VideoPlan
from mien.anime.steady import ContentSmoother, PictureSmoother, steady


def test_content_is_averaged_only_at_rest() -> None:
    crops = np.full((3, 16, 16, 3), 100, np.uint8)
    crops[2, :, 8:] = 200
    contents = torch.tensor([0.0, 1.0, 2.0])[:, None, None, None].expand(3, 2, 4, 4)
    made = ContentSmoother(0.8)(crops, contents)
    assert made[1, 0, 0, 0] == pytest.approx(0.2)
    assert made[2, 0, 0, 0] == pytest.approx(0.56)
    assert made[2, 0, 0, 3] == 2
    assert torch.equal(ContentSmoother(0)(crops, contents), contents)


def test_squares_are_steady_and_do_not_lag() -> None:
    times = np.arange(60) / 30
    random = np.random.default_rng(0)
    true = np.stack([100 + 20 * times, 50 + 0 * times, 40 + 0 * times, 0 * times], axis=1)
    noisy = true + random.normal(0, 0.5, true.shape)
    plan = VideoPlan()
    made = steady(noisy, times, plan.min_cutoff, plan.beta)
    assert np.abs(made - true)[10:-10].mean() < 0.75 * np.abs(noisy - true)[10:-10].mean()
    assert abs((made - true)[10:-10, 0].mean()) < 0.3
    assert steady(noisy, times, 0, plan.beta) is noisy


def texture(shift: float, seed: int = 0) -> np.ndarray:
    """A smooth picture moved to the right by some pixels."""
    x, y = np.meshgrid(np.arange(64) - shift, np.arange(64))
    waves = np.random.RandomState(seed).uniform(0.1, 0.35, (3, 2))
    grey = sum(np.sin(a * x + b * y) for a, b in waves) / 3
    return np.repeat((127 + 100 * grey).astype(np.uint8)[..., None], 3, axis=2)


def test_drawings_are_averaged_along_the_motion() -> None:
    faces = np.stack([texture(1.5 * t) for t in range(8)])
    true = np.stack([texture(1.5 * t, 1) for t in range(8)])  # moves as the face does
    noise = np.random.RandomState(0).normal(0, 20, true.shape)
    noisy = np.clip(true + noise, 0, 255).astype(np.uint8)
    made = PictureSmoother(0.9)(faces, noisy)

    def wrong(pictures: np.ndarray) -> float:
        return float(np.abs(pictures - true.astype(float))[4:, 16:48, 16:48].mean())

    assert wrong(made) < 0.75 * wrong(noisy)
    one = PictureSmoother(0.9)
    halves = [one(faces[:3], noisy[:3]), one(faces[3:], noisy[3:])]
    assert np.array_equal(np.concatenate(halves), made)


def test_another_face_is_not_averaged() -> None:
    random = np.random.RandomState(1)
    faces = np.stack([texture(0) // 3, 255 - texture(0) // 3])
    drawn = random.randint(0, 256, (2, 64, 64, 3)).astype(np.uint8)
    made = PictureSmoother(0.9)(faces, drawn)
    assert np.array_equal(made[1], drawn[1])
    assert PictureSmoother(0)(faces, drawn) is drawn
    smoother = PictureSmoother(0.9)
    smoother(faces[:1], drawn[:1])
    smoother.forget()
    assert np.array_equal(smoother(faces[:1], drawn[1:]), drawn[1:])
