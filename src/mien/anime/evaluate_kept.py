"""Whether the drawing is the person: attributes kept from photo to drawing, and a line-up of four.

Taggers that took no part in the training read photos and drawings; of the columns that both have
each named value is a row: how often drawings of photos that show it show it too, beside how often
drawings of the other photos do, which is what chance gives.

Axes: n photos, v values of a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.anime.attributes import shared, translated
from mien.hub.loading import Loaded
from mien.metrics.protocol import Protocol, Score

KEPT: Mapping[str, tuple[str, str]] = {
    "glasses": ("glasses", "1"),
    "open mouth": ("mouth", "open"),
    "long hair": ("hair_length", "long"),
    "short hair": ("hair_length", "short"),
    "smile": ("expression", "smile"),
}
"""Name of a row -> column and value of drawings."""

LINE_UP = 4
"""Portraits among which the right one is looked for."""


@dataclass(frozen=True)
class Kept:
    """One attribute.

    Attributes:
        name: A key of :data:`KEPT`.
        share: Of the drawings of photos that show it, how many show it.
        chance: Of the drawings of other photos; nan where all photos show it.
        count: Photos that show it.
    """

    name: str
    share: float
    chance: float
    count: int


@torch.no_grad()
def read(tagger: Loaded, pictures: UInt8[np.ndarray, "n r r2 3"]) -> dict[str, Tensor]:
    """Logits of all columns, ``[n, v]`` each."""
    device = next(tagger.network.parameters()).device
    parts = [tagger.network(images.to_float(pictures[i : i + 32], device))
             for i in range(0, len(pictures), 32)]  # fmt: skip
    return {column: torch.cat([part[column].cpu() for part in parts]) for column in parts[0]}


def kept(
    photos: UInt8[np.ndarray, "n r r2 3"],
    drawings: UInt8[np.ndarray, "n s s2 3"],
    of_photos: Loaded,
    of_drawings: Loaded,
) -> list[Kept]:
    """How much of each attribute is kept, of those that any photo shows.

    Args:
        photos: Aligned faces.
        drawings: Of them, in the same order.
        of_photos: A tagger of faces.
        of_drawings: A tagger of anime faces.

    Raises:
        InputError: The taggers share no column.
    """
    columns = of_drawings.network.config.columns
    told = translated(
        read(of_photos, photos), shared(of_photos.network.config, of_drawings.network.config)
    )
    shown = read(of_drawings, drawings)
    found = []
    for name, (column, value) in KEPT.items():
        if column not in told or value not in columns[column]:
            continue
        place = columns[column].index(value)
        said = told[column].sum(dim=1) > 0
        has = (told[column].argmax(dim=1) == place) & said
        draws = shown[column].argmax(dim=1) == place
        if not has.any():
            continue  # no photo shows it
        share, chance = (float(draws[rows].double().mean()) for rows in (has, said & ~has))
        found.append(Kept(name, share, chance, int(has.sum())))
    return found


def line_up(
    photos: Float[Tensor, "n d"], drawings: Float[Tensor, "n d"], seed: int = 0, rounds: int = 50
) -> float:
    """How often the right one of four portraits is the nearest to a drawing; chance is 0.25.

    Args:
        photos: Unit vectors of a judge of identity.
        drawings: Of the drawings, in the same order.
        seed: Decides the three others.
        rounds: Line-ups a drawing.
    """
    rng, right = np.random.default_rng(seed), 0.0
    likeness = (drawings.double() @ photos.double().T).numpy()
    count = len(photos)
    for row in range(count):
        others = [i for i in range(count) if i != row]
        for _ in range(rounds):
            chosen = rng.choice(others, min(LINE_UP, count) - 1, replace=False)
            right += float(likeness[row, row] > likeness[row, chosen].max())
    return right / (count * rounds)


def kept_scores(
    photos: UInt8[np.ndarray, "n r r2 3"],
    drawings: UInt8[np.ndarray, "n s s2 3"],
    judges: tuple[Loaded, Loaded, Loaded],
    said: str,
) -> list[Score]:
    """All rows as scores.

    Args:
        photos: Aligned faces.
        drawings: Of them.
        judges: A tagger of faces, one of anime faces, a judge of identity.
        said: Where the photos are from.
    """
    faces, anime, identity = judges

    def protocol(metric: str, samples: int, judge: Loaded) -> Protocol:
        return Protocol.by(judge, metric, samples, said, 0)

    scores = []
    for one in kept(photos, drawings, faces, anime):
        chance = f"drawings of other photos {one.chance:.2f}; photos read by {faces.name}"
        metric = f"share of drawings that show it where the photo does; {chance}"
        scores.append(Score(f"kept {one.name}", one.share, "higher",
                            protocol(metric, one.count, anime)))  # fmt: skip
    embed = identity.network.embed
    with torch.no_grad():
        a, b = (embed(images.to_float(x)) for x in (photos, drawings))
    metric = f"the right one of {LINE_UP} portraits is the nearest to its drawing; chance 0.25"
    value = line_up(a, b)
    scores.append(Score("line-up of four", value, "higher", protocol(metric, len(a), identity)))
    return scores
