"""People to tell apart: one picture of each out of a data set, or several drawn by a generator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.attributes import LABELS, column_slice
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.faces.pictures import points_of
from mien.faces.views import anchors_of, average_anchors
from mien.stylegan2.generator import Generator

_PASSING = ("expression", "mouth", "eyes", "pose")  # what one person shows now and then
_POINTS_SIDE = 256  # landmarks of a data set are in pixels of its pictures at this size
_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class People:
    """Pictures of people, one or several of each, framed as FFHQ frames faces.

    ``anchors`` are the points of each picture that expressions move; ``person`` says who each
    shows, from 0 without gaps.
    """

    pictures: UInt8[np.ndarray, "m h w 3"]
    anchors: Float[Tensor, "m 16 2"]
    person: Int64[np.ndarray, " m"]

    def __post_init__(self) -> None:
        counts = (len(self.pictures), len(self.anchors), len(self.person))
        if len(set(counts)) != 1 or not counts[0]:
            cause = f"{counts[0]} pictures with {counts[1]} sets of anchors of {counts[2]} people"
            raise InputError(cause)

    @classmethod
    def of(
        cls, pictures: UInt8[np.ndarray, "m h w 3"], anchors: Float[Tensor, "m 16 2"] | None = None
    ) -> People:
        """One picture a person; without anchors, those of the average face."""
        found = average_anchors(len(pictures)) if anchors is None else anchors
        return cls(pictures, found, np.arange(len(pictures)))

    def __add__(self, other: People) -> People:
        """Both, as different people."""
        return People(
            np.concatenate([self.pictures, other.pictures]),
            torch.cat([self.anchors, other.anchors]),
            np.concatenate([self.person, other.person + self.count]),
        )

    @property
    def count(self) -> int:
        """How many people there are."""
        return int(self.person.max()) + 1


@torch.no_grad()
def generated_people(
    generator: Generator,
    count: int,
    seed: int,
    resolution: int,
    looks: int = 3,
    psi: float = 0.7,
    labels: Float[Tensor, "m c"] | None = None,
) -> People:
    """Draw people who do not exist, each several times; person *i* has z of seed ``seed + i``.

    The looks of one person share z and what lasts of the label; expression, mouth, eyes and pose
    are another face's, and the upper half of the layers, which hold colours, partly as well.
    ``psi`` is the truncation; ``labels`` are drawn from, for a generator that takes them.
    """
    config = generator.config
    source = torch.Generator().manual_seed(seed)
    device = next(generator.parameters()).device
    made = []
    for start in range(0, count, _AT_ONCE):
        n = min(_AT_ONCE, count - start)
        draws = [np.random.RandomState(seed + start + i).randn(config.z_dim) for i in range(n)]
        z = torch.from_numpy(np.stack(draws)).float()
        lasting = _some(labels, n, config.c_dim, source)
        for _ in range(looks):
            passing = lasting.clone()
            other = _some(labels, n, config.c_dim, source)
            for column in _PASSING if config.c_dim == len(LABELS) else ():
                passing[:, column_slice(column)] = other[:, column_slice(column)]
            ws = generator.map(z.to(device), passing.to(device), psi)
            stray = torch.randn(n, config.z_dim, generator=source)
            colours = generator.map(stray.to(device), other.to(device), psi)
            late = (torch.arange(ws.shape[1]) >= ws.shape[1] // 2).float()[:, None]
            share = torch.rand(n, 1, 1, generator=source) * late
            drawn = generator.synthesis(ws.lerp(colours, share.to(device)))
            small = functional.interpolate(
                drawn, size=(resolution,) * 2, mode="bilinear", antialias=True
            )
            made.append(images.to_uint8(small))
    blocks = [
        np.arange(i, min(i + _AT_ONCE, count))
        for i in range(0, count, _AT_ONCE)
        for _ in range(looks)
    ]
    pictures = np.concatenate(made)
    return People(pictures, average_anchors(len(pictures)), np.concatenate(blocks))


def _some(labels: Tensor | None, n: int, width: int, source: torch.Generator) -> Tensor:
    if labels is None or not width:
        return torch.zeros(n, width)
    return labels[torch.randint(len(labels), (n,), generator=source)]


def points_beside(data: str | Path) -> Path | None:
    """The landmarks beside a data set: ``faces.zip`` finds ``faces_landmarks68.npz``."""
    place = Path(data).with_name(f"{Path(data).stem}_landmarks68.npz")
    return place if place.is_file() else None


def open_people(
    data: str | Path,
    points: str | Path | None,
    resolution: int,
    part: Literal["train", "kept-out", "all"],
) -> tuple[People, Float[Tensor, "n c"] | None]:
    """The faces of a part of a data set, each a person of its own, and their labels if there are.

    They are framed as FFHQ frames them. ``points`` is an ``.npz`` with ``points`` ``[pictures, 68,
    2]``, a row for each picture of ``data`` in sorted order, at 256×256; ``None`` takes the average
    face's for all. Raises DatasetError if pictures or points cannot be used, or their numbers
    differ.
    """
    chosen = TrainingSet.open(data, resolution, part=part)
    labels = None if chosen.labels is None else torch.from_numpy(chosen.labels)
    if points is None:
        return People.of(chosen.pictures), labels
    found = anchors_of(points_of(data, points, chosen.names), (_POINTS_SIDE, _POINTS_SIDE))
    return People.of(chosen.pictures, found), labels
