"""How faces and sentences learn to find each other.

    mien train similarity --model portraits --data faces.zip --data sfhq.zip --out runs/similarity

Codes, frozen features and sentence embeddings do not change and are computed once; what learns are
the projections of both sides, by pairwise ranking with the hardest negatives and by matching.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mien.attributes import decode
from mien.errors import DatasetError, InputError
from mien.inversion.similarity_options import SimilarityTraining
from mien.inversion.text_image import (
    KIND,
    TextImage,
    TextImageConfig,
    matching_loss,
    ranking_loss,
    retrieval,
    scores,
)
from mien.text.captions import captions
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom

_ROWS, _SENTENCE = range(2)  # purposes of random numbers
_MEASURED = 200


@dataclass(frozen=True)
class Described:
    """Faces, the code and pooled frozen features of each, and sentences about them.

    ``face`` says which face each sentence, embedded, is about.
    """

    w: Float[Tensor, "n d"]
    features: Float[Tensor, "n f"]
    embeddings: Float[Tensor, "m e"]
    face: Int[Tensor, " m"]


def sentences_of(
    written: Sequence[str] | None, labels: np.ndarray | None, count: int, seed: int
) -> tuple[list[str], list[int]]:
    """The caption of each face and sentences of the grammar about it, and which face each is about.

    ``written`` is a caption each, empty where there is none, ``labels`` are label vectors ``[n,
    76]``; either may be None. Of ``count`` sentences of the grammar a bare face has fewer.
    """
    texts: list[str] = []
    about: list[int] = []
    total = len(written) if written is not None else 0 if labels is None else len(labels)
    for row in range(total):
        made = [written[row]] if written is not None and written[row] else []
        face = {} if labels is None else decode(labels[row])
        if face and count:
            rng = np.random.default_rng((seed, row))
            try:
                made += [one.text for one in captions(face, rng, count)]
            except InputError:  # So bare a face that the grammar has fewer.
                made += [one.text for one in captions(face, rng, 1)]
        texts += made
        about += [row] * len(made)
    return texts, about


class SimilarityRecipe(AdamWRecipe):
    """The projections of both sides.

    ``held`` are others to measure on: the first sentence of each of 200 faces. DatasetError: no
    sentence is about any face.
    """

    free = frozenset({"kimg", "lr"})
    name = "the similarity"
    kind = KIND
    warm = 0.1
    longest = 5.0

    def __init__(
        self,
        config: SimilarityTraining,
        train: Described,
        held: Described,
        device: torch.device | str = "cpu",
    ) -> None:
        self.train_set, self.held = train, held
        if not len(train.face):
            raise DatasetError("the data", "has no captions and no labels", "give a label table")
        shape = TextImageConfig(
            train.w.shape[1], train.features.shape[1], train.embeddings.shape[1],
            config.width, dropout=config.dropout,
        )  # fmt: skip
        super().__init__(config, lambda: TextImage(shape), device)
        self.network.fit_scale(torch.cat([train.w, train.features], dim=1), train.embeddings)
        ordered = torch.argsort(train.face, stable=True)
        self.faces, counts = torch.unique_consecutive(train.face[ordered], return_counts=True)
        self.order, self.counts = ordered, counts
        self.starts = counts.cumsum(0) - counts

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Both losses on a batch of different faces, each with one of its sentences."""
        config, data = self.config, self.train_set
        batch = min(config.batch, len(self.faces))
        place = torch.randperm(len(self.faces), generator=random.torch(_ROWS))[:batch]
        draw = torch.rand(batch, generator=random.torch(_SENTENCE))
        sentence = self.order[self.starts[place] + (draw * self.counts[place]).long()]
        table = self._table(data, self.faces[place], sentence)
        ranking = ranking_loss(table, config.margin)
        matching = matching_loss(table, self.network.temperature)
        total = config.ranking * ranking + config.matching * matching
        return {"loss": total, "ranking": ranking, "matching": matching}

    def _table(self, data: Described, faces: Tensor, sentences: Tensor) -> Tensor:
        w, features = data.w[faces].to(self.device), data.features[faces].to(self.device)
        told = self.network.of_sentences(data.embeddings[sentences].to(self.device))
        return scores(self.network.of_pictures(w[:, None], features), told)

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """R@1 and R@5 both ways on held-out pairs; empty where there are none."""
        firsts: dict[int, int] = {}
        for sentence, face in enumerate(self.held.face.tolist()):
            firsts.setdefault(face, sentence)
        faces = sorted(firsts)
        step = max(1, len(faces) // _MEASURED)
        faces = faces[::step][:_MEASURED]
        if not faces:
            return {}
        self.network.eval()
        sentences = torch.tensor([firsts[face] for face in faces])
        return retrieval(self._table(self.held, torch.tensor(faces), sentences))
