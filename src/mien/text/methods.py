"""Four ways from a sentence to latents, each a published idea, behind one call.

``labels``: the attributes that the sentence asserts, in closed form where the generator has the
moments of its codes, else as the label of a conditional generator (Mirza & Osindero 2014).
``mapper``: an MLP from embedding to w (Ayanthi & Munasinghe 2022). ``directions``: a random w is
moved along attribute directions (StyleT2F, Sabae et al. 2022). ``prior``: a conditional flow over w
with guidance (after clip2latent, Pinkney & Li 2022).

Each gives one w for each seed; different seeds are different people of the same description.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mien.attributes import COLUMNS, LABELS, column_slice, encode
from mien.errors import InputError
from mien.portraits.checks import GUIDANCE, PSI
from mien.portraits.codes import CodeMoments
from mien.stylegan2.generator import Generator
from mien.stylegan2.seeds import seed_latents
from mien.text.directions import AttributeDirections
from mien.text.embedding import SentenceEncoder
from mien.text.mapper import Mapper
from mien.text.prior import Prior
from mien.text.reader import Reading, expected

METHODS = ("labels", "mapper", "directions", "prior")
"""Names of the ways, as ``--method`` takes them."""


@dataclass(frozen=True)
class Request:
    """What a face is asked for: a sentence and its reading, a seed for each face.

    ``psi`` says how far faces lie from the mean one of their description, 0 to 1; ``guidance`` how
    strongly the description is followed, 1 being what training saw.
    """

    text: str
    reading: Reading
    seeds: Sequence[int]
    psi: float
    guidance: float


@runtime_checkable
class TextToLatent(Protocol):
    """A way from a sentence to latents."""

    default_psi: float
    default_guidance: float
    refined: bool
    """Whether its faces are refined unless told otherwise."""

    def w(self, request: Request) -> Float[Tensor, "n w_dim"]:
        """One w for each seed of the request."""
        ...


def _random_w(G: Generator, seeds: Sequence[int], c: Tensor | None = None) -> Tensor:
    z = seed_latents(seeds, G.config.z_dim).to(G.mapping.w_avg.device)
    return G.mapping(z, None if c is None else c.expand(len(z), -1))


class LabelMethod:
    """The sentence's attributes as the label of a generator that was trained with such labels."""

    default_psi = 0.7
    default_guidance = 1.5
    refined = True

    def __init__(self, generator: Generator, silence: bool = True, centre: int = 512) -> None:
        if generator.config.c_dim != len(LABELS):
            raise InputError(
                f"method 'labels' needs a generator with {len(LABELS)} attribute labels, this one "
                f"has {generator.config.c_dim}; take `method=directions`"
            )
        self.generator = generator
        self.silence = silence
        seeds = range(10**6, 10**6 + centre)
        self._z = seed_latents(list(seeds), generator.config.z_dim)

    def w(self, request: Request) -> Float[Tensor, "n w_dim"]:
        """Map seeds under the label; truncate towards the mean face of that label."""
        G = self.generator
        face = expected(request.reading) if self.silence else dict(request.reading.asserted)
        device = G.mapping.w_avg.device
        c = torch.from_numpy(encode(face)).to(device)[None]
        with torch.no_grad():
            z = self._z.to(device)
            centre = G.mapping(z, c.expand(len(z), -1)).mean(dim=0)
            plain = G.mapping(z, torch.zeros_like(c).expand(len(z), -1)).mean(dim=0)
            w = _random_w(G, request.seeds, c)
            # Guidance in w: further along what the label changed (after Ho & Salimans 2022).
            return centre.lerp(w, request.psi) + (request.guidance - 1) * (centre - plain)


class CodesMethod:
    """The closed form: the Gaussian of codes, given the labels that the sentence tells.

    w = μ + g (l - m) A + ψ n Σ^½ (:mod:`mien.portraits.codes`), A the regression from all labels. A
    column in which something is denied is told too: what is left of it, in the shares that
    training pictures have.
    """

    default_psi = PSI
    default_guidance = GUIDANCE
    refined = False
    reach = 5.0
    """How far the centre of a sentence may lie from the mean code, in standard deviations."""

    def __init__(self, generator: Generator, moments: CodeMoments) -> None:
        if moments.label_dim != len(LABELS) or moments.w_dim != generator.config.w_dim:
            raise InputError(
                f"codes of {moments.label_dim} labels and {moments.w_dim} numbers do not belong to "
                f"a generator that takes {len(LABELS)} labels and {generator.config.w_dim} numbers"
            )
        self.moments = moments

    def w(self, request: Request) -> Float[Tensor, "n w_dim"]:
        """The code that the labels suggest, varied by each seed."""
        moments = self.moments
        label, told = label_of(request.reading, moments.label_mean, request.guidance)
        normal = seed_latents(request.seeds, moments.w_dim).to(moments.mean.device)
        with torch.no_grad():
            gaussian = moments.given(told, alone=True)
            return gaussian.draw(normal, label[None], request.guidance, request.psi, self.reach)


