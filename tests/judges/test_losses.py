"""The one distance of feature maps: its values, its gradients, what it refuses."""

from __future__ import annotations

import pytest
import torch

from mien.errors import InputError
from mien.judges import losses
from mien.metrics import paired


def maps(seed: int) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(3, c, s, s, generator=draw) for c, s in ((5, 8), (9, 4))]


def test_by_hand() -> None:
    x = torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1)
    y = torch.tensor([0.0, -2.0]).reshape(1, 2, 1, 1)
    # (0.6, 0.8) against (0, -1)
    assert float(losses.map_distance(x, y)) == pytest.approx(0.6**2 + 1.8**2, rel=1e-5)
    assert float(losses.feature_distance([x], [-x])) == pytest.approx(4, rel=1e-5)
    assert float(losses.feature_distance([x], [2 * x])) == pytest.approx(0, abs=1e-6)


def test_it_is_the_measured_distance_a_layer() -> None:
    a, b = maps(0), maps(1)
    measured = paired.perceptual_distance(a, b) / len(a)
    torch.testing.assert_close(losses.feature_distance(a, b).double(), measured, rtol=1e-5, atol=0)


def test_weights_of_taps() -> None:
    a, b = maps(0), maps(1)
    first, second = (losses.feature_distance([x], [y]) for x, y in zip(a, b, strict=True))
    torch.testing.assert_close(losses.feature_distance(a, b), (first + second) / 2)
    torch.testing.assert_close(losses.feature_distance(a, b, [3, 1]), (3 * first + second) / 4)
    torch.testing.assert_close(losses.feature_distance(a, b, [0, 2]), second)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradient_on_both_sides_stays_finite(dtype: torch.dtype) -> None:
    a, b = ([x.to(dtype).requires_grad_() for x in maps(seed)] for seed in (2, 3))
    with torch.no_grad():
        a[0][:, :, 0, 0] = 0  # a dead place
    losses.feature_distance(a, b).mean().backward()
    for x in (*a, *b):
        assert x.grad is not None
        assert x.grad.isfinite().all()
        assert x.grad.abs().sum() > 0
        assert x.grad.abs().max() < 1e3


def test_what_does_not_fit_is_refused() -> None:
    a = maps(0)
    with pytest.raises(InputError, match="2 and 1 feature maps"):
        losses.feature_distance(a, a[:1])
    with pytest.raises(InputError, match="with 1 weights"):
        losses.feature_distance(a, a, [1])
    with pytest.raises(InputError, match="not all 0"):
        losses.feature_distance(a, a, [0, 0])
    with pytest.raises(InputError, match="none below 0"):
        losses.feature_distance(a, a, [2, -1])
    with pytest.raises(InputError, match="feature map 1"):
        losses.feature_distance(a, [a[0], a[1][:, :, 1:]])
