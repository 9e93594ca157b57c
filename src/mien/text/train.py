"""Training the ways from a sentence to a latent, for one generator.

    mien train text --model portraits --data faces.zip --out runs/text

No paired data is needed: latents are sampled, the generator draws them, a tagger reads what it
drew, a grammar turns that into sentences. With a labelled generator the written sentences of the
training part join in: a latent is sampled under the labels of the picture that a sentence is about.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.attributes import COLUMNS, LABELS, column_slice
from mien.checkpoints import native
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.judges.tagger import Tagger
from mien.portraits.config import GanConfig
from mien.portraits.draws import drop_columns
from mien.stylegan2.generator import Generator
from mien.text.captions import caption
from mien.text.config import TextTraining
from mien.text.embedding import Encoded
from mien.text.losses import flow_matching_loss, mapper_loss
from mien.text.mapper import Mapper, MapperConfig
from mien.text.prior import Prior, PriorConfig
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom

_PART = 500  # samples that are kept at a time
_SAMPLES = "text-samples"
_LABEL_DROPS = GanConfig()  # partial labels, as the generator's training drew them


@dataclass(frozen=True)
class Sampled:
    """Latents, and the probability of each label that the tagger read off them, ``[n, 76]``."""

    w: Float[Tensor, "n w_dim"]
    probabilities: Float[Tensor, "n labels"]


@dataclass(frozen=True)
class Pairs:
    """Sentences and latents that fit: ``sentences[i]`` describes ``w[i]``."""

    w: Float[Tensor, "n w_dim"]
    sentences: tuple[str, ...]


def read_picture(tagger: Tagger, image: Tensor) -> Tensor:
    """Probability of each label of :data:`mien.attributes.LABELS`, ``[n, 76]``.

    InputError: the tagger reads other columns.
    """
    if dict(tagger.config.columns) != COLUMNS:
        raise InputError("this tagger reads other columns than mien.attributes.COLUMNS")
    read = tagger(image)
    return torch.cat([read[column].softmax(dim=1) for column in COLUMNS], dim=1)


def sample(
    generator: Generator,
    tagger: Tagger,
    config: TextTraining,
    labels: np.ndarray | None = None,
    keep: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Sampled:
    """Sample latents, draw them, read the drawings with a tagger that has not to judge the result.

    ``labels`` are label vectors of training pictures: a labelled generator is sampled under partial
    copies of them. ``keep`` is a folder for what is done, from which a stopped sampling goes on,
    None for memory; ``progress`` is told how many are done.
    """
    parts = []
    for first in range(0, config.samples, _PART):
        count = min(_PART, config.samples - first)
        path = None if keep is None else keep / f"samples-{first:08d}-{count}.safetensors"
        if path is not None and path.exists():
            tensors = native.load(path, _SAMPLES).tensors
            part = Sampled(tensors["w"], tensors["probabilities"])
        else:
            part = _sample_part(generator, tagger, (config.seed, first), count, labels)
            if path is not None:
                native.save(path, _SAMPLES, vars(part), {})
        parts.append(part)
        progress(first + count)
    return Sampled(
        torch.cat([part.w for part in parts]), torch.cat([part.probabilities for part in parts])
    )


@torch.no_grad()
def _sample_part(
    generator: Generator,
    tagger: Tagger,
    seed: tuple[int, int],
    count: int,
    labels: np.ndarray | None,
    batch: int = 50,
) -> Sampled:
    """Some samples; what they are depends on the seed alone."""
    rng = np.random.default_rng(seed)
    device = generator.mapping.w_avg.device
    ws, read = [], []
    for start in range(0, count, batch):
        n = min(batch, count - start)
        z = torch.from_numpy(rng.standard_normal((n, generator.config.z_dim))).float()
        c = None
        if labels is not None and generator.config.c_dim == len(LABELS):
            rows = labels[rng.integers(len(labels), size=n)]
            c = torch.from_numpy(drop_columns(rows, _LABEL_DROPS, rng)).to(device)
        ws_now = generator.map(z.to(device), c)
        ws.append(ws_now[:, 0].cpu())
        read.append(read_picture(tagger, generator.synthesis(ws_now)).float().cpu())
    return Sampled(torch.cat(ws), torch.cat(read))


def grammar_pairs(sampled: Sampled, config: TextTraining) -> Pairs:
    """Sentences of the grammar about what the tagger is confident of."""
    rng = np.random.default_rng(config.seed + 1)
    faces = confident(sampled.probabilities.numpy(), config.confidence)
    sentences = tuple(caption(face, rng).text for face in faces for _ in range(config.captions))
    return Pairs(sampled.w.repeat_interleave(config.captions, dim=0), sentences)


def confident(probabilities: np.ndarray, least: float) -> list[dict[str, str]]:
    """The values that are at least so probable, a face described in part for each row."""
    faces = []
    for row in probabilities:
        sure = np.where(row >= least, row, 0)
        parts = {column: sure[column_slice(column)] for column in COLUMNS}
        faces.append({c: COLUMNS[c][int(p.argmax())] for c, p in parts.items() if p.max() > 0})
    return faces


@torch.no_grad()
def written_pairs(generator: Generator, data: TrainingSet, config: TextTraining) -> Pairs:
    """Latents under the labels of pictures, with the sentences written about those pictures."""
    usable = generator.config.c_dim == len(LABELS) and data.labels is not None and data.captions
    if not usable or not config.written or data.labels is None or data.captions is None:
        return Pairs(torch.zeros(0, generator.config.w_dim), ())
    rng = np.random.default_rng(config.seed + 2)
    device = generator.mapping.w_avg.device
    rows = [i for i, text in enumerate(data.captions) if text for _ in range(config.written)]
    z = torch.from_numpy(rng.standard_normal((len(rows), generator.config.z_dim))).float()
    c = torch.from_numpy(data.labels[rows])
    w = generator.mapping(z.to(device), c.to(device)).cpu()
    return Pairs(w, tuple(data.captions[i] for i in rows))


def join(parts: Sequence[Pairs]) -> Pairs:
    """All pairs of several lists."""
    sentences = tuple(text for part in parts for text in part.sentences)
    return Pairs(torch.cat([part.w for part in parts]), sentences)


def embedded(
    sentences: Sequence[str], encode: Callable[[list[str]], Encoded]
) -> Float[Tensor, "n e"]:
    """Sentences as vectors; each different one is encoded once."""
    unique = sorted(set(sentences))
    place = {sentence: i for i, sentence in enumerate(unique)}
    return encode(unique).embedding[[place[sentence] for sentence in sentences]]


class TextRecipe(AdamWRecipe):
    """A network on pairs of latents and embedded sentences; what ships averages its weights."""

    average_steps = 346  # 0.998 a step

    def __init__(
        self,
        config: TextTraining,
        pairs: Pairs,
        embeddings: Float[Tensor, "n e"],
        device: torch.device | str = "cpu",
    ) -> None:
        self.w, self.embeddings = pairs.w.to(device), embeddings.to(device)
        super().__init__(config, lambda: self.build(pairs.w), device)

    @abstractmethod
    def build(self, w: Float[Tensor, "n d"]) -> nn.Module:
        """The network at the start, which whitens these latents."""

    def source(self) -> dict[str, Any]:
        """The pairs, by their number and the sum of their latents."""
        return {"pairs": [len(self.w), round(float(self.w.double().sum()), 3)]}

    def rows(self, source: torch.Generator) -> Tensor:
        """The pairs of a step."""
        count = len(self.w)
        return torch.randint(count, (min(self.config.batch, count),), generator=source)


class MapperRecipe(TextRecipe):
    """A mapper (Ayanthi & Munasinghe 2022)."""

    name = "the mapper"

    def build(self, w: Float[Tensor, "n d"]) -> nn.Module:
        """A mapper."""
        width = self.embeddings.shape[1]
        mapper = Mapper(MapperConfig(embedding_dim=width, w_dim=w.shape[1]))
        mapper.whitening.fit(w)
        return mapper

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Mean squared error of whitened latents."""
        rows = self.rows(random.torch(0)).to(self.device)
        with self.fast():
            return {"loss": mapper_loss(self.network, self.w[rows], self.embeddings[rows])}


class PriorRecipe(TextRecipe):
    """A prior, by conditional flow matching."""

    name = "the prior"

    def build(self, w: Float[Tensor, "n d"]) -> nn.Module:
        """A prior."""
        sizes = {"embedding_dim": self.embeddings.shape[1], "w_dim": w.shape[1]}
        prior = Prior(PriorConfig(**sizes, hidden=self.config.prior_width, blocks=3))
        prior.whitening.fit(w)
        return prior

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Mean squared error of velocities."""
        source = random.torch(0)
        rows = self.rows(source)
        noise = torch.randn(len(rows), self.w.shape[1], generator=source)
        time = torch.rand(len(rows), generator=source)
        keep = torch.rand(len(rows), generator=source) >= self.config.unsaid
        rows, noise, time, keep = (x.to(self.device) for x in (rows, noise, time, keep))
        w, embedding = self.w[rows], self.embeddings[rows]
        with self.fast():
            return {"loss": flow_matching_loss(self.network, w, embedding, noise, time, keep)}


RECIPES: dict[str, type[TextRecipe]] = {"mapper": MapperRecipe, "prior": PriorRecipe}
"""Ways that are learned step by step; directions are fitted at once."""
