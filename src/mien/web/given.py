"""A face that a client gives, as the verbs of the studio take one; no file is opened for it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32
from PIL import Image

from mien.errors import InputError, counted
from mien.portraits.faces import Faces
from mien.web.uploads import Limits, read_latents_of, read_picture, read_recipe

if TYPE_CHECKING:
    from mien.studio.session import Studio


def face_of_latents(
    studio: Studio, ws: Float32[np.ndarray, "n num_ws w_dim"], made: dict[str, Any]
) -> Faces:
    """Latents as a face with blank pictures; InputError if they do not fit."""
    config = studio.generator.config
    if ws.shape[1:] != (config.num_ws, config.w_dim):
        given, wanted = "x".join(map(str, ws.shape[1:])), f"{config.num_ws}x{config.w_dim}"
        raise InputError(f"the latents are {given}, the generator takes {wanted}")
    blank = np.zeros((len(ws), config.resolution, config.resolution, 3), np.uint8)
    each = tuple({**studio.signature, **made} for _ in ws)
    return Faces(blank, ws, (), studio.signature, each=each)


def face_of_file(
    studio: Studio, data: bytes, row: int, folder: Path, name: str = "latents"
) -> Faces:
    """One row, from 0, of a file of latents, which may lie in ``folder`` while it is read.

    Errors and the picture's provenance call it ``name``.

    Raises:
        InputError: It has no such row, or is of another generator's shape.
        MienError: As :func:`mien.web.uploads.read_latents_of`.
    """
    ws = read_latents_of(data, folder, studio.generator.config.num_ws, name)
    if row >= len(ws):
        raise InputError(f"{name}: has {counted(len(ws), 'latents')}, there is no row {row}")
    return face_of_latents(studio, ws[row : row + 1], {"latents": name, "row": row})


def face_of_picture(
    studio: Studio, data: bytes, limits: Limits, number: int | None = None, name: str = "picture"
) -> Faces:
    """A picture as a face: rebuilt from its recipe if mien made it, else inverted.

    ``number`` is which face of a photo, from 1, None for the only one. Errors as
    :func:`mien.web.uploads.read_picture`, :func:`mien.editing.latent.rebuild` and
    :func:`mien.inversion.photos.read_photo`.
    """
    from mien.editing.latent import read_faces
    from mien.inversion.photos import InversionRequest, read_photo

    pixels = read_picture(data, limits, name)
    if read_recipe(data, name) is not None:
        with Image.open(io.BytesIO(data)) as picture:
            ws, rows = read_faces(studio, picture)
        return face_of_latents(studio, ws.cpu().numpy(), rows[0])
    ws, made = read_photo(studio, pixels, InversionRequest(face=number))
    return face_of_latents(studio, ws.float().cpu().numpy(), made)


def composed(
    studio: Studio, folder: Path, pictures: Mapping[str, np.ndarray], **asked: Any
) -> Faces:
    """Faces of ``sketch``, ``label`` and ``photo``, uint8, by :meth:`mien.studio.Studio.compose`.

    That reads files: they lie in ``folder`` meanwhile, and recipes and notes do not tell it.
    """
    with tempfile.TemporaryDirectory(dir=folder) as own:
        paths = {name: Path(own, f"{name}.png") for name in pictures}
        for name, path in paths.items():
            Image.fromarray(pictures[name]).save(path)
        faces = studio.compose(**paths, **asked)

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(f"{own}/", "")
        return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value

    return replace(
        faces,
        provenance=plain(dict(faces.provenance)),
        each=tuple(plain(dict(one)) for one in faces.each),
        notes=tuple(plain(note) for note in faces.notes),
    )
