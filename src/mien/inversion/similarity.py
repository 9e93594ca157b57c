"""How well a face fits a sentence, and which of many fit it best.

The network is in :mod:`mien.inversion.text_image`, its training in
:mod:`mien.inversion.similarity_training`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from mien import images
from mien.errors import WrongValue
from mien.inversion.encoder import Inverter, load_beside
from mien.inversion.known_codes import pooled
from mien.inversion.text_image import KIND, TextImage, best, scores
from mien.portraits.faces import Faces
from mien.text.embedding import SentenceEncoder

if TYPE_CHECKING:
    from mien.inversion.session import Inverts

DRAWN = 16
"""Faces that are drawn to pick from, four for each that is wanted from five on."""


class Similarity:
    """Scores faces by sentences: a generator's encoder, and the network that was trained for it."""

    def __init__(self, inverter: Inverter, network: TextImage, sentences: SentenceEncoder) -> None:
        self.inverter, self.network, self.sentences = inverter, network, sentences

    @torch.no_grad()
    def score(self, faces: Float[Tensor, "n 3 h w"], text: str) -> Float[Tensor, " n"]:
        """How well each of some faces fits an English sentence, -1 to 1.

        Faces are cut as FFHQ's, in [-1, 1], on the generator's device.
        """
        found = []
        for one in faces.split(1):
            maps = self.inverter.look(one)
            w = self.inverter.encode(one, maps)
            found.append(self.network.of_pictures(w[:, None], pooled(maps)))
        embedding = self.sentences.encode([text]).embedding.to(faces.device)
        return scores(torch.cat(found), self.network.of_sentences(embedding))[:, 0]


def load_similarity(studio: Inverts) -> Similarity:
    """The similarity of a studio's generator.

    WeightsMissing: it has none, or no encoder; ConfigMismatch: it is of another generator.
    """
    absent = f"nobody knows how well faces of {studio.text_family!r} fit a sentence"
    found = load_beside(studio, "similarity", KIND, absent)
    return Similarity(studio.inverter, found.network, studio.encoder)


def drawn_for(count: int) -> int:
    """How many faces are drawn where ``count`` shall be kept; WrongValue: none shall be."""
    if count < 1:
        raise WrongValue(f"pick is {count}, but must be 1 or more")
    return max(DRAWN, 4 * count)


def pick(studio: Inverts, faces: Faces, text: str, count: int) -> Faces:
    """The faces that fit a sentence best, the best first; see :meth:`mien.studio.Studio.pick`."""
    if not 1 <= count <= len(faces):
        raise WrongValue(f"pick is {count}, but must be from 1 to {len(faces)}, as many are there")
    found = studio.similarity.score(images.to_float(faces.images, studio.device), text)
    rows = best(found, count).tolist()
    seeds = [faces.seeds[row] for row in rows if row < len(faces.seeds)]
    told = f"the best {count} of {len(faces)} by their similarity to the sentence, "
    told += ", ".join(f"{float(found[row]):.2f}" for row in rows)
    parts = [faces[row] for row in rows]
    made = {"picked": {"of": len(faces), "scores": [round(float(found[row]), 4) for row in rows]}}
    return Faces(
        faces.images[rows], faces.ws[rows], tuple(seeds), {**faces.provenance, **made},
        (*faces.notes, told), tuple(one for part in parts for one in part.each),
        tuple(stem for part in parts for stem in part.stems),
    )  # fmt: skip
