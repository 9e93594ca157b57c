"""Which language a sentence is in, and what takes it apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from mien.errors import UnknownName
from mien.text import clauses, foreign, lexicon
from mien.text import wordclasses as classes
from mien.text.clauses import Chunk

LANGUAGES = ("en", "vi", "fr", "ja")
"""Codes of the languages that are read; the first is taken where none is recognised."""

_KANA = re.compile(r"[぀-ヿｦ-ﾟ]")
_HAN = re.compile(r"[一-鿿]")
_CHINESE = re.compile(r"[的她他们這这个們个很没戴着镜黑发]")
_VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_ENOUGH = 400
"""Characters that are looked at."""
_MOST = 0.7
"""Share of English words from which on no other language is tried."""
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Language:
    """What the reader needs of a language.

    ``parse`` takes a text apart: gives it in the form in which places count, and the chunks.
    ``noun_of`` finds the noun that was read and to which the unread word at a place belongs;
    ``parts`` are nouns that are missed only with what is said of them, ``grays`` words for white
    and grey; ``joined`` says that no spaces stand between words.
    """

    code: str
    parse: Callable[[str], tuple[str, list[Chunk]]]
    noun_of: Callable[[list[Chunk], int], int | None]
    parts: frozenset[str]
    grays: frozenset[str]
    joined: bool = False


@cache
def _english() -> Language:
    colours = clauses.values("HAIR_COLOURS")
    grays = frozenset(word for word, value in colours.items() if value in ("gray", "white"))
    parse = lambda text: (text, clauses.parse(text))  # noqa: E731
    return Language("en", parse, clauses.noun_of, classes.PARTS, grays)


@cache
def table(code: str) -> foreign.Words:
    """The words of a language other than English."""
    found = lexicon.table(code)
    return foreign.Words(code=code, **{**found, "years": tuple(found["years"])})


@cache
def _foreign(code: str) -> Language:
    words = table(code)
    grays = {
        phrase for value in ("gray", "white") for phrase in clauses.cells(words.colours[value])
    }
    parts = set(clauses.cells(words.parts))
    if words.fold:
        grays |= set(map(foreign.without_accents, grays))
        parts |= set(map(foreign.without_accents, parts))

    def parse(text: str) -> tuple[str, list[Chunk]]:
        joined = words.joined
        text = unicodedata.normalize("NFKC", text) if joined else text.replace("’", "'")
        return text, foreign.parse(text, words)

    return Language(code, parse, foreign.noun_of, frozenset(parts), frozenset(grays), words.joined)


def detect(text: str) -> str:
    """The language of a text: by its script and letters, else by whose words it has most of.

    English where nothing decides.
    """
    text = text[:_ENOUGH]
    words = _WORD.findall(text.lower())
    latin = [word for word in words if word[0] < "ɐ" or _VIETNAMESE.search(word)]
    if _KANA.search(text) or (_HAN.search(text) and not _CHINESE.search(text) and not latin):
        return "ja"
    if not latin:
        return "en"
    if _VIETNAMESE.search(text):
        return "vi"
    score = {"en": sum(word in clauses.vocabulary() for word in latin)}
    if score["en"] > _MOST * len(latin):
        return "en"
    for code in ("fr", "vi"):
        score[code] = sum(word in table(code).known for word in latin)
    best = max(LANGUAGES[:3], key=lambda code: score[code])
    return best if score[best] >= 2 or len(latin) == score[best] else "en"


def find(text: str, language: str | None = None) -> Language:
    """The language that a text is read in; None finds it out, another is an UnknownName."""
    code = language or detect(text)
    if code not in LANGUAGES:
        raise UnknownName("language", code, LANGUAGES)
    return _english() if code == "en" else _foreign(code)
