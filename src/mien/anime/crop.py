"""Which face of a picture is drawn as anime; photos are inverted of the same choice.

crop, alignment, notes = cut_face(image, Where(face=2), shipped_finder(), 256)
"""

from mien.faces.choosing import (
    DRAWN,
    Box,
    Finder,
    SeveralFaces,
    Where,
    cut_face,
    looks_drawn,
    middle_square,
    shipped_finder,
)

__all__ = [
    "DRAWN",
    "Box",
    "Finder",
    "SeveralFaces",
    "Where",
    "cut_face",
    "looks_drawn",
    "middle_square",
    "shipped_finder",
]
