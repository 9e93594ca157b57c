"""A face out of words, a sketch, a label map and a photo, any of them, and what they leave open.

    faces = compose(studio, Composition(text="an old man", sketch="sketch.png"), seeds=[0, 1])

Everything that is given says something of w, in whitened codes z with a Gaussian: words by the
closed form (:mod:`mien.portraits.codes`), a guide or a photo by its encoder's code and the
covariance R of that encoder's error. Codes have covariance 1, so the encoder's own evidence has
precision R⁻¹ - 1, and a product of Gaussians joins it with the rest (Bishop 2006, Eq. 2.116):

    Λ = Λ_words + Σ s (R⁻¹ - 1),   m = Λ⁻¹ (Λ_words m_words + Σ s R⁻¹ z),   z = m + ψ Λ^-½ n

with s the strength and n of the seed. What a guide does not know (R near 1) others decide; a face
is one w for all layers, as the generator was trained, so that it stays a face. Of a photo, what its
layers have of their own is added again. Words are then settled as in :mod:`mien.inversion.control`,
for a sketch of somebody bald outvotes the words *long hair*.

Axes: n samples, d width of w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien import images
from mien.editing.settings import apply_settings
from mien.errors import InputError, WeightsMissing
from mien.files import slug
from mien.hub import loading
from mien.images.sheets import Sheet
from mien.inversion.control import (
    Change,
    Words,
    changes_of,
    read_words,
    replaced,
    settle,
    words_directions,
)
from mien.inversion.encoder import find_beside
from mien.inversion.guide_encoder import looked_at, shown
from mien.inversion.guides import load_guide, read_labels, read_sketch, whitening
from mien.portraits.checks import GUIDANCE, checked, remarks
from mien.portraits.codes import CodeMoments
from mien.portraits.faces import LATENTS, Faces
from mien.stylegan2.seeds import seed_latents
from mien.text.methods import CodesMethod, label_of
from mien.text.reader import Reading

if TYPE_CHECKING:
    from mien.inversion.session import Inverts

_PHOTO, _PHOTO_GUIDED = 0.1, 0.6
_LEAST = 1e-3


@dataclass(frozen=True)
class Composition:
    """What a face is composed of; fields as the arguments of :meth:`mien.studio.Studio.compose`.

    InputError: nothing is given, or layers without a photo; WrongValue, WrongType: a number out of
    its range.
    """

    text: str | None = None
    sketch: str | Path | None = None
    label: str | Path | None = None
    photo: str | Path | None = None
    strength: float = 1.0
    psi: float = 0.6
    guidance: float = GUIDANCE
    layers: str | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if not self.given:
            raise InputError(
                "nothing to compose a face of; give `text`, `sketch`, `label` or `photo`"
            )
        if self.layers is not None and self.photo is None:
            raise InputError("`layers` are those that the photo keeps; give `photo` too")
        checked("strength", self.strength, 0, 3)
        checked("psi", self.psi, 0, 2)
        checked("guidance", self.guidance, 0, 20)

    @property
    def given(self) -> dict[str, str]:
        """Modality -> what was given of it."""
        named = {
            "text": self.text, "sketch": self.sketch, "label": self.label, "photo": self.photo,
        }  # fmt: skip
        return {name: str(value) for name, value in named.items() if value is not None}


@dataclass
class Belief:
    """A Gaussian of whitened codes: a precision Λ and a precision times its mean Λ m, float64."""

    precision: Float[Tensor, "d d"]
    pull: Float[Tensor, " d"]

    @classmethod
    def of(cls, mean: Tensor, covariance: Tensor) -> Belief:
        """From a mean and a covariance, whose smallest values are raised to a thousandth."""
        values, vectors = torch.linalg.eigh((covariance + covariance.T).double() / 2)
        precision = vectors @ torch.diag(1 / values.clamp(min=_LEAST)) @ vectors.T
        return cls(precision, precision @ mean.double())

    def hear(
        self, code: Float[Tensor, " d"], error: Float[Tensor, "d d"], strength: float = 1.0
    ) -> None:
        """Take in an encoder's whitened code, the mean of codes given what it saw.

        ``error`` is the covariance of its error; where it is 1 or more, it says nothing.
        ``strength`` says how much that counts.
        """
        values, vectors = torch.linalg.eigh((error + error.T).double() / 2)
        precise = 1 / values.clamp(min=_LEAST, max=1)
        self.precision = self.precision + strength * (vectors @ torch.diag(precise - 1) @ vectors.T)
        says = torch.where(precise > 1 + 1e-6, precise, 0)  # R⁻¹ z, where it says anything
        self.pull = self.pull + strength * (vectors @ (says * (vectors.T @ code.double())))

    def draw(self, normal: Float[Tensor, "n d"], psi: float) -> Float[Tensor, "n d"]:
        """Samples from standard normal numbers, scaled about the mean by ψ."""
        values, vectors = torch.linalg.eigh((self.precision + self.precision.T) / 2)
        mean = vectors @ ((vectors.T @ self.pull) / values)
        spread = vectors @ torch.diag(values.rsqrt()) @ vectors.T
        return (mean + psi * normal.double() @ spread).float()


@dataclass
class _Heard:
    """What the modalities of one composition said.

    ``photo`` is the photo's latent ``[1, num_ws, w_dim]``, ``made`` what made that, ``shown`` what
    was given, as pictures for the sheet.
    """

    belief: Belief
    photo: Tensor | None = None
    made: dict[str, Any] = field(default_factory=dict)
    shown: list[tuple[str, np.ndarray]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_moments(studio: Inverts) -> CodeMoments:
    """The moments of codes of a studio's generator; WeightsMissing: it has none."""
    path = find_beside(studio.model, studio.text_family, "codes")
    if path is None:
        raise WeightsMissing(
            f"{studio.text_family}-codes.safetensors",
            f"nothing is known of the codes of generator {studio.text_family!r}",
            "run: mien train faces, which trains a generator with its encoder and codes",
        )
    return loading.load(path, "code-moments", str(studio.device)).network


