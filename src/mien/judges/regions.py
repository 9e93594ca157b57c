"""The regions of a face in CelebAMask-HQ's order: names, ids and the colours they are shown in.

Lee et al. 2020 (MaskGAN) number nineteen regions. Left and right are the picture's.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

REGIONS: tuple[str, ...] = (
    *("background", "skin", "nose", "glasses", "left_eye", "right_eye", "left_brow", "right_brow"),
    *("left_ear", "right_ear", "mouth", "upper_lip", "lower_lip", "hair", "hat", "earring"),
    *("necklace", "neck", "cloth"),
)
"""Name of each id."""

ID: dict[str, int] = {name: i for i, name in enumerate(REGIONS)}
"""Id of each name."""

MIRRORED: tuple[int, ...] = tuple(
    ID[name.replace("left", "*").replace("right", "left").replace("*", "right")] for name in REGIONS
)
"""Id of each region in a mirrored face."""

FACE: tuple[str, ...] = (
    *("skin", "nose", "glasses", "left_eye", "right_eye", "left_brow", "right_brow"),
    *("left_ear", "right_ear", "mouth", "upper_lip", "lower_lip"),
)
"""What a face is made of, without hair and what is worn above and below."""

HEAD: tuple[str, ...] = (*FACE, "hair", "hat", "earring")
"""A face with its hair and what is worn on the head."""

COLOURS: UInt8[np.ndarray, "19 3"] = np.array(
    [
        *([0, 0, 0], [204, 0, 0], [76, 153, 0], [204, 204, 0], [51, 51, 255], [204, 0, 204]),
        *([0, 255, 255], [255, 204, 204], [102, 51, 0], [255, 0, 0], [102, 204, 0]),
        *([255, 255, 0], [0, 0, 153], [0, 0, 204], [255, 51, 153], [0, 204, 204]),
        *([0, 51, 0], [255, 153, 51], [0, 204, 0]),
    ],
    np.uint8,
)
"""The colour of each id, as MaskGAN shows them."""


def select(labels: UInt8[np.ndarray, "*n h w"], names: tuple[str, ...]) -> np.ndarray:
    """Where a label map shows one of some regions, bool of its shape."""
    wanted = np.zeros(256, bool)
    wanted[[ID[name] for name in names]] = True
    return wanted[labels]
