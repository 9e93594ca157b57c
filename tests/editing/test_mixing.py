from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mien.editing.mixing import lerp, mix, parse_layers, slerp
from mien.errors import InputError

DRAW = np.random.RandomState(0)


def randn(*shape):
    return torch.from_numpy(DRAW.randn(*shape)).float()


A, B = randn(3, 10, 4), randn(3, 10, 4)


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("coarse", range(4)),
        ("middle", range(4, 8)),
        ("Fine", range(8, 14)),
        ("all", range(14)),
        ("4-7", range(4, 8)),
        ("0,2,5", (0, 2, 5)),
        (" 13 , coarse, 2-5 ", (0, 1, 2, 3, 4, 5, 13)),
        ("5", (5,)),
    ],
)
def test_layers_are_read(text, layers):
    assert parse_layers(text, 14) == tuple(layers)


@pytest.mark.parametrize(
    ("text", "num_ws", "message"),
    [
        ("12-14", 14, "layer 14 is outside this network, which has 14 layers"),
        ("fine", 8, "8 layers .0-7. and none that are fine"),
        ("7-4", 14, "write 4-7"),
        ("", 14, "none of coarse"),
        ("1,,2", 14, "none of coarse"),
        ("-3", 14, "none of coarse"),
        ("roof", 14, "'roof' is none of coarse"),
        ("9" * 30, 14, "none of coarse"),
    ],
)
def test_layers_that_make_no_sense_are_refused(text, num_ws, message):
    with pytest.raises(InputError, match=message):
        parse_layers(text, num_ws)


def test_ranges_of_small_networks_are_cut():
    assert parse_layers("middle", 6) == (4, 5)


def test_mixing_takes_the_layers_it_names():
    mixed = mix(A, B, [1, 3])
    assert torch.equal(mixed[:, [1, 3]], B[:, [1, 3]])
    rest = [0, 2, *range(4, 10)]
    assert torch.equal(mixed[:, rest], A[:, rest])
    assert torch.equal(mix(A, B, []), A)
    assert torch.equal(mix(A, B, range(10)), B)
    one = mix(A[:1], B, [0])
    assert one.shape == B.shape
    assert torch.equal(one[:, 1:], A[:1, 1:].expand(3, -1, -1))
    assert torch.equal(mix(A, B[:1], [0])[:, 0], B[:1, 0].expand(3, -1))


def test_interpolation_begins_and_ends_where_it_should():
    torch.testing.assert_close(lerp(A, B, 0.0), A)
    torch.testing.assert_close(lerp(A, B, 1.0), B)
    positions = torch.tensor([0.0, 0.5, 1.0])
    torch.testing.assert_close(lerp(A, B, positions), torch.stack([A[0], (A[1] + B[1]) / 2, B[2]]))
    for between in (lerp, slerp):
        x, y = A[:, 0], B[:, 0]
        torch.testing.assert_close(between(x, y, 0.0), x)
        torch.testing.assert_close(between(x, y, 1.0), y)
        torch.testing.assert_close(between(x, y, 0.3), between(y, x, 0.7))
        torch.testing.assert_close(between(x, x, 0.4), x)


def test_slerp_keeps_to_the_sphere_at_even_pace():
    x = torch.nn.functional.normalize(randn(4, 16), dim=1)
    y = torch.nn.functional.normalize(randn(4, 16), dim=1)
    whole = torch.acos((x * y).sum(dim=1))
    for t in (0.1, 0.5, 0.9):
        point = slerp(x, y, t)
        torch.testing.assert_close(point.norm(dim=1), torch.ones(4))
        torch.testing.assert_close(torch.acos((point * x).sum(dim=1)), t * whole, atol=1e-4, rtol=0)
    assert slerp(3 * x, 5 * y, 0.5).norm(dim=1).tolist() == pytest.approx([4.0] * 4)


def test_slerp_between_opposites_goes_around():
    x = torch.tensor([[1.0, 0.0, 0.0]])
    half = slerp(x, -x, 0.5)
    assert float(half.norm()) == pytest.approx(1.0)
    assert abs(float((half * x).sum())) < 1e-6
    torch.testing.assert_close(slerp(x, -x, 1.0), -x, atol=1e-6, rtol=0)
    third = slerp(x, -x, 1 / 3)
    assert float((third * x).sum()) == pytest.approx(math.cos(math.pi / 3))


def test_bad_input_is_named():
    with pytest.raises(InputError, match="layer 10 is outside"):
        mix(A, B, [10])
    with pytest.raises(InputError, match="do not mix"):
        mix(A, B[:2], [0])
    with pytest.raises(InputError, match="do not mix"):
        mix(A, B[:, :8], [0])
    with pytest.raises(InputError, match="do not interpolate"):
        lerp(A, B[:2], 0.5)
    with pytest.raises(InputError, match="2 positions for 3"):
        lerp(A, B, torch.ones(2))
    with pytest.raises(InputError, match="length 0"):
        slerp(torch.zeros(1, 3), torch.ones(1, 3), 0.5)
