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

import numpy as np
import torch

from mien import images
from mien.errors import InputError, UnknownName, WeightsMissing
from mien.hub import loading
from mien.runtime.devices import find_device
from mien.runtime.memory import tune_allocator
from mien.studio.checks import checked, checked_seeds, checked_text
from mien.studio.faces import Faces
from mien.stylegan2.seeds import seed_latents
from mien.text.reader import read
from mien.text.refine import Refinement
from mien.text.refine import refine as refined

if TYPE_CHECKING:
    from mien.text.embedding import SentenceEncoder
    from mien.text.methods import TextToLatent

DEFAULT_MODEL = "portraits"
"""The face generator that ships inside."""

DEFAULT_METHOD = "labels"
"""The way from a sentence to latents that measures best; see docs/text.md."""

DEFAULT_REFINE = Refinement().steps
"""Steps by which described faces are moved at most."""

REFINE_RESOLUTION = 256
"""Above it, described faces are refined only if asked for: a step takes seconds there."""

READER = "teacher"
"""The tagger that looks at faces while they are refined; the judge never does."""

_BATCH = 4


class Studio:
    """Loaded networks and the verbs that use them.

    Args:
        model: A generator: a name of the catalogue or a file.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``.
        text: What the ways from sentences to latents of this generator are called; None for the
            generator's own name. Files: ``NAME-mapper``, ``NAME-directions``, ``NAME-prior``.

    Raises:
        UnknownName: No such model.
        CheckpointError: There is no such file; a file that is no generator is found out when the
            generator is first needed.
    """

    def __init__(
        self, model: str | Path = DEFAULT_MODEL, device: str = "auto", text: str | None = None
    ) -> None:
        tune_allocator()
        self.device = find_device(device)
        loading.resolve(model, "stylegan2-generator")
        self.model = model
        self.text_family = text or Path(model).stem
        self._methods: dict[str, TextToLatent] = {}

    @cached_property
    def loaded(self) -> loading.Loaded:
        """The generator with its name and hash, loaded when it is first needed."""
        return loading.load_generator(self.model, str(self.device))

    @property
    def generator(self) -> Any:
        """The generator, frozen."""
        return self.loaded.network

    @property
    def signature(self) -> dict[str, Any]:
        """Name, hash and training of the generator, as every picture of it says them."""
        return {
            "model": self.loaded.name,
            "sha256": self.loaded.sha256,
            "kimg": self.loaded.meta.get("kimg"),
        }

    @cached_property
    def encoder(self) -> SentenceEncoder:
        """The sentence encoder, loaded when it is first needed."""
        from mien.text.embedding import SentenceEncoder

        return SentenceEncoder()

    @cached_property
    def reader(self) -> Any:
        """The tagger that refining asks, loaded when it is first needed."""
        return loading.load_tagger(READER, str(self.device)).network

    @property
    def default_method(self) -> str:
        """The best of the ways that this generator has."""
        return DEFAULT_METHOD if self.generator.config.c_dim else "directions"

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

        if name not in methods.METHODS:
            raise UnknownName("method", name, methods.METHODS)
        if name not in self._methods:
            self._methods[name] = self._load_method(name)
        return self._methods[name]

    def _load_method(self, name: str) -> TextToLatent:
        from mien.text import methods

        G = self.generator
        if name == "labels":
            return methods.LabelMethod(G)
        kind, file = f"text-{name}", f"{self.text_family}-{name}"
        try:
            network = loading.load(file, kind, str(self.device)).network
        except UnknownName:
            raise WeightsMissing(
                f"{file}.safetensors",
                f"method {name!r} was not trained for model {self.loaded.name!r}",
                f"run: mien train text --model {self.loaded.name} --method {name}",
            ) from None
        if name == "mapper":
            return methods.MapperMethod(G, network, lambda: self.encoder)
        if name == "directions":
            return methods.DirectionMethod(G, network)
        return methods.PriorMethod(network, lambda: self.encoder)

    def describe(
        self,
        text: str,
        count: int = 4,
        seed: int = 0,
        method: str | None = None,
        guidance: float | None = None,
        psi: float | None = None,
        refine: int | None = None,
    ) -> Faces:
        """Draw faces that fit a sentence.

        Args:
            text: English; other words are passed over, and said so.
            count: How many, from 1 to :data:`~mien.studio.checks.MAX_COUNT`.
            seed: Of the first face; the others have the next ones.
            method: ``labels``, ``mapper``, ``directions`` or ``prior``; None for the best.
            guidance: How strongly the sentence is followed; None for the method's own.
            psi: How far faces lie from the mean one, 0 to 1; None for the method's own.
            refine: Steps at most by which each face is moved until a tagger sees in it what the
                sentence says (:mod:`mien.text.refine`); None for 16, or 0 for generators above
                :data:`REFINE_RESOLUTION`, where a step takes seconds.

        Raises:
            InputError: An empty sentence, or a number out of its range.
            UnknownName: No such method.
        """
        from mien.text.methods import Request

        sentence, notes = checked_text(text)
        seeds = checked_seeds(count, seed)
        name = method or self.default_method
        way = self.method(name)
        psi = checked("psi", way.default_psi if psi is None else psi, 0, 2)
        guidance = checked(
            "guidance", way.default_guidance if guidance is None else guidance, 0, 20
        )
        reading = read(sentence)
        if reading.unknown:
            notes.append("no attribute of a face was recognised in the sentence")
        G = self.generator
        if refine is None:
            refine = DEFAULT_REFINE if G.config.resolution <= REFINE_RESOLUTION else 0
        plan = Refinement(steps=refine)
        ws = []
        for part in _parts(seeds):
            w = way.w(Request(sentence, reading, part, psi, guidance))
            if plan.steps and not reading.unknown:
                draw = lambda w: G.synthesis(w[:, None].expand(-1, G.num_ws, -1))  # noqa: E731
                w = refined(w, reading, draw, self.reader, G.mapping.w_avg, plan)
            ws.append(w[:, None].expand(-1, G.num_ws, -1))
        made = {
            "text": sentence,
            "method": name,
            "psi": psi,
            "guidance": guidance,
            "refine": refine,
            "read": dict(reading.asserted),
            "denied": {column: sorted(values) for column, values in reading.denied.items()},
        }
        return self.draw(torch.cat(ws), seeds, made, notes)

    def generate(self, count: int = 4, seed: int = 0, psi: float = 0.7) -> Faces:
        """Draw faces of which nothing is said: seed i gives face i.

        Args:
            count: How many, from 1 to :data:`~mien.studio.checks.MAX_COUNT`.
            seed: Of the first face.
            psi: Truncation, 0 to 2.
        """
        seeds = checked_seeds(count, seed)
        psi = checked("psi", psi, 0, 2)
        z = seed_latents(seeds, self.generator.config.z_dim).to(self.device)
        with torch.no_grad():
            ws = self.generator.map(z, psi=psi)
        return self.draw(ws, seeds, {"psi": psi})

    def draw(
        self,
        ws: torch.Tensor,
        seeds: Sequence[int],
        provenance: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> Faces:
        """Draw the images of latents ``[n, num_ws, w_dim]``, a few at a time."""
        drawn = []
        with torch.no_grad():
            for part in ws.split(_BATCH):
                drawn.append(images.to_uint8(self.generator.synthesis(part)))
        made = {**self.signature, **(provenance or {})}
        return Faces(
            np.concatenate(drawn), ws.float().cpu().numpy(), tuple(seeds), made, tuple(notes)
        )


def _parts(seeds: Sequence[int], size: int = 256) -> list[Sequence[int]]:
    return [seeds[i : i + size] for i in range(0, len(seeds), size)]