def words_belief(moments: CodeMoments, reading: Reading | None, guidance: float) -> Belief:
    """What words say of whitened codes; no words, what codes are like."""
    mean, _, inverse = whitening(moments)
    if reading is None:
        eye = torch.eye(moments.w_dim, dtype=torch.float64, device=mean.device)
        return Belief(eye, eye.new_zeros(moments.w_dim))
    label, told = label_of(reading, moments.label_mean, guidance)
    gaussian = moments.given(told, alone=True)
    centre = gaussian.centre(label[None], guidance, CodesMethod.reach)[0]
    return Belief.of((centre - mean) @ inverse, inverse @ gaussian.root @ gaussian.root @ inverse)


@torch.no_grad()
def _hear(
    studio: Inverts, asked: Composition, moments: CodeMoments, reading: Reading | None
) -> _Heard:
    heard = _Heard(words_belief(moments, reading, asked.guidance))
    guided = {"sketch": asked.sketch, "label": asked.label}
    for guide, path in guided.items():
        if path is None:
            continue
        network = load_guide(studio, guide)
        if guide == "sketch":
            picture, notes = read_sketch(path)
            heard.notes += notes
        else:
            picture = read_labels(path)
        code = network(shown(picture[None], guide).to(studio.device))[0]
        heard.belief.hear(code, network.error, asked.strength)
        heard.shown.append((guide, looked_at(picture, guide)))
    if asked.photo is not None:
        ws, heard.made = studio.read_photo(asked.photo)
        heard.photo = ws
        heard.notes += heard.made.get("notes", [])
        mean, _, inverse = whitening(moments)
        variance = _PHOTO_GUIDED if asked.sketch or asked.label else _PHOTO
        error = variance * torch.eye(moments.w_dim, device=ws.device)
        heard.belief.hear((ws.mean(dim=1)[0] - mean) @ inverse, error, asked.strength)
        heard.shown.append(("photo, inverted", studio.draw(ws, ()).images[0]))
    return heard


def compose(studio: Inverts, asked: Composition, seeds: Sequence[int]) -> Faces:
    """Draw faces of what is given; see :meth:`mien.studio.Studio.compose`."""
    reading, notes = (None, [])
    if asked.text is not None:
        reading, notes = read_words(asked.text, asked.language)
    moments = find_moments(studio)
    heard = _hear(studio, asked, moments, reading)
    mean, root, _ = whitening(moments)
    normal = seed_latents(list(seeds), moments.w_dim).to(studio.device)
    w = mean + heard.belief.draw(normal, asked.psi) @ root
    ws = w[:, None].repeat(1, studio.generator.num_ws, 1)
    if heard.photo is not None:
        ws = ws + heard.photo - heard.photo.mean(dim=1, keepdim=True)
        if asked.layers is not None:
            ws = replaced(ws, heard.photo.expand_as(ws), asked.layers)
    if reading is not None and len(asked.given) > 1:
        words = Words(asked.text or "", asked.language)
        ws, settled = _settled(studio, ws, changes_of(reading), words)
        notes = [*notes, *settled]
    notes = dict.fromkeys([*notes, *heard.notes, *remarks(asked.psi, asked.guidance, len(seeds))])
    made = {
        "compose": asked.given, "strength": asked.strength, "psi": asked.psi,
        "guidance": asked.guidance, **({} if asked.layers is None else {"layers": asked.layers}),
        "latents": LATENTS,  # A picture rests on files that it cannot hold.
    }  # fmt: skip
    faces = studio.draw(ws, seeds, made, list(notes))
    stem = slug(asked.text or Path(next(iter(asked.given.values()))).stem, 40) or "composed"
    stems = tuple(f"{stem}-seed{seed:04d}" for seed in seeds)
    each = tuple({**heard.made, "seed": seed} for seed in seeds)
    return replace(faces, stems=stems, each=each, sheet=_sheet(faces, heard, seeds))


def _settled(
    studio: Inverts,
    ws: Float[Tensor, "n num_ws w_dim"],
    changes: Sequence[Change],
    words: Words,
) -> tuple[Float[Tensor, "n num_ws w_dim"], list[str]]:
    """Words made true of every face, and what could not be."""
    found, moved, notes = words_directions(studio, words), [], []
    for number, one in enumerate(ws.split(1)):
        studio.watch("settling words", number, len(ws))
        settings, told = settle(studio, one, changes, found, words)
        moved.append(apply_settings(one, found.directions, settings))
        notes += [note for note in told if not note.endswith("already")]
    return torch.cat(moved), notes


def _sheet(faces: Faces, heard: _Heard, seeds: Sequence[int]) -> Sheet:
    """What was given, then what came of it."""
    side = faces.images.shape[1]
    sources = [images.resize(picture, side)[None] for _, picture in heard.shown]
    captions = [name for name, _ in heard.shown] + [f"seed {seed}" for seed in seeds]
    return Sheet(np.concatenate([*sources, faces.images]), tuple(captions))
