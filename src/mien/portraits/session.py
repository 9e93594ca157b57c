"""A generator that is loaded once and draws as often as it is asked.

    portraits = Portraits("portraits")
    faces = portraits.generate(count=4, seed=7)

The rooms below add what else a :class:`mien.studio.Studio` does, each in its ``session.py``:
``text``, ``editing``, ``inversion``, ``sketch`` and ``anime``. A function that asks for a session
asks for that of its own room, or of one above.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.hub import loading
from mien.hub.store import engine_cache
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
from mien.stylegan2.seeds import seed_latents

DEFAULT_MODEL = "portraits"
"""The face generator that ships inside."""


class Portraits:
    """A generator, what draws with it, and faces of which nothing is said.

    Arguments and errors as for :class:`mien.studio.Studio`.
    """

    _label: Label | None = None
    watch: Watch = staticmethod(quiet)
    """Told what is being done and how far it is; see :mod:`mien.runtime.watching`."""
    drawn: Callable[[Faces], None] = staticmethod(lambda face: None)
    """Given each face as soon as it is drawn; those above 256² take seconds each."""

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

    def draw(
        self,
        ws: torch.Tensor,
        seeds: Sequence[int],
        provenance: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> Faces:
        """Draw the images of latents ``[n, num_ws, w_dim]``, one after the other."""
        said = tuple(dict.fromkeys([*notes, *remarks(self)]))
        codes, faces = ws.float().cpu().numpy(), []
        for row, image in enumerate(self.drawer.frames(ws.split(1), len(ws))):
            made = {**self.signature, "engine": self.drawer.said, **(provenance or {})}
            part = slice(row, row + 1)
            faces.append(Faces(image, codes[part], tuple(seeds[part]), made, said))
            self.drawn(faces[-1])
        drawn = np.concatenate([face.images for face in faces])
        return replace(faces[0], images=drawn, ws=codes, seeds=tuple(seeds))
