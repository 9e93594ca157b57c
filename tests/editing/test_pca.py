from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from editing.samples import planted
from mien.editing.pca import pca
from mien.editing.regression import GramAccumulator
from mien.errors import InputError


def test_equal_to_scikit_learn():
    latents, labels, tags, _ = planted()
    seen = GramAccumulator(24, tags)
    seen.update(latents, labels)
    theirs = PCA(5, svd_solver="full").fit(latents.double().numpy())
    for one, vector, variance, share in zip(
        pca(seen, 5),
        torch.from_numpy(theirs.components_),
        theirs.explained_variance_,
        theirs.explained_variance_ratio_,
        strict=True,
    ):
        vector = vector * (vector @ one.vector.double()).sign()
        torch.testing.assert_close(one.vector.double(), vector, atol=1e-5, rtol=0)
        assert one.scale == pytest.approx(variance**0.5, rel=1e-6)
        assert one.scores["variance share"] == pytest.approx(share, rel=1e-6)


def test_no_more_components_than_dimensions_that_vary():
    seen = GramAccumulator(8, ())
    latents = torch.from_numpy(np.random.RandomState(0).randn(4, 8))
    seen.update(latents, torch.zeros(4, 0))
    assert len(pca(seen, 3)) == 3
    with pytest.raises(InputError, match="4 principal components of 4 latents that vary in 3"):
        pca(seen, 4)
