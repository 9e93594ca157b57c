from __future__ import annotations

import numpy as np
import pytest
import torch

from mien.editing.boundaries import boundary, conditional, orthogonalise
from mien.editing.direction import Direction
from mien.errors import InputError

DRAW = np.random.RandomState(0)
LATENTS = torch.from_numpy(DRAW.randn(800, 12))
NORMAL = torch.nn.functional.normalize(torch.from_numpy(DRAW.randn(12)), dim=0)
SCORES = LATENTS @ NORMAL + 0.1 * torch.from_numpy(DRAW.randn(800))


def directions(count, d=8, seed=1):
    rows = torch.from_numpy(np.random.RandomState(seed).randn(count, d))
    return [Direction(f"d{i}", row, "w", scale=2.0) for i, row in enumerate(rows)]


@pytest.mark.parametrize("kind", ["svm", "logistic"])
def test_the_normal_of_a_planted_boundary_is_found(kind):
    found = boundary(LATENTS, SCORES, "age", kind, confident=0.2, layers=[1], generator="e" * 64)
    assert float(found.direction.vector.double() @ NORMAL) > 0.97
    assert found.accuracy > 0.97
    assert found.direction.scores["accuracy"] == found.accuracy
    assert (found.fitted, found.kept_out) == (224, 96)
    assert (found.direction.layers, found.direction.generator) == ((1,), "e" * 64)
    distance = LATENTS @ found.direction.vector.double() + found.intercept
    assert abs(float(distance.mean())) < 0.3


def test_scores_of_chance_give_the_accuracy_of_chance():
    noise = torch.from_numpy(np.random.RandomState(2).randn(800))
    assert 0.3 < boundary(LATENTS, noise, "luck", confident=0.3).accuracy < 0.7


def test_few_confident_samples_are_said():
    found = boundary(LATENTS[:, :12].repeat(1, 2), SCORES, "age", confident=0.02)
    assert "22 samples for 24 dims" in found.warnings[0]


def test_conditional_is_the_projection_of_the_paper():
    first, second, third = directions(3)
    found = conditional(first, [second])
    n1, n2 = first.unit().vector.double(), second.unit().vector.double()
    expected = torch.nn.functional.normalize(n1 - (n1 @ n2) * n2, dim=0)
    torch.testing.assert_close(found.vector.double(), expected, atol=1e-6, rtol=0)
    assert (found.name, found.scale) == ("d0", 2.0)
    both = conditional(first, [second, third]).vector
    assert abs(float(both @ second.vector)) < 1e-5
    assert abs(float(both @ third.vector)) < 1e-5
    again = conditional(first, [second, second.reversed("twin")])
    torch.testing.assert_close(again.vector, found.vector)


@pytest.mark.parametrize("how", ["sequential", "symmetric"])
def test_orthogonalised_sets_are_orthogonal(how):
    given = directions(5)
    made = orthogonalise(given, how)
    rows = torch.stack([one.vector for one in made])
    torch.testing.assert_close(rows @ rows.T, torch.eye(5), atol=1e-5, rtol=0)
    for one, other in zip(given, made, strict=True):
        assert float(one.vector @ other.vector) > 0
        assert (one.name, one.scale) == (other.name, other.scale)
    twice = orthogonalise(made, how)
    torch.testing.assert_close(torch.stack([one.vector for one in twice]), rows)


def test_sequential_keeps_the_first_and_symmetric_moves_least():
    given = directions(4)
    first = orthogonalise(given, "sequential")[0].vector
    torch.testing.assert_close(first, given[0].unit().vector)
    rows = torch.stack([one.unit().vector for one in given])
    moved = {}
    for how in ("sequential", "symmetric"):
        made = torch.stack([one.vector for one in orthogonalise(given, how)])
        moved[how] = float((made - rows).norm())
    assert moved["symmetric"] < moved["sequential"]


def test_bad_input_is_named():
    with pytest.raises(InputError, match="799 scores"):
        boundary(LATENTS, SCORES[1:], "age")
    with pytest.raises(InputError, match="gives 8 a side"):
        boundary(LATENTS, SCORES, "age", confident=0.01)
    with pytest.raises(InputError, match=r"share 0\.7"):
        boundary(LATENTS, SCORES, "age", confident=0.7)
    with pytest.raises(InputError, match="hardly vary"):
        boundary(LATENTS, torch.ones(800), "age")
    with pytest.raises(InputError, match="1 of 800 scores"):
        boundary(LATENTS, SCORES.index_fill(0, torch.tensor([0]), torch.nan), "age")
    one, two = directions(2)
    with pytest.raises(InputError, match="'d0' is made of 'd0', 'd1' alone"):
        conditional(one, [one, two])
    with pytest.raises(InputError, match="do not compare"):
        conditional(one, [Direction("z", two.vector, "z")])
    with pytest.raises(InputError, match="linearly"):
        orthogonalise([one, two, one.reversed("twin")])
    with pytest.raises(InputError, match="9 directions of 8 dims"):
        orthogonalise(directions(9))
