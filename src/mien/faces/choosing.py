"""Which face of a picture is meant: found, chosen, cut; and what is a drawing already."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.errors import InputError, UnknownName, WeightsMissing
from mien.faces.alignment import Alignment, align
from mien.faces.finder import Face, choose_face, draw_faces
from mien.faces.frames import Frame

Box = tuple[float, float, float, float]

DRAWN = "it looks like a drawing already, and photos were what the model learned from"
"""What is said of a face that is drawn."""


@runtime_checkable
class Finder(Protocol):
    """What finds faces: :class:`mien.faces.finder.FaceFinder`, or anything like it."""

    def find(self, image: UInt8[np.ndarray, "h w 3"]) -> list[Face]:
        """All faces of a picture, the largest first."""
        ...

    def in_box(self, image: UInt8[np.ndarray, "h w 3"], box: Box) -> Face:
        """The face in a box that a person gave."""
        ...


class SeveralFaces(InputError):
    """It is not clear which face is meant; ``preview`` numbers them, uint8."""

    def __init__(self, text: str, preview: UInt8[np.ndarray, "h w 3"]) -> None:
        super().__init__(text)
        self.preview = preview


@dataclass(frozen=True)
class Where:
    """Where the face is: its number from 1, or ``None`` for the only one.

    Nothing is looked for if there is a ``box`` (x, y, width, height, forehead to chin), or the
    picture is ``aligned``: such a crop already.
    """

    face: int | None = None
    box: Box | None = None
    aligned: bool = False

    def __post_init__(self) -> None:
        given = [self.face is not None, self.box is not None, self.aligned]
        if sum(given) > 1:
            raise InputError("give only one of `face`, `box` and `aligned=True`")
        if self.face is not None and self.face < 1:
            raise InputError(f"face is {self.face}; faces are numbered from 1")


def cut_found(
    image: UInt8[np.ndarray, "h w 3"], face: Face | Frame, size: int
) -> tuple[UInt8[np.ndarray, "size size2 3"], Alignment, list[str]]:
    """Cut the square of a face, say how it lies, and what a person should know."""
    notes = face.notes() if isinstance(face, Face) else []
    crop, alignment = align(image, face, size)
    if looks_drawn(crop):
        notes.append(DRAWN)
    return crop, alignment, notes


def find_face(
    image: UInt8[np.ndarray, "h w 3"], where: Where, finder: Finder | None
) -> Face | Frame:
    """The face that is meant, or the square of an aligned picture, which needs no finder.

    Raises SeveralFaces, with a preview of their numbers, or InputError if there is no such face.
    """
    if where.aligned:
        return middle_square(image)
    if finder is None:
        cause = "a finder of faces is needed unless the picture is cut already: give `aligned=True`"
        raise InputError(cause)
    return _found(image, where, finder)


def every_face(image: UInt8[np.ndarray, "h w 3"], finder: Finder | None) -> list[Face]:
    """All faces of a picture, as they are numbered; InputError if there is none, or no finder."""
    if finder is None:
        raise InputError("a finder of faces is needed to find them all")
    faces = finder.find(image)
    return faces or [_found(image, Where(), finder)]


def _found(image: UInt8[np.ndarray, "h w 3"], where: Where, finder: Finder) -> Face:
    if where.box is not None:
        return finder.in_box(image, where.box)
    faces = finder.find(image)
    try:
        return choose_face(faces, where.face)
    except InputError as error:
        if faces:
            raise SeveralFaces(str(error), draw_faces(image, faces)) from None
        if looks_drawn(image):
            remedy = "it looks like a drawing already; `aligned=True` takes its middle square"
            raise InputError(f"{error}; {remedy}") from None
        raise


def middle_square(image: UInt8[np.ndarray, "h w 3"]) -> Frame:
    """The largest square in the middle of a picture."""
    height, width = image.shape[:2]
    return Frame((width / 2, height / 2), (min(height, width) / 2, 0.0))


def looks_drawn(image: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether a picture has the flat areas and hard edges of a drawing.

    Its numbers were chosen on 50 anime faces (94 % are told), 50 selfies (none), 50 made portraits
    (4 %) and 16 studio portraits (none).
    """
    grey = images.luma(images.resize(images.centre_square(image), 128))
    across, down = np.abs(np.diff(grey, axis=1))[:-1], np.abs(np.diff(grey, axis=0))[:, :-1]
    steep = np.maximum(across, down)
    return float(20 * (steep < 1.5).mean() + 120 * (steep > 40).mean()) > 18


@lru_cache(maxsize=4)
def shipped_finder(device: str = "cpu", detector: str | Path | None = None) -> Finder:
    """The finder of faces with the networks that ship; WeightsMissing if not on this disk."""
    from mien.faces.shipped import DETECTOR, face_finder

    try:
        return face_finder(detector, device=device)
    except UnknownName:
        cause = "no network that finds faces came with this installation"
        remedy = "cut the pictures around the face and give `aligned=True`"
        raise WeightsMissing(f"{DETECTOR}.safetensors", cause, remedy) from None
