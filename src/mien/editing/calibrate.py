"""Strength 1 made to mean one thing: the attribute turns over in half of the faces.

A direction along which fewer than half of the faces ever turn over, or which carries the person
away before they do, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from mien.editing.direction import DirectionSet
from mien.editing.flips import Flip, Flips

LADDER = tuple(0.25 * step for step in range(1, 21))
"""Strengths, in the old unit, that faces climb."""

LEAST_COSINE = 0.4
"""A recogniser's cosine between before and after; below it the face is another's."""


def calibrated(
    directions: DirectionSet,
    turned: Flips,
    ladder: Sequence[float] = LADDER,
    least: float = LEAST_COSINE,
) -> tuple[DirectionSet, list[str]]:
    """Scale every direction that was measured, and leave out those that wreck faces.

    ``turned`` was measured on the set by :func:`mien.editing.flips.flips` over the strengths
    ``ladder``; ``least`` is the mean cosine at the flip that a direction must keep. Those that were
    not measured stay as they are. Returns the set, and a line for each direction that was left out.
    The scores of a direction: ``turned`` (share of faces that turned over at all), ``cosine`` and
    ``reach`` (the strength, in the new unit, by which nine in ten of these faces had turned over;
    what lies beyond was seen on the few others only).
    """
    rows = {row.edit: row for row in turned.rows}
    kept, out = [], []
    for one in directions:
        row = rows.get(one.name)
        if row is None:
            kept.append(one)
        elif why := _wrecks(row, least):
            out.append(f"{one.name}: {why}")
        else:
            scores = {"turned": row.share, "reach": (row.most or max(ladder)) / row.half}
            if row.cosine is not None:
                scores["cosine"] = row.cosine
            kept.append(replace(one, scale=one.scale * row.half, scores={**one.scores, **scores}))
    return DirectionSet(tuple(kept)), out


def _wrecks(row: Flip, least: float) -> str:
    if math.isnan(row.half):
        return f"only {row.share:.0%} of the faces turn over, at any strength that was tried"
    if row.cosine is not None and row.cosine < least:
        return f"at its flip the cosine to the face before is {row.cosine:.2f}, below {least:g}"
    return ""
