"""What made a picture: one JSON text, in PNG under ``mien``, elsewhere in the EXIF description.

A GIF of one frame has it where clips have it, in the comment: ``{"mien": {...}}``.
"""

from __future__ import annotations

import json
from typing import Any

from PIL import Image, PngImagePlugin

from mien.errors import ImageError

KEY = "mien"
"""Name of the text in a PNG."""

ROOM = 60_000
"""Bytes of JSON that a JPEG can carry: its EXIF is one segment of 65,533."""

_DESCRIPTION = 0x010E  # ImageDescription
_MARK = f"{KEY}:"


def exif_of(packed: str) -> Image.Exif:
    """EXIF that carries a JSON text of ASCII."""
    exif = Image.Exif()
    exif[_DESCRIPTION] = _MARK + packed
    return exif


def provenance_of(picture: Image.Image, name: str) -> dict[str, Any]:
    """What made an open picture; raises ImageError if it does not say that."""
    remedy = "only the pictures that mien writes say what made them"
    kind = picture.format or "PNG"
    if isinstance(picture, PngImagePlugin.PngImageFile):
        if KEY not in picture.info:
            picture.load()  # text may also stand behind the pixels
        packed = picture.text.get(KEY)
    elif kind == "GIF":
        return _of_comment(picture.info.get("comment", b""), name, remedy)
    else:
        said = picture.getexif().get(_DESCRIPTION)
        packed = picture.info.get(KEY)
        if isinstance(said, str) and said.startswith(_MARK):
            packed = said.removeprefix(_MARK)
    if packed is None:
        cause = "does not say what made it" if kind == "PNG" else f"is {kind}, not PNG"
        raise ImageError(name, cause, remedy)
    try:
        made_by = json.loads(packed)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ImageError(name, f"its text {KEY!r} is not JSON ({error})", remedy) from None
    if not isinstance(made_by, dict):
        raise ImageError(name, f"its text {KEY!r} is not a JSON object", remedy)
    return made_by


def _of_comment(comment: bytes, name: str, remedy: str) -> dict[str, Any]:
    """What the comment of a GIF says; Pillow knows only the comment before the first frame."""
    try:
        made_by = json.loads(comment)[KEY]
    except (ValueError, KeyError, TypeError, RecursionError):
        made_by = None
    if not isinstance(made_by, dict):
        raise ImageError(name, "does not say what made it", remedy)
    return made_by
