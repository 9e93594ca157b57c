from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from mien.editing.direction import (
    Direction,
    DirectionSet,
    move,
    scaled_to_spread,
)
from mien.errors import InputError, UnknownName

DRAW = np.random.RandomState(0)


def randn(*shape):
    return torch.from_numpy(DRAW.randn(*shape)).float()


WS = torch.from_numpy(np.random.RandomState(0).randn(3, 6, 4)).float()
AXIS = torch.tensor([1.0, 0, 0, 0])


def test_strength_nothing_changes_nothing_and_there_and_back_is_home():
    direction = Direction("smile", randn(4), "w", scale=2.5)
    assert torch.equal(move(WS, direction, 0.0), WS)
    there = move(WS, direction, 1.5)
    torch.testing.assert_close(move(there, direction, -1.5), WS)
    torch.testing.assert_close(move(there, direction.reversed("frown"), 1.5), WS)


def test_only_the_chosen_layers_move():
    direction = Direction("smile", AXIS, "w", layers=(4, 1), scale=2.0)
    assert direction.layers == (1, 4)
    moved = move(WS, direction, 3.0) - WS
    assert moved[:, [1, 4], 0].unique().tolist() == pytest.approx([6.0])
    assert not moved[:, [0, 2, 3, 5]].any()
    assert not moved[..., 1:].any()
    elsewhere = move(WS, direction, 3.0, layers=[0]) - WS
    assert elsewhere[:, 0, 0].tolist() == pytest.approx([6.0] * 3)
    assert not elsewhere[:, 1:].any()


def test_each_latent_may_have_its_own_strength():
    direction = Direction("smile", AXIS, "w")
    strengths = torch.tensor([0.0, 1.0, -2.0])
    together = move(WS, direction, strengths)
    alone = [move(WS[[i]], direction, float(s)) for i, s in enumerate(strengths)]
    torch.testing.assert_close(together, torch.cat(alone))


def test_a_direction_of_ws_has_a_vector_a_layer():
    vector = randn(6, 4)
    moved = move(WS, Direction("x", vector, "ws"), 2.0)
    torch.testing.assert_close(moved, WS + 2 * vector)


def test_scaled_to_spread_makes_strength_one_a_standard_deviation():
    x = randn(500, 4).double() * torch.tensor([1.0, 2, 3, 4])
    scaled = scaled_to_spread(Direction("x", torch.tensor([0.0, 3, 0, 4]), "w"), torch.cov(x.T))
    along = x @ scaled.vector.double()
    assert scaled.scale == pytest.approx(float(along.std()), rel=1e-6)
    assert float(scaled.vector.norm()) == pytest.approx(1.0)
    with pytest.raises(InputError, match="do not vary"):
        scaled_to_spread(Direction("x", AXIS, "w"), torch.zeros(4, 4))


def a_set():
    return DirectionSet(
        (
            Direction("smile", randn(4), "w", (1, 2), 0.5, "a" * 64, "lasso", {"auc": 0.9}),
            Direction("long hair/short hair", randn(6, 4), "ws", None, 1.0, "a" * 64),
        )
    )


def test_a_set_survives_tensors_and_json():
    first = a_set()
    tensors, config = first.to_tensors()
    read = DirectionSet.from_tensors(tensors, json.loads(json.dumps(config)))
    assert read.names == first.names
    for one, other in zip(first, read, strict=True):
        assert torch.equal(one.vector, other.vector)
        fields = ("name", "space", "layers", "scale", "generator", "method", "scores")
        assert all(getattr(one, field) == getattr(other, field) for field in fields)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tensors, config: config.update(kind="generator"),
        lambda tensors, config: tensors.popitem(),
        lambda tensors, config: config["directions"][0].pop("scale"),
        lambda tensors, config: config["directions"][0].update(scale="large"),
        lambda tensors, config: config["directions"][0].update(scores=[1]),
        lambda tensors, config: config["directions"][0].update(space="q"),
        lambda tensors, config: config["directions"].__setitem__(0, 7),
        lambda tensors, config: config["directions"][0].update(layers=[-1]),
        lambda tensors, config: tensors["direction.0"].fill_(float("nan")),
    ],
)
def test_a_spoilt_set_is_refused(spoil):
    tensors, config = a_set().to_tensors()
    spoil(tensors, config)
    with pytest.raises(InputError):
        DirectionSet.from_tensors(tensors, config)


def test_another_generator_is_refused_unless_forced():
    directions = a_set()
    directions.check_generator("a" * 64)
    with pytest.raises(InputError, match=r"aaaaaaaaaaaa.*bbbbbbbbbbbb.*`force=True`"):
        directions.check_generator("b" * 64)
    directions.check_generator("b" * 64, force=True)


def test_names_are_found_and_unknown_ones_listed():
    directions = a_set()
    assert directions["smile"].scale == 0.5
    assert len(directions) == 2
    with pytest.raises(UnknownName, match=r"did you mean 'smile'"):
        directions["smil"]


def test_bad_input_is_named():
    with pytest.raises(InputError, match="layer 6 is outside this network, which has 6 layers"):
        move(WS, Direction("x", AXIS, "w", (6,)), 1.0)
    with pytest.raises(InputError, match=r"latents of \(5,\), these are \[6, 4\]"):
        move(WS, Direction("x", torch.ones(5), "w"), 1.0)
    with pytest.raises(InputError, match="space z, not in w or ws"):
        move(WS, Direction("x", AXIS, "z"), 1.0)
    with pytest.raises(InputError, match="2 strengths for 3 latents"):
        move(WS, Direction("x", AXIS, "w"), torch.ones(2))
    with pytest.raises(InputError, match="not finite"):
        Direction("x", torch.tensor([1.0, torch.inf]), "w")
    with pytest.raises(InputError, match="1 dimension"):
        Direction("x", torch.ones(2, 2), "w")
    with pytest.raises(InputError, match="length 0"):
        Direction("x", torch.zeros(2), "w").unit()
    with pytest.raises(InputError, match="scale 0"):
        Direction("x", AXIS, "w", scale=0.0)
    with pytest.raises(InputError, match="two directions are called 'x'"):
        DirectionSet((Direction("x", AXIS, "w"), Direction("x", AXIS, "w")))
    with pytest.raises(InputError, match="2 generators"):
        DirectionSet((Direction("x", AXIS, "w"), Direction("y", AXIS, "w", generator="b")))
