"""A named direction in the latent space of one generator, and moving along it.

Whatever does not fit (space, width, layers, a length of 0, fields of a file) is an InputError.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError, UnknownName

Space = Literal["z", "w", "ws", "s"]
"""Where a direction lives: input noise, one w for all layers, one w a layer, or styles."""

_REACH = 3.0


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction with a name, and all that must be known to use it honestly.

    Attributes:
        name: What moves, as people say it ("smile", "long hair/short hair").
        vector: float32 on the CPU. ``[z_dim]`` in z, ``[w_dim]`` in w, ``[num_ws, w_dim]`` in ws;
            in s the styles of ``layers`` one after the other in one row.
        layers: The layers that it moves, sorted; ``None`` for all.
        scale: What one unit of strength multiplies the vector by.
        generator: sha256 of the generator that it was found in; empty if unknown.
        method: How it was found ("lasso, alpha 0.01").
        scores: What was measured of it, by name.
    """

    name: str
    vector: Tensor
    space: Space
    layers: tuple[int, ...] | None = None
    scale: float = 1.0
    generator: str = ""
    method: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("a direction without a name")
        if self.space not in get_args(Space):
            raise UnknownName("latent space", str(self.space), get_args(Space))
        rank = 2 if self.space == "ws" else 1
        if self.vector.ndim != rank or not self.vector.numel():
            raise InputError(
                f"direction {self.name!r}: a vector of shape {tuple(self.vector.shape)}; space "
                f"{self.space} takes {rank} dimension{'s' if rank > 1 else ''}"
            )
        vector = self.vector.detach().to("cpu", torch.float32)
        if not bool(vector.isfinite().all()):
            raise InputError(f"direction {self.name!r}: its vector is not finite")
        if not 0 < abs(self.scale) < float("inf"):
            raise InputError(f"direction {self.name!r}: scale {self.scale}; it moves nothing")
        if self.layers is not None:
            layers = tuple(sorted(set(self.layers)))
            if not layers or layers[0] < 0 or len(layers) != len(self.layers):
                raise InputError(f"direction {self.name!r}: layers {list(self.layers)}")
            object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "vector", vector)

    @property
    def reach(self) -> float:
        """The largest strength that it was measured at: its score ``reach``, else 3."""
        return float(self.scores.get("reach", _REACH))

    def unit(self) -> Direction:
        """The same direction with a vector of length 1; the scale stays."""
        length = self.vector.norm()
        if not bool(length > 0):
            raise InputError(f"direction {self.name!r} has length 0 and leads nowhere")
        return replace(self, vector=self.vector / length)

    def reversed(self, name: str) -> Direction:
        """The opposite direction under its own name."""
        return replace(self, name=name, vector=-self.vector)


def check_layers(layers: Sequence[int], num_ws: int) -> None:
    """Refuse layers outside ``0 … num_ws − 1``."""
    outside = [layer for layer in layers if not 0 <= layer < num_ws]
    if outside:
        raise InputError(
            f"layer {outside[0]} is outside this network, which has {num_ws} layers "
            f"(0-{num_ws - 1})"
        )


def _strengths(strength: float | Tensor, count: int, name: str) -> Tensor:
    values = torch.as_tensor(strength, dtype=torch.float32).flatten()
    if values.numel() not in (1, count) or not bool(values.isfinite().all()):
        raise InputError(
            f"direction {name!r}: {values.numel()} strengths for {count} latents; one, or one each"
        )
    return values.expand(count)


def move(
    ws: Float[Tensor, "n num_ws w_dim"],
    direction: Direction,
    strength: float | Tensor,
    layers: Sequence[int] | None = None,
) -> Float[Tensor, "n num_ws w_dim"]:
    """Move latents along a direction of space w or ws.

    ``strength``, times the direction's ``scale``, is one number or one a latent, negative to go
    back; ``layers`` are moved instead of the direction's own.
    """
    if direction.space not in ("w", "ws"):
        raise InputError(
            f"direction {direction.name!r} lives in space {direction.space}, not in w or ws; "
            "move styles or z instead of ws"
        )
    num_ws, width = ws.shape[1:]
    vector = direction.vector if direction.space == "ws" else direction.vector.expand(num_ws, -1)
    if vector.shape != (num_ws, width):
        raise InputError(
            f"direction {direction.name!r} is for latents of {tuple(direction.vector.shape)}, "
            f"these are [{num_ws}, {width}]; fit it for this generator"
        )
    chosen = direction.layers if layers is None else tuple(layers)
    mask = torch.ones(num_ws, 1)
    if chosen is not None:
        check_layers(chosen, num_ws)
        mask = torch.zeros(num_ws, 1)
        mask[list(chosen)] = 1
    steps = _strengths(strength, ws.shape[0], direction.name) * direction.scale
    shift = steps[:, None, None] * (vector * mask)  # [n num_ws w_dim]
    return ws + shift.to(ws.device, ws.dtype)


