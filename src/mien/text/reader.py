"""From a sentence to the attributes that it asserts, denies or leaves open.

By a lexicon and three rules (:mod:`mien.text.clauses`), unlike the transformer of StyleT2F (Sabae
et al. 2022), so that what it understood can be shown word by word.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from mien.attributes import COLUMNS, in_words
from mien.text import languages
from mien.text.clauses import Chunk
from mien.text.unread import NOT_BY_NAME, Conflict, conflicts, listed, not_read

STRENGTH: dict[str, int] = {
    "age=baby": 6,
    "age=teen": 5,
    "age=old": 4,
    "age=middle": 4,
    "age=child": 3,
    "hair_length=bald": 2,
    "hair_color=none": 2,
    "hair_texture=na": 6,
    "hair_texture=braided": 5,
    "hair_texture=afro": 5,
    "hair_texture=tied": 4,
    "hair_texture=curly": 3,
    "hair_texture=wavy": 2,
    "facial_hair=beard": 4,
    "facial_hair=goatee": 3,
    "facial_hair=mustache": 2,
    "facial_hair=stubble": 1,
    "glasses=sunglasses": 1,
    "expression=neutral": -1,
    "expression=laugh": 1,
}
"""Which of two values of one column wins in one sentence; 0 if not here, then the first said."""


@dataclass(frozen=True)
class Silence:
    """What a column usually is when nobody mentions it.

    ``given`` is the label on which this depends, ``column=value``, or empty; ``share`` how often it
    was so among the 1,585 written captions of the training part.
    """

    column: str
    value: str
    given: str
    share: float


SILENCES: tuple[Silence, ...] = (
    Silence("glasses", "none", "", 0.99),
    Silence("headwear", "none", "", 0.99),
    Silence("eyes", "open", "", 0.99),
    Silence("facial_hair", "none", "gender=f", 1.0),
    Silence("facial_hair", "none", "age=baby", 1.0),
    Silence("facial_hair", "none", "age=child", 0.99),
    Silence("facial_hair", "none", "age=teen", 0.98),
    Silence("facial_hair", "none", "age=young", 0.84),
    Silence("facial_hair", "none", "age=old", 0.83),
    Silence("makeup", "0", "gender=m", 1.0),
    Silence("makeup", "0", "age=baby", 1.0),
    Silence("makeup", "0", "age=child", 1.0),
    Silence("makeup", "0", "gender=f", 0.76),
    Silence("earrings", "0", "gender=m", 0.98),
    Silence("earrings", "0", "age=baby", 0.99),
    Silence("earrings", "0", "age=child", 0.96),
    Silence("earrings", "0", "gender=f", 0.84),
    Silence("bangs", "0", "gender=m", 0.91),
    Silence("bangs", "0", "", 0.87),
    Silence("mouth", "closed", "expression=neutral", 0.97),
    Silence("mouth", "closed", "expression=sad", 0.92),
    Silence("expression", "neutral", "", 0.88),
    Silence("pose", "front", "", 0.89),
)
"""What nobody mentions is usually not there; the first row that fits a column decides."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A stretch of the sentence, from ``start`` until before ``end``, that means something.

    ``says``: what was taken from it: ``column=value``, or ``!column=value`` for a denial.
    """

    text: str
    start: int
    end: int
    says: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What a sentence says of a face.

    Attributes:
        asserted: Column -> value.
        denied: Column -> values that are ruled out; a column may be asserted too.
        words: The stretches that were understood, in their order.
        not_read: The stretches that were not, each with its noun: *white (of the beard)*.
        conflicts: Words that contradict each other, and which was taken.
        mended: Words that were mistyped, each with the word that was read instead.
        implied: Column -> value that follows from the sentence without being said in it.
        language: Code of the language that it was read in.
        named: Whether something unread is written like the name of a person.
        about_face: Whether anything in it is about a person or a face.
        guessed: Column -> value that was taken from the unread words; see :mod:`mien.text.head`.
    """

    asserted: dict[str, str] = field(default_factory=dict)
    denied: dict[str, frozenset[str]] = field(default_factory=dict)
    words: tuple[Recognised, ...] = ()
    not_read: tuple[str, ...] = field(default=(), compare=False)
    conflicts: tuple[Conflict, ...] = field(default=(), compare=False)
    mended: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    implied: dict[str, str] = field(default_factory=dict, compare=False)
    language: str = field(default="en", compare=False)
    named: bool = field(default=False, compare=False)
    about_face: bool = field(default=False, compare=False)
    guessed: dict[str, str] = field(default_factory=dict, compare=False)

    def notes(self) -> list[str]:
        """What the person should know of how the sentence was read, a line each."""
        lines = [f"read {typed!r} as {taken!r}" for typed, taken in self.mended]
        lines += [str(conflict) for conflict in self.conflicts]
        for column, value in self.implied.items():
            said = in_words(column, value)
            lines.append(f"{said}: taken from the white or grey beard of an old man")
        if self.not_read:
            lines.append(f"not read: {listed(self.not_read)}")
        if self.guessed:
            said = ", ".join(in_words(c, v) for c, v in self.guessed.items())
            lines.append(f"taken from these words all the same, as most captions mean them: {said}")
        return lines

    def told(self) -> dict[str, Any]:
        """How the sentence was read beyond what it asserts and denies, as a picture carries it."""
        return {
            "language": self.language,
            "not_read": list(self.not_read),
            "contradictions": [str(conflict) for conflict in self.conflicts],
            "mended": dict(self.mended),
            "implied": dict(self.implied),
            "guessed": dict(self.guessed),
        }

    @property
    def unknown(self) -> bool:
        """Whether nothing at all was recognised."""
        return not self.asserted and not self.denied


