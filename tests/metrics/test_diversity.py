from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from mien.errors import InputError
from mien.metrics import diversity, paired


def maps(n, seed):
    draw = np.random.RandomState(seed)
    return [torch.from_numpy(draw.randn(n, c, s, s)) for c, s in ((4, 6), (8, 3))]


@pytest.mark.parametrize("weighted", [False, True])
def test_perceptual_diversity_is_the_mean_over_pairs(weighted):
    features = maps(6, 0)
    linear = [torch.rand(4), torch.rand(8)] if weighted else None
    pairs = [
        float(paired.lpips_distance([f[[i]] for f in features], [f[[j]] for f in features], linear))
        for i, j in itertools.combinations(range(6), 2)
    ]
    assert diversity.perceptual_diversity(features, linear) == pytest.approx(np.mean(pairs))


def test_embedding_diversity_is_the_mean_over_pairs():
    x = torch.from_numpy(np.random.RandomState(1).randn(7, 5))
    pairs = [float((x[i] - x[j]).norm()) for i, j in itertools.combinations(range(7), 2)]
    assert diversity.embedding_diversity(x) == pytest.approx(np.mean(pairs))


def test_equal_images_have_no_diversity():
    same = [f[:1].expand(5, -1, -1, -1) for f in maps(1, 2)]
    assert diversity.perceptual_diversity(same) == pytest.approx(0, abs=1e-15)
    assert diversity.embedding_diversity(torch.ones(5, 3)) == 0


def test_share():
    assert diversity.diversity_share(0.25, 0.5) == 0.5
    assert diversity.diversity_share([0.2, 0.4], 0.6) == pytest.approx(0.5)
    with pytest.raises(InputError, match="above 0"):
        diversity.diversity_share(0.2, 0.0)
    with pytest.raises(InputError, match="0 conditions"):
        diversity.diversity_share([], 1.0)
    with pytest.raises(InputError, match="at least 2"):
        diversity.perceptual_diversity(maps(1, 3))
