"""What a :class:`mien.studio.Studio` does with photos and sketches; it inherits it from here."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.hub.store import engine_cache
from mien.images.given import Picture, given
from mien.inversion.session import Inverts

if TYPE_CHECKING:
    from mien.portraits.faces import Faces
    from mien.sketch.translate import Translation, Translator


class Sketches(Inverts):
    """Photos as sketches and sketches as photos."""

    @cached_property
    def _translators(self) -> dict[tuple[str, ...], Translator]:
        return {}

    def sketch(
        self,
        photo: Picture,
        model: str | Path | None = None,
        method: str | None = None,
        big: str = "face",
        items: int = 1,
        style: str | None = None,
        strength: float = 0.5,
    ) -> Translation:
        """Draw a photo as a sketch of the same size; see :mod:`mien.sketch.translate`.

        Args:
            photo: A file, uint8 ``[h, w, 3]``, or a picture of Pillow's.
            model: A model that translates: name or file; None for the one that ships.
            method: Take the model of this method: ``pix2pix``, ``autoencoder``, ``cyclegan``.
            big: How a network takes a picture of another size than its own: ``face``, ``resize``
                or ``tile``.
            items: About how many pictures will come in all; with many, compiling the model pays.
            style: ``pencil``, ``line`` or ``xdog``, drawn without a network, or ``learned``; None
                for ``pencil``, or ``learned`` where a model or a method is named.
            strength: Of the styles without a network: 0 faint to 1 dark.

        Raises:
            ImageError: The file is no picture.
            InputError: A style without a network and a model, or a strength not from 0 to 1.
            UnknownName: No such model, method, style or way.
            WeightsMissing: A model that is not on this disk.
        """
        from mien.sketch.translate import DEFAULT_STYLE, LEARNED, draw_style

        named = model is not None or method is not None
        style = style or (LEARNED if named else DEFAULT_STYLE)
        if style == LEARNED:
            return self._translate("photo-to-sketch", photo, model, method, big, items)
        if named:
            raise InputError(f"style {style!r} needs no network; leave model and method away")
        image, of = given(photo)
        return draw_style(image, style, strength, of)

    def photo(
        self,
        sketch: Picture,
        model: str | Path | None = None,
        method: str | None = None,
        big: str = "face",
        items: int = 1,
    ) -> Translation:
        """Make a photo of a sketch; arguments and errors as for :meth:`sketch`."""
        return self._translate("sketch-to-photo", sketch, model, method, big, items)

    def photo_through_latent(self, sketch: Picture, seed: int = 0, psi: float = 0.5) -> Faces:
        """Make a face of a sketch with the generator, another one with each seed.

        Arguments and errors as for :func:`mien.sketch.latent.through_latent`.
        """
        from mien.sketch.latent import through_latent

        return through_latent(self, sketch, seed, psi)

    def _translate(
        self,
        direction: str,
        picture: Picture,
        model: str | Path | None,
        method: str | None,
        big: str,
        items: int,
    ) -> Translation:
        from mien.sketch.translate import Translator, find_model

        key = direction, str(model), str(method)
        if key not in self._translators:
            loaded = find_model(direction, model, method, str(self.device))
            self._translators[key] = Translator(
                loaded, direction, self.precision, self.engine, items, engine_cache()
            )
        image, of = given(picture)
        return self._translators[key].translate(image, big, of)
