"""What an edit has come to: a face, strengths along directions, and the way back.

Undo and redo walk along the steps; a step that goes on along the same direction replaces the last.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8

from mien.web.sessions import Made

if TYPE_CHECKING:
    from mien.editing.sets import LoadedDirections
    from mien.studio.session import Studio

DIRECTIONS = (
    *("age", "gender", "smile", "mouth open", "glasses", "beard", "hair colour"),
    *("grey hair/black hair", "red hair/black hair", "hair length", "bangs", "yaw"),
    *("skin tone", "makeup", "hat"),
)
"""What has a slider: :data:`mien.editing.naming.EDITS`, which the page is not to wait for, but for
what *hair colour* is backwards."""

REACH = 3.0
"""The strongest a slider goes."""

_SAME_S = 3.0
_MOST_STEPS = 100

Strengths = Mapping[str, float]
"""Direction -> strength; those that are 0 are absent."""


@dataclass(frozen=True)
class Step:
    """What is shown after a step: the face that the sliders begin at, and how far they are moved.

    ``said`` are the words that made this base of the one before; empty if none did.
    """

    base: Made
    strengths: Strengths = field(default_factory=dict)
    said: str = ""


@dataclass
class Editing:
    """One face being edited: its steps, the first the face as it was, and the one that is shown.

    ``picture`` is what was drawn last; None before that.
    """

    base: Made
    steps: list[Step] = field(default_factory=list)
    at: int = 0
    picture: UInt8[np.ndarray, "h w 3"] | None = None
    _last: tuple[frozenset[str], float] = (frozenset(), 0.0)

    def __post_init__(self) -> None:
        self.steps = self.steps or [Step(self.base)]

    @property
    def now(self) -> Step:
        """The step that is shown."""
        return self.steps[self.at]

    def go(self, strengths: Strengths) -> None:
        """Move sliders; what was undone is forgotten."""
        wanted, now = {name: value for name, value in strengths.items() if value}, self.now
        names = frozenset(name for name, _ in set(wanted.items()) ^ set(now.strengths.items()))
        if not names:
            return
        clock = time.monotonic()
        goes_on = names == self._last[0] and clock - self._last[1] < _SAME_S and self.at
        self._take(Step(now.base, wanted), replaces=bool(goes_on))
        self._last = names, clock

    def say(self, made: Made, words: str) -> None:
        """Go on from a face that words have made of the one that is shown."""
        self._take(Step(made, {}, words))
        self.picture, self._last = made.picture, (frozenset(), 0.0)

    def _take(self, step: Step, replaces: bool = False) -> None:
        self.steps[self.at + (not replaces) :] = [step]
        del self.steps[1 : len(self.steps) - _MOST_STEPS]
        self.at = len(self.steps) - 1

    def move(self, by: int) -> None:
        """Undo (-1) or redo (1), as far as there are steps."""
        self.jump(self.at + by)

    def jump(self, to: int) -> None:
        """Show a step."""
        self.at, self._last = min(max(to, 0), len(self.steps) - 1), (frozenset(), 0.0)


def draw(studio: Studio, editing: Editing) -> UInt8[np.ndarray, "h w 3"]:
    """Draw the step that is shown; errors as :func:`moved`."""
    editing.picture = moved(studio, editing.now.base, editing.now.strengths)
    return editing.picture


def moved(studio: Studio, base: Made, strengths: Strengths) -> UInt8[np.ndarray, "h w 3"]:
    """A face moved along directions, drawn once and written nowhere; for previews.

    Raises:
        WeightsMissing: The generator has no directions.
        UnknownName: One of them is not among these.
    """
    if not strengths:
        return base.picture
    import torch

    from mien.editing.settings import Setting, apply_settings

    settings = [Setting(name, value) for name, value in strengths.items()]
    found = _directions(studio).directions
    ws = torch.from_numpy(base.face.ws.copy()).to(studio.device)
    return studio.drawer.draw(apply_settings(ws, found, settings))[0]


def _directions(studio: Studio) -> LoadedDirections:
    """The directions of a studio's generator, read once."""
    kept = studio.__dict__.get("_web_directions")
    if kept is None:
        from mien.editing.edit import find_directions

        kept = studio.__dict__["_web_directions"] = find_directions(studio, None)
    return kept


def strengths_of(studio: Studio, edit: Mapping[str, Any]) -> dict[str, float] | None:
    """An edit of a recipe as strengths along the generator's directions; None if it is no such.

    WeightsMissing if the generator has no directions.
    """
    found = _directions(studio)
    rows = edit["settings"]
    plain = all(set(row) == {"direction", "strength"} for row in rows)
    if edit.get("set") != found.name or not plain:
        return None
    return {str(row["direction"]): float(row["strength"]) for row in rows}


def by_words(studio: Studio, editing: Editing, words: str) -> tuple[str, ...]:
    """Carry words out on the face that is shown; ``smile=+2; age=-1`` moves the sliders.

    Returns what was not read, or could not be done; errors as
    :meth:`mien.studio.Studio.edit_by_words`, or as :func:`moved`.
    """
    from mien.editing.settings import Setting

    now = editing.now
    if "=" in words:
        settings = [Setting.parse(part.strip()) for part in words.split(";") if part.strip()]
        editing.go({**now.strengths, **{one.name: one.strength for one in settings}})
        draw(studio, editing)
        return ()
    face = now.base.face
    if now.strengths:
        face = studio.edit(face, dict(now.strengths))
    (made,) = Made.each_of(studio.edit_by_words(face, words), "edit")
    editing.say(made, words.strip())
    return made.notes


def result(studio: Studio, editing: Editing) -> Made:
    """The face that is shown, with all that made it; errors as :func:`moved`."""
    now = editing.now
    if not now.strengths:
        return now.base
    (made,) = Made.each_of(studio.edit(now.base.face, dict(now.strengths)), "edit")
    return made
