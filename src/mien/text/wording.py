"""How people word each attribute: the terminal symbols of the grammar in :mod:`mien.text.captions`.

The words stand in ``words/captions.toml``. They were learnt from captions that people would write
of these faces; each is one that :mod:`mien.text.reader` understands in the same sense. Alternatives
are separated by commas and equally likely; write one twice to make it twice as likely.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

_TABLE = tomllib.loads(
    Path(__file__).parent.joinpath("words", "captions.toml").read_text(encoding="utf-8")
)


def _person(key: str) -> tuple[str, str]:
    """``f``, ``old``, ``f old`` as gender and age, empty where they are not mentioned."""
    gender = key[:1] if key[:2].strip() in ("f", "m") else ""
    return gender, key[len(gender) :].strip()


PEOPLE: dict[tuple[str, str], str] = {
    _person(key): words for key, words in _TABLE["people"].items()
}
"""(gender, age) as far as they are mentioned -> the person; empty: not mentioned."""

MINORS: dict[str, str] = _TABLE["minors"]
"""Gender of a baby, child or teenager whose age is not mentioned -> the person."""

PRONOUNS: dict[str, tuple[str, str]] = {key: tuple(row) for key, row in _TABLE["pronouns"].items()}
"""Gender, if mentioned -> subject and possessive of the second sentence."""

SKIN_BEFORE: dict[str, str] = _TABLE["skin_before"]
"""Skin -> an adjective before the person."""

SKIN_WITH: dict[str, str] = _TABLE["skin_with"]
"""Skin -> what the person is *with*."""

COLOURS: dict[str, str] = _TABLE["colours"]
"""Hair colour -> the adjective."""

LENGTHS: dict[str, str] = _TABLE["lengths"]
"""Hair length -> the adjective."""

TEXTURES: dict[str, tuple[str, str, str]] = {
    key: tuple(row) for key, row in _TABLE["textures"].items()
}
"""Hair texture -> adjective, noun, and what follows the noun."""

NO_HAIR: dict[str, str] = _TABLE["no_hair"]
"""What is said of hair that is not there or not seen."""

THINGS: dict[str, dict[str, str]] = _TABLE["things"]
"""Column -> value -> what the face is *with*."""

WORN: dict[str, dict[str, str]] = _TABLE["worn"]
"""Column -> value -> what the person is *wearing*."""

NOT_WORN: dict[str, str] = _TABLE["not_worn"]
"""Column -> what is denied by *no* or *without* when its value is absence."""

DOING: dict[str, dict[str, str]] = _TABLE["doing"]
"""Column -> value -> what the person is doing, after a comma."""

BEFORE: dict[str, dict[str, str]] = _TABLE["before"]
"""Column -> value -> an adjective before the person, in the order of this table."""

OPENERS: tuple[tuple[int, str], ...] = tuple((weight, words) for weight, words in _TABLE["openers"])
"""Weight and words before the first noun phrase."""

MENTION: dict[str, tuple[float, float]] = {
    key: tuple(row) for key, row in _TABLE["mention"].items()
}
"""Column -> how often it is mentioned when its value is remarkable, and when it is not."""

UNREMARKABLE: frozenset[str] = frozenset(_TABLE["unremarkable"])
"""Labels that people rarely mention."""
