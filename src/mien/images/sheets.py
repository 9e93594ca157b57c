"""Sheets with whole captions: nothing is cut off, rows and columns may have heads."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFont

from mien import images

_FONT = 14
_GAP = 8
_NARROW = 96


@dataclass(frozen=True)
class Sheet:
    """Pictures in rows, each with a text below it.

    It is broken to the width, into as many lines as it takes. ``columns=None`` makes it about
    square.
    """

    images: UInt8[np.ndarray, "n h w 3"]
    captions: tuple[str, ...]
    columns: int | None = None

    def drawn(self) -> UInt8[np.ndarray, "height width 3"]:
        """The sheet as one picture; raises InputError if there is none on it."""
        assert len(self.captions) == len(self.images), "a caption a picture"
        width = self.images.shape[2]
        font = ImageFont.load_default(size=_FONT)
        lines = [whole_lines(text, font, max(width, _NARROW)) for text in self.captions]
        side = max(0, _NARROW - width)  # A picture can be narrower than a word below it.
        return images.lettered_sheet(self.images, lines, self.columns, _GAP, _FONT, side)

    def resized(self, size: int) -> Sheet:
        """The same with pictures of another size."""
        return replace(self, images=images.resize(self.images, size))


def joined(sheets: Sequence[Sheet], columns: int | None) -> Sheet:
    """Several sheets as one, below each other."""
    captions = tuple(text for one in sheets for text in one.captions)
    return Sheet(np.concatenate([one.images for one in sheets]), captions, columns)


def whole_lines(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> list[str]:
    """Break a text into lines of a width; words that are too long break where they have a sign."""
    lines = [""]
    for word in text.split():
        for start, piece in enumerate(_pieces(word, font, width)):
            longer = f"{lines[-1]} {piece}".strip() if not start else piece
            if start or (lines[-1] and font.getlength(longer) > width):
                lines.append(piece)
            else:
                lines[-1] = longer
    return [line for line in lines if line]


def _pieces(word: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    pieces = [""]
    for part in re.findall(r"[^-_/,.=]+[-_/,.=]*|[-_/,.=]+", word):
        if font.getlength(pieces[-1] + part) <= width:
            pieces[-1] += part
            continue
        pieces.append("")
        for letter in part:
            if pieces[-1] and font.getlength(pieces[-1] + letter) > width:
                pieces.append("")
            pieces[-1] += letter
    return [piece for piece in pieces if piece]


def png_bytes(
    image: UInt8[np.ndarray, "h w 3"], provenance: Mapping[str, Any] | None = None
) -> bytes:
    """A picture as the bytes of a PNG, as pages show it; see :func:`mien.images.save`."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG", pnginfo=images.png_text(provenance))
    return stream.getvalue()
