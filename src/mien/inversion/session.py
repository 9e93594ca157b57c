"""What a :class:`mien.studio.Studio` does with photos; it inherits it from here."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mien.hub import loading

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from mien.faces.choosing import Box, Finder
    from mien.inversion.encoder import Inverter
    from mien.inversion.photos import Follow, Inversion, InversionRequest
    from mien.judges.recognition import Recognition
    from mien.studio.session import Studio


class Inverts:
    """Photos as latents of a studio's generator.

    Attributes:
        photos: How a photo is read that stands in the place of a face (``edit``, ``mix``,
            ``walk``); None for one pass and the only face.
    """

    photos: InversionRequest | None = None

    @property
    def _studio(self) -> Studio:
        return cast("Studio", self)

    @cached_property
    def inverter(self) -> Inverter:
        """The generator's encoder and what it looks through, loaded when they are first needed.

        Raises:
            WeightsMissing: The generator has no encoder.
        """
        from mien.inversion.encoder import load_inverter

        studio = self._studio
        return load_inverter(
            studio.loaded, Path(studio.text_family).name, studio.model, str(studio.device)
        )

    @cached_property
    def recognition(self) -> Recognition:
        """The recogniser that measures inversions and never takes part in one."""
        return loading.load_recognition(device=str(self._studio.device)).network

    def invert(
        self,
        photo: str | Path | np.ndarray,
        steps: int = 0,
        tune: bool = False,
        face: int | None = None,
        box: Box | None = None,
        aligned: bool = False,
        finder: Finder | None = None,
        follow: Follow | None = None,
    ) -> Inversion:
        """Find the latent of a photo; see :mod:`mien.inversion`.

        Args:
            photo: A file, or uint8 ``[h, w, 3]``.
            steps: Of optimisation after the one pass of the encoder.
            tune: Tune a copy of the generator for this photo afterwards.
            face: Which face, from 1; None for the only one.
            box: Where it is: x, y, width, height, forehead to chin.
            aligned: The photo is cut around the face already.
            finder: Finds faces; None for the one that ships.
            follow: Sees the steps while they are made.

        Raises:
            InputError: No face, several and no number, or a number out of its range.
            WeightsMissing: The generator has no encoder.
            ImageError: The file is no picture.
        """
        from mien.inversion.photos import InversionRequest, invert

        request = InversionRequest(steps, tune, face, box, aligned)
        return invert(self._studio, photo, request, finder, follow)

    def read_photo(self, path: str | Path) -> tuple[Tensor, dict[str, Any]]:
        """The latent of a photo in the place of a face, and what made it; see ``photos``."""
        from mien.inversion.photos import InversionRequest, read_photo

        return read_photo(self._studio, path, self.photos or InversionRequest())
