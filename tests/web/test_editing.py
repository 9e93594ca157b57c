"""Edits as steps that can be undone, by sliders and by words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.anime.translate import DEFAULT_ANIME
from mien.editing.naming import EDITS
from mien.studio import Studio
from mien.web.editing import DIRECTIONS, Editing, by_words, draw, result, strengths_of
from mien.web.panels import anime, explore, sketch
from mien.web.panels.gallery import panel_of
from mien.web.sessions import Made


@pytest.fixture
def editing() -> Editing:
    return Editing(Made(np.zeros((8, 8, 3), np.uint8), "generate"))


def shown(editing: Editing) -> list[dict[str, float]]:
    return [dict(step.strengths) for step in editing.steps]


def test_a_hand_on_one_slider_is_one_step(editing: Editing):
    for strength in (0.1, 0.2, 0.3):
        editing.go({"age": strength})
    assert shown(editing) == [{}, {"age": 0.3}]
    editing.go({"age": 0.3, "smile": 1.0})
    assert len(editing.steps) == 3
    editing.go({"age": 0.3, "smile": 1.0})  # Nothing new.
    assert len(editing.steps) == 3


def test_steps_are_undone_redone_and_forgotten_when_another_is_taken(editing: Editing):
    editing.go({"age": 1.0})
    editing.go({"age": 1.0, "smile": 2.0})
    editing.move(-1)
    assert editing.now.strengths == {"age": 1.0}
    editing.move(1)
    assert editing.now.strengths == {"age": 1.0, "smile": 2.0}
    editing.jump(-5)
    assert editing.now.strengths == {}
    editing.go({"beard": 1.0, "smile": 0.0})
    assert shown(editing) == [{}, {"beard": 1.0}]
    editing.move(7)
    assert editing.at == 1


def test_there_is_an_end_to_steps(editing: Editing):
    for number in range(240):
        editing.go({("age", "smile")[number % 2]: 1.0 + number})
    assert len(editing.steps) <= 101
    assert shown(editing)[0] == {}
    assert editing.now.strengths == {"smile": 240.0}


def test_words_make_a_face_that_sliders_go_on_from(editing: Editing):
    editing.go({"age": 1.0})
    said = Made(np.ones((8, 8, 3), np.uint8), "edit")
    editing.say(said, "smiling")
    assert editing.picture is said.picture
    editing.go({"age": 1.0})
    assert editing.now.base is said
    assert shown(editing) == [{}, {"age": 1.0}, {}, {"age": 1.0}]
    editing.move(-2)
    assert editing.now.base is editing.base
    assert [step.said for step in editing.steps] == ["", "", "smiling", ""]


def test_settings_in_words_move_sliders_and_come_back_of_a_recipe(model: Path):
    studio = Studio(model, "cpu", engine="eager")
    (face,) = Made.each_of(studio.generate(1, 3), "generate")
    editing = Editing(face)
    assert by_words(studio, editing, "smile=+2; age=-1") == ()
    assert editing.now.strengths == {"smile": 2.0, "age": -1.0}
    made = result(studio, editing)
    np.testing.assert_allclose(made.picture.astype(int), draw(studio, editing), atol=1)
    (edit,) = made.provenance["edits"]
    assert strengths_of(studio, edit) == {"smile": 2.0, "age": -1.0}
    assert strengths_of(studio, {**edit, "set": "others"}) is None
    editing.move(-1)
    assert result(studio, editing) is face


def test_what_panels_say_without_asking_the_library_is_what_it_says():
    names = [one.name for one in EDITS if one.name != "black hair/blonde hair"]
    assert list(DIRECTIONS) == names
    assert anime.MODEL == DEFAULT_ANIME


RECIPES = {
    "describe": {"text": "an old man", "seed": 3},
    "edit": {"seed": 3, "edits": [{"set": "x", "settings": []}]},
    "compose": {"text": "an old man", "compose": {"text": "an old man"}},
    "sketch": {"style": "pencil", "strength": 0.7},
    "anime": {"style_seed": 52},
    "explore": {"mix": {"a": {"seed": 1}, "b": {"seed": 12}, "layers": [4, 5, 6, 7]}},
}


@pytest.mark.parametrize("panel", RECIPES)
def test_a_recipe_leads_to_its_panel(panel: str):
    assert panel_of(RECIPES[panel]) == panel


def test_what_is_of_no_panel_leads_nowhere():
    assert panel_of({"model": "x"}) == ""


def test_walks_tables_and_mixtures_bring_their_settings_back():
    walk = {"faces": [{"seed": 0}, {"seed": 7}], "seconds": 2.5, "fps": 12, "loop": True}
    tabs, *values = explore._again({"walk": walk})
    assert tabs.selected == "walk"
    assert values[:4] == ["0, 7", 2.5, 12, True]
    asked = {"rows": "1, 2", "columns": "11", "layers": "fine"}
    tabs, *values = explore._again({"grid": asked})
    assert tabs.selected == "mixing"
    assert values[4:] == ["1, 2", "11", "fine"]
    assert explore._again(RECIPES["explore"])[5:] == ["1", "12", "middle"]


def test_pencils_and_styles_bring_their_settings_back():
    way, _, strength = sketch._again(RECIPES["sketch"])
    assert (way, strength) == ("to_sketch", 0.7)
    assert sketch._again({"direction": "sketch-to-photo"})[0] == "to_photo"
    rows = [{"direction": "smile", "strength": 1.5}, {"direction": "pink hair", "strength": 2.0}]
    back = anime._again({"style_seed": 9, "edits": [{"settings": rows}]})
    assert back == [9, 1.5, 0.0, 0.0, 0.0, "pink hair"]
