"""What a :class:`mien.studio.Studio` does with selfies; it inherits it from here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.hub.store import engine_cache
from mien.portraits.session import Portraits

if TYPE_CHECKING:
    from mien.anime.photos import AnimePicture
    from mien.anime.translate import AnimePainter, Paste
    from mien.editing.settings import Setting
    from mien.faces.choosing import Box, Finder
    from mien.images.given import Picture


class Animates(Portraits):
    """Photos as anime."""

    @cached_property
    def _painters(self) -> dict[str, AnimePainter]:
        return {}

    def painter(self, model: str | Path | None = None) -> AnimePainter:
        """A selfie-to-anime model, loaded when it is first asked for; errors as :meth:`anime`."""
        from mien.anime.translate import AnimePainter, find_anime_model

        if str(model) not in self._painters:
            loaded = find_anime_model(model, str(self.device))
            self._painters[str(model)] = AnimePainter(
                loaded, self.precision, self.engine, engine_cache()
            )
        return self._painters[str(model)]

    def anime(
        self,
        photo: Picture,
        styles: int = 6,
        style_seed: int | None = None,
        style_from: Picture | None = None,
        settings: Sequence[str | Setting] = (),
        directions: str | Path | None = None,
        model: str | Path | None = None,
        face: int | None = None,
        box: Box | None = None,
        aligned: bool = False,
        paste: Paste = False,
        size: int | None = None,
        finder: Finder | None = None,
        force: bool = False,
    ) -> AnimePicture:
        """Draw the face of a photo as anime, in several styles; see :mod:`mien.anime.photos`.

        Args:
            photo: A file, uint8 ``[h, w, 3]``, or a picture of Pillow's.
            styles: How many, if they come from seeds.
            style_seed: Of the first, the others have the next ones; None for the model's own.
            style_from: An anime picture whose style is taken instead.
            settings: ``blue hair/brown hair=15,-5``, carried out in turn.
            directions: A set: name or file; None for ``MODEL-edits``.
            model: Name or file; None for the one that ships.
            face: Which face, from 1; None for the only one.
            box: Where it is: x, y, width, height, forehead to chin.
            aligned: The photo is cut around the face already.
            paste: True puts head and hair back into the photo, ``square`` into its square around
                the face; False gives the drawing alone.
            size: Side of the faces that come out; None for the model's own.
            finder: Finds faces; None for the one that ships.
            force: Use directions of another model all the same.

        Raises:
            InputError: No face, several and no number, or a number out of its range.
            WeightsMissing: There is no such model on this disk, or it has no directions.
            ImageError: A file is no picture.
        """
        from mien.anime.photos import draw_faces
        from mien.anime.translate import AnimeRequest, wanted_styles
        from mien.faces.choosing import shipped_finder

        request = AnimeRequest(
            styles, style_seed, style_from, tuple(settings), directions, model, face, box, aligned,
            paste, size, force,
        )  # fmt: skip
        painter = self.painter(model)
        wanted = wanted_styles(painter, request)
        if finder is None and not aligned:
            finder = shipped_finder(str(self.device))
        drawn, _ = draw_faces(painter, photo, request, wanted, finder)
        if len(drawn) > 1:
            remedy = "it is pasted, or drawn by draw_faces"
            raise InputError(f'face "all" gives a picture each; {remedy}')
        return next(iter(drawn.values()))
