from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, Ridge

from editing.samples import planted
from mien.editing.regression import GramAccumulator, fit_linear
from mien.errors import InputError

LATENTS, LABELS, TAGS, TRUTH = planted()


def seen(latents=LATENTS, labels=LABELS, tags=TAGS, batch=10_000):
    accumulator = GramAccumulator(latents.shape[1], tags)
    for x, y in zip(latents.split(batch), labels.split(batch), strict=True):
        accumulator.update(x, y)
    return accumulator


def test_sums_equal_numpy_whatever_the_batches():
    far = LATENTS + 1000
    x, y = far.double().numpy(), LABELS.double().numpy()
    x, y = x - x.mean(0), y - y.mean(0)
    for batch in (1, 7, 600):
        sums = seen(far, batch=batch)
        np.testing.assert_allclose(sums.scatter, x.T @ x, atol=1e-6)
        np.testing.assert_allclose(sums.cross, x.T @ y, atol=1e-6)
        np.testing.assert_allclose(sums.tag_scatter, (y**2).sum(0), atol=1e-9)
        np.testing.assert_allclose(sums.tag_mean, LABELS.double().mean(0), atol=1e-14)


def test_large_batches_are_taken_in_pieces():
    latents, labels, tags, _ = planted(n=5000, d=3, t=2)
    torch.testing.assert_close(
        seen(latents, labels, tags).cross, seen(latents, labels, tags, 100).cross
    )


def test_linear_equals_scikit_learn():
    fit = fit_linear(seen())
    theirs = LinearRegression().fit(LATENTS.double().numpy(), LABELS.double().numpy())
    np.testing.assert_allclose(fit.coefficients.T, theirs.coef_, atol=1e-9)
    np.testing.assert_allclose(fit.intercepts, theirs.intercept_, atol=1e-9)
    assert fit.warnings == ()


def test_ridge_equals_scikit_learn():
    fit = fit_linear(seen(), ridge=37.0)
    theirs = Ridge(37.0).fit(LATENTS.double().numpy(), LABELS.double().numpy())
    np.testing.assert_allclose(fit.coefficients.T, theirs.coef_, atol=1e-9)
    np.testing.assert_allclose(fit.intercepts, theirs.intercept_, atol=1e-9)


def test_planted_directions_are_found():
    found = fit_linear(seen()).directions(layers=[2, 1], generator="d" * 64)
    assert [one.name for one in found] == TAGS
    for one, truth in zip(found, TRUTH.T, strict=True):
        assert float(one.vector.double() @ truth) > 0.85
        assert float(one.vector.norm()) == pytest.approx(1, abs=1e-6)
        assert (one.layers, one.generator, one.method) == ((1, 2), "d" * 64, "linear")


def test_too_few_samples_are_regularised_and_said():
    fit = fit_linear(seen(LATENTS[:20], LABELS[:20, 3:], TAGS[3:]))
    assert len(fit.warnings) == 1
    assert "20 samples for 24 dims" in fit.warnings[0]
    ridge = float(fit.warnings[0].split("ridge ")[1])
    theirs = Ridge(ridge).fit(LATENTS[:20].double().numpy(), LABELS[:20, 3:].double().numpy())
    np.testing.assert_allclose(fit.coefficients.T, theirs.coef_, atol=1e-3)


def test_dependent_latents_are_regularised_and_said():
    double = torch.cat([LATENTS, LATENTS[:, :2]], dim=1)
    fit = fit_linear(seen(double))
    assert "depend on each other" in fit.warnings[0]
    assert bool(fit.coefficients.isfinite().all())


def test_bad_input_is_named():
    labels = LABELS.float()
    with pytest.raises(InputError, match=r"'tag 1' never occurs in 600 samples"):
        seen(labels=labels * (torch.arange(6) != 1)).check()
    with pytest.raises(InputError, match=r"'tag 2' always occurs in 600 samples"):
        fit_linear(seen(labels=torch.where(torch.arange(6) == 2, 1.0, labels)))
    spoilt = labels.clone()
    spoilt[3:5, 4] = torch.nan
    with pytest.raises(InputError, match="'tag 4' are not finite in 2 of 600"):
        seen(labels=spoilt)
    with pytest.raises(InputError, match="1 of 600 latents"):
        seen(LATENTS.index_fill(0, torch.tensor([5]), torch.inf))
    with pytest.raises(InputError, match="6 tags"):
        seen(labels=LABELS[:, :5])
    with pytest.raises(InputError, match="5 wide, those before 24"):
        seen().update(LATENTS[:, :5], LABELS)
    with pytest.raises(InputError, match="all equal"):
        fit_linear(seen(torch.ones_like(LATENTS)))
    with pytest.raises(InputError, match="one name"):
        GramAccumulator(3, ["a", "a"])
    with pytest.raises(InputError, match="ridge -1"):
        fit_linear(seen(), -1.0)
