"""Orders and comparisons are read as descriptions of what shall be seen."""

from __future__ import annotations

import pytest

from mien.errors import InputError
from mien.inversion.asking import described
from mien.inversion.control import changes_of, read_words

WISHES = {
    "younger": {"age young"},
    "much older": {"age old"},
    "happier": {"expression smile"},
    "remove the glasses": {"glasses none"},
    "take off his hat": {"headwear none"},
    "take the hat off": {"headwear none"},
    "get rid of the beard": {"facial_hair none"},
    "less makeup": {"makeup 0"},
    "make her smile": {"expression smile"},
    "give him a beard": {"facial hair beard"},
    "with glasses": {"glasses glasses"},
    "no beard": {"facial hair none"},
    "longer hair": {"hair length long"},
    "darker skin": {"skin dark"},
    "blonder": {"hair color blonde"},
    "enlever les lunettes": {"glasses none"},
    "bỏ kính": {"glasses none"},
    "眼鏡を外す": {"glasses none"},
}


@pytest.mark.parametrize("wish", WISHES)
def test_wishes(wish: str) -> None:
    found = {str(change) for change in changes_of(read_words(wish)[0])}
    assert found == {text.replace("_", " ") for text in WISHES[wish]}


@pytest.mark.parametrize("text", ["smiling, red hair", "her", "remove", "a man without a beard"])
def test_what_is_no_order_stays(text: str) -> None:
    assert described(text) == text


def test_an_order_without_a_thing_is_refused() -> None:
    with pytest.raises(InputError, match="names nothing"):
        read_words("remove")
