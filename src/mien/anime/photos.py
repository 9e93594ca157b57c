"""Photos as anime: the face cut out, drawn in each style, left as it is or put into its photo.

    face = find_face(photo, Where(face=2), finder)
    picture = paint(painter, photo, face, w, said, Placing(paste=True))

A drawing goes into its photo as head and hair (:mod:`mien.anime.heads`), never as the square that
was drawn.

Axes: n styles, h w pixels of the photo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from mien import images
from mien.anime.heads import UNREAD, put_on
from mien.anime.translate import AnimePainter, AnimeRequest, Paste, Styles
from mien.errors import InputError
from mien.faces.alignment import Alignment, align
from mien.faces.choosing import Finder, cut_found, every_face, find_face
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.faces.parsing.regions import shipped_parser
from mien.files import make_folder, refuse_existing
from mien.images.given import Picture, given
from mien.images.results import as_pil
from mien.images.sheets import png_bytes
from mien.inversion.paste import head_mask, paste_masked
from mien.portraits.faces import checked_size, enlarged


@dataclass(frozen=True)
class Placing:
    """What becomes of the drawn square.

    Attributes:
        paste: True puts head and hair into the whole photo, ``square`` into the square that was
            cut out of it; False leaves the drawing as it is.
        size: Side of the squares that come out; ``None`` for the model's own.
    """

    paste: Paste = False
    size: int | None = None

    def __post_init__(self) -> None:
        if self.size is not None:
            checked_size(self.size)

    def place(
        self,
        photo: UInt8[np.ndarray, "h w 3"],
        pages: Sequence[UInt8[np.ndarray, "h w 3"]],
        drawn: UInt8[np.ndarray, "n r r2 3"],
        alignment: Alignment,
    ) -> tuple[UInt8[np.ndarray, "n _ _ 3"], list[str]]:
        """Put drawings into a photo, one page each, or into its square; and what is to be known."""
        parser = shipped_parser()
        made = None if parser is None else put_on(photo, pages, drawn, alignment, parser)
        notes = [UNREAD] if made is None else []
        if made is None:
            mask = head_mask(photo, alignment)
            rows = zip(pages, drawn, strict=True)
            made = [paste_masked(page, one, alignment, mask) for page, one in rows]
        if self.paste == "square":
            size = self.size or drawn.shape[1]
            made = [align(page, alignment.frame, size)[0] for page in made]
        return np.stack(made), notes


@dataclass(frozen=True, repr=False)
class AnimePicture:
    """One face in several styles.

    Attributes:
        crop: The aligned face, uint8 ``[size, size, 3]``.
        faces: In each style, uint8 ``[n, size, size, 3]``.
        images: What is written: the faces, or pictures with them pasted in.
        alignment: How the crop lies in the picture.
        captions: What each style is.
        stems: Part of a file name for each style.
        provenance: What made them all.
        each: What made each of them beyond that.
        notes: What the person should know.
        others: Other faces of the same picture that were pasted into ``images`` before.
    """

    crop: UInt8[np.ndarray, "size size 3"]
    faces: UInt8[np.ndarray, "n size size 3"]
    images: UInt8[np.ndarray, "n h w 3"]
    alignment: Alignment
    captions: tuple[str, ...]
    stems: tuple[str, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    each: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    others: tuple[AnimePicture, ...] = ()
    latents: None = None

    @property
    def results(self) -> UInt8[np.ndarray, "n h w 3"]:
        """Another name of :attr:`images`."""
        return self.images

    @property
    def pil(self) -> list[Image.Image]:
        """Each of them as a picture of Pillow's."""
        return as_pil(self.images)

    def __repr__(self) -> str:
        """How many styles, how large: no arrays."""
        height, width = self.results.shape[1:3]
        return f"AnimePicture({len(self.results)} of {width}x{height}: {', '.join(self.captions)})"

    def _repr_png_(self) -> bytes:
        """The palette, as notebooks show it."""
        return png_bytes(self.sheet())

    def paths(self, folder: str | Path, stem: str) -> list[Path]:
        """What :meth:`save` writes: a file a style, then the sheet if there are several."""
        return picture_paths(folder, stem, self.stems)

    def sheet(self) -> UInt8[np.ndarray, "h w 3"]:
        """The palette: a row a face, then each style with its name below."""
        rows = (*self.others, self)
        cells = np.concatenate([part for one in rows for part in (one.crop[None], one.faces)])
        names = ["photo", *self.captions] * len(rows)
        columns = len(self.captions) + 1 if self.others else None
        return images.contact_sheet(cells, names, columns=columns)

    def save(self, folder: str | Path, stem: str | None = None, force: bool = False) -> list[Path]:
        """Write each style as PNG, and the palette.

        Args:
            folder: Where to; created if it is not there.
            stem: How the files begin; None for the photo's own name.
            force: Whether files of the same name may be replaced.

        Raises:
            OutputError: A file exists and ``force`` is false, or the disk refuses.
        """
        make_folder(folder)
        paths = self.paths(folder, stem or Path(self.provenance.get("of") or "photo").stem)
        refuse_existing(paths, force)
        for path, image, one in zip(paths, self.images, self.each, strict=False):
            images.save(path, image, {**self.provenance, **one}, force=force)
        if len(paths) > len(self.images):
            made = {**self.provenance, "styles": [dict(one) for one in self.each]}
            images.save(paths[-1], self.sheet(), made, force=force)
        return paths


