"""Orders and comparisons are read as descriptions of what shall be seen."""

from __future__ import annotations

import pytest

from mien.errors import InputError
from mien.inversion.asking import described
from mien.inversion.control import changes_of, read_words

WISHES = {
    "younger": {"young"},
    "much older": {"old"},
    "happier": {"a smile"},
    "remove the glasses": {"no glasses"},
    "take off his hat": {"no headwear"},
    "take the hat off": {"no headwear"},
    "get rid of the beard": {"no facial hair"},
    "less makeup": {"no makeup"},
    "make her smile": {"a smile"},
    "give him a beard": {"a beard"},
    "with glasses": {"glasses"},
    "no beard": {"no facial hair"},
    "longer hair": {"long hair"},
    "darker skin": {"dark skin"},
    "blonder": {"blonde hair"},
    "enlever les lunettes": {"no glasses"},
    "bỏ kính": {"no glasses"},
    "眼鏡を外す": {"no glasses"},
}


@pytest.mark.parametrize("wish", WISHES)
def test_wishes(wish: str) -> None:
    found = {str(change) for change in changes_of(read_words(wish)[0])}
    assert found == WISHES[wish]


@pytest.mark.parametrize("text", ["smiling, red hair", "her", "remove", "a man without a beard"])
def test_what_is_no_order_stays(text: str) -> None:
    assert described(text) == text


def test_an_order_without_a_thing_is_refused() -> None:
    with pytest.raises(InputError, match="names nothing"):
        read_words("remove")
