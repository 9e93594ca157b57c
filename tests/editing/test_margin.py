from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from editing.samples import planted
from mien.editing.margin import fit_logistic, fit_svm, in_memory
from mien.errors import InputError

LATENTS, LABELS, TAGS, _ = planted()


def reference(model, latents=LATENTS, labels=LABELS):
    x = latents.double().numpy()
    fits = [model().fit(x, column) for column in labels.numpy().T]
    return np.stack([f.coef_[0] for f in fits], 1), np.array([f.intercept_[0] for f in fits])


@pytest.mark.parametrize("c", [1.0, 0.01])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_logistic_equals_scikit_learn(c, dtype):
    fit = fit_logistic(in_memory(LATENTS, LABELS, 100), TAGS, c=c, dtype=dtype)
    coefficients, intercepts = reference(
        lambda: LogisticRegression(C=c, tol=1e-10, max_iter=10_000)
    )
    np.testing.assert_allclose(fit.coefficients, coefficients, atol=1e-4)
    np.testing.assert_allclose(fit.intercepts, intercepts, atol=1e-4)
    assert fit.warnings == ()


def test_svm_equals_scikit_learn():
    fit = fit_svm(in_memory(LATENTS, LABELS), TAGS, tolerance=1e-7, dtype=torch.float64)
    # LinearSVC penalises its intercept, divided by this scale; the larger, the less it matters.
    coefficients, intercepts = reference(
        lambda: LinearSVC(tol=1e-10, max_iter=100_000, intercept_scaling=1000, dual=False)
    )
    np.testing.assert_allclose(fit.coefficients, coefficients, atol=1e-4)
    np.testing.assert_allclose(fit.intercepts, intercepts, atol=1e-4)


def test_fewer_samples_than_dims_is_said_and_still_right():
    latents, labels = LATENTS[:20], LABELS[:20, 3:]
    fit = fit_logistic(in_memory(latents, labels), TAGS[3:], dtype=torch.float64)
    coefficients, _ = reference(
        lambda: LogisticRegression(tol=1e-10, max_iter=10_000), latents, labels
    )
    np.testing.assert_allclose(fit.coefficients, coefficients, atol=1e-4)
    assert "20 samples for 24 dims" in fit.warnings[0]


def test_separable_tags_and_still_dims_do_not_run_away():
    latents = LATENTS.clone()
    latents[:, 3] = 7.0
    labels = latents[:, :1] > 1.5
    for solve in (fit_logistic, fit_svm):
        fit = solve(in_memory(latents, labels), ["easy"])
        right = ((latents.double() @ fit.coefficients + fit.intercepts) > 0) == labels
        assert float(right.double().mean()) > 0.97
        assert fit.warnings == ()


def test_batches_change_rounding_only():
    one = fit_logistic(in_memory(LATENTS, LABELS, 600), TAGS, dtype=torch.float64)
    other = fit_logistic(in_memory(LATENTS, LABELS, 37), TAGS, dtype=torch.float64)
    torch.testing.assert_close(one.coefficients, other.coefficients, rtol=0, atol=1e-9)


def test_stopping_early_is_said():
    fit = fit_logistic(in_memory(LATENTS, LABELS), TAGS, max_passes=2)
    assert "6 of 6 tags had not converged after 2 passes" in fit.warnings[0]


def test_bad_input_is_named():
    with pytest.raises(InputError, match="'tag 1' are not 0 or 1"):
        fit_logistic(in_memory(LATENTS, LABELS.float() * (1 - 0.5 * (torch.arange(6) == 1))), TAGS)
    with pytest.raises(InputError, match="'tag 0' never occurs"):
        fit_svm(in_memory(LATENTS, torch.zeros_like(LABELS)), TAGS)
    with pytest.raises(InputError, match="no samples"):
        fit_logistic(list, TAGS)
    with pytest.raises(InputError, match="C 0"):
        fit_logistic(in_memory(LATENTS, LABELS), TAGS, c=0.0)
    spoilt = LABELS.float()
    spoilt[0, 5] = torch.nan
    with pytest.raises(InputError, match="'tag 5' are not finite in 1"):
        fit_logistic(in_memory(LATENTS, spoilt), TAGS)
