from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso

from editing.samples import planted
from mien.editing import lasso
from mien.editing.lasso import fit_lasso
from mien.editing.regression import GramAccumulator, fit_linear
from mien.errors import InputError


def seen(latents, labels, tags):
    accumulator = GramAccumulator(latents.shape[1], tags)
    accumulator.update(latents, labels)
    return accumulator


def reference(latents, labels, alpha):
    x, y = latents.double().numpy(), labels.double().numpy()
    fits = [Lasso(alpha, tol=1e-10, max_iter=100_000).fit(x, column) for column in y.T]
    return np.stack([f.coef_ for f in fits], 1), np.array([f.intercept_ for f in fits])


@pytest.mark.parametrize("correlated", [True, False])
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.001])
def test_equals_converged_scikit_learn(alpha, correlated):
    latents, labels, tags, _ = planted(correlated=correlated)
    fit = fit_lasso(seen(latents, labels, tags), alpha)
    coefficients, intercepts = reference(latents, labels, alpha)
    np.testing.assert_allclose(fit.coefficients, coefficients, atol=1e-5)
    np.testing.assert_allclose(fit.intercepts, intercepts, atol=1e-5)
    assert np.array_equal(fit.coefficients != 0, coefficients != 0)


@pytest.mark.parametrize("polish_after", [10, 10**9])
def test_exact_solving_of_supports_and_plain_descent_agree(polish_after, monkeypatch):
    monkeypatch.setattr(lasso, "_POLISH_AFTER", polish_after)
    monkeypatch.setattr(lasso, "_POLISH_ELEMENTS", 800)
    latents, labels, tags, _ = planted(t=12)
    fit = fit_lasso(seen(latents, labels, tags), 0.003)
    np.testing.assert_allclose(fit.coefficients, reference(latents, labels, 0.003)[0], atol=1e-7)
    assert fit.warnings == ()


def test_optimality_conditions_hold():
    latents, labels, tags, _ = planted()
    sums = seen(latents, labels, tags)
    w = fit_lasso(sums, 0.01).coefficients
    gradient = (sums.cross - sums.scatter @ w) / sums.count
    assert float(gradient.abs().max()) <= 0.01 * (1 + 1e-7)
    assert float((gradient - 0.01 * w.sign())[w != 0].abs().max()) < 1e-9


def test_small_alpha_tends_to_least_squares():
    latents, labels, tags, _ = planted()
    sums = seen(latents, labels, tags)
    gap = (fit_lasso(sums, 1e-9).coefficients - fit_linear(sums).coefficients).abs().max()
    assert float(gap) < 1e-6


def test_a_tag_without_direction_is_said_and_left_out():
    latents, labels, tags, _ = planted()
    labels = labels.float() * torch.tensor([0.01, 1, 1, 1, 1, 1])
    fit = fit_lasso(seen(latents, labels, tags), 0.02)
    assert fit.empty == ("tag 0",)
    assert "1 of 6 tags got no direction" in fit.warnings[0]
    assert [one.name for one in fit.directions()] == tags[1:]
    everything = fit_lasso(seen(latents, labels, tags), 100.0)
    assert not everything.coefficients.any()
    assert everything.directions() == ()


def test_fewer_samples_than_dims_is_said():
    latents, labels, tags, _ = planted(n=20)
    fit = fit_lasso(seen(latents, labels, tags), 0.01)
    assert "20 samples for 24 dims" in fit.warnings[0]
    np.testing.assert_allclose(fit.coefficients, reference(latents, labels, 0.01)[0], atol=1e-5)


def test_stopping_early_is_said():
    latents, labels, tags, _ = planted()
    fit = fit_lasso(seen(latents, labels, tags), 0.001, max_iterations=2)
    assert "6 of 6 tags had not converged after 2 iterations" in fit.warnings[0]
    assert bool(fit.coefficients.isfinite().all())


def test_bad_input_is_named():
    latents, labels, tags, _ = planted()
    with pytest.raises(InputError, match="alpha 0"):
        fit_lasso(seen(latents, labels, tags), 0.0)
    with pytest.raises(InputError, match="'tag 0' never occurs"):
        fit_lasso(seen(latents, torch.zeros_like(labels), tags), 0.1)
    with pytest.raises(InputError, match="0 tags in 600 samples"):
        fit_lasso(seen(latents, labels[:, :0], []), 0.1)
