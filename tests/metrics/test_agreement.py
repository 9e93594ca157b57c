from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from mien.attributes import COLUMNS
from mien.errors import InputError, UnknownName
from mien.metrics.agreement import COARSE, attribute_agreement, coarse_group


def faces(n, seed):
    draw = np.random.RandomState(seed)
    return [{col: draw.choice(list(vals)) for col, vals in COLUMNS.items()} for _ in range(n)]


def indices(wanted):
    return {c: np.array([v.index(face[c]) for face in wanted]) for c, v in COLUMNS.items()}


def test_coarse_table_covers_its_columns_and_nothing_else():
    for column, groups in COARSE.items():
        assert set(groups) == set(COLUMNS[column])
        assert 1 < len(set(groups.values())) < len(groups)
    assert coarse_group("gender", "f") == "f"


def test_equals_scikit_learn():
    wanted, got = faces(200, 0), indices(faces(200, 1))
    result = attribute_agreement(got, wanted)
    for column, values in COLUMNS.items():
        truth = [face[column] for face in wanted]
        answer = [values[i] for i in got[column]]
        row = result[column]
        assert row.count == 200
        assert row.exact == pytest.approx(accuracy_score(truth, answer))
        assert row.balanced == pytest.approx(balanced_accuracy_score(truth, answer))
        coarse = [[coarse_group(column, v) for v in side] for side in (truth, answer)]
        assert row.coarse == pytest.approx(accuracy_score(*coarse))
        most = max(truth.count(value) for value in values)
        assert row.majority_exact == pytest.approx(most / 200)
        assert row.coarse >= row.exact


def test_perfect_predictions_agree_as_logits_and_as_indices():
    wanted = faces(20, 2)
    right = indices(wanted)
    logits = {
        column: torch.nn.functional.one_hot(torch.from_numpy(i), len(COLUMNS[column])) * 4.0 - 1
        for column, i in right.items()
    }
    for predicted in (right, logits):
        result = attribute_agreement(predicted, wanted)
        assert result.average(COLUMNS) == 1.0
        assert result.average(COLUMNS, "coarse") == 1.0
        assert all(row.balanced == 1.0 for row in result.rows)


def test_unknown_and_open_cells_are_skipped():
    wanted = [{"glasses": "none"}, {"glasses": "?"}, {}, {"glasses": "sunglasses", "age": "old"}]
    got = {"glasses": np.array([0, 0, 0, 1]), "pose": np.array([0, 0, 0, 0])}
    result = attribute_agreement(got, wanted)
    assert [row.column for row in result.rows] == ["glasses"]
    assert result["glasses"].count == 2
    assert result["glasses"].exact == 0.5
    assert result["glasses"].coarse == 1.0
    with pytest.raises(UnknownName, match="pose"):
        result.average(["glasses", "pose"])


def test_majority_can_be_learned_elsewhere():
    wanted = [{"gender": "f"}] * 3 + [{"gender": "m"}]
    got = {"gender": np.array([0, 0, 1, 1])}
    own = attribute_agreement(got, wanted)
    assert own.majority(["gender"]) == 0.75
    learned = attribute_agreement(got, wanted, reference=[{"gender": "m"}])
    assert learned.majority(["gender"]) == 0.25
    assert learned.average(["gender"]) == 0.75
    assert learned.rows[0].as_dict()["count"] == 4


def test_bad_input_is_named():
    wanted = [{"gender": "f"}]
    with pytest.raises(UnknownName, match="horns"):
        attribute_agreement({"horns": np.array([0])}, wanted)
    with pytest.raises(InputError, match="2 predictions of gender for 1"):
        attribute_agreement({"gender": np.array([0, 1])}, wanted)
    with pytest.raises(InputError, match="2 values"):
        attribute_agreement({"gender": np.array([2])}, wanted)
    with pytest.raises(InputError, match="not all finite"):
        attribute_agreement({"gender": torch.tensor([[0.0, torch.nan]])}, wanted)
    with pytest.raises(InputError, match=r"float32 \(1, 3\)"):
        attribute_agreement({"gender": torch.zeros(1, 3)}, wanted)
    with pytest.raises(InputError, match="nothing to compare"):
        attribute_agreement({"gender": np.array([0])}, [{}])
