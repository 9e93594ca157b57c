"""Edits as steps that can be undone, and sentences as strengths."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import InputError
from mien.web.editing import Editing, in_words
from mien.web.sessions import Made


@pytest.fixture
def editing() -> Editing:
    return Editing(Made(np.zeros((8, 8, 3), np.uint8), "generate"))


def test_a_hand_on_one_slider_is_one_step(editing: Editing):
    for strength in (0.1, 0.2, 0.3):
        editing.go({"age": strength})
    assert editing.steps == [{}, {"age": 0.3}]
    editing.go({"age": 0.3, "smile": 1.0})
    assert len(editing.steps) == 3
    editing.go({"age": 0.3, "smile": 1.0})  # Nothing new.
    assert len(editing.steps) == 3


def test_steps_are_undone_redone_and_forgotten_when_another_is_taken(editing: Editing):
    editing.go({"age": 1.0})
    editing.go({"age": 1.0, "smile": 2.0})
    editing.move(-1)
    assert editing.now == {"age": 1.0}
    editing.move(1)
    assert editing.now == {"age": 1.0, "smile": 2.0}
    editing.jump(-5)
    assert editing.now == {}
    editing.go({"beard": 1.0, "smile": 0.0})
    assert editing.steps == [{}, {"beard": 1.0}]
    editing.move(7)
    assert editing.at == 1


def test_there_is_an_end_to_steps(editing: Editing):
    for number in range(240):
        editing.go({("age", "smile")[number % 2]: 1.0 + number})
    assert len(editing.steps) <= 101
    assert editing.steps[0] == {}
    assert editing.now == {"smile": 240.0}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("an old man with glasses", {"age": 2.0, "gender": 2.0, "glasses": 2.0}),
        ("a young woman without glasses", {"age": -2.0, "gender": -2.0, "glasses": -2.0}),
        ("mỉm cười, đeo kính", {"smile": 2.0, "glasses": 2.0}),
        ("curly blonde hair", {"hair colour": 2.0, "curly hair": 2.0}),
        ("smile=+2; age=-1.5", {"smile": 2.0, "age": -1.5}),
    ],
)
def test_sentences_become_strengths(text: str, wanted: dict[str, float]):
    assert in_words(text, "{}") == wanted


@pytest.mark.parametrize("text", ["", "the weather is fine", "smile=", "=2", "smile=9e9"])
def test_what_names_no_direction_says_so(text: str):
    with pytest.raises(InputError):
        in_words(text, "nothing in it names a direction: {}")
