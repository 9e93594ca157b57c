"""The Gaussian of labels and codes: against scikit-learn and by its own samples."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from mien.errors import InputError
from mien.portraits.codes import CodeMemory, CodeMoments


@pytest.fixture(scope="module")
def samples():
    """2,000 codes of five numbers that depend on two of three labels."""
    rng = np.random.default_rng(0)
    labels = (rng.random((2000, 3)) < [0.5, 0.2, 0.4]).astype(np.float32)
    slope = rng.normal(size=(3, 5)).astype(np.float32) * [[2], [1], [0]]
    w = labels @ slope + rng.normal(size=(2000, 5)) @ rng.normal(size=(5, 5)) + 3
    return torch.from_numpy(w).float(), torch.from_numpy(labels)


@pytest.fixture(scope="module")
def moments(samples):
    made = CodeMoments(3, 5, ridge=30)
    made.fit(*samples)
    return made


def test_regression_is_scikit_learns_ridge(moments, samples):
    w, labels = samples
    told = torch.tensor([True, True, False])
    gaussian = moments.given(told)
    ridge = Ridge(alpha=30).fit(labels[:, :2].numpy(), w.numpy())
    assert torch.allclose(gaussian.slope[:2], torch.from_numpy(ridge.coef_.T).float(), atol=1e-4)
    assert (gaussian.slope[2] == 0).all()
    predicted = torch.from_numpy(ridge.predict(labels[:, :2].numpy())).float()
    assert torch.allclose(gaussian.centre(labels), predicted, atol=1e-4)
    left = torch.cov((w - predicted).T, correction=0)
    assert torch.allclose(gaussian.root @ gaussian.root, left, atol=1e-3)


def test_alone_is_a_part_of_the_regression_from_all_labels(moments, samples):
    w, labels = samples
    told = torch.tensor([True, True, False])
    gaussian = moments.given(told, alone=True)
    ridge = Ridge(alpha=30).fit(labels.numpy(), w.numpy())
    wanted = torch.from_numpy(ridge.coef_.T).float()
    assert torch.allclose(gaussian.slope[:2], wanted[:2], atol=1e-4)
    assert (gaussian.slope[2] == 0).all()
    assert torch.equal(gaussian.root, moments.given(told).root)


def test_nothing_told_is_the_gaussian_of_all(moments, samples):
    w, _ = samples
    drawn = moments.given().draw(
        torch.randn(200_000, 5, generator=torch.Generator().manual_seed(1))
    )
    assert torch.allclose(drawn.mean(0), w.mean(0), atol=0.05)
    assert torch.allclose(torch.cov(drawn.T), torch.cov(w.T), atol=0.15, rtol=0.05)


def test_guidance_goes_further_and_truncation_nearer(moments):
    told = torch.ones(3, dtype=torch.bool)
    gaussian = moments.given(told)
    label = torch.tensor([[1.0, 0, 0]])
    step = gaussian.centre(label) - gaussian.mean
    assert torch.allclose(gaussian.centre(label, 2.0) - gaussian.mean, 2 * step, atol=1e-5)
    normal = torch.randn(4, 5)
    near = gaussian.draw(normal, label.expand(4, -1), psi=0.5) - gaussian.centre(label)
    far = gaussian.draw(normal, label.expand(4, -1), psi=1.0) - gaussian.centre(label)
    assert torch.allclose(2 * near, far, atol=1e-5)


def test_reach_limits_how_far_rare_labels_lead(moments):
    gaussian = moments.given(torch.ones(3, dtype=torch.bool))
    labels = torch.tensor([[1.0, 1, 0], [0.5, 0.2, 0.4]])

    def length(shift):
        inverse = torch.linalg.inv(moments.cov_ww.double())
        return torch.einsum("nd,de,ne->n", shift.double(), inverse, shift.double()).sqrt()

    free = gaussian.centre(labels, 3.0) - gaussian.mean
    held = gaussian.centre(labels, 3.0, reach=2.0) - gaussian.mean
    assert length(free)[0] > 2.5
    assert length(held)[0] == pytest.approx(2.0, rel=1e-3)
    assert torch.allclose(held[0] / held[0].norm(), free[0] / free[0].norm(), atol=1e-5)
    assert torch.allclose(held[1], free[1], atol=1e-6)


def test_rows_must_agree(moments):
    with pytest.raises(InputError, match="3 codes and 2 labels"):
        moments.fit(torch.zeros(3, 5), torch.zeros(2, 3))


def test_memory_keeps_pictures_and_mirror_images_apart():
    memory = CodeMemory(3, 2)
    memory.put(torch.tensor([0, 0, 2]), torch.tensor([False, True, True]), torch.ones(3, 2))
    assert memory.codes[:, 0].tolist() == [1, 0, 0, 1, 0, 1]


def test_only_recent_codes_are_drawn_from():
    memory = CodeMemory(6, 1, recent=4)
    memory.codes.copy_(torch.arange(12.0)[:, None])
    memory.all_recent()
    assert memory.latest()[:, 0].tolist() == [0, 3, 6, 9]
    for row in (1, 2, 5):
        memory.put(torch.tensor([row]), torch.tensor([True]), torch.full([1, 1], 100.0 + row))
    assert memory.latest()[:, 0].tolist() == [9, 101, 102, 105]
    memory.put(torch.arange(6), torch.zeros(6, dtype=torch.bool), -torch.ones(6, 1))
    assert memory.latest()[:, 0].tolist() == [-1] * 4
    assert memory.recent.tolist() == [2, 3, 4, 5]


def test_mixtures_have_the_moments_of_the_codes(samples):
    w, _ = samples
    memory = CodeMemory(len(w) // 2, 5, recent=len(w))
    memory.codes.copy_(w)
    few = memory.mixture(40000, 2, np.random.default_rng(1)).double()
    scale = w.double().std(dim=0)
    np.testing.assert_allclose((few.mean(0) - w.double().mean(0)) / scale, 0, atol=0.03)
    ratio = torch.cov(few.T) / (scale[:, None] * scale)
    np.testing.assert_allclose(ratio, torch.corrcoef(w.double().T), atol=0.04)
    again = memory.mixture(40000, 2, np.random.default_rng(1)).double()
    assert torch.equal(few, again)
    one = memory.mixture(9, 1, np.random.default_rng(0))
    nearest = (one[:, None] - w).abs().amax(dim=2).amin(dim=1)
    np.testing.assert_allclose(nearest, 0, atol=1e-5)
