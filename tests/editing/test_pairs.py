from __future__ import annotations

import pytest
import torch

from mien.editing.direction import Direction, DirectionSet
from mien.editing.pairs import (
    THESIS_COEFFICIENTS,
    TagPair,
    default_coefficients,
    frequent_tags,
    oppose,
)
from mien.errors import InputError, UnknownName

LONG = Direction("long hair", torch.tensor([1.0, 0, 0]), "w", (1, 2), 2.0, "f" * 64, "lasso, a 1")
SHORT = Direction("short hair", torch.tensor([0.0, 1, 0]), "w", (1, 2), 1.0, "f" * 64, "lasso, a 1")
BOTH = DirectionSet((LONG, SHORT))


def test_a_pair_is_the_weighted_sum():
    made = oppose(TagPair("long hair", "short hair"), BOTH)
    assert made.name == "long hair/short hair"
    assert made.vector.tolist() == [30.0, -5.0, 0.0]
    assert (made.scale, made.layers, made.generator) == (1.0, (1, 2), "f" * 64)
    given = oppose(TagPair("long hair", "short hair", (1.0, 2.0)), BOTH)
    assert given.vector.tolist() == [2.0, 2.0, 0.0]


def test_defaults_are_those_of_the_thesis_turned_towards_the_first_tag():
    assert THESIS_COEFFICIENTS["svd"] == (-10.0, 5.0)
    assert default_coefficients("lasso, alpha 0.01") == (15.0, -5.0)
    assert default_coefficients("linear") == (15.0, -5.0)
    assert default_coefficients("logistic, C 1") == (15.0, -5.0)
    assert default_coefficients("svd, centred") == (10.0, -5.0)
    assert default_coefficients("") == (15.0, -5.0)


def test_tags_are_filtered_strictly_between_the_limits():
    counts = {"a": 100, "b": 101, "c": 3399, "d": 3400}
    assert frequent_tags(counts) == ("b", "c")
    assert frequent_tags({"all": 3, "one": 1, "other": 1}, 0, 3) == ("one", "other")


def test_bad_input_is_named():
    with pytest.raises(UnknownName, match="did you mean 'long hair'"):
        oppose(TagPair("longhair", "short hair"), BOTH)
    elsewhere = Direction("short hair", SHORT.vector, "w", (3,), 1.0, "f" * 64)
    with pytest.raises(InputError, match=r"layers \(1, 2\) and \(3,\) differ"):
        oppose(TagPair("long hair", "short hair"), DirectionSet((LONG, elsewhere)))
    same = Direction("twin", LONG.vector, "w", (1, 2), 2.0, "f" * 64)
    with pytest.raises(InputError, match="cancel out"):
        oppose(TagPair("long hair", "twin", (1.0, -1.0)), DirectionSet((LONG, same)))
    with pytest.raises(InputError, match="no number between"):
        frequent_tags({}, 10, 11)
