"""Studio: the session object. Loads each network once, then answers as often as it is asked.

studio = Studio()
faces = studio.describe("an old man with a white beard and glasses", count=4, seed=7)
faces.save("out")
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from mien import images
from mien.errors import InputError, UnknownName, WeightsMissing
from mien.files import make_folder, output_error, refuse_existing, replacing
from mien.hub import loading
from mien.runtime.memory import tune_allocator
from mien.stylegan2.seeds import LARGEST_SEED, seed_latents
from mien.text.reader import read

if TYPE_CHECKING:
    from mien.text.embedding import SentenceEncoder
    from mien.text.methods import TextToLatent

DEFAULT_MODEL = "portraits"
"""The face generator that ships inside."""

DEFAULT_METHOD = "labels"
"""The way from a sentence to latents that measures best; see docs/text.md."""

MAX_COUNT = 1000
"""The most faces that one call draws."""

MAX_WORDS = 256
"""What a sentence is cut to."""

_BATCH = 4


@dataclass(frozen=True)
class Faces:
    """Drawn faces and what made them.

    Attributes:
        images: uint8 RGB, ``[n, h, w, 3]``.
        ws: One w for each layer of the generator, ``[n, num_ws, w_dim]``.
        seeds: The seed of each face.
        provenance: What made them all: model, hash, text, method, psi, …
        notes: What the person should know: words cut, nothing recognised.
    """

    images: UInt8[np.ndarray, "n h w 3"]
    ws: Float32[np.ndarray, "n num_ws w_dim"]
    seeds: tuple[int, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def names(self) -> list[str]:
        """File name of each face, without suffix."""
        stem = _slug(str(self.provenance.get("text", ""))) or "face"
        return [f"{stem}-seed{seed:04d}" for seed in self.seeds]

    def save(self, folder: str | Path, force: bool = False) -> list[Path]:
        """Write each face as PNG, all of them on one sheet, and their w as ``.npz``.

        Args:
            folder: Where; created if it is not there.
            force: Whether files of the same name may be replaced.

        Returns:
            The faces in order, then ``sheet.png``, then ``latents.npz``.

        Raises:
            OutputError: A file exists and ``force`` is false, or the disk refuses.
        """
        target = make_folder(folder)
        paths = [target / f"{name}.png" for name in self.names()]
        sheet, latents = target / "sheet.png", target / "latents.npz"
        refuse_existing([*paths, sheet, latents], force)
        for path, image, seed in zip(paths, self.images, self.seeds, strict=True):
            images.save(path, image, {**self.provenance, "seed": seed}, force=force)
        captions = [f"seed {seed}" for seed in self.seeds]
        seeds = {**self.provenance, "seeds": list(self.seeds)}
        images.save(sheet, images.contact_sheet(self.images, captions), seeds, force=force)
        with replacing(latents, force) as beside, beside.open("wb") as stream:
            try:
                np.savez(stream, w=self.ws, seeds=np.asarray(self.seeds, np.int64))
            except OSError as error:
                raise output_error(latents, error) from None
        return [*paths, sheet, latents]


def _slug(text: str, longest: int = 48) -> str:
    words = re.findall(r"[a-z0-9]+", text.lower())
    name = "-".join(words)
    return name[:longest].rstrip("-")


class Studio:
    """Loaded networks and the verbs that use them.

    Args:
        model: A generator: a name of the catalogue or a file.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``.
        text: What the ways from sentences to latents of this generator are called; None for the
            generator's own name. Files: ``NAME-mapper``, ``NAME-directions``, ``NAME-prior``.

    Raises:
        UnknownName: No such model.
        CheckpointError: A file that is no generator.
    """

    def __init__(
        self, model: str | Path = DEFAULT_MODEL, device: str = "auto", text: str | None = None
    ) -> None:
        tune_allocator()
        self.device = _device(device)
        self.loaded = loading.load_generator(model, str(self.device))
        self.text_family = text or self.loaded.name
        self._methods: dict[str, TextToLatent] = {}

    @property
    def generator(self) -> Any:
        """The generator, frozen."""
        return self.loaded.network

    @cached_property
    def encoder(self) -> SentenceEncoder:
        """The sentence encoder, loaded when it is first needed."""
        from mien.text.embedding import SentenceEncoder

        return SentenceEncoder()

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
    ) -> Faces:
        """Draw faces that fit a sentence.

        Args:
            text: English; other words are passed over, and said so.
            count: How many, from 1 to :data:`MAX_COUNT`.
            seed: Of the first face; the others have the next ones.
            method: ``labels``, ``mapper``, ``directions`` or ``prior``; None for the best.
            guidance: How strongly the sentence is followed; None for the method's own.
            psi: How far faces lie from the mean one, 0 to 1; None for the method's own.

        Raises:
            InputError: An empty sentence, or a number out of its range.
            UnknownName: No such method.
        """
        from mien.text.methods import Request

        sentence, notes = _checked_text(text)
        seeds = _checked_seeds(count, seed)
        name = method or self.default_method
        way = self.method(name)
        psi = _checked("psi", way.default_psi if psi is None else psi, 0, 2)
        guidance = _checked(
            "guidance", way.default_guidance if guidance is None else guidance, 0, 20
        )
        reading = read(sentence)
        if reading.unknown:
            notes.append("no attribute of a face was recognised in the sentence")
        ws = []
        for part in _parts(seeds):
            request = Request(sentence, reading, part, psi, guidance)
            ws.append(way.w(request)[:, None].expand(-1, self.generator.num_ws, -1))
        made = {
            "text": sentence,
            "method": name,
            "psi": psi,
            "guidance": guidance,
            "read": dict(reading.asserted),
            "denied": {column: sorted(values) for column, values in reading.denied.items()},
        }
        return self.draw(torch.cat(ws), seeds, made, notes)

    def generate(self, count: int = 4, seed: int = 0, psi: float = 0.7) -> Faces:
        """Draw faces of which nothing is said: seed i gives face i.

        Args:
            count: How many, from 1 to :data:`MAX_COUNT`.
            seed: Of the first face.
            psi: Truncation, 0 to 2.
        """
        seeds = _checked_seeds(count, seed)
        psi = _checked("psi", psi, 0, 2)
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
        made = {
            "model": self.loaded.name,
            "sha256": self.loaded.sha256,
            "kimg": self.loaded.meta.get("kimg"),
            **(provenance or {}),
        }
        return Faces(
            np.concatenate(drawn), ws.float().cpu().numpy(), tuple(seeds), made, tuple(notes)
        )


def _parts(seeds: Sequence[int], size: int = 256) -> list[Sequence[int]]:
    return [seeds[i : i + size] for i in range(0, len(seeds), size)]


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"device {name!r} is none of auto, cpu, cuda, cuda:N") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"device {name!r}: no CUDA device was found; take --device cpu")
    return device


def _checked(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise InputError(f"{name} is {value:g}, but must be from {low:g} to {high:g}")
    return float(value)


def _checked_seeds(count: int, seed: int) -> list[int]:
    if not 1 <= count <= MAX_COUNT:
        raise InputError(f"count is {count}, but must be from 1 to {MAX_COUNT}")
    if not 0 <= seed <= LARGEST_SEED - count + 1:
        raise InputError(f"seed {seed} is not from 0 to {LARGEST_SEED - count + 1}")
    return list(range(seed, seed + count))


def _checked_text(text: str) -> tuple[str, list[str]]:
    words = text.split()
    if not words:
        raise InputError("the sentence is empty; describe a face, such as 'a smiling old man'")
    notes = []
    if len(words) > MAX_WORDS:
        notes.append(f"the sentence has {len(words)} words; only the first {MAX_WORDS} were read")
    return " ".join(words[:MAX_WORDS]), notes
