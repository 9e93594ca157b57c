"""Whitened coordinates, patterns of filters, projections with a ridge."""

import pytest
import torch

from mien.editing.decoupling import Spread, freed
from mien.errors import InputError


def covariance(dims=6, seed=0):
    torch.manual_seed(seed)
    root = torch.randn(dims, dims, dtype=torch.float64)
    return root @ root.T


def test_a_whitened_unit_step_is_one_standard_deviation():
    c = covariance()
    spread = Spread(c)
    x = spread.whiten(torch.randn(6))
    step = spread.step(x)
    assert float(x.norm()) == pytest.approx(1)
    assert float(step @ torch.linalg.solve(c, step)) == pytest.approx(1)  # Mahalanobis length


def test_coefficients_become_their_pattern():
    # The latent step that raises x·n most for its Mahalanobis length is Σn (Haufe et al. 2014).
    c, n = covariance(), torch.randn(6)
    spread = Spread(c)
    step, pattern = spread.step(spread.whiten(n)), c @ n.double()
    assert torch.allclose(step / step.norm(), pattern / pattern.norm())
    assert torch.allclose(spread.whiten_step(step), spread.whiten(n))


def test_full_projection_leaves_nothing_of_the_others():
    torch.manual_seed(1)
    x, *others = torch.nn.functional.normalize(torch.randn(4, 6, dtype=torch.float64), dim=1)
    free = freed(x, others, 0)
    assert float(torch.stack([free @ other for other in others]).abs().max()) < 1e-6
    assert float(free.norm()) == pytest.approx(1)
    shared = [float((freed(x, others, ridge) @ others[0]).abs()) for ridge in (0.01, 0.3, 3)]
    assert shared == sorted(shared)
    assert torch.allclose(freed(x, others, float("inf")), x)
    assert torch.allclose(freed(x, [], 0.2), x)


def test_what_cannot_be_done():
    with pytest.raises(InputError, match="do not vary"):
        Spread(torch.zeros(3, 3))
    with pytest.raises(InputError, match="not finite"):
        Spread(torch.full((3, 3), float("nan")))
    spread = Spread(torch.eye(3))
    for turn in (spread.whiten, spread.whiten_step):
        with pytest.raises(InputError, match="3 wide"):
            turn(torch.ones(4))
        with pytest.raises(InputError, match="length 0"):
            turn(torch.zeros(3))
    with pytest.raises(InputError, match="ridge -1"):
        freed(torch.ones(3), [], -1)
    with pytest.raises(InputError, match="nothing is left"):
        freed(torch.eye(3)[0], [torch.eye(3)[0]], 0)
