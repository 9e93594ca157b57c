"""What a face shall not have."""

from __future__ import annotations

import pytest

from mien.errors import InputError
from mien.text.reader import read
from mien.text.without import ruled_out


@pytest.mark.parametrize(
    ("without", "asserted", "denied"),
    [
        ("glasses", {"glasses": "none"}, {}),
        ("glasses, a beard and no hat", None, {}),
        ("red hair", {}, {"hair_color": {"red"}}),
        ("without smiling", {"expression": "neutral"}, {}),
    ],
)
def test_phrases_are_denied(without: str, asserted: dict | None, denied: dict) -> None:
    made, words, notes = ruled_out(read("a man"), without)
    wanted = asserted
    if wanted is None:
        wanted = {"glasses": "none", "facial_hair": "none", "headwear": "none"}
    assert made.asserted == {"gender": "m", **wanted}
    assert {column: set(values) for column, values in made.denied.items()} == {
        "age": {"baby", "child"},
        **denied,
    }
    assert words.count("without") == len(without.replace(" and ", ", ").split(","))
    assert notes == []


def test_contradictions_and_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="says 'glasses', and `without='glasses'` rules"):
        ruled_out(read("a man with glasses"), "glasses")
    with pytest.raises(InputError, match="'red hair'"):
        ruled_out(read("a man with red hair"), "red hair")
    with pytest.raises(InputError, match="says nothing"):
        ruled_out(read("a man"), " , ")
