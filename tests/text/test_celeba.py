"""Captions from CelebA attributes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mien.errors import InputError
from mien.text.celeba import ATTRIBUTES, PHRASES, celeba_captions

NOBODY = dict.fromkeys(ATTRIBUTES, -1)
WOMAN = NOBODY | {
    "Young": 1,
    "Wavy_Hair": 1,
    "Brown_Hair": 1,
    "Smiling": 1,
    "Wearing_Lipstick": 1,
    "No_Beard": 1,
    "High_Cheekbones": 1,
}


def test_forty_attributes() -> None:
    assert len(set(ATTRIBUTES)) == 40


def test_ten_different_paragraphs_that_say_what_holds() -> None:
    made = celeba_captions(WOMAN, np.random.default_rng(0))
    assert len(set(made)) == 10
    for text in made:
        low = text.lower()
        assert "cheekbones" in low
        assert "wavy" in low
        assert "brown" in low
        assert "lipstick" in low
        assert " he " not in f" {low} "
        assert text.endswith(".")


def test_deterministic() -> None:
    again = celeba_captions(WOMAN, np.random.default_rng(3))
    assert again == celeba_captions(WOMAN, np.random.default_rng(3))


@pytest.mark.parametrize("name", [name for cells in PHRASES.values() for name in cells])
def test_every_attribute_is_worded(name: str) -> None:
    plain = celeba_captions(NOBODY, np.random.default_rng(1), 30)
    shown = celeba_captions(NOBODY | {name: 1}, np.random.default_rng(1), 10)
    group = next(cells for cells in PHRASES.values() if name in cells)
    words = group[name].split(", ")
    assert all(any(word in text for word in words) for text in shown)
    assert not any(word in text for word in words for text in plain)


def test_beard_by_exclusion() -> None:
    bearded = celeba_captions(NOBODY | {"Male": 1}, np.random.default_rng(2), 5)
    assert all("beard" in text for text in bearded)
    shaven = celeba_captions(NOBODY | {"Male": 1, "No_Beard": 1}, np.random.default_rng(2), 5)
    assert not any("full beard" in text or "has a beard" in text for text in shaven)


def test_unknown_sex_is_a_person() -> None:
    for text in celeba_captions({"Smiling": 1}, np.random.default_rng(4), 5):
        assert not {"he", "she", "his", "her"} & set(text.lower().replace(".", "").split())


def test_bald_has_no_colour() -> None:
    row = NOBODY | {"Male": 1, "Bald": 1, "Black_Hair": 1}
    for text in celeba_captions(row, np.random.default_rng(5), 5):
        assert "bald" in text
        assert "black" not in text


def test_a_bare_row_gives_what_it_has() -> None:
    assert 1 <= len(celeba_captions({}, np.random.default_rng(6), 40)) < 40


def test_bad_input() -> None:
    with pytest.raises(InputError, match="Handsome"):
        celeba_captions({"Handsome": 1}, np.random.default_rng(0))
    with pytest.raises(InputError, match="count is 0"):
        celeba_captions(WOMAN, np.random.default_rng(0), 0)


@pytest.mark.shared
def test_the_table_that_lies_beside(shared: Path) -> None:
    with (shared / "data" / "celeba_attributes.csv").open(newline="") as file:
        rows = [next(rows) for rows in [csv.DictReader(file)] for _ in range(20)]
    for row in rows:
        values = {name: int(value) for name, value in row.items() if name != "file"}
        assert set(values) == set(ATTRIBUTES)
        assert len(celeba_captions(values, np.random.default_rng(7), 10)) == 10
