"""A tiny model, directions of it, pictures with faces that only the toy finder sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mien.anime.generator import GansNRosesConfig, RosesGenerator
from mien.checkpoints import native
from mien.editing.direction import Direction, DirectionSet
from mien.editing.sets import save_direction_set
from mien.faces.finder import Face
from mien.hub.store import known_sha256

SIDE = 32
CONFIG = {"resolution": SIDE, "channels": (8, 8, 12), "style_dim": 4, "w_dim": 16}
CONFIG |= {"mapping_layers": 2, "residual_blocks": 1, "reference": True}
MARK = (250, 10, 20)
"""Colour of the pixels that say that there is a face around them."""


def write_model(path: Path, **changes: object) -> Path:
    """An untrained generator as a file."""
    torch.manual_seed(0)
    config = {**CONFIG, **changes}
    network = RosesGenerator(GansNRosesConfig(**config))
    kept = {**config, "channels": list(config["channels"])}
    native.save(path, "gans-n-roses", network.state_dict(), kept, {"kimg": 0})
    return path


def write_directions(path: Path, model: Path, space: str = "w") -> Path:
    """Directions ``blue hair`` and ``brown hair`` of a model."""
    random = np.random.default_rng(1)
    made = [
        Direction(
            name, torch.from_numpy(random.standard_normal(16)), space, None, 1.0,
            known_sha256(model), "linear",
        )
        for name in ("blue hair", "brown hair")
    ]  # fmt: skip
    save_direction_set(path, DirectionSet(tuple(made)))
    return path


def points(x: float, y: float, side: float) -> np.ndarray:
    """68 landmarks of an upright face in a square of FFHQ's."""
    made = np.zeros((68, 2))
    angles = np.linspace(0, 2 * np.pi, 68)
    made[:, 0], made[:, 1] = x + side / 5 * np.cos(angles), y + side / 5 * np.sin(angles)
    made[36:42] = (x - side / 8, y - side / 10)
    made[42:48] = (x + side / 8, y - side / 10)
    made[48], made[54] = (x - side / 10, y + side / 6), (x + side / 10, y + side / 6)
    made[30] = (x, y + side / 20)
    return made


class ToyFinder:
    """Finds a face around every marked pixel, the leftmost first."""

    def __init__(self, side: float = 40) -> None:
        self.side = side
        self.asked = 0

    def find(self, image: np.ndarray) -> list[Face]:
        """A face for each mark."""
        self.asked += 1
        near = np.abs(image.astype(int) - np.array(MARK)).max(axis=2) < 60
        columns = np.flatnonzero(near.any(axis=0))
        starts = [c for i, c in enumerate(columns) if not i or c > columns[i - 1] + 3]
        found = []
        for start in starts:
            rows = np.flatnonzero(near[:, start : start + 4].any(axis=1))
            found.append(Face.of(points(float(start) + 2, float(rows.mean()), self.side), 0.99))
        return found

    def in_box(self, image: np.ndarray, box: tuple[float, float, float, float]) -> Face:
        """The face that a person says is there."""
        x, y, width, height = box
        return Face.of(points(x + width / 2, y + height / 2, width), 0.9)


def picture(marks: list[tuple[int, int]], size: tuple[int, int] = (96, 72)) -> np.ndarray:
    """Soft noise with faces at x, y; width and height in pixels."""
    width, height = size
    random = np.random.RandomState(0).randint(90, 150, (height, width, 3))
    image = random.astype(np.uint8)
    for x, y in marks:
        image[y - 2 : y + 2, x - 2 : x + 2] = MARK
    return image
