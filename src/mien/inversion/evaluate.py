"""How near inversions come to their photos, beside the mean face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mien import images
from mien.errors import ImageError, InputError
from mien.faces.choosing import Finder
from mien.inversion.photos import InversionRequest, Stage, cut, invert, measure

if TYPE_CHECKING:
    from mien.inversion.session import Inverts

SAME_PERSON = 0.6
"""Below this distance dlib's recogniser says that two pictures show one person."""


@dataclass(frozen=True)
class InversionReport:
    """Means over photos, a row a stage; the first is the generator's mean face.

    ``same`` is the share of photos of each row that the recogniser takes for one person,
    ``left_out`` names photos that were not inverted, each with the reason, ``protocol`` says what
    was measured with what.
    """

    rows: tuple[Stage, ...]
    same: tuple[float, ...]
    photos: int
    left_out: tuple[str, ...]
    protocol: dict[str, Any]

    def text(self) -> str:
        """The table."""
        width = max(len(row.name) for row in self.rows) + 2
        lines = [f"{'':<{width}}features     MSE  recogniser  one person  seconds"]
        for row, same in zip(self.rows, self.same, strict=True):
            lines.append(
                f"{row.name:<{width}}{row.features:8.3f}{row.mse:8.4f}{row.recogniser:12.2f}"
                f"{same:12.0%}{row.seconds:9.2f}"
            )
        said = ", ".join(f"{name} {value}" for name, value in self.protocol.items())
        return "\n".join([*lines, "", f"{self.photos} photos; {said}"])

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        rows = [
            {**asdict(row), "one person": same}
            for row, same in zip(self.rows, self.same, strict=True)
        ]
        rest = {"photos": self.photos, "left_out": self.left_out, "protocol": self.protocol}
        return {"rows": rows, **rest}


def evaluate_inversion(
    studio: Inverts,
    photos: Sequence[Path],
    request: InversionRequest | None = None,
    finder: Finder | None = None,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> InversionReport:
    """Invert photos and measure each stage; those that cannot be used are named and left out.

    InputError: none could be used; WeightsMissing: the generator has no encoder.
    """
    request = request or InversionRequest()
    found: list[list[Stage]] = []
    left_out: list[str] = []
    G = studio.generator
    with torch.no_grad():
        mean = G.synthesis(G.mapping.w_avg.expand(1, G.num_ws, -1))
    for number, path in enumerate(photos):
        try:
            made = invert(studio, path, request, finder)
        except (ImageError, InputError) as error:
            left_out.append(str(error))
            continue
        eyes = cut(studio, path, request, finder).eyes
        real = images.to_float(made.crop[None], studio.device)
        eyes = None if eyes is None else eyes.to(studio.device)
        base = measure(studio.inverter, studio.recognition, real, mean, eyes)
        found.append([Stage("mean face", *base, 0.0), *made.stages])
        told(number + 1, len(photos))
    if not found:
        raise InputError(f"none of {len(photos)} photos could be inverted; first: {left_out[0]}")
    rows, same = [], []
    for stages in zip(*found, strict=True):
        table = np.array([(s.features, s.mse, s.recogniser, s.seconds) for s in stages])
        rows.append(Stage(stages[0].name, *table.mean(axis=0).tolist()))
        same.append(float((table[:, 2] < SAME_PERSON).mean()))
    said = {
        "model": f"{studio.loaded.name} ({studio.loaded.sha256[:12]})",
        "size": studio.inverter.resolution, "features of": "inception at 128",
        "recogniser": "dlib, cut at the photo's eyes",
    }  # fmt: skip
    return InversionReport(tuple(rows), tuple(same), len(found), tuple(left_out), said)
