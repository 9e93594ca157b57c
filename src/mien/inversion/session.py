"""What a :class:`mien.studio.Studio` does with photos; it inherits it from here."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.editing.session import Editing
from mien.hub import loading
from mien.portraits.checks import GUIDANCE

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from mien.editing.latent import Face
    from mien.faces.choosing import Box, Finder
    from mien.inversion.encoder import Inverter
    from mien.inversion.photos import Follow, Inversion, InversionRequest
    from mien.inversion.similarity import Similarity
    from mien.judges.recognition import Recognition
    from mien.portraits.faces import Faces


class Inverts(Editing):
    """Photos as latents of a studio's generator.

    Attributes:
        photos: How a photo is read that stands in the place of a face (``edit``, ``mix``,
            ``walk``); None for one pass and the only face.
    """

    photos: InversionRequest | None = None

    @cached_property
    def inverter(self) -> Inverter:
        """The generator's encoder and what it looks through; WeightsMissing: it has no encoder."""
        from mien.inversion.encoder import load_inverter

        family = Path(self.text_family).name
        return load_inverter(self.loaded, family, self.model, str(self.device))

    @cached_property
    def recognition(self) -> Recognition:
        """The recogniser that measures inversions and never takes part in one."""
        return loading.load_recognition(device=str(self.device)).network

    @cached_property
    def similarity(self) -> Similarity:
        """How well faces fit sentences; WeightsMissing: the generator has none, or no encoder."""
        from mien.inversion.similarity import load_similarity

        return load_similarity(self)

    def pick(self, faces: Faces, text: str, count: int) -> Faces:
        """The ``count`` of some faces that fit an English sentence best, the best first.

        WrongValue: none shall be kept, or more than there are; WeightsMissing: as
        :attr:`similarity`.
        """
        from mien.inversion.similarity import pick

        return pick(self, faces, text, count)

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
        return invert(self, photo, request, finder, follow)

    def edit_by_words(
        self,
        face: Face,
        text: str,
        strength: float = 1.0,
        directions: str | Path | None = None,
        layers: str | None = None,
        psi: float = 0.7,
        force: bool = False,
        language: str | None = None,
    ) -> Faces:
        """Make words true of a face, or of several; see :mod:`mien.inversion.control`.

        Args:
            face: As for :meth:`mien.studio.Studio.edit`; a photo too.
            text: ``smiling, red hair``, ``without glasses``; what is not said stays.
            strength: 1 goes as far as is needed to be seen, 2 twice as far.
            directions: A set: name or file; None for the generator's codes, else ``MODEL-edits``.
            layers: Move only these; None for those that the words concern.
            psi: Truncation, if the face is a seed.
            force: Use directions of another generator all the same.
            language: ``en``, ``vi``, ``fr`` or ``ja``; None finds it out.

        Raises:
            InputError: The words name nothing that is known, contradict each other, or are a
                person's name.
            FileError: The face cannot be read.
            WeightsMissing: The generator has neither codes nor directions.
        """
        from mien.inversion.control import Words, edit_by_words

        words = Words(text, language, strength, directions, layers, force)
        return edit_by_words(self, face, words, psi)

    def compose(
        self,
        text: str | None = None,
        sketch: str | Path | None = None,
        label: str | Path | None = None,
        photo: str | Path | None = None,
        count: int = 4,
        seed: int = 0,
        strength: float = 1.0,
        psi: float = 0.6,
        guidance: float = GUIDANCE,
        layers: str | None = None,
        language: str | None = None,
    ) -> Faces:
        """Draw faces of any mix of words and pictures; see :mod:`mien.inversion.compose`.

        Args:
            text: What they look like; other than :meth:`describe` it must be read without
                contradiction.
            sketch: A file: a drawing of a face.
            label: A file: a label map in CelebAMask-HQ's ids, cut as FFHQ cuts faces.
            photo: A file: a photo of a face, inverted as ``photos`` says.
            count: How many faces.
            seed: Of the first; what nothing given decides comes from it.
            strength: How closely sketch, label map and photo are followed, 0 to 3.
            psi: How far faces lie from the likeliest one, 0 to 2.
            guidance: How strongly words are followed, 0 to 20.
            layers: These come from the photo as they are (style mixing).
            language: Of the text; None finds it out.

        Raises:
            InputError: Nothing is given, words that say nothing known or contradict themselves, or
                a number out of its range.
            ImageError: A sketch that is a photo, a label map with other ids, or no picture.
            WeightsMissing: The generator has no encoder of what is given; says what trains one.
        """
        from mien.inversion.compose import Composition, compose
        from mien.portraits.checks import checked_seeds

        asked = Composition(
            text, sketch, label, photo, strength, psi, guidance, layers, language
        )  # fmt: skip
        return compose(self, asked, checked_seeds(count, seed))

    def read_photo(self, path: str | Path) -> tuple[Tensor, dict[str, Any]]:
        """The latent of a photo in the place of a face, and what made it; see ``photos``."""
        from mien.inversion.photos import InversionRequest, read_photo

        return read_photo(self, path, self.photos or InversionRequest())
