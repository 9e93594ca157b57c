"""Refining moves a face towards what a sentence says, and leaves alone what already fits."""

import pytest
import torch

from mien.attributes import COLUMNS, label_index
from mien.errors import InputError
from mien.judges.tagger import TaggerConfig
from mien.text.reader import Reading, read
from mien.text.refine import Refinement, refine, shortfall


class Transparent(torch.nn.Module):
    """A tagger that reads logits straight off the first pixels of a picture."""

    config = TaggerConfig()

    def forward(self, images):
        flat, found, start = images.flatten(1), {}, 0
        for column, values in COLUMNS.items():
            found[column] = flat[:, start : start + len(values)]
            start += len(values)
        return found


def draw(w):
    return w.reshape(len(w), 3, 5, 6)


def sees(w, column, value):
    return Transparent()(draw(w))[column].softmax(1)[:, COLUMNS[column].index(value)]


def test_a_face_comes_to_show_what_is_said():
    torch.manual_seed(0)
    reading = read("an old man with glasses who is smiling")
    w = torch.randn(3, 90)
    plan = Refinement(steps=60)
    moved = refine(w, reading, draw, Transparent(), torch.zeros(90), plan)
    for column, value in reading.asserted.items():
        assert (sees(moved, column, value) > 0.65).all(), column
    assert not moved.requires_grad
    assert float(shortfall(Transparent()(draw(moved)), reading, plan).max()) < 0.3


def test_a_face_that_fits_stays():
    w = torch.zeros(2, 90)
    w[:, label_index("gender", "m")] = 9
    reading = Reading(asserted={"gender": "m"})
    plan = Refinement(silent=0)
    assert torch.equal(refine(w, reading, draw, Transparent(), torch.ones(90), plan), w)


def test_what_is_denied_goes_away():
    w = torch.zeros(1, 90)
    w[:, label_index("expression", "smile")] = 4
    reading = Reading(denied={"expression": frozenset({"smile"})})
    moved = refine(w, reading, draw, Transparent(), torch.ones(90), Refinement(steps=60, silent=0))
    assert float(sees(moved, "expression", "smile")) < 0.35 < float(sees(w, "expression", "smile"))


def test_each_face_moves_by_itself():
    torch.manual_seed(1)
    w, reading = torch.randn(10, 90), read("a bald woman")
    together = refine(w, reading, draw, Transparent(), torch.zeros(90))
    alone = torch.cat(
        [refine(row, reading, draw, Transparent(), torch.zeros(90)) for row in w.split(1)]
    )
    torch.testing.assert_close(together, alone)
    assert float((together - w).norm(dim=1).max()) <= 32 * 0.04 * float(w.norm(dim=1).max()) + 1e-4


def test_no_steps_and_too_many():
    w = torch.randn(2, 90)
    assert torch.equal(refine(w, read("a man"), draw, Transparent(), w[0], Refinement(0)), w)
    with pytest.raises(InputError, match="refine is -1 steps"):
        Refinement(-1)
