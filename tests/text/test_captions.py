"""The grammar of captions: variety, reach, honesty about what it says, and the way back."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mien.attributes import COLUMNS
from mien.errors import InputError
from mien.text import wording
from mien.text.captions import caption, captions
from mien.text.reader import read

OLD_MAN = {
    "gender": "m",
    "age": "old",
    "skin": "light",
    "hair_color": "white",
    "hair_length": "short",
    "hair_texture": "straight",
    "bangs": "0",
    "facial_hair": "beard",
    "glasses": "glasses",
    "headwear": "none",
    "expression": "smile",
    "mouth": "closed",
    "eyes": "open",
    "makeup": "0",
    "earrings": "0",
    "pose": "front",
}


def random_face(rng: np.random.Generator) -> dict[str, str]:
    """Any value in any column, contradictions included; some columns left out."""
    return {
        column: values[int(rng.integers(len(values)))]
        for column, values in COLUMNS.items()
        if rng.random() < 0.8
    }


def test_ten_different_sentences() -> None:
    made = captions(OLD_MAN, np.random.default_rng(0))
    assert len({c.text.casefold().rstrip(".") for c in made}) == 10


@pytest.mark.parametrize("face", [{}, {"gender": "f"}, {"eyes": "closed"}, {"pose": "?"}])
def test_ten_different_sentences_about_little(face: dict[str, str]) -> None:
    assert len(captions(face, np.random.default_rng(1), 10)) == 10


def test_the_same_generator_makes_the_same_sentences() -> None:
    first = captions(OLD_MAN, np.random.default_rng(5), 12)
    assert first == captions(OLD_MAN, np.random.default_rng(5), 12)
    assert first != captions(OLD_MAN, np.random.default_rng(6), 12)


@pytest.mark.parametrize(
    ("column", "value"), [(c, v) for c, values in COLUMNS.items() for v in values]
)
def test_every_value_is_reachable(column: str, value: str) -> None:
    rng = np.random.default_rng(2)
    assert any(caption({column: value}, rng).said == {column: value} for _ in range(3))


def test_said_is_part_of_the_face() -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        face = random_face(rng)
        assert caption(face, rng).said.items() <= face.items()


def test_round_trip_through_the_reader() -> None:
    rng = np.random.default_rng(4)
    right = total = 0
    for _ in range(600):
        made = caption(random_face(rng), rng)
        asserted = read(made.text).asserted
        right += sum(asserted.get(column) == value for column, value in made.said.items())
        total += len(made.said)
    assert total > 2000
    assert right / total >= 0.97


def test_length_varies_from_terse_to_two_sentences() -> None:
    rng = np.random.default_rng(5)
    texts = [caption(OLD_MAN, rng).text for _ in range(200)]
    words = [len(text.split()) for text in texts]
    assert min(words) <= 5
    assert max(words) >= 18
    assert any(". " in text for text in texts)
    assert any("," in text and " with " not in text and " a " not in text for text in texts)


def test_spelling() -> None:
    rng = np.random.default_rng(6)
    for _ in range(500):
        text = caption(random_face(rng), rng).text
        low = f" {text.lower()} "
        assert text == text.strip()
        for wrong in ("  ", " ,", ",,", "..", " a a", " an a ", " a an", " a old ", " a elder"):
            assert wrong not in low, text
        for vowel in "aeiou":
            assert f" a {vowel}" not in low, text
        assert not any(f" an {consonant}" in low for consonant in "bcdfgjklmnpqrstvwxyz"), text


def test_a_face_of_which_nothing_is_known() -> None:
    made = caption({"gender": "?", "colour of the car": "red"}, np.random.default_rng(7))
    assert made.said == {}
    assert "person" in made.text.lower() or "face" in made.text.lower()


def test_nothing_is_said_of_the_beard_of_a_woman_or_a_baby() -> None:
    rng = np.random.default_rng(8)
    for face in ({"gender": "f", "facial_hair": "none"}, {"age": "baby", "facial_hair": "none"}):
        assert not any("facial_hair" in caption(face, rng).said for _ in range(50))


def test_hidden_hair_has_no_colour_but_visible_hair_keeps_it() -> None:
    rng = np.random.default_rng(9)
    hidden = {"hair_length": "hidden", "hair_color": "hidden", "hair_texture": "na"}
    assert all("hair" in caption(hidden, rng).text.lower() for _ in range(20))
    seen = {"hair_length": "hidden", "hair_color": "red", "hair_texture": "na"}
    said = [caption(seen, rng).said for _ in range(20)]
    assert all(labels == {"hair_color": "red"} for labels in said)


@pytest.mark.parametrize("count", [0, -3])
def test_count_must_be_positive(count: int) -> None:
    with pytest.raises(InputError, match=f"count is {count}"):
        captions(OLD_MAN, np.random.default_rng(0), count)


def test_more_than_the_grammar_has() -> None:
    with pytest.raises(InputError, match=r"only \d+ different sentences"):
        captions({}, np.random.default_rng(0), 60)


def test_tables_cover_the_vocabulary() -> None:
    assert set(wording.MENTION) == set(COLUMNS)
    for label in wording.UNREMARKABLE:
        column, value = label.split("=")
        assert value in COLUMNS[column]
    tables = (wording.THINGS, wording.WORN, wording.DOING, wording.BEFORE)
    for column, cells in ((c, v) for table in tables for c, v in table.items()):
        assert set(cells) <= set(COLUMNS[column])
    for column in ("bangs", "facial_hair"):
        assert set(wording.THINGS[column]) == set(COLUMNS[column])
    for column, cells in wording.DOING.items():
        assert set(cells) == set(COLUMNS[column])


@pytest.mark.shared
def test_training_faces(shared: Path) -> None:
    with (shared / "data" / "sfhq_labels.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))[:1585:40]
    rng = np.random.default_rng(10)
    right = total = 0
    for row in rows:
        made = captions(row, rng, 10)
        assert len({c.text for c in made}) == 10
        for one in made:
            asserted = read(one.text).asserted
            right += sum(asserted.get(column) == value for column, value in one.said.items())
            total += len(one.said)
    assert right / total >= 0.95
