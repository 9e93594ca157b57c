"""Labels as people say them."""

from __future__ import annotations

import pytest

from mien.attributes import COLUMNS, LABELS, in_words
from mien.editing.label_directions import AS_USUAL, name_in_words
from mien.editing.settings import Setting
from mien.inversion.control import Change
from mien.text.reader import Reading


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_said_in_plain_words(label: str) -> None:
    said = in_words(*label.split("="))
    words = said.split()
    assert all(word.replace("-", "").isalpha() for word in words), said
    assert len(set(words)) == len(words)
    assert not set(words) & {"none", "na", "f", "m"}


def test_no_two_labels_of_a_column_are_said_alike() -> None:
    for column, values in COLUMNS.items():
        assert len({in_words(column, value) for value in values}) == len(values)


def test_remarks_are_made_of_such_words() -> None:
    assert str(Change("glasses", ("glasses",))) == "glasses"
    assert str(Change("hair_color", ("red", "orange"), True)) == "not red hair or orange hair"
    assert in_words("bangs", ["0", "1"], "and") == "no bangs and bangs"
    (note,) = Reading(guessed={"hair_texture": "curly", "glasses": "none"}).notes()
    assert note.endswith("as most captions mean them: curly hair, no glasses")


def test_directions_of_labels_have_short_captions() -> None:
    assert name_in_words(f"glasses: glasses{AS_USUAL}") == "glasses"
    assert name_in_words("age: none") == "age: none"
    assert Setting("expression: smile", 2).label() == "smile=+2"
    assert Setting("smile", -2).label() == "smile=-2"
