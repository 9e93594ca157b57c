"""What the verbs of the studio ask of numbers and sentences before they begin."""

from __future__ import annotations

import operator
import re
import secrets
from collections.abc import Sequence
from typing import Any

from mien.errors import InputError, WrongType, WrongValue

LARGEST_SEED = 2**32 - 1
"""What ``numpy.random.RandomState`` takes; written here so that wrong arguments need no torch."""

MAX_COUNT = 1000
"""The most faces that one call draws."""

MAX_WORDS = 256
"""What a sentence is cut to."""

PSI, GUIDANCE = 0.5, 2.5
"""What sentences are drawn with where nobody says otherwise; measured in docs/results.md."""

MEASURED_PSI, MEASURED_GUIDANCE = 1.0, 4.0
"""The largest values that faces were measured at; beyond them they come apart."""


def checked(name: str, value: float, low: float, high: float) -> float:
    """A number from ``low`` to ``high``; WrongType: it is none; WrongValue: it lies outside."""
    if isinstance(value, bool | str) or not hasattr(value, "__float__"):
        raise WrongType(name, value, "a number")
    if not low <= value <= high:
        raise WrongValue(f"{name} is {value:g}, but must be from {low:g} to {high:g}")
    return float(value)


RANGES = {"psi": (0, 2), "guidance": (0, 20)}
"""What the numbers that steer a drawing may be."""


def in_range(name: str, value: float) -> float:
    """A number of :data:`RANGES`; errors as :func:`checked`."""
    return checked(name, value, *RANGES[name])


def whole(name: str, value: int) -> int:
    """A whole number, of Python's or of numpy's, else a WrongType."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise WrongType(name, value, "a whole number") from None


def several(name: str, value: Sequence[Any]) -> list[Any]:
    """A list, or what can be gone through, else a WrongType; a text is none."""
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise WrongType(name, value, "a list")
    return list(value)


def checked_seeds(count: int, seed: int) -> list[int]:
    """``count`` seeds from ``seed`` on; WrongValue: too many, none, or too large."""
    count, seed = whole("count", count), whole("seed", seed)
    if not 1 <= count <= MAX_COUNT:
        raise WrongValue(f"count is {count}, but must be from 1 to {MAX_COUNT}")
    if not 0 <= seed <= LARGEST_SEED - count + 1:
        raise WrongValue(f"seed {seed} is not from 0 to {LARGEST_SEED - count + 1}")
    return list(range(seed, seed + count))


def listed_seeds(seeds: Sequence[int]) -> list[int]:
    """Seeds that were named one by one; WrongValue as :func:`checked_seeds`."""
    found = [checked_seeds(1, seed)[0] for seed in several("seeds", seeds)]
    if not 1 <= len(found) <= MAX_COUNT:
        raise WrongValue(f"{len(found)} seeds, but must be from 1 to {MAX_COUNT}")
    return found


def parse_seeds(text: str) -> list[int]:
    """Read ``7``, ``0-35``, ``1,5,9-12``, else an InputError; WrongValue: too many or too large."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})(?:\s*-\s*(\d{1,10}))?\s*", part)
        if match is None:
            raise InputError(f"seeds {text!r}: write 7, 0-35 or 1,5,9-12")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise InputError(f"seeds {part.strip()!r} run backwards; write {last}-{first}")
        found += checked_seeds(last - first + 1, first)
    return listed_seeds(found)


def random_seed() -> int:
    """A seed that nobody chose; small enough to be written down."""
    return secrets.randbelow(10**6)


def checked_text(text: str) -> tuple[str, list[str]]:
    """A sentence on one line, cut if need be, and what the person should know of it.

    WrongType: it is no text; InputError: it is empty.
    """
    if not isinstance(text, str):
        raise WrongType("text", text, "a sentence")
    words = text.split()
    if not words:
        raise InputError("the sentence is empty; describe a face, such as 'a smiling old man'")
    notes = []
    if len(words) > MAX_WORDS:
        notes.append(f"the sentence has {len(words)} words; only the first {MAX_WORDS} were read")
    return " ".join(words[:MAX_WORDS]), notes


def remarks(psi: float, guidance: float | None = None, count: int = 1) -> list[str]:
    """What a person should know of numbers that are allowed, but lead beyond what was measured."""
    found = []
    if psi > MEASURED_PSI:
        found.append(f"psi {psi:g} lies beyond {MEASURED_PSI:g}, up to which faces hold together")
    if psi == 0 and count > 1:
        found.append(f"with psi 0 all {count} are the same face, the mean one")
    if guidance is not None and guidance > MEASURED_GUIDANCE:
        found.append(
            f"guidance {guidance:g} lies beyond {MEASURED_GUIDANCE:g}, up to which it was measured"
        )
    return found