def _assertions(chunks: list[Chunk]) -> dict[str, str]:
    """One value a column: outright before implied, then stronger, then earlier."""
    best: dict[str, tuple[tuple[int, int], str]] = {}
    for chunk in chunks:
        for said in chunk.says:
            if said.startswith("!"):
                continue
            label = said.rstrip("!?")
            column, value = label.split("=")
            outright = 2 if said.endswith("!") else 0 if said.endswith("?") else 1
            rank = (outright, STRENGTH.get(label, 0))
            if column not in best or rank > best[column][0]:
                best[column] = (rank, value)
    return {column: value for column, (_, value) in best.items()}


def _denials(chunks: list[Chunk], asserted: dict[str, str]) -> dict[str, set[str]]:
    """Values ruled out; implied ones only in columns of which nothing is asserted."""
    denied: dict[str, set[str]] = {}
    for said in (said for chunk in chunks for said in chunk.says if said.startswith("!")):
        column, value = said.strip("!?").split("=")
        if asserted.get(column) == value or (said.endswith("?") and column in asserted):
            continue
        denied.setdefault(column, set()).add(value)
    return denied


def read(text: str, language: str | None = None) -> Reading:
    """Which attributes a sentence asserts, denies or leaves open.

    English, Vietnamese, French and Japanese are understood (``language`` ``en``, ``vi``, ``fr``,
    ``ja``; None finds it out, another is an UnknownName), everything else is passed over.
    ``unknown`` is true if nothing was recognised, as for an empty text. Places of words count in
    the text's composed form (NFC).
    """
    text = unicodedata.normalize("NFC", text)
    tongue = languages.find(text, language)
    text, chunks = tongue.parse(text)
    asserted = _assertions(chunks)
    denied = _denials(chunks, asserted)
    for column, values in denied.items():
        left = [value for value in COLUMNS[column] if value not in values]
        if column not in asserted and len(left) == 1:
            asserted[column] = left[0]
    words = tuple(
        Recognised(
            text[chunk.start : chunk.end],
            chunk.start,
            chunk.end,
            tuple(said[0] + said[1:].rstrip("!?") for said in chunk.says),
        )
        for chunk in chunks
        if chunk.says
    )
    unread = not_read(text, chunks, tongue.noun_of, tongue.parts, tongue.joined)
    return Reading(
        {column: asserted[column] for column in COLUMNS if column in asserted},
        {column: frozenset(denied[column]) for column in COLUMNS if column in denied},
        words,
        unread,
        conflicts(text, chunks, asserted),
        tuple(dict.fromkeys(slip for chunk in chunks for slip in chunk.typed)),
        _implied(chunks, asserted, denied, tongue),
        tongue.code,
        any(NOT_BY_NAME in words for words in unread) or _looks_like_a_name(text, chunks),
        _about_face(chunks),
    )


def _about_face(chunks: list[Chunk]) -> bool:
    """Whether a person or a part of a face is spoken of, or something was read that is of one."""
    if any(chunk.role in ("person", "hair", "face_hair", "skin") for chunk in chunks):
        return True
    return any(chunk.says and not chunk.of_thing for chunk in chunks)


def _looks_like_a_name(text: str, chunks: list[Chunk]) -> bool:
    """Whether all there is are unread words with capitals: *Obama*, *Barack Obama*."""
    words = [chunk for chunk in chunks if not chunk.mute]
    capitals = all(text[c.start : c.start + 1].isupper() for c in words)
    return bool(words) and capitals and not any(c.says for c in words) and text.upper() != text


def _implied(
    chunks: list[Chunk],
    asserted: dict[str, str],
    denied: dict[str, set[str]],
    tongue: languages.Language,
) -> dict[str, str]:
    """The hair of an old man whose beard is white, if nothing is said of it."""
    unsaid = "hair_color" not in asserted and "hair_color" not in denied
    old = asserted.get("age") == "old" and asserted.get("gender", "m") == "m"
    if not (unsaid and old and asserted.get("facial_hair", "none") != "none"):
        return {}
    for i, chunk in enumerate(chunks):
        if chunk.says or chunk.negated or chunk.phrase not in tongue.grays:
            continue
        noun = chunk.noun if chunk.noun is not None else tongue.noun_of(chunks, i)
        if noun is not None and any(said.startswith("facial_") for said in chunks[noun].says):
            return {"hair_color": "gray"}
    return {}


def expected(reading: Reading, least: float = 0.9) -> dict[str, str]:
    """What a sentence asserts, and what its silence lets one expect: column -> value.

    An assumption, not a fact about the sentence: people name glasses, hats and beards when they see
    them, so a description without glasses is usually of a face without. Use it as a prior that may
    be overruled. To all that is asserted come a man where facial hair is, and the values of
    :data:`SILENCES` that a silence meant at least this often (``least``, 0 to 1); columns of which
    something is denied stay open.
    """
    face = {**reading.implied, **reading.asserted}
    if face.get("facial_hair", "none") != "none":
        face.setdefault("gender", "m")
    decided: set[str] = set()
    for row in SILENCES:
        given, _, value = row.given.partition("=")
        if row.column in decided or (given and face.get(given) != value):
            continue
        decided.add(row.column)
        open_still = row.column not in face and row.column not in reading.denied
        if open_still and row.share >= least:
            face[row.column] = row.value
    return {column: face[column] for column in COLUMNS if column in face}
