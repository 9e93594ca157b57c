from __future__ import annotations

import pytest
import torch

from editing.samples import planted
from mien.editing.svd import svd
from mien.errors import InputError

LATENTS, LABELS, TAGS, _ = planted(n=120)


@pytest.mark.parametrize("centre", [False, True])
def test_equal_to_a_decomposition_of_the_tagged_latents(centre):
    x = LATENTS.double()
    x = x - x.mean(dim=0) if centre else x
    assert bool((LABELS.sum(dim=0) < 24).any())
    assert bool((LABELS.sum(dim=0) > 24).any())
    for one, carried in zip(svd(LATENTS, LABELS, TAGS, centre), LABELS.T, strict=True):
        _, values, vectors = torch.linalg.svd(x[carried], full_matrices=False)
        vector = vectors[0] * (vectors[0] @ one.vector.double()).sign()
        torch.testing.assert_close(one.vector.double(), vector, atol=1e-5, rtol=0)
        assert one.scores["share"] == pytest.approx(float(values[0] ** 2 / values.square().sum()))


def test_directions_point_towards_their_tag():
    for one, carried in zip(svd(LATENTS, LABELS, TAGS), LABELS.T, strict=True):
        along = LATENTS @ one.vector
        assert float(along[carried].mean()) >= float(along[~carried].mean())


def test_bad_input_is_named():
    with pytest.raises(InputError, match="'tag 0' never occurs in 120"):
        svd(LATENTS, torch.zeros_like(LABELS), TAGS)
    with pytest.raises(InputError, match="'tag 0' always occurs in 120"):
        svd(LATENTS, torch.ones_like(LABELS), TAGS)
    with pytest.raises(InputError, match="all zero"):
        svd(torch.zeros_like(LATENTS), LABELS, TAGS)
    with pytest.raises(InputError, match="for 6 tags"):
        svd(LATENTS, LABELS[:, 1:], TAGS)
