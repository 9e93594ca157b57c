"""Pictures written in the format that their name says: PNG, JPEG or WebP, with what made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mien import images
from mien.errors import OutputError, UnknownName
from mien.files import as_path, replacing
from mien.images.provenance import ROOM, exif_of

SUFFIXES: Mapping[str, str] = {"png": ".png", "jpg": ".jpg", "webp": ".webp"}
"""Format, as ``--format`` takes it -> end of the file name."""

_QUALITY = 95


def suffix_of(name: str) -> str:
    """The end of the names of files of a format; raises UnknownName if there is no such one."""
    plain = str(name).lower().removeprefix(".").replace("jpeg", "jpg")
    if plain not in SUFFIXES:
        raise UnknownName("format", str(name), SUFFIXES)
    return SUFFIXES[plain]


def save(
    path: str | Path,
    image: UInt8[np.ndarray, "h w 3"],
    provenance: Mapping[str, Any] | None = None,
    force: bool = True,
) -> Path:
    """Write a picture in the format of its name: PNG without loss, else quality 95.

    The name ends in ``.png``, ``.jpg`` or ``.webp``, else UnknownName; in JPEG and WebP
    ``provenance`` stands in the EXIF description. Raises OutputError if the file exists and
    ``force`` is false, the disk refuses, or ``provenance`` is too long for a JPEG.
    """
    target = as_path(path)
    suffix = suffix_of(target.suffix)
    if suffix == ".png":
        return images.save(target, image, provenance, force)
    more: dict[str, Any] = {"subsampling": 0} if suffix == ".jpg" else {}
    if provenance is not None:
        packed = json.dumps(dict(provenance), default=images.json_default)
        if len(packed) > ROOM:
            cause = f"what made it takes {len(packed)} bytes, a JPEG or WebP holds {ROOM}"
            raise OutputError(target, cause, "give `format=png`")
        more["exif"] = exif_of(packed)
    with replacing(target, force) as beside:
        Image.fromarray(image).save(beside, quality=_QUALITY, **more)
    return target
