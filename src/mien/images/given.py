"""Pictures as they are given: a file, pixels, or a picture of Pillow's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mien import images
from mien.errors import WrongType

Picture = str | Path | np.ndarray | Image.Image
"""A file, uint8 ``[h, w, 3]``, or a picture of Pillow's."""


def given(picture: Picture) -> tuple[UInt8[np.ndarray, "h w 3"], str | None]:
    """The pixels of a picture, and its file if it has one; ImageError or WrongType for others."""
    if isinstance(picture, str | Path):
        return images.load(picture), str(picture)
    if isinstance(picture, Image.Image):
        return images.upright_rgb(picture, "the picture"), None
    if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim == 3:
        return picture, None
    raise WrongType("picture", picture, "a file, uint8 [h, w, 3] or a picture of Pillow's")
