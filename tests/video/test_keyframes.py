"""Strengths over time: what a small JSON says, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien.errors import FileError, InputError
from mien.video.keyframes import Curve, Keyframes, eased, parse_keyframes, read_keyframes


def test_straight_from_point_to_point_and_constant_outside() -> None:
    curve = Curve((1.0, 2.0, 4.0), (0.0, 3.0, -1.0))
    seen = curve.at(np.array([0, 1, 1.5, 2, 3, 4, 9], np.float64))
    assert seen.tolist() == [0, 0, 1.5, 3, 1, -1, -1]


def test_smooth_comes_to_rest_at_every_point() -> None:
    curve = Curve((0.0, 1.0, 2.0), (0.0, 4.0, 0.0), "smooth")
    assert curve.at(np.array([0, 0.5, 1, 1.5, 2])).tolist() == [0, 2, 4, 2, 0]
    near = curve.at(np.array([0.001, 0.999, 1.001]))
    assert np.abs(near - [0, 4, 4]).max() < 2e-5
    assert eased(np.array([0.25]), "smooth")[0] == pytest.approx(0.15625)
    assert eased(np.array([0.25]), "linear")[0] == 0.25


def test_a_single_point_is_a_constant() -> None:
    assert Curve((3.0,), (2.0,)).at(np.array([0.0, 3, 8])).tolist() == [2, 2, 2]


def test_reading(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"smile": [[0, 0], [2.5, 3]], "age": {"ease": "smooth", "points": [[1, -2]]}}')
    keys = read_keyframes(path)
    assert {name: values.tolist() for name, values in keys.at(np.array([0.0, 1.25])).items()} == {
        "smile": [0, 1.5],
        "age": [-2, -2],
    }
    assert keys.end == 2.5
    assert read_keyframes(path, "smooth").curves["smile"].ease == "smooth"
    assert parse_keyframes(json.loads(json.dumps(keys.as_json()))) == keys
    assert Keyframes({}).end == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "no object of curves"),
        ("{}", "no object of curves"),
        ('{"smile": []}', r"smile: needs a list of \[seconds, value\]"),
        ('{"smile": 3}', "smile: needs a list"),
        ('{"smile": [[0]]}', r"smile: point 0 is \[0\], not \[seconds, value\]"),
        ('{"smile": [[0, 1], [1, "a"]]}', "point 1 is"),
        ('{"smile": [[0, true]]}', "point 0 is"),
        ('{"smile": [[0, 1], [0, 2]]}', "time 0 comes after 0; times must rise"),
        ('{"smile": [[-1, 1]]}', "from 0 on"),
        ('{"smile": [[0, NaN]]}', "finite"),
        ('{"smile": [[0, 1]], "smile": [[0, 2]]}', "'smile' stands there twice"),
        ('{"smile": {"points": [[0, 1]], "ease": "wild"}}', "'wild' is none of linear, smooth"),
        ('{"smile": {"point": [[0, 1]]}}', "'point' is none of points, ease"),
        ("[" * 100_000, "is not JSON"),
        (" " * (1 << 21), "bytes, keyframes have at most"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(FileError, match=said) as caught:
        read_keyframes(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_keyframes(tmp_path / "keys.json")
    with pytest.raises(FileError, match="cannot be read"):
        read_keyframes(tmp_path)


def test_curves_that_are_none() -> None:
    with pytest.raises(InputError, match="2 times with 1 values"):
        Curve((0.0, 1.0), (1.0,))
