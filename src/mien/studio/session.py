"""Studio: the session object. Loads each network once, then answers as often as it is asked.

studio = Studio()
faces = studio.describe("an old man with a white beard and glasses", count=4, seed=7)
faces.save("out")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from mien.errors import InputError, UnknownName, WeightsMissing
from mien.hub import loading
from mien.hub.store import engine_cache
from mien.images.given import Picture
from mien.inversion.session import Inverts
from mien.portraits.checks import checked_seeds, in_range, listed_seeds
from mien.portraits.checks import remarks as remarks_of
from mien.portraits.draw import Drawer
from mien.portraits.faces import Faces
from mien.portraits.labels import Label, label_said, read_label, remarks
from mien.runtime.devices import find_device
from mien.runtime.engines import check_engine
from mien.runtime.memory import tune_allocator
from mien.runtime.precision import check_precision
from mien.runtime.watching import Watch, quiet
from mien.sketch.session import Sketches
from mien.stylegan2.seeds import seed_latents
from mien.text.describe import Wish, describe

if TYPE_CHECKING:
    from mien.anime.photos import AnimePicture
    from mien.anime.translate import AnimePainter, Paste
    from mien.editing.edit import Settings
    from mien.editing.latent import Face
    from mien.editing.settings import Setting
    from mien.editing.walk import Walk
    from mien.faces.choosing import Box, Finder
    from mien.text.embedding import SentenceEncoder
    from mien.text.head import AttributeHead
    from mien.text.methods import TextToLatent

DEFAULT_MODEL = "portraits"
"""The face generator that ships inside."""

DEFAULT_METHOD = "labels"
"""The way from a sentence to latents that measures best; see docs/text.md."""

READER = "teacher"
"""The tagger that looks at faces while they are refined; the judge never does."""

SENTENCE_HEAD = "sentence-head"
"""Reads sentences where the lexicon has no word."""


class Studio(Inverts, Sketches):
    """Loaded networks and the verbs that use them.

    Args:
        model: A generator: a name of the catalogue or a file.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``.
        text: What the ways from sentences to latents of this generator are called; None for the
            generator's own name. Files: ``NAME-codes``, ``NAME-mapper``, ``NAME-directions``,
            ``NAME-prior``.
        precision: What faces are drawn in: ``fast``, or ``exact`` where numbers are made of them.
        label: What faces are drawn with by a generator of classes or attributes: a class number,
            ``0.2,0.8,0``, ``gender=f,glasses=glasses``; None says nothing.
        engine: What draws them, a key of :data:`mien.runtime.engines.ENGINES`; ``auto`` takes what
            was measured to be fastest.

    Raises:
        UnknownName: No such model or engine.
        InputError: No such precision or device.
        CheckpointError: There is no such file; a file that is no generator is found out when the
            generator is first needed.
    """

    _label: Label | None = None
    watch: Watch = staticmethod(quiet)
    """Told what is being done and how far it is; see :mod:`mien.runtime.watching`."""

    def __init__(
        self,
        model: str | Path = DEFAULT_MODEL,
        device: str = "auto",
        text: str | None = None,
        precision: str = "fast",
        engine: str = "auto",
        label: Label | None = None,
    ) -> None:
        tune_allocator()
        self._label = label
        self.device = find_device(device)
        self.precision, self.engine = check_precision(precision), check_engine(engine, self.device)
        loading.resolve(model, "stylegan2-generator")
        self.model = model
        self.text_family = text or loading.family_of(model)
        self._methods: dict[str, TextToLatent] = {}
        self._painters: dict[str, AnimePainter] = {}

    @cached_property
    def loaded(self) -> loading.Loaded:
        """The generator with its name and hash, loaded when it is first needed."""
        return loading.load_generator(self.model, str(self.device))

    @property
    def generator(self) -> Any:
        """The generator, frozen."""
        return self.loaded.network

    @cached_property
    def label(self) -> torch.Tensor | None:
        """The label ``[1, c_dim]`` that faces are drawn with; None says nothing."""
        found = read_label(self._label, self.generator.config.c_dim)
        return None if found is None else torch.tensor([found], device=self.device)

    @cached_property
    def drawer(self) -> Drawer:
        """What draws: latents to pictures, a portion at a time; see :mod:`mien.portraits.draw`."""
        drawer = Drawer(self.generator, self.precision, self.engine, engine_cache())
        drawer.watch = lambda *said: self.watch(*said)
        return drawer

    @property
    def signature(self) -> dict[str, Any]:
        """Name, hash and training of the generator, as every picture of it says them."""
        return self.loaded.signature

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

        Raises:
            UnknownName: No such way.
            WeightsMissing: This generator has no file for it.
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

    def painter(self, model: str | Path | None = None) -> AnimePainter:
        """A selfie-to-anime model, loaded when it is first asked for; errors as :meth:`anime`."""
        from mien.anime.translate import AnimePainter, find_anime_model

        if str(model) not in self._painters:
            loaded = find_anime_model(model, str(self.device))
            self._painters[str(model)] = AnimePainter(
                loaded, self.precision, self.engine, engine_cache()
            )
        return self._painters[str(model)]

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
        wish = Wish(text, method, guidance, psi, refine, anyway, language, without)
        return describe(self, wish, checked_seeds(count, seed), label_said(self.label))

    def generate(
        self,
        count: int = 4,
        seed: int = 0,
        psi: float = 0.7,
        seeds: Sequence[int] | None = None,
    ) -> Faces:
        """Draw faces of which nothing is said: seed i gives face i.

        Args:
            count: How many, from 1 to :data:`~mien.portraits.checks.MAX_COUNT`.
            seed: Of the first face.
            psi: Truncation, 0 to 2.
            seeds: These, in this order, instead of ``count`` from ``seed`` on.

        Raises:
            WrongType, WrongValue: A number that cannot be.
        """
        chosen = checked_seeds(count, seed) if seeds is None else listed_seeds(seeds)
        psi = in_range("psi", psi)
        z = seed_latents(chosen, self.generator.config.z_dim).to(self.device)
        with torch.no_grad():
            c = None if self.label is None else self.label.expand(len(z), -1)
            ws = self.generator.map(z, c, psi=psi)
        notes = remarks_of(psi, count=len(chosen))
        return self.draw(ws, chosen, {"psi": psi, **label_said(self.label)}, notes)

    def walk(
        self,
        faces: Sequence[Face],
        seconds: float = 6,
        fps: float = 30,
        loop: bool = False,
        space: str = "w",
        psi: float = 0.7,
        ease: str = "linear",
        keyframes: str | Path | None = None,
        directions: str | Path | None = None,
        force: bool = False,
    ) -> Walk:
        """The frames of a walk from face to face, drawn as they are asked for.

        Arguments and errors as for :func:`mien.editing.walk.plan_walk`; iterate over what comes
        back for uint8 ``[1, h, w, 3]``, frame after frame.
        """
        from mien.editing.walk import plan_walk

        return plan_walk(
            self, faces, seconds, fps, loop, space, psi, ease, keyframes, directions, force
        )

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
        from mien.anime.photos import answer
        from mien.anime.translate import AnimeRequest

        request = AnimeRequest(
            styles, style_seed, style_from, tuple(settings), directions, model, face, box, aligned,
            paste, size, force,
        )  # fmt: skip
        return answer(self, photo, request, finder)

    def edit(
        self,
        face: Face,
        settings: Settings,
        directions: str | Path | None = None,
        layers: str | None = None,
        psi: float = 0.7,
        force: bool = False,
    ) -> Faces:
        """Move a face, or several, along named directions.

        Args:
            face: A seed, an ``.npz`` with ``w`` (``file.npz:2`` for one row), a picture of mien's
                (file or Pillow's), or what a verb gave: ``faces``, ``faces[0]``.
            settings: ``["smile=+2"]``, ``{"smile": 2}``, ``"long hair/short hair=15,-5"``, carried
                out in turn.
            directions: A set: name or file; None for ``MODEL-edits``.
            layers: Move only these (``4-7``, ``coarse``); None for each direction's own.
            psi: Truncation, if the face is a seed.
            force: Use directions of another generator all the same.

        Raises:
            InputError: Directions of another generator, or layers outside this one.
            UnknownName: The set has no such direction.
            FileError: The face cannot be read.
            WrongType: What is given is no face.
        """
        from mien.editing.edit import edit

        return edit(self, face, settings, directions, layers, psi, force)

    def strip(
        self,
        face: Face,
        setting: str | Setting,
        steps: int = 7,
        directions: str | Path | None = None,
        layers: str | None = None,
        psi: float = 0.7,
        force: bool = False,
    ) -> Faces:
        """One face in even steps from the opposite of a setting to the setting.

        Arguments and errors as :meth:`edit`; ``steps`` faces, the middle one of an odd number
        unmoved.
        """
        from mien.editing.edit import strip

        return strip(self, face, setting, steps, directions, layers, psi, force)

    def mix(self, a: Face, b: Face, layers: str, psi: float = 0.7) -> Faces:
        """Take some layers of face ``b`` into face ``a`` (style mixing, Karras et al. 2019).

        Args:
            a: Where all other layers come from; a face, or several, as in :meth:`edit`.
            b: Where ``layers`` come from.
            layers: ``coarse``, ``middle``, ``fine``, ``4-7``, ``0,2,5``.
            psi: Truncation of seeds.

        Raises:
            InputError: Layers outside the generator.
            FileError: A face cannot be read.
        """
        from mien.editing.edit import mixture

        return mixture(self, a, b, layers, psi)

    def grid(
        self,
        rows: Sequence[Face],
        columns: Sequence[Face],
        layers: str = "coarse",
        psi: float = 0.7,
    ) -> Faces:
        """Mix the layers of every column into every row (Karras et al. 2019, figure 3).

        Args:
            rows: Faces as in :meth:`edit`; a file of several gives several rows.
            columns: Where ``layers`` come from.
            layers: As in :meth:`mix`.
            psi: Truncation of seeds.

        Returns:
            The mixtures row by row; their sheet has the sources at its edges.

        Raises:
            WrongValue: More than 1024 mixtures.
            InputError, FileError: As in :meth:`mix`.
        """
        from mien.editing.edit import crossing

        return crossing(self, rows, columns, layers, psi)

    def draw(
        self,
        ws: torch.Tensor,
        seeds: Sequence[int],
        provenance: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> Faces:
        """Draw the images of latents ``[n, num_ws, w_dim]``, a few at a time."""
        drawn = self.drawer.draw(ws)
        made = {**self.signature, "engine": self.drawer.said, **(provenance or {})}
        said = dict.fromkeys([*notes, *remarks(self)])
        return Faces(drawn, ws.float().cpu().numpy(), tuple(seeds), made, tuple(said))
