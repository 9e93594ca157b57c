"""Of several ways to free an edit from the others, the one that the tagger finds best.

How much of the other edits is projected out (:func:`mien.editing.decoupling.freed`), which layers
move, and how far: each is tried on faces that lack the attribute, and what the tagger says before
and after decides. Strength 3 is the move that was chosen.

    n faces · e edits · d dims
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from mien.editing.decoupling import Spread, freed
from mien.editing.direction import Direction, move
from mien.editing.naming import NamedEdit
from mien.editing.samples import LatentSource, Reader

FULL_STRENGTH = 3.0
"""The strength of a calibrated direction that carries an attribute over on most faces."""

RIDGES = (0.2, 1.0, float("inf"))
_FIRST_SEED = 900_000
_CANDIDATES = 160
_FACES = 16
_PSI = 0.7
_LACKING = 0.4
_LEAK_WEIGHT = 2.0
_LENGTH_WEIGHT = 0.025  # a standard deviation must be worth this: far from the mean, faces break
_FIRST_LENGTH = 3.0
_LENGTHS = (3.0, 4.5)
_AROUND = (0.7, 0.85, 1.25)
_BATCH = 16


@dataclass(frozen=True)
class Whitened:
    """A direction as it was fitted; ``x`` ``[d]`` is its unit vector in coordinates ``spread``."""

    direction: Direction
    x: Tensor
    spread: Spread


@dataclass(frozen=True)
class Tried:
    """A way that was tried.

    Attributes:
        direction: The direction, of one standard deviation.
        strength: Standard deviations.
        gain: How much more the tagger sees of the attribute, a probability.
        leak: Mean absolute change of the other edits' attributes.
    """

    direction: Direction
    strength: float
    gain: float
    leak: float

    @property
    def worth(self) -> float:
        """What decides: the gain, less the leak several times over, less the way."""
        return self.gain - _LEAK_WEIGHT * self.leak - _LENGTH_WEIGHT * self.strength


class Measure:
    """What the tagger sees of each of ``edits``, a column of scores each, before and after."""

    def __init__(self, source: LatentSource, reader: Reader, edits: Sequence[NamedEdit]) -> None:
        self.source, self.reader, self.edits = source, reader, tuple(edits)
        self._columns = torch.tensor(
            [reader.tags.index(edit.pair.towards) for edit in edits], dtype=torch.long
        )

    @cached_property
    def _pool(self) -> tuple[Tensor, Tensor]:
        """The faces that edits are tried on, and their scores."""
        seeds = range(_FIRST_SEED, _FIRST_SEED + _CANDIDATES)
        ws = self.source.start(list(seeds), _PSI)
        return ws, self.scores(ws)

    def scores(self, ws: Tensor) -> Tensor:
        """Probability of each edit's tag, ``[n, e]``."""
        parts = [self.reader(self.source.draw(part))[0] for part in ws.split(_BATCH)]
        return torch.cat(parts)[:, self._columns]

    def lacking(self, edit: NamedEdit) -> tuple[Tensor, Tensor]:
        """Faces that lack the attribute of an edit, and their scores."""
        ws, before = self._pool
        own = before[:, self.edits.index(edit)]
        order = (own > _LACKING).float().argsort(stable=True)[:_FACES]
        return ws[order], before[order]

    def changes(self, direction: Direction, strength: float, faces: int) -> Tensor:
        """Mean change of every edit's score on a few faces, whatever they have, ``[e]``."""
        ws, before = (part[:faces] for part in self._pool)
        return (self.scores(move(ws, direction, strength)) - before).mean(dim=0)

    def others(self, edit: NamedEdit) -> list[int]:
        """Columns that an edit shall leave alone: those of other attributes."""
        return [i for i, other in enumerate(self.edits) if other.column != edit.column]

    def attempt(self, edit: NamedEdit, direction: Direction, strength: float) -> Tried:
        """Move faces that lack the attribute, and see what the tagger says."""
        ws, before = self.lacking(edit)
        change = (self.scores(move(ws, direction, strength)) - before).mean(dim=0)
        rest = change[self.others(edit)].abs()
        gain = float(change[self.edits.index(edit)])
        return Tried(direction, strength, gain, float(rest.mean()) if len(rest) else 0.0)


def layer_ranges(num_ws: int) -> list[tuple[int, ...] | None]:
    """Ranges of layers that are tried; with fewer than six layers only all of them."""
    if num_ws < 6:
        return [None]
    return [None, tuple(range(4)), tuple(range(min(8, num_ws - 2))), tuple(range(4, num_ws))]


def decouple(
    edit: NamedEdit, plain: Whitened, edits: Mapping[str, Tensor], measure: Measure
) -> Direction:
    """Free an edit from the others and choose its layers and its scale.

    ``plain`` is the edit as it was fitted, ``edits`` has every edit's unit vector in whitened
    coordinates. Of what comes back strength 3 is the chosen move; its ``scores`` are the tagger's,
    on the faces that it was chosen on.
    """
    others = [edits[measure.edits[i].name] for i in measure.others(edit)]
    projected = []
    for ridge in RIDGES:
        vector = plain.spread.step(freed(plain.x, others, ridge))
        said = "" if ridge == float("inf") else f", freed with ridge {ridge:g}"
        method = plain.direction.method + said
        one = replace(plain.direction, vector=vector, method=method)
        projected.append(measure.attempt(edit, one, _FIRST_LENGTH))
    first = max(projected, key=lambda one: one.worth)
    layered = [
        measure.attempt(edit, replace(first.direction, layers=layers), strength)
        for layers in layer_ranges(measure.source.num_ws)[1:]
        for strength in _LENGTHS
    ]
    best = max([first, *layered], key=lambda one: one.worth)
    around = [measure.attempt(edit, best.direction, best.strength * by) for by in _AROUND]
    best = max([best, *around], key=lambda one: one.worth)
    return replace(
        best.direction,
        scale=best.strength / FULL_STRENGTH,
        scores={"tagger gain": best.gain, "tagger leak": best.leak},
    )