def picture_paths(folder: str | Path, stem: str, stems: Sequence[str]) -> list[Path]:
    """The files of a face: one for each style, then the sheet if there are several."""
    paths = [Path(folder, f"{stem}-{name}.png") for name in stems]
    return [*paths, Path(folder, f"{stem}-sheet.png")] if len(paths) > 1 else paths


def style_names(said: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Captions of styles, and their parts of file names.

    Args:
        said: What each style is: ``{"style_seed": 3}`` or ``{"style_from": "a.png"}``.
    """
    seeds = [one.get("style_seed") for one in said]
    labels = [
        Path(one["style_from"]).stem if seed is None else f"seed {seed}"
        for one, seed in zip(said, seeds, strict=True)
    ]
    stems = [
        f"like-{label}" if seed is None else f"style{seed:04d}"
        for label, seed in zip(labels, seeds, strict=True)
    ]
    return tuple(labels), tuple(stems)


def paint(
    painter: AnimePainter,
    image: UInt8[np.ndarray, "h w 3"],
    face: Face | Frame,
    w: Float[Tensor, "n w_dim"],
    said: Sequence[Mapping[str, Any]],
    placing: Placing | None = None,
    made: Mapping[str, Any] | None = None,
    onto: Sequence[UInt8[np.ndarray, "h w 3"]] | None = None,
) -> AnimePicture:
    """Translate a face of a picture into styles.

    Args:
        painter: The model.
        image: The picture.
        face: A face of it, or the square of a picture that is cut already.
        w: Mapped styles, perhaps moved.
        said: What each style is, see :func:`style_names`.
        placing: What becomes of the drawn square.
        made: More for the provenance.
        onto: A page for each style into which is pasted instead of ``image``.

    Raises:
        InputError: The square around the face is too large for the picture.
    """
    placing = placing or Placing()
    crop, alignment, notes = cut_found(image, face, painter.resolution)
    drawn = painter.draw(painter.contents(crop[None]), w)
    side = placing.size or painter.resolution
    faces = drawn if side == painter.resolution else images.resize(drawn, side)
    shown = crop if side == painter.resolution else images.resize(crop, side)
    if side > painter.resolution:
        notes = [*notes, *enlarged(painter.resolution, side)]
    results = faces
    if placing.paste:
        pages = [image] * len(drawn) if onto is None else onto
        results, more = placing.place(image, pages, drawn, alignment)
        notes = [*notes, *more]
    captions, stems = style_names(said)
    provenance = {
        **painter.signature,
        "engine": painter.said,
        **(made or {}),
        "alignment": alignment.as_dict(),
        "pasted": placing.paste,
        "notes": notes,
    }
    return AnimePicture(
        shown, faces, results, alignment, captions, stems, provenance,
        tuple(dict(one) for one in said), tuple(notes),
    )  # fmt: skip


def draw_faces(
    painter: AnimePainter,
    photo: Picture,
    request: AnimeRequest,
    styles: Styles,
    finder: Finder | None = None,
) -> tuple[dict[str, AnimePicture], list[str]]:
    """The face of a photo that is meant, or every one; one that fails does not lose the others.

    Args:
        painter: The model.
        photo: A file or pixels.
        request: Which face, and what becomes of it.
        styles: As :func:`mien.anime.translate.wanted_styles` gives them.
        finder: Finds faces.

    Returns:
        Pictures by what their names get behind the photo's: ``-face2`` of every face, nothing for
        one, or for all that were pasted into one photo; and what was wrong with the others.

    Raises:
        ImageError: The file is no picture.
        InputError: No face, several and no number, or none of them could be drawn.
    """
    image, of = given(photo)
    placing = Placing(request.paste, request.size)
    made = {"of": of, **styles.made}
    if request.face != "all":
        face = find_face(image, request.where, finder)
        return {"": paint(painter, image, face, styles.w, styles.said, placing, made)}, []
    drawn: dict[str, AnimePicture] = {}
    failed: list[str] = []
    pages = None
    for number, face in enumerate(every_face(image, finder), 1):
        told = {**made, "face": number}
        try:
            one = paint(painter, image, face, styles.w, styles.said, placing, told, pages)
        except InputError as error:
            failed.append(f"face {number}: {error}")
            continue
        drawn[f"-face{number}"] = one
        pages = list(one.images) if placing.paste is True else None
    if not drawn:
        raise InputError(f"none of its faces can be drawn; {failed[0]}")
    if placing.paste is True:
        *others, last = drawn.values()
        where = [one.alignment.as_dict() for one in (*others, last)]
        told = {**last.provenance, "face": "all", "alignment": where}
        drawn = {"": replace(last, provenance=told, others=tuple(others))}
    return drawn, failed
