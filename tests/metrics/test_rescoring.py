from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from mien.errors import InputError, UnknownName
from mien.metrics.rescoring import rescoring_matrix, stacked

NAMES = ["mouth", "hair", "eyes"]


def made(seed=0):
    draw = np.random.RandomState(seed)
    original = draw.rand(50, 3).astype(np.float32)
    moves = np.array([[0.6, 0.1, -0.1], [0.0, 0.4, 0.0], [0.2, -0.2, 0.2]])
    noise = draw.randn(3, 50, 3) * 0.01
    return original, {n: original + moves[i] + noise[i] for i, n in enumerate(NAMES)}, moves


def test_known_moves_come_back():
    original, edited, moves = made()
    matrix = rescoring_matrix(original, edited, NAMES)
    np.testing.assert_allclose(matrix.values, moves, atol=0.01)
    np.testing.assert_allclose(matrix.diagonal, [0.6, 0.4, 0.2], atol=0.01)
    change = edited["hair"].astype(np.float64) - original
    np.testing.assert_allclose(matrix.stderr[1], change.std(0, ddof=1) / np.sqrt(50), atol=1e-9)
    summary = matrix.summary()
    assert summary.diagonal == pytest.approx(0.4, abs=0.01)
    assert summary.off_diagonal == pytest.approx(0.1, abs=0.01)
    assert summary.leak == pytest.approx(0.25, abs=0.03)


def test_no_edit_moves_nothing():
    original, _, _ = made()
    matrix = rescoring_matrix(original, dict.fromkeys(NAMES, original), NAMES)
    assert not matrix.values.any()
    assert matrix.summary().leak == float("inf")


def test_targets_pair_directions_with_scores():
    original, edited, _ = made()
    matrix = rescoring_matrix(
        original, {"smile": edited["mouth"]}, NAMES, {"smile": ["mouth", "hair"]}
    )
    assert matrix.summary().diagonal == pytest.approx(0.35, abs=0.01)
    assert matrix.summary().off_diagonal == pytest.approx(0.1, abs=0.01)


def test_csv_keeps_every_digit():
    original, edited, _ = made()
    matrix = rescoring_matrix(original, edited, NAMES)
    buffer = io.StringIO()
    csv.writer(buffer).writerows(matrix.csv_rows())
    head, *body = csv.reader(io.StringIO(buffer.getvalue()))
    assert head == ["direction", *NAMES]
    assert np.array_equal(np.array([row[1:] for row in body], np.float64), matrix.values)


def test_bad_input_is_named():
    original, edited, _ = made()
    with pytest.raises(UnknownName, match="smile"):
        rescoring_matrix(original, {"smile": original}, NAMES)
    with pytest.raises(InputError, match=r"after 'hair' are \(49, 3\)"):
        rescoring_matrix(original, {"hair": edited["hair"][:49]}, NAMES)
    with pytest.raises(InputError, match="not all finite"):
        rescoring_matrix(original, {"hair": original * np.nan}, NAMES)
    with pytest.raises(InputError, match="no directions"):
        rescoring_matrix(original, {}, NAMES)
    with pytest.raises(InputError, match="2 names"):
        rescoring_matrix(original, edited, NAMES[:2])


def test_related_columns_count_neither_on_nor_off():
    original, edited, _ = made()
    matrix = rescoring_matrix(original, edited, NAMES, related={"mouth": ["hair"]})
    off = np.abs(matrix.values)[[0, 1, 1, 2, 2], [2, 0, 2, 0, 1]]
    assert matrix.summary().off_diagonal == pytest.approx(off.mean())
    assert matrix.summary().diagonal == rescoring_matrix(original, edited, NAMES).summary().diagonal
    with pytest.raises(UnknownName, match="score 'nose'"):
        rescoring_matrix(original, edited, NAMES, related={"mouth": ["nose"]})


def test_rows_tried_on_different_samples_stack():
    original, edited, _ = made()
    whole = rescoring_matrix(original, edited, NAMES)
    rows = [
        rescoring_matrix(original, {n: edited[n]}, NAMES, {n: [n]}, {n: ["eyes"]}) for n in NAMES
    ]
    assert stacked(rows).directions == whole.directions
    np.testing.assert_array_equal(stacked(rows).values, whole.values)
    np.testing.assert_array_equal(stacked(rows).diagonal, whole.diagonal)
    assert stacked(rows).related["mouth"] == ("eyes",)
    with pytest.raises(InputError, match="do not stack"):
        stacked([rows[0], rows[0]])
    with pytest.raises(InputError, match="0 re-scoring"):
        stacked([])