def scaled_to_spread(direction: Direction, covariance: Float[Tensor, "d d"]) -> Direction:
    """The direction with a unit vector and the latents' standard deviation √(vᵀCv) as its scale."""
    if direction.vector.shape != covariance.shape[:1]:
        raise InputError(
            f"direction {direction.name!r} has shape {tuple(direction.vector.shape)}, the latents "
            f"are {covariance.shape[0]} wide"
        )
    unit = direction.unit()
    vector = unit.vector.double()
    spread = float((vector @ covariance.double() @ vector).clamp(min=0).sqrt())
    if not spread > 0:
        raise InputError(f"direction {direction.name!r}: the latents do not vary along it")
    return replace(unit, scale=spread)


@dataclass(frozen=True, eq=False)
class DirectionSet:
    """Directions of one generator, no two of one name, in a fixed order."""

    directions: tuple[Direction, ...]

    def __post_init__(self) -> None:
        names = [direction.name for direction in self.directions]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise InputError(f"two directions are called {doubles[0]!r}; rename one")
        generators = sorted({direction.generator for direction in self.directions})
        if len(generators) > 1:
            raise InputError(
                f"directions of {len(generators)} generators in one set: "
                + ", ".join(generator[:12] or "unknown" for generator in generators)
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(direction.name for direction in self.directions)

    @property
    def generator(self) -> str:
        """sha256 of the generator that they belong to; empty if unknown."""
        return self.directions[0].generator if self.directions else ""

    def __len__(self) -> int:
        return len(self.directions)

    def __iter__(self) -> Iterator[Direction]:
        return iter(self.directions)

    def find(self, name: str) -> Direction | None:
        """The direction of that name, whatever its case; None if there is none."""
        alike = [one for one in self.directions if one.name.casefold() == name.casefold()]
        return next((one for one in alike if one.name == name), alike[0] if alike else None)

    def __getitem__(self, name: str) -> Direction:
        """The direction of that name, whatever its case; UnknownName lists those there are."""
        found = self.find(name)
        if found is None:
            raise UnknownName("direction", name, self.names)
        return found

    def check_generator(self, sha256: str, force: bool = False) -> None:
        """Refuse to be used on another generator, unless ``force`` is given."""
        if self.generator != sha256 and not force and self.directions:
            raise InputError(
                f"these directions were found in generator {self.generator[:12] or 'unknown'}, "
                f"this one is {sha256[:12]}; run 'mien directions fit' for it, or give "
                "`force=True` to move along vectors that mean nothing in particular here"
            )

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The set as tensors and a configuration that is plain JSON."""
        tensors, rows = {}, []
        for number, one in enumerate(self.directions):
            tensors[f"direction.{number}"] = one.vector.contiguous().clone()
            rows.append(
                {
                    "name": one.name,
                    "space": one.space,
                    "layers": None if one.layers is None else list(one.layers),
                    "scale": one.scale,
                    "generator": one.generator,
                    "method": one.method,
                    "scores": dict(one.scores),
                }
            )
        return tensors, {"kind": "directions", "directions": rows}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], config: Mapping[str, Any]) -> DirectionSet:
        """The inverse of :meth:`to_tensors`, trusting neither side."""
        rows = config.get("directions")
        if config.get("kind") != "directions" or not isinstance(rows, list):
            raise InputError(f"not a set of directions but {config.get('kind')!r}")
        if set(tensors) != {f"direction.{number}" for number in range(len(rows))}:
            raise InputError(f"{len(tensors)} vectors for {len(rows)} directions")
        return cls(
            tuple(_from_row(row, tensors[f"direction.{i}"], i) for i, row in enumerate(rows))
        )


def _from_row(row: object, vector: Tensor, number: int) -> Direction:
    try:
        if not isinstance(row, dict):
            raise TypeError("not a table")
        layers = row["layers"]
        return Direction(
            name=str(row["name"]),
            vector=vector,
            space=row["space"],
            layers=None if layers is None else tuple(int(layer) for layer in layers),
            scale=float(row["scale"]),
            generator=str(row["generator"]),
            method=str(row["method"]),
            scores={str(name): float(value) for name, value in row["scores"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"direction {number} of the set is not readable ({error})") from None
