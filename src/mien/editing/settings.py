"""What an edit asks for: ``smile=+2``, ``long hair/short hair=15,-5``, read and carried out.

A name that the set does not know is an UnknownName; what cannot be read, a pair that does not go
together, another space or width and layers outside are InputErrors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Float
from torch import Tensor

from mien.editing.direction import Direction, DirectionSet, check_layers, move
from mien.editing.label_directions import name_in_words
from mien.editing.pairs import TagPair, oppose
from mien.errors import InputError

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
STRONGEST = 1000.0
"""The largest number of a setting."""


@dataclass(frozen=True)
class Setting:
    """One direction and how far to go along it.

    Attributes:
        name: A direction of the set, or ``towards/away``, an opposing pair of two of them.
        strength: How far; negative to go back. 2 to 3 usually turn an attribute over.
        coefficients: Of the two directions of a pair; ``None`` for the method's defaults.
        layers: Move only these; ``None`` for the direction's own.
    """

    name: str
    strength: float = 1.0
    coefficients: tuple[float, float] | None = None
    layers: tuple[int, ...] | None = None

    @classmethod
    def parse(cls, text: str) -> Setting:
        """Read ``NAME=STRENGTH``, ``TOWARDS/AWAY=A,B``, or ``TOWARDS/AWAY``."""
        match = re.fullmatch(rf"([^=]+)=\s*({_NUMBER})\s*(?:,\s*({_NUMBER})\s*)?", text)
        names = (match[1] if match else text).strip()
        pair = "/" in names
        if (not match and ("=" in text or not pair)) or (match and match[3] and not pair):
            raise InputError(
                f"setting {text!r} cannot be read; write 'smile=+2' or 'long hair/short hair=15,-5'"
            )
        numbers = [float(number) for number in (match.groups()[1:] if match else ()) if number]
        if any(abs(number) > STRONGEST for number in numbers):
            raise InputError(f"setting {text!r}: numbers go from -{STRONGEST:g} to {STRONGEST:g}")
        if len(numbers) == 2:
            return cls(names, 1.0, (numbers[0], numbers[1]))
        return cls(names, numbers[0] if numbers else 1.0)

    def direction(self, directions: DirectionSet) -> Direction:
        """What to move along: a direction of that name, or the pair that the name says."""
        towards, slash, away = (part.strip() for part in self.name.partition("/"))
        known = directions.find(self.name) is not None
        if self.coefficients is None and (known or not slash):
            return directions[self.name]
        return oppose(TagPair(towards, away, self.coefficients), directions)

    def named_as(self, directions: DirectionSet) -> Setting:
        """The same with its names in the case that a set has them in."""
        if self.coefficients is None and directions.find(self.name) is not None:
            return replace(self, name=directions[self.name].name)
        parts = [directions[part.strip()].name for part in self.name.split("/")]
        return replace(self, name="/".join(parts))

    def as_dict(self) -> dict[str, Any]:
        """The setting as the provenance of a picture says it."""
        rest = {"coefficients": self.coefficients, "layers": self.layers}
        said = {name: list(value) for name, value in rest.items() if value is not None}
        return {"direction": self.name, "strength": self.strength, **said}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Setting:
        """The inverse of :meth:`as_dict`; KeyError, TypeError or ValueError if it is none."""
        pair, layers = row.get("coefficients"), row.get("layers")
        return cls(
            str(row["direction"]),
            float(row["strength"]),
            None if pair is None else (float(pair[0]), float(pair[1])),
            None if layers is None else tuple(int(layer) for layer in layers),
        )

    def label(self) -> str:
        """A short text for captions and file names."""
        name = name_in_words(self.name)
        if self.coefficients is not None:
            a, b = (self.strength * number for number in self.coefficients)
            return f"{name}={a:g},{b:g}"
        return f"{name}={self.strength:+g}"


def read_settings(texts: Iterable[str], layers: Sequence[int] | None = None) -> tuple[Setting, ...]:
    """Read several settings (at least one), all for the same layers."""
    found = tuple(Setting.parse(text) for text in texts)
    if not found:
        raise InputError("nothing to change; give `settings=smile=+2`")
    if layers is None:
        return found
    return tuple(replace(one, layers=tuple(layers)) for one in found)


def apply_settings(
    ws: Float[Tensor, "n num_ws w_dim"], directions: DirectionSet, settings: Sequence[Setting]
) -> Float[Tensor, "n num_ws w_dim"]:
    """Move latents along each setting in turn."""
    for setting in settings:
        if setting.layers is not None:
            check_layers(setting.layers, ws.shape[1])
        ws = move(ws, setting.direction(directions), setting.strength, setting.layers)
    return ws
