"""What of a sentence was not read, what contradicts itself in it, and whether it has a face."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mien.text.clauses import Chunk

NOT_BY_NAME = "people cannot be drawn by name"
"""What is said of a name."""
_LISTED = 12

_TOGETHER: dict[str, tuple[str, ...]] = {
    "age": ("baby child", "child teen", "teen young", "child young", "baby young", "middle old"),
    "facial_hair": ("stubble goatee mustache beard",),
    "glasses": ("glasses sunglasses",),
    "expression": ("smile laugh",),
    "hair_texture": ("wavy curly afro braided tied na", "straight tied braided na"),
    "hair_length": ("bald short",),
    "hair_color": ("gray white",),
    "pose": ("left profile", "right profile"),
    "skin": ("medium tan", "tan dark"),
}
"""Values of one column that one face can have, so that nothing is lost if one word wins."""


@dataclass(frozen=True)
class Conflict:
    """A word of a sentence that was taken, and the words that it contradicts."""

    taken: str
    dropped: tuple[str, ...]

    def __str__(self) -> str:
        others = ", ".join(f"'{word}'" for word in self.dropped)
        return f"contradiction: '{self.taken}' and {others}; '{self.taken}' was taken"


NounOf = Callable[[list[Chunk], int], "int | None"]


def _read(chunk: Chunk) -> bool:
    """Whether it said anything; what only rules something out by the way (*Asian*) did not."""
    return any(said[0] != "!" or said[-1] != "?" for said in chunk.says)


def not_read(
    text: str, chunks: list[Chunk], noun_of: NounOf, parts: frozenset[str], joined: bool = False
) -> tuple[str, ...]:
    """The stretches of a sentence that were not read, each with its noun where there is one.

    ``noun_of`` finds the place of the noun that was read and to which an unread word belongs;
    ``parts`` are nouns that are missed only with what is said of them (*blue eyes*, never *eyes*);
    ``joined``: no spaces stand between words.
    """
    found: list[str] = []
    i = 0
    while i < len(chunks):
        j = i
        while j < len(chunks) and _in_run(chunks, i, j, parts, text, joined):
            j += 1
        run = chunks[i:j]
        if any(not (c.mute or _read(c) or c.phrase in parts) for c in run):
            found.append(_words_of_run(text, chunks, i, j, noun_of, parts))
        i = max(j, i + 1)
    return tuple(dict.fromkeys(found))


def _in_run(
    chunks: list[Chunk], i: int, j: int, parts: frozenset[str], text: str, joined: bool
) -> bool:
    """Whether the chunk at ``j`` goes on with the unread stretch that began at ``i``."""
    chunk = chunks[j]
    if _read(chunk) or not any(one.isalnum() for one in chunk.phrase):
        return False
    if j > i:
        between = text[chunks[j - 1].end : chunk.start]
        if any(one.isalnum() or one in ",.;:!?()、。，" for one in between):
            return False
    if chunk.role == "hair" and chunk.mute:
        return False
    if chunk.phrase in parts:
        return j > i or not joined
    return not chunk.mute


def _words_of_run(
    text: str, chunks: list[Chunk], i: int, j: int, noun_of: NounOf, parts: frozenset[str]
) -> str:
    run = chunks[i:j]
    words = re.sub(r"\s+", " ", text[run[0].start : run[-1].end])
    near = [word for chunk in run for word in chunk.near]
    if near:
        return f"{words} (did you mean {' or '.join(repr(word) for word in near)}?)"
    if run[-1].phrase in parts:
        return words
    if is_name(words.split()):
        return f"{words} ({NOT_BY_NAME})"
    noun = run[-1].noun if run[-1].noun is not None else noun_of(chunks, j - 1)
    if noun is None or i <= noun < j:
        return words
    return f"{words} (of the {text[chunks[noun].start : chunks[noun].end]})"


def is_name(words: Sequence[str]) -> bool:
    """Whether unread words are written like the name of a person: *Barack Obama*."""
    return len(words) >= 2 and all(word.istitle() for word in words)


def conflicts(text: str, chunks: list[Chunk], asserted: dict[str, str]) -> tuple[Conflict, ...]:
    """Words that were overruled by words that say the opposite of what was ``asserted``."""
    outright: dict[str, list[tuple[str, str]]] = {}
    for chunk in chunks:
        word = "not " * chunk.negated + text[chunk.start : chunk.end]
        for said in chunk.says:
            if said[-1] != "?":
                column = said.strip("!").partition("=")[0]
                outright.setdefault(column, []).append((said.rstrip("!"), word))
    found: dict[str, list[str]] = {}
    for column, value in asserted.items():
        said_of_it = list(dict.fromkeys(outright.get(column, ())))
        taken = next((word for said, word in said_of_it if said == f"{column}={value}"), "")
        dropped = [word for said, word in said_of_it if taken and _against(said, column, value)]
        for word in dropped:
            if word != taken and word not in found.setdefault(taken, []):
                found[taken].append(word)
    return tuple(Conflict(taken, tuple(words)) for taken, words in found.items() if words)


def _against(said: str, column: str, value: str) -> bool:
    """Whether a label, or the denial of one, excludes the value that was taken."""
    other = said.partition("=")[2]
    if said.startswith("!"):
        return other == value
    if other == value or (column == "expression" and "neutral" in (other, value)):
        return False
    return not any({other, value} <= set(group.split()) for group in _TOGETHER.get(column, ()))


def listed(words: Sequence[str]) -> str:
    """Words as a list on one line, cut where it grows too long to be read."""
    more = len(words) - _LISTED
    return ", ".join(words[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def refusal(text: str, names: bool) -> str:
    """Why a sentence without a face is refused, on one line."""
    short = text if len(text) <= 60 else f"{text[:57]}..."
    if names:
        said = f"{short!r} reads like a name, and {NOT_BY_NAME}; say what the face looks like,"
    else:
        said = f"nothing in {short!r} is about a face; say what it looks like: 'a smiling old man';"
    return f"{said} or draw anyway with `anyway=True`"
