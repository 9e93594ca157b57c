from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from mien.errors import InputError
from mien.metrics.frechet import FeatureStatistics, dfid, frechet_distance, kernel_distance


def sample(n, d, seed, shift=0.0):
    draw = np.random.RandomState(seed)
    mix = draw.randn(d, d) / np.sqrt(d)
    return torch.from_numpy(draw.randn(n, d) @ mix + shift)


def test_statistics_equal_numpy_whatever_the_batches():
    features = sample(101, 7, 0, shift=1000.0)
    whole = features.numpy()
    for size in (1, 3, 40, 101):
        statistics = FeatureStatistics(7)
        for part in features.split(size):
            statistics.update(part)
        assert statistics.count == 101
        np.testing.assert_allclose(statistics.mean, whole.mean(0), rtol=1e-13)
        np.testing.assert_allclose(
            statistics.covariance, np.cov(whole, rowvar=False), rtol=1e-9, atol=1e-10
        )


def test_merging_parts_equals_the_whole():
    features = sample(60, 5, 1)
    merged = FeatureStatistics(5)
    for part in (features[:7], features[7:8], features[8:]):
        merged.merge(FeatureStatistics.of(part))
    merged.merge(FeatureStatistics(5))
    whole = FeatureStatistics.of(features)
    torch.testing.assert_close(merged.mean, whole.mean, rtol=0, atol=1e-14)
    torch.testing.assert_close(merged.covariance, whole.covariance, rtol=0, atol=1e-13)


def test_distance_equals_scipy_and_torchmetrics():
    a = FeatureStatistics.of(sample(300, 16, 2))
    b = FeatureStatistics.of(sample(250, 16, 3, shift=0.3))
    root = scipy.linalg.sqrtm(a.covariance.numpy() @ b.covariance.numpy())
    expected = float(
        (a.mean - b.mean).square().sum()
        + a.covariance.trace()
        + b.covariance.trace()
        - 2 * np.trace(root.real)
    )
    assert frechet_distance(a, b) == pytest.approx(expected, abs=1e-9)
    theirs = float(_compute_fid(a.mean, a.covariance, b.mean, b.covariance))
    assert frechet_distance(a, b) == pytest.approx(theirs, abs=1e-9)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), abs=1e-11)


@pytest.mark.parametrize("n", [2, 10, 400])
def test_same_input_is_zero_even_when_singular(n):
    statistics = FeatureStatistics.of(sample(n, 64, 4))
    assert frechet_distance(statistics, statistics) < 1e-11 * float(statistics.covariance.trace())


def test_closed_form_for_diagonal_covariances():
    # For commuting covariances the distance is Σ (√aᵢ − √bᵢ)², singular ones too.
    first, second = FeatureStatistics(3), FeatureStatistics(3)
    first.count = second.count = 2
    first.scatter = torch.diag(torch.tensor([4.0, 1.0, 0.0], dtype=torch.float64))
    second.scatter = torch.diag(torch.tensor([1.0, 0.0, 9.0], dtype=torch.float64))
    second.mean = torch.tensor([0.0, 2.0, 0.0], dtype=torch.float64)
    assert frechet_distance(first, second) == pytest.approx(1 + 1 + 9 + 4, abs=1e-12)


def test_sets_without_any_spread_differ_by_their_means():
    a = FeatureStatistics.of(torch.zeros(5, 3))
    b = FeatureStatistics.of(torch.full((4, 3), 2.0))
    assert frechet_distance(a, b) == pytest.approx(12.0)
    assert frechet_distance(a, a) == 0.0


def test_a_rotation_of_both_sets_changes_nothing():
    a, b = sample(80, 8, 5), sample(70, 8, 6)
    turn = torch.linalg.qr(sample(8, 8, 7)).Q
    plain = frechet_distance(FeatureStatistics.of(a), FeatureStatistics.of(b))
    turned = frechet_distance(FeatureStatistics.of(a @ turn), FeatureStatistics.of(b @ turn))
    assert turned == pytest.approx(plain, abs=1e-10)


def test_dfid_is_the_mean_over_faces():
    target = FeatureStatistics.of(sample(90, 6, 8))
    faces = [FeatureStatistics.of(sample(20, 6, seed)) for seed in (9, 10, 11)]
    result = dfid(iter(faces), target)
    each = [frechet_distance(face, target) for face in faces]
    assert result.per_face == pytest.approx(each)
    assert result.value == pytest.approx(np.mean(each))
    assert result.stderr == pytest.approx(np.std(each, ddof=1) / np.sqrt(3))
    assert dfid([target], target).value < 1e-10


def test_kernel_distance_equals_torchmetrics():
    a, b = sample(50, 12, 12), sample(50, 12, 13, shift=0.5)
    result = kernel_distance(a, b)
    assert (result.subsets, result.subset_size, result.std) == (1, 50, 0.0)
    assert result.value == pytest.approx(float(poly_mmd(a, b)), rel=1e-10)


def test_kernel_distance_is_unbiased_and_repeatable():
    a, b = sample(400, 6, 14), sample(400, 6, 14)[torch.randperm(400)]
    fresh = sample(800, 6, 14)
    zero = kernel_distance(fresh[:400], fresh[400:], subsets=40, subset_size=100)
    apart = kernel_distance(a, b + 1.0, subsets=40, subset_size=100)
    assert abs(zero.value) < 3 * zero.std
    assert apart.value > 10 * zero.std
    assert zero == kernel_distance(fresh[:400], fresh[400:], subsets=40, subset_size=100)


def test_bad_input_is_named():
    good = FeatureStatistics.of(sample(5, 4, 15))
    with pytest.raises(InputError, match="4 and 3"):
        frechet_distance(good, FeatureStatistics.of(sample(5, 3, 16)))
    with pytest.raises(InputError, match="at least 2"):
        frechet_distance(good, FeatureStatistics.of(sample(1, 4, 17)))
    with pytest.raises(InputError, match="3 wide"):
        good.update(sample(5, 3, 18))
    with pytest.raises(InputError, match="1 of 2 vectors are not finite"):
        good.update(torch.tensor([[0.0, 1, 2, 3], [0, float("nan"), 0, 0]]))
    with pytest.raises(InputError, match="no faces"):
        dfid([], good)
    with pytest.raises(InputError, match="wide"):
        kernel_distance(sample(5, 3, 0), sample(5, 4, 0))