_PLAIN = ("expression", "mouth")
"""Columns that take no guidance above 1: a laugh is plain without, and teeth turn green with it."""


def label_of(
    reading: Reading, usual: Float[Tensor, " l"], guidance: float = 1.0
) -> tuple[Float[Tensor, " l"], Bool[Tensor, " l"]]:
    """The label vector of a reading, and which of its numbers are told.

    ``usual`` is how often each label occurs, which a denial leaves in its shares. Where labels are
    to be followed with a ``guidance`` above 1, expressions come as much nearer to what is usual.
    """
    label = torch.from_numpy(encode(reading.asserted)).to(usual.device)
    told = torch.zeros(len(LABELS), dtype=torch.bool, device=usual.device)
    for column in reading.asserted:
        told[column_slice(column)] = True
    for column, values in reading.denied.items():
        if column in reading.asserted:
            continue
        rows = column_slice(column)
        left = usual[rows].clone()
        left[[COLUMNS[column].index(value) for value in values]] = 0
        if left.sum() > 0:
            label[rows], told[rows] = left / left.sum(), True
    for column in _PLAIN if guidance > 1 else ():
        rows = column_slice(column)
        label[rows] = usual[rows].lerp(label[rows], 1 / guidance)
    return label, told


class MapperMethod:
    """The mapper gives the mean face of a sentence, seeds vary it."""

    default_psi = 0.7
    default_guidance = 1.0
    refined = True
    spread = 0.5
    """Share of a random face's deviation that a seed adds, before psi."""

    def __init__(
        self,
        generator: Generator,
        mapper: Mapper,
        encoder: Callable[[], SentenceEncoder],
        label: Tensor | None = None,  # [1, c_dim] of the random faces
    ) -> None:
        self.generator, self.mapper, self.encoder = generator, mapper, encoder
        self.label = label

    def w(self, request: Request) -> Float[Tensor, "n w_dim"]:
        """Mapped w, stretched from the mean face by guidance, plus a share of a random face."""
        G = self.generator
        mean = G.mapping.w_avg
        with torch.no_grad():
            embedding = self.encoder().encode([request.text]).embedding.to(mean.device)
            centre = mean + request.guidance * (self.mapper(embedding) - mean)
            deviation = _random_w(G, request.seeds, self.label) - mean
            return centre + self.spread * request.psi * deviation


class DirectionMethod:
    """A random face, moved until the tagger in latent space agrees with the sentence."""

    default_psi = 0.7
    default_guidance = 1.0
    refined = True

    def __init__(
        self,
        generator: Generator,
        directions: AttributeDirections,
        label: Tensor | None = None,  # [1, c_dim] of the random faces
    ) -> None:
        self.generator, self.directions, self.label = generator, directions, label

    def w(self, request: Request) -> Float[Tensor, "n w_dim"]:
        """Truncated random faces, moved; guidance scales the step."""
        G = self.generator
        with torch.no_grad():
            start = G.mapping.w_avg.lerp(_random_w(G, request.seeds, self.label), request.psi)
            return self.directions.move(start, request.reading, strength=request.guidance).w


class PriorMethod:
    """Samples of the conditional flow; psi scales its noise."""

    default_psi = 0.8
    default_guidance = 2.0
    refined = True

    def __init__(self, prior: Prior, encoder: Callable[[], SentenceEncoder]) -> None:
        self.prior, self.encoder = prior, encoder

    def w(self, request: Request) -> Float[Tensor, "n w_dim"]:
        """One sample for each seed."""
        noise = seed_latents(request.seeds, self.prior.config.w_dim) * request.psi
        with torch.no_grad():
            embedding = self.encoder().encode([request.text]).embedding
            embedding = embedding.expand(len(noise), -1)
            return self.prior.sample(embedding, noise, guidance=request.guidance)
