from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from mien.errors import InputError
from mien.metrics import face


def embeddings(n, d, seed):
    return torch.from_numpy(np.random.RandomState(seed).randn(n, d) * 5)


def test_distance_and_cosine_are_one_measure():
    a, b = embeddings(40, 16, 0), embeddings(40, 16, 1)
    cosines, distances = face.pair_cosines(a, b), face.pair_distances(a, b)
    torch.testing.assert_close(distances.square(), 2 - 2 * cosines, rtol=0, atol=1e-12)
    expected = torch.nn.functional.cosine_similarity(a, b).mean()
    assert face.fss(a, b) == pytest.approx(float(expected))
    assert face.fsd(a, b) == pytest.approx(float(distances.mean()))


def test_same_and_opposite_faces():
    a = embeddings(5, 8, 2)
    assert face.fsd(a, 3 * a) == pytest.approx(0, abs=1e-12)
    assert face.fss(a, 3 * a) == pytest.approx(1)
    assert face.fsd(a, -a) == pytest.approx(2)
    assert face.fss(a, -a) == pytest.approx(-1)


@pytest.mark.parametrize("digits", [8, 1])
def test_auc_equals_scikit_learn_with_ties(digits):
    draw = np.random.RandomState(3)
    same = draw.rand(300) < 0.2
    scores = np.round(draw.randn(300) + same, digits)
    ours = face.verification_auc(torch.from_numpy(scores), torch.from_numpy(same))
    assert ours == pytest.approx(roc_auc_score(same, scores), abs=1e-12)


def test_auc_of_perfect_and_constant_scores():
    same = torch.tensor([True, True, False, False])
    assert face.verification_auc(torch.tensor([3.0, 2.0, 1.0, 0.0]), same) == 1.0
    assert face.verification_auc(torch.zeros(4), same) == 0.5


def test_rank1_equals_scikit_learn():
    gallery = embeddings(30, 6, 4)
    probes = gallery + embeddings(30, 6, 5) * 0.4
    search = NearestNeighbors(n_neighbors=1, metric="cosine").fit(gallery.numpy())
    found = search.kneighbors(probes.numpy(), return_distance=False)[:, 0]
    for truth in (np.arange(30), np.roll(np.arange(30), 1)):
        ours = face.rank1(probes, gallery, torch.from_numpy(truth))
        assert ours == pytest.approx((found == truth).mean())
    assert face.rank1(probes, gallery) == pytest.approx((found == np.arange(30)).mean())
    assert 0 < face.rank1(probes, gallery) < 1
    assert face.rank1(gallery, gallery) == 1.0


def test_collapsed_embeddings_score_chance():
    assert face.rank1(torch.ones(10, 4), torch.ones(10, 4)) == pytest.approx(0.1)
    scores, same = face.all_pairs(torch.ones(10, 4), torch.ones(10, 4))
    assert same.sum() == 10
    assert face.verification_auc(scores.round(decimals=9), same) == 0.5


def test_bad_input_is_named():
    with pytest.raises(InputError, match="length 0"):
        face.fsd(torch.zeros(2, 3), torch.ones(2, 3))
    with pytest.raises(InputError, match=r"\(2, 3\) against \(3, 3\)"):
        face.fss(torch.ones(2, 3), torch.ones(3, 3))
    with pytest.raises(InputError, match="both are needed"):
        face.verification_auc(torch.zeros(2), torch.ones(2, dtype=torch.bool))
    with pytest.raises(InputError, match="gallery"):
        face.rank1(torch.ones(2, 3), torch.ones(2, 3), torch.tensor([0, 2]))
