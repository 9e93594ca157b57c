"""How well the face parser agrees with outlines that people placed by hand, on photos of 62 people.

    python benchmarks/face_parsing.py london.zip london_landmarks189.npz

The Face Research Lab London Set has 189 points a neutral photo. Face: the polygon of hairline and
jaw. Hair: between the hair's outline and the hairline, above the line between the temples.
Background: outside of the hair's outline, above that line. Lips: their outer outline. The square of
each face is made of the hand-placed pupils, nose and mouth, so that only the parser is measured.
Prints intersection over union: the mean over people, and the worst.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from PIL import Image, ImageDraw

from mien.data.sources import open_source
from mien.faces.frames import frame_of
from mien.faces.parsing.regions import LOWER, ROOM, find_regions, load_parser
from mien.judges.regions import FACE, select

HAIRLINE = tuple(range(134, 145))
JAW = (112, 113, 114, *range(133, 124, -1), 111, 110, 109)
HAIR = tuple(range(147, 155))
LIPS = (*range(87, 94), *range(108, 103, -1))
FIVE = (0, 1, 55, 87, 93)
"""Pupils, nose and corners of the mouth."""


def polygon(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels inside a polygon."""
    page = Image.new("1", (shape[1], shape[0]))
    ImageDraw.Draw(page).polygon([(float(x), float(y)) for x, y in points], fill=1)
    return np.array(page)


def drawn(points: np.ndarray, shape: tuple[int, int]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The regions by hand, and the rows above the line between the temples."""
    face = polygon(points[list(HAIRLINE + JAW)], shape)
    head = polygon(points[list(HAIR)], shape)
    (x, y), (x2, y2) = points[HAIRLINE[0]], points[HAIRLINE[-1]]
    down, across = np.mgrid[: shape[0], : shape[1]] + 0.5
    above = down < y + (y2 - y) / (x2 - x) * (across - x)
    regions = {
        "face": face,
        "hair": head & ~face & above,
        "background": ~head & ~face & above,
        "lips": polygon(points[list(LIPS)], shape),
    }
    return regions, above


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos")
    parser.add_argument("points")
    parser.add_argument("--parser", default="parsing")
    options = parser.parse_args()
    network = load_parser(options.parser)
    source = open_source(options.photos)
    with np.load(options.points) as file:
        names, points = file["names"], file["points"].astype(np.float64)
    scores: dict[str, list[float]] = {}
    for name, own in zip(names.tolist(), points, strict=True):
        image = source.picture(source.names.index(name))
        shown = frame_of(own[list(FIVE)]).part((0.0, LOWER), ROOM)
        found = find_regions(network, image, shown)
        labels = found.labels()
        wanted, above = drawn(own, image.shape[:2])
        square = np.zeros(labels.shape, bool)
        square[found.box] = True
        skin = tuple(part for part in FACE if "ear" not in part)
        said = {
            "face": select(labels, skin),
            "hair": select(labels, ("hair", "hat")) & above,
            "background": (labels == 0) & above,
            "lips": select(labels, ("upper_lip", "lower_lip", "mouth")),
        }
        for region, mine in said.items():
            by_hand = wanted[region] & square
            mine = mine & square
            scores.setdefault(region, []).append(
                float((mine & by_hand).sum() / max((mine | by_hand).sum(), 1))
            )
    table = {
        region: {"mean": round(float(np.mean(row)), 4), "worst": round(min(row), 4)}
        for region, row in scores.items()
    }
    main_three = np.mean([table[region]["mean"] for region in ("face", "hair", "background")])
    print(json.dumps({"people": len(names), "miou": round(float(main_three), 4), **table}))


if __name__ == "__main__":
    main()
