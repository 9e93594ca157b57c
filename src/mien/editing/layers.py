"""What each layer of a generator is for, measured: replace one layer's code, see what moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError

Synthesise = Callable[[Tensor], Tensor]
"""Latents ``[n, num_ws, w_dim]`` to images, float NCHW in [-1, 1]."""

Measure = Callable[[Tensor], Mapping[str, Tensor]]
"""Images to named readings: ``[n]``, or ``[n, k]`` for a vector such as a pose or class scores."""


@dataclass(frozen=True, eq=False)
class LayerTable:
    """How far each reading moves when one layer's code is replaced, over ``samples`` pairs.

    Attributes:
        moved: float64 ``[num_ws, readings]``, mean Euclidean distance, in the reading's unit.
        all_moved: float64 ``[readings]``, the same when every layer is replaced at once.
    """

    names: tuple[str, ...]
    moved: Tensor
    all_moved: Tensor
    samples: int

    @property
    def shares(self) -> Float[Tensor, "num_ws readings"]:
        """``moved`` as a share of ``all_moved``; 0 for a reading that never moves."""
        share = self.moved / self.all_moved.clamp(min=1e-300)
        return torch.where(self.all_moved > 0, share, 0.0)

    def csv_rows(self) -> list[list[str]]:
        """Rows for a CSV writer: a head, a row a layer, and the row of all layers together."""
        rows = [["layer", *self.names]]
        for layer, values in enumerate(self.moved.tolist()):
            rows.append([str(layer), *(repr(value) for value in values)])
        return [*rows, ["all", *(repr(value) for value in self.all_moved.tolist())]]


def colours(images: Float[Tensor, "n 3 h w"]) -> dict[str, Tensor]:
    """Mean colour, brightness and contrast as readings, on the scale of images in [-1, 1]."""
    light = images.mean(dim=1).flatten(1)
    return {
        "colour": images.flatten(2).mean(dim=2),
        "brightness": light.mean(dim=1),
        "contrast": light.std(dim=1),
    }


def analyse_layers(
    ws: Float[Tensor, "n num_ws w_dim"],
    others: Float[Tensor, "_n _num_ws _w_dim"],
    synthesise: Synthesise,
    measures: Sequence[Measure],
    batch: int = 8,
) -> LayerTable:
    """Measure what moves when only one layer's code is replaced by that of another face.

    ``synthesise`` draws with constant noise, ``measures`` are judges of its images and
    :func:`colours`. InputError: shapes that differ, no measures, two readings of one name, or
    readings that do not fit the images or are not finite.
    """
    if ws.shape != others.shape or not ws.numel():
        raise InputError(f"latents {tuple(ws.shape)} and {tuple(others.shape)}; pairs are needed")
    if not measures or batch < 1:
        raise InputError(f"{len(measures)} measures in batches of {batch}; at least 1 of each")
    num_ws = ws.shape[1]
    before = _readings(ws, synthesise, measures, batch)
    rows = []
    for layer in [*range(num_ws), None]:
        replaced = others if layer is None else ws.clone()
        if layer is not None:
            replaced[:, layer] = others[:, layer]
        after = _readings(replaced, synthesise, measures, batch)
        rows.append(
            torch.stack([(after[name] - before[name]).norm(dim=1).mean() for name in before])
        )
    table = torch.stack(rows)
    return LayerTable(tuple(before), table[:-1], table[-1], ws.shape[0])


def _readings(
    ws: Tensor, synthesise: Synthesise, measures: Sequence[Measure], batch: int
) -> dict[str, Tensor]:
    parts: dict[str, list[Tensor]] = {}
    for rows in ws.split(batch):
        images = synthesise(rows)
        seen: set[str] = set()
        for measure in measures:
            for name, values in measure(images).items():
                if name in seen:
                    raise InputError(f"two measures give a reading {name!r}")
                if values.shape[:1] != rows.shape[:1] or values.ndim > 2:
                    raise InputError(
                        f"reading {name!r} is {tuple(values.shape)} for {len(rows)} images"
                    )
                if not bool(values.isfinite().all()):
                    raise InputError(f"reading {name!r} is not finite")
                seen.add(name)
                flat = values.detach().to("cpu", torch.float64).reshape(len(rows), -1)
                parts.setdefault(name, []).append(flat)
    return {name: torch.cat(values) for name, values in parts.items()}
