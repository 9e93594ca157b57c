"""What the verbs of the studio ask of numbers and sentences before they begin."""

from __future__ import annotations

from mien.errors import InputError
from mien.stylegan2.seeds import LARGEST_SEED

MAX_COUNT = 1000
"""The most faces that one call draws."""

MAX_WORDS = 256
"""What a sentence is cut to."""


def checked(name: str, value: float, low: float, high: float) -> float:
    """A number from ``low`` to ``high``; anything else is an InputError."""
    if not low <= value <= high:
        raise InputError(f"{name} is {value:g}, but must be from {low:g} to {high:g}")
    return float(value)


def checked_seeds(count: int, seed: int) -> list[int]:
    """``count`` seeds from ``seed`` on; too many, none or too large is an InputError."""
    if not 1 <= count <= MAX_COUNT:
        raise InputError(f"count is {count}, but must be from 1 to {MAX_COUNT}")
    if not 0 <= seed <= LARGEST_SEED - count + 1:
        raise InputError(f"seed {seed} is not from 0 to {LARGEST_SEED - count + 1}")
    return list(range(seed, seed + count))


def checked_text(text: str) -> tuple[str, list[str]]:
    """A sentence on one line, cut if need be, and what the person should know of it."""
    words = text.split()
    if not words:
        raise InputError("the sentence is empty; describe a face, such as 'a smiling old man'")
    notes = []
    if len(words) > MAX_WORDS:
        notes.append(f"the sentence has {len(words)} words; only the first {MAX_WORDS} were read")
    return " ".join(words[:MAX_WORDS]), notes
