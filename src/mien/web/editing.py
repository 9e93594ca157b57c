"""What an edit has come to: a face, strengths along directions, and the way back.

Undo and redo walk along the steps; a step that goes on along the same direction replaces the last.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import UInt8

from mien.editing.edit import find_directions
from mien.editing.naming import EDITS, TAGS
from mien.editing.settings import Setting, apply_settings
from mien.errors import InputError
from mien.studio.session import Studio
from mien.text.reader import read
from mien.web.sessions import Made

DIRECTIONS = tuple(one.name for one in EDITS if one.name != "black hair/blonde hair")
"""What has a slider; the left out one is *hair colour* backwards."""

REACH, WORD = 3.0, 2.0
"""The strongest a slider goes, and how far a word does."""

_SAME_S = 3.0
_MOST_STEPS = 100

Strengths = Mapping[str, float]
"""Direction -> strength; those that are 0 are absent."""


@dataclass
class Editing:
    """One face being edited.

    Attributes:
        base: The face that it begins with.
        steps: Strengths after each step; the first are none.
        at: The step that is shown.
        picture: What was drawn last; None before that.
    """

    base: Made
    steps: list[Strengths] = field(default_factory=lambda: [{}])
    at: int = 0
    picture: UInt8[np.ndarray, "h w 3"] | None = None
    _last: tuple[frozenset[str], float] = (frozenset(), 0.0)

    @property
    def now(self) -> Strengths:
        """The strengths that are shown."""
        return self.steps[self.at]

    def go(self, strengths: Strengths) -> None:
        """Take a step; what was undone is forgotten."""
        wanted = {name: value for name, value in strengths.items() if value}
        names = frozenset(name for name, _ in set(wanted.items()) ^ set(self.now.items()))
        if not names:
            return
        clock = time.monotonic()
        goes_on = names == self._last[0] and clock - self._last[1] < _SAME_S and self.at
        self.steps[self.at + (0 if goes_on else 1) :] = [wanted]
        del self.steps[1 : len(self.steps) - _MOST_STEPS]
        self.at, self._last = len(self.steps) - 1, (names, clock)

    def move(self, by: int) -> None:
        """Undo (-1) or redo (1), as far as there are steps."""
        self.jump(self.at + by)

    def jump(self, to: int) -> None:
        """Show a step."""
        self.at, self._last = min(max(to, 0), len(self.steps) - 1), (frozenset(), 0.0)


def draw(studio: Studio, editing: Editing) -> UInt8[np.ndarray, "h w 3"]:
    """Draw the step that is shown; errors as :func:`moved`."""
    editing.picture = moved(studio, editing.base, editing.now)
    return editing.picture


def moved(studio: Studio, base: Made, strengths: Strengths) -> UInt8[np.ndarray, "h w 3"]:
    """A face moved along directions, drawn once and written nowhere; for previews.

    Raises:
        WeightsMissing: The generator has no directions.
        UnknownName: One of them is not among these.
    """
    if not strengths:
        return base.picture
    settings = [Setting(name, value) for name, value in strengths.items()]
    found = _directions(studio)
    ws = torch.from_numpy(base.face.ws.copy()).to(studio.device)
    return studio.drawer.draw(apply_settings(ws, found, settings))[0]


def _directions(studio: Studio):
    """The directions of a studio's generator, read once."""
    kept = studio.__dict__.get("_web_directions")
    if kept is None:
        kept = studio.__dict__["_web_directions"] = find_directions(studio, None).directions
    return kept


def in_words(text: str, refusal: str) -> dict[str, float]:
    """What a sentence asks for, as strengths along directions.

    A sentence of any of the four languages is read as :func:`mien.text.reader.read` does, and what
    it asserts is sought among the named edits, then among the tags; ``smile=+2`` is taken as it is.

    Args:
        text: The sentence.
        refusal: What is said if nothing in it names a direction; the text goes into ``{}``.

    Raises:
        InputError: Nothing in it names a direction.
    """
    if "=" in text:
        settings = [Setting.parse(part.strip()) for part in text.split(";") if part.strip()]
        return {one.name: one.strength for one in settings}
    asserted = {f"{column}={value}" for column, value in read(text).asserted.items()}
    wanted = [tag for tag, labels in TAGS.items() if asserted.intersection(labels)]
    strengths: dict[str, float] = {}
    for tag in wanted:
        for one in EDITS:
            if tag in (one.pair.towards, one.pair.away) and one.name in DIRECTIONS:
                strengths[one.name] = WORD if tag == one.pair.towards else -WORD
                break
        else:
            strengths[tag] = WORD
    if not strengths:
        raise InputError(refusal.format(text.strip()[:80] or "–"))
    return strengths
