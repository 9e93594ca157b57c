"""A small probabilistic grammar: from the attributes of a face to sentences that describe it.

    caption  ->  terse | plain | two sentences
    terse    ->  person, hair, things, worn, doing
    plain    ->  [portrait of] a person [with hair, things] [wearing worn] [without ...] [, doing]
    two      ->  a person [with hair, things]. She [wears worn] and [is doing].

Xia et al. 2021 write the ten sentences a face of MM-CelebA-HQ with a grammar of this kind. The
words are the tables of :mod:`mien.text.wording`. Which attributes a sentence mentions is drawn as
people do it: remarkable things nearly always, the absence of things seldom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mien.attributes import COLUMNS, is_known
from mien.errors import InputError
from mien.text import wording

_HAIR = ("hair_color", "hair_length", "hair_texture")
_NO_HAIR = {
    "bald": {"hair_color": "none", "hair_length": "bald", "hair_texture": "na"},
    "hidden": {"hair_color": "hidden", "hair_length": "hidden", "hair_texture": "na"},
}
_MINORS = ("baby", "child", "teen")
_TRIES = 60
_STYLES = ((0.25, "terse"), (0.7, "plain"), (1.0, "two"))


@dataclass(frozen=True)
class Caption:
    """A sentence, or two, about a face; ``said``: column -> value of what it mentions."""

    text: str
    said: dict[str, str]


@dataclass
class _Parts:
    """What a caption is put together from, each without its opening words."""

    before: list[str] = field(default_factory=list)
    person: str = ""
    having: list[str] = field(default_factory=list)
    wearing: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    doing: list[str] = field(default_factory=list)


def _pick(cell: str, rng: np.random.Generator) -> str:
    options = cell.split(", ")
    return options[int(rng.integers(len(options)))]


def _chance(probability: float, rng: np.random.Generator) -> bool:
    return bool(rng.random() < probability)


def _a(phrase: str) -> str:
    return ("an " if phrase[0].lower() in "aeiou" else "a ") + phrase


def _list(phrases: Sequence[str], last: str = "and") -> str:
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} {last} {phrases[-1]}"


# ---------------------------------------------------------------- what to mention


def _no_hair(face: Mapping[str, str]) -> str:
    """``bald`` or ``hidden`` if there is no hair to describe, ``na`` if only that is known."""
    for kind, labels in _NO_HAIR.items():
        seen = kind == "hidden" and face.get("hair_color", "hidden") != "hidden"
        if face.get("hair_length") == labels["hair_length"] and not seen:
            return kind
        if "hair_length" not in face and face.get("hair_color") == labels["hair_color"]:
            return kind
    alone = "hair_length" not in face and "hair_color" not in face
    return "na" if alone and face.get("hair_texture") == "na" else ""


def _sayable(face: Mapping[str, str]) -> dict[str, str]:
    """The attributes of a face that can be said together without contradiction."""
    kept = {column: face[column] for column in COLUMNS if is_known(column, face.get(column, ""))}
    kind = _no_hair(kept)
    if kind in _NO_HAIR:
        labels = _NO_HAIR[kind]
        for column in _HAIR:
            if kept.get(column) != labels[column]:
                kept.pop(column, None)
        kept.pop("bangs", None)
    elif not kind:
        unsayable = (
            ("hair_color", ("none", "hidden")),
            ("hair_length", ("hidden",)),
            ("hair_texture", ("na",)),
        )
        for column, values in unsayable:
            if kept.get(column) in values:
                del kept[column]
    if kept.get("facial_hair") == "none" and (
        kept.get("gender") == "f" or kept.get("age") in ("baby", "child")
    ):
        del kept["facial_hair"]
    return kept


def _choose(face: Mapping[str, str], rng: np.random.Generator) -> dict[str, str]:
    """The attributes that one caption mentions; at least one if any can be said."""
    said = {}
    for column, value in face.items():
        often, seldom = wording.MENTION[column]
        if _chance(seldom if f"{column}={value}" in wording.UNREMARKABLE else often, rng):
            said[column] = value
    if not said and face:
        column = list(face)[int(rng.integers(len(face)))]
        said = {column: face[column]}
    if _no_hair(face) and any(column in said for column in _HAIR):
        said |= {column: face[column] for column in _HAIR if column in face}
    return said


# ---------------------------------------------------------------- parts


def _person(face: Mapping[str, str], said: Mapping[str, str], rng: np.random.Generator) -> str:
    gender, age = said.get("gender", ""), said.get("age", "")
    if gender and not age and face.get("age") in _MINORS:
        return wording.MINORS[gender]
    return _pick(wording.PEOPLE[gender, age], rng)


def _hair(said: Mapping[str, str], rng: np.random.Generator) -> str:
    """The noun phrase of hair that is there; empty if nothing is said of it."""
    words = []
    length, texture = said.get("hair_length"), said.get("hair_texture")
    adjective, noun, tail = "", "hair", ""
    if texture:
        adjective, nouns, tails = wording.TEXTURES[texture]
        noun = _pick(nouns, rng)
        adjective = "" if noun in ("waves", "curls") or not adjective else _pick(adjective, rng)
        tail = " " + _pick(tails, rng) if tails else ""
    if length:
        words.append(_pick(wording.LENGTHS[length], rng))
    words += [adjective] if adjective else []
    if "hair_color" in said:
        words.append(_pick(wording.COLOURS[said["hair_color"]], rng))
    phrase = " ".join([*words, noun]) + tail
    return _a(phrase) if noun == "afro" else phrase


def _before(said: dict[str, str], rng: np.random.Generator) -> list[str]:
    """Adjectives before the person; what they say is taken out of ``said``."""
    words = []
    for column, cells in wording.BEFORE.items():
        if said.get(column) in cells and _chance(0.35, rng):
            words.append(_pick(cells[said.pop(column)], rng))
            if words[-1] == "bald":
                said.pop("hair_color", None)
                said.pop("hair_texture", None)
    if "skin" in said and _chance(0.6, rng):
        words.append(_pick(wording.SKIN_BEFORE[said.pop("skin")], rng))
    elif "hair_color" in said and not _no_hair(said) and _chance(0.15, rng):
        words.append(_pick(wording.COLOURS[said.pop("hair_color")], rng) + "-haired")
    return words


def _parts(face: Mapping[str, str], said: dict[str, str], rng: np.random.Generator) -> _Parts:
    left = dict(said)
    parts = _Parts(person=_person(face, said, rng), before=_before(left, rng))
    if "skin" in left:
        parts.having.append(_pick(wording.SKIN_WITH[left["skin"]], rng))
    kind = _no_hair(left)
    if kind:
        parts.having.append(_pick(wording.NO_HAIR[kind], rng))
    elif any(column in left for column in _HAIR):
        parts.having.append(_hair(left, rng))
    for column, cells in (wording.THINGS | wording.WORN).items():
        value = left.get(column)
        if value is None:
            continue
        worn = column in wording.WORN
        if f"{column}={value}" in wording.UNREMARKABLE and (worn or _chance(0.5, rng)):
            parts.lacking.append(wording.NOT_WORN[column])
        else:
            (parts.wearing if worn else parts.having).append(_pick(cells[value], rng))
    # Denials last, so that they reach nothing behind them.
    parts.having.sort(key=lambda phrase: phrase.startswith("no "))
    for column, cells in wording.DOING.items():
        if column in left:
            parts.doing.append(_pick(cells[left[column]], rng))
    return parts


# ---------------------------------------------------------------- sentences


def _subject(parts: _Parts, rng: np.random.Generator) -> str:
    """What the sentence is about: *portrait of an old man*."""
    person = _a(" ".join([*parts.before, parts.person]))
    weights = np.array([weight for weight, _ in wording.OPENERS], float)
    opener = wording.OPENERS[int(rng.choice(len(weights), p=weights / weights.sum()))][1]
    if not opener or parts.person == "face":
        return person.split(" ", 1)[1] if _chance(0.3, rng) else person
    return f"{opener} {person}"


def _plain(parts: _Parts, rng: np.random.Generator) -> str:
    text = _subject(parts, rng)
    if parts.having:
        text += f" with {_list(parts.having)}"
    if parts.wearing:
        word = "wearing" if _chance(0.7, rng) else "in"
        text += f" {word} {_list(parts.wearing)}"
    if parts.lacking:
        word = "without" if _chance(0.6, rng) else "with no"
        lacking = [p.removeprefix("a ") if word == "with no" else p for p in parts.lacking]
        text += f", {word} {_list(lacking, 'or')}"
    return text + "".join(f", {doing}" for doing in parts.doing)


def _terse(parts: _Parts, rng: np.random.Generator) -> str:
    order = [*parts.having, *parts.wearing]
    rng.shuffle(order)
    nouns = [phrase.removeprefix("a ").removeprefix("an ") for phrase in order]
    lacking = [f"no {phrase.removeprefix('a ')}" for phrase in parts.lacking]
    return ", ".join([" ".join([*parts.before, parts.person]), *nouns, *lacking, *parts.doing])


def _verb(doing: str, pronoun: str, possessive: str) -> str:
    """*smiling* -> *she is smiling*; *eyes closed* -> *her eyes are closed*."""
    first, _, rest = doing.partition(" ")
    if first == "with":
        return f"{pronoun} has {_a(rest) if rest.split()[0] == 'head' else rest}"
    if first in ("eyes", "lips"):
        return f"{possessive} {first} are {rest}"
    if first in ("mouth", "head"):
        return f"{possessive} {first} is {rest}"
    return f"{pronoun} is {doing}"


def _two(parts: _Parts, gender: str, rng: np.random.Generator) -> str:
    pronoun, possessive = wording.PRONOUNS[gender]
    first = _subject(parts, rng)
    if parts.having:
        first += f" with {_list(parts.having)}"
    clauses = []
    if parts.wearing:
        clauses.append(f"{pronoun} {_pick('wears, is wearing', rng)} {_list(parts.wearing)}")
    if parts.lacking:
        clauses.append(
            f"{pronoun} wears no {_list([p.removeprefix('a ') for p in parts.lacking], 'or')}"
        )
    clauses += [_verb(doing, pronoun, possessive) for doing in parts.doing]
    if not clauses:
        return first
    groups = [clauses[i : i + 2] for i in range(0, len(clauses), 2)]
    later = [" and ".join(group) for group in groups]
    return ". ".join([first, *(clause[0].upper() + clause[1:] for clause in later)])


def caption(face: Mapping[str, str], rng: np.random.Generator) -> Caption:
    """One sentence about a face, drawn from the grammar, and what it mentions.

    ``face``: column -> value of :data:`mien.attributes.COLUMNS`; unknown cells are ignored, and one
    of which nothing is known is *a person*. ``rng`` decides all that is left to chance.
    """
    known = _sayable(face)
    said = _choose(known, rng)
    parts = _parts(known, said, rng)
    draw = rng.random()
    style = next(name for limit, name in _STYLES if draw < limit)
    if style == "terse":
        text = _terse(parts, rng)
    elif style == "two":
        text = _two(parts, said.get("gender", ""), rng)
    else:
        text = _plain(parts, rng)
    if _chance(0.3 if style == "terse" else 0.85, rng):
        text = text[0].upper() + text[1:]
    if ". " in text or (style != "terse" and _chance(0.85, rng)):
        text += "."
    return Caption(text, {column: said[column] for column in COLUMNS if column in said})


def captions(
    face: Mapping[str, str], rng: np.random.Generator, count: int = 10
) -> tuple[Caption, ...]:
    """``count`` sentences about one face, no two differing in capitals and full stops alone.

    InputError: ``count`` is below 1, or the grammar has fewer sentences for so bare a face.
    """
    if count < 1:
        raise InputError(f"count is {count}; ask for at least 1 caption")
    found: dict[str, Caption] = {}
    for _ in range(_TRIES * count):
        made = caption(face, rng)
        found.setdefault(made.text.casefold().rstrip("."), made)
        if len(found) == count:
            return tuple(found.values())
    raise InputError(
        f"count is {count}, but only {len(found)} different sentences were found for a face with"
        f" {len(face)} attributes; ask for fewer or say more of the face"
    )
