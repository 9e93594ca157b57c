"""Intersection over union of label maps, against scikit-learn."""

import numpy as np
from sklearn.metrics import jaccard_score

from mien.metrics.regions import Overlap


def test_against_scikit_learn_and_its_properties():
    rng = np.random.RandomState(0)
    found, wanted = rng.randint(0, 4, (2, 3, 16, 16)).astype(np.uint8)
    overlap = Overlap(5)
    for a, b in zip(found, wanted, strict=True):
        overlap.add(a, b)
    expected = jaccard_score(wanted.ravel(), found.ravel(), average=None)
    assert np.allclose(overlap.by_region()[:4], expected)
    assert np.isnan(overlap.by_region()[4])
    same = Overlap(4)
    same.add(wanted, wanted)
    assert (same.by_region() == 1).all()


def test_unknown_pixels_count_nowhere():
    overlap = Overlap(2)
    overlap.add(np.array([0, 1, 1], np.uint8), np.array([0, 255, 1], np.uint8))
    assert overlap.by_region().tolist() == [1, 1]
