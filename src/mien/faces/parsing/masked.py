"""Pictures with their label maps, read for training. Axes: n pictures, s h w pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.data import splits
from mien.data.sources import open_source
from mien.data.stores import comparable
from mien.errors import DatasetError
from mien.images import label_maps
from mien.judges.regions import COLOURS

SIDE, MAP_SIDE = 256, 128
"""Sides of pictures and of maps in memory."""

_SHAPE = 0.02
"""So much may the proportions of a map differ from its picture's."""


@dataclass(frozen=True)
class Masked:
    """Pictures with their label maps, ``label_maps.UNKNOWN`` where nothing is known."""

    pictures: UInt8[np.ndarray, "n s s2 3"]
    labels: UInt8[np.ndarray, "n h w"]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pictures)


def open_masked(
    data: Sequence[str | Path], masks: Sequence[str | Path], part: splits.Part = "train"
) -> Masked:
    """Read the pictures of some sets that have label maps, called like their pictures.

    Raises DatasetError for not as many masks as sets, no picture with a map, or a map of another
    picture's shape; ImageError if a picture cannot be used, or a map holds unknown ids or colours.
    """
    if len(data) != len(masks):
        raise DatasetError(
            str(data[0]) if data else "", f"{len(data)} sets of pictures, {len(masks)} of masks",
            "give `masks` once for each of `data`",
        )  # fmt: skip
    pictures, labels, names = [], [], []
    for path, folder in zip(data, masks, strict=True):
        source, maps = open_source(path), open_source(folder)
        place = {_stem(name): i for i, name in enumerate(maps.names)}
        rows = [
            i
            for i in splits.split(path, source.names).part(part)
            if _stem(source.names[i]) in place
        ]
        for i in rows:
            picture = source.picture(i)
            index = place[_stem(source.names[i])]
            where = maps.store.where(maps.names[index])
            ids = label_maps.decode(maps.read(index), where, COLOURS)
            check_shape(ids, picture, where)
            pictures.append(images.resize(images.centre_square(picture), SIDE))
            labels.append(_small(ids))
            names.append(f"{Path(path).stem}/{source.names[i]}")
    if not names:
        raise DatasetError(masks[0], f"holds no map of a picture of the {part} part of {data[0]}")
    return Masked(np.stack(pictures), np.stack(labels), tuple(names))


def check_shape(
    ids: UInt8[np.ndarray, "h w"], picture: UInt8[np.ndarray, "h2 w2 3"], where: str
) -> None:
    """Refuse a label map of other proportions than its picture's: DatasetError."""
    (height, width), (tall, wide) = ids.shape, picture.shape[:2]
    if abs(height * wide / (width * tall) - 1) > _SHAPE:
        cause = f"is {width}x{height}, and its picture {wide}x{tall}"
        raise DatasetError(where, cause, "give the map of this picture")


def _stem(name: str) -> str:
    return PurePosixPath(comparable(name)).with_suffix("").as_posix()


def _small(ids: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "s s2"]:
    """The square in the middle at the maps' side; the pixel in the middle of each stands for it."""
    height, width = ids.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    at = ((np.arange(MAP_SIDE) + 0.5) * side / MAP_SIDE).astype(int)
    return ids[top + at][:, left + at]
