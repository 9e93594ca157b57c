"""Tags worth fitting, and opposing pairs of them: towards one tag and away from its contrary.

After the thesis on steering GANs N' Roses: s' = s + a·n(long hair) + b·n(short hair), with a
coefficient each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mien.editing.direction import Direction, DirectionSet
from mien.errors import InputError

THESIS_COEFFICIENTS: Mapping[str, tuple[float, float]] = {
    "linear": (15.0, -5.0),
    "lasso": (15.0, -5.0),
    "svd": (-10.0, 5.0),
}
"""Coefficients of a pair by method, as the thesis gives them.

Those of the SVD are for singular vectors whose sign the decomposition happened to choose; see
:func:`default_coefficients`.
"""


@dataclass(frozen=True)
class TagPair:
    """Two tags that exclude each other: a positive strength brings ``towards``, removes ``away``.

    ``coefficients`` are those of the two directions, ``None`` for the method's defaults.
    """

    towards: str
    away: str
    coefficients: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        """``towards/away``, the name of the direction that the pair makes."""
        return f"{self.towards}/{self.away}"


def method_name(method: str) -> str:
    """The first word of ``Direction.method``: ``lasso`` of ``lasso, alpha 0.01``; perhaps empty."""
    return re.split(r"[\s,]", method.strip(), maxsplit=1)[0]


def default_coefficients(method: str) -> tuple[float, float]:
    """Coefficients that bring the first tag of a pair when the strength is 1.

    By the first word of ``Direction.method``: :data:`THESIS_COEFFICIENTS`, of regression where the
    thesis has none. For the SVD both signs are turned, because the directions of
    :func:`mien.editing.svd.svd` point towards their tag.
    """
    first, second = THESIS_COEFFICIENTS.get(method_name(method), THESIS_COEFFICIENTS["linear"])
    return (first, second) if first > 0 else (-first, -second)


def oppose(pair: TagPair, directions: DirectionSet) -> Direction:
    """One direction out of an opposing pair, a·n₁ + b·n₂, called ``towards/away``, of scale 1.

    Without coefficients those of the method of the first direction are taken.

    Raises:
        UnknownName: A tag has no direction.
        InputError: The two differ in space, layers or shape, or cancel out.
    """
    first, second = directions[pair.towards], directions[pair.away]
    for what, one, other in (
        ("space", first.space, second.space),
        ("layers", first.layers, second.layers),
        ("shape", tuple(first.vector.shape), tuple(second.vector.shape)),
    ):
        if one != other:
            raise InputError(f"pair {pair.name!r}: {what} {one} and {other} differ")
    a, b = pair.coefficients or default_coefficients(first.method)
    vector = a * first.scale * first.vector + b * second.scale * second.vector
    if not bool(vector.norm() > 0):
        raise InputError(f"pair {pair.name!r}: the two directions cancel out")
    return Direction(
        name=pair.name,
        vector=vector,
        space=first.space,
        layers=first.layers,
        generator=first.generator,
        method=f"{first.method}, pair {a:g} {b:g}",
    )


def frequent_tags(
    counts: Mapping[str, int], min_count: int = 100, max_count: int = 3400
) -> tuple[str, ...]:
    """Tags seen in more than ``min_count`` and fewer than ``max_count`` samples.

    The defaults are those of the thesis, for 10,200 samples. InputError: no number lies between.
    """
    if max_count - min_count < 2 or min_count < 0:
        raise InputError(
            f"tags in more than {min_count} and fewer than {max_count} samples: there is no number "
            "between"
        )
    return tuple(tag for tag, count in counts.items() if min_count < count < max_count)
