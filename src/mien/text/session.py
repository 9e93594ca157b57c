"""What a :class:`mien.studio.Studio` does with sentences; it inherits it from here."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mien.errors import InputError, UnknownName, WeightsMissing
from mien.hub import loading
from mien.portraits.checks import checked_seeds
from mien.portraits.labels import label_said
from mien.portraits.session import Portraits
from mien.text.describe import describe

if TYPE_CHECKING:
    from mien.portraits.faces import Faces
    from mien.text.embedding import SentenceEncoder
    from mien.text.head import AttributeHead
    from mien.text.methods import TextToLatent

DEFAULT_METHOD = "labels"
"""The way from a sentence to latents that measures best; see docs/text.md."""

READER = "teacher"
"""The tagger that looks at faces while they are refined; the judge never does."""

SENTENCE_HEAD = "sentence-head"
"""Reads sentences where the lexicon has no word."""


class Describes(Portraits):
    """Faces of sentences."""

    @cached_property
    def _methods(self) -> dict[str, TextToLatent]:
        return {}

    @cached_property
    def encoder(self) -> SentenceEncoder:
        """The sentence encoder, loaded when it is first needed."""
        from mien.text.embedding import SentenceEncoder

        return SentenceEncoder()

    @cached_property
    def head(self) -> AttributeHead:
        """What reads words that the lexicon does not know, loaded when it is first needed."""
        return loading.load(SENTENCE_HEAD, "sentence-head", "cpu").network

    @cached_property
    def reader(self) -> Any:
        """The tagger that refining asks, loaded when it is first needed."""
        return loading.load_tagger(READER, str(self.device)).network

    @property
    def default_method(self) -> str:
        """The best of the ways that this generator has."""
        closed = loading.part_of(self.text_family, "codes") is not None
        return DEFAULT_METHOD if closed or self.generator.config.c_dim else "directions"

    def methods(self) -> list[str]:
        """The ways that this generator has, the best first."""
        from mien.text import methods

        found = []
        for name in methods.METHODS:
            try:
                self.method(name)
            except (InputError, WeightsMissing):
                continue
            found.append(name)
        return sorted(found, key=lambda name: name != self.default_method)

    def method(self, name: str) -> TextToLatent:
        """One of the ways from a sentence to latents, loaded when it is first asked for.

        UnknownName: no such way; WeightsMissing: this generator has no file for it.
        """
        from mien.text import methods
        from mien.text.ways import load_method

        if name not in methods.METHODS:
            raise UnknownName("method", name, methods.METHODS)
        if name not in self._methods:
            self._methods[name] = load_method(
                name, self.loaded, self.text_family, lambda: self.encoder, self.label
            )
        return self._methods[name]

    def describe(
        self,
        text: str,
        count: int = 4,
        seed: int = 0,
        method: str | None = None,
        guidance: float | None = None,
        psi: float | None = None,
        refine: int | None = None,
        anyway: bool = False,
        language: str | None = None,
        without: str | None = None,
    ) -> Faces:
        """Draw faces that fit a sentence.

        Args:
            text: English, Vietnamese, French or Japanese; what of it was not read, what contradicts
                itself and what was taken for mistyped stands in ``notes`` and ``provenance``.
            count: How many, from 1 to :data:`~mien.portraits.checks.MAX_COUNT`.
            seed: Of the first face; the others have the next ones.
            method: ``labels``, ``mapper``, ``directions`` or ``prior``; None for the best.
            guidance: How strongly the sentence is followed; None for the method's own.
            psi: How far faces lie from the mean one, 0 to 2; None for the method's own.
            refine: Steps at most by which each face is moved until a tagger sees in it what the
                sentence says (:mod:`mien.text.refine`); None for 32, or 0 for generators above
                :data:`~mien.text.describe.REFINE_RESOLUTION`, where a step takes seconds.
            anyway: Whether to draw also for a sentence that is not about a face.
            language: ``en``, ``vi``, ``fr`` or ``ja``; None finds it out.
            without: What the faces shall not have, in English: ``glasses, a beard``.

        Raises:
            InputError: An empty sentence, one that is not about a face, or a number out of its
                range.
            UnknownName: No such method or language.
        """
        return describe(
            self, text, checked_seeds(count, seed), label_said(self.label),
            method, guidance, psi, refine, anyway, language, without,
        )  # fmt: skip
