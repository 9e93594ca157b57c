"""What few faces show comes up more often."""

from dataclasses import replace

import numpy as np

from mien.attributes import COLUMNS, LABELS, column_slice, label_index
from mien.portraits.uncommon import Uncommon
from mien.training.random import StepRandom
from portraits.test_joint import TINY, faces, make_recipe  # noqa: F401 - a fixture


def labelled(**columns):
    """Labels of as many faces as the values given."""
    count = len(next(iter(columns.values())))
    labels = np.zeros((count, len(LABELS)), np.float32)
    for column, values in columns.items():
        for row, value in enumerate(values):
            labels[row, label_index(column, value)] = 1
    return labels


def test_rare_values_come_up_by_the_root_of_their_number():
    glasses = ["none"] * 800 + ["glasses"] * 160 + ["sunglasses"] * 40
    uncommon = Uncommon(labelled(glasses=glasses))
    rows = uncommon.draw(3000, np.random.default_rng(0))
    shown = labelled(glasses=glasses)[rows][:, column_slice("glasses")].mean(axis=0)
    assert dict(zip(COLUMNS["glasses"], shown.round(1), strict=True)) == {
        "none": 0, "glasses": np.float32(0.7), "sunglasses": np.float32(0.3),
    }  # fmt: skip
    assert len(set(rows.tolist())) > 150


def test_columns_come_up_alike_and_single_pictures_not_at_all():
    glasses, headwear = ["none"] * 95 + ["glasses"] * 5, ["none"] * 80 + ["hat"] * 20
    beard = ["none"] * 40 + ["beard"] * 60
    uncommon = Uncommon(labelled(glasses=glasses, headwear=headwear, facial_hair=beard))
    rows = uncommon.draw(1000, np.random.default_rng(0))
    hats = np.mean(rows >= 80)
    assert 0.45 < hats < 0.55  # the other half: no beard, which is the uncommon thing here
    assert rows.max() < 100
    assert not set(range(40, 80)) & set(rows.tolist())


def test_other_labels_have_no_groups():
    assert not Uncommon(np.ones((20, 3), np.float32)).groups
    assert not Uncommon(np.zeros((20, 0), np.float32)).groups


def test_a_run_shows_the_share_that_was_asked_for(faces):  # noqa: F811
    recipe = make_recipe(faces, replace(TINY, uncommon=0.5))
    recipe.uncommon.groups = [[np.array([7, 8])]]
    rows = recipe._with_uncommon(np.zeros(8, np.int64), StepRandom(0, 0).numpy(0))
    assert rows[:4].tolist() == [0] * 4
    assert set(rows[4:].tolist()) == {7, 8}
    recipe.uncommon.groups = []
    assert (
        recipe._with_uncommon(np.zeros(8, np.int64), StepRandom(0, 0).numpy(0)).tolist() == [0] * 8
    )
