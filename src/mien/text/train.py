"""Training the ways from a sentence to a latent, for one generator.

    mien train text --model portraits --data faces.zip --out runs/text

No paired data is needed: latents are sampled, the generator draws them, a tagger reads what it
drew, a grammar turns that into sentences. With a labelled generator the written sentences of the
training part join in: a latent is sampled under the labels of the picture that a sentence is about.
Minutes, not hours, so a run that was stopped simply starts again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.attributes import COLUMNS, LABELS
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.judges.tagger import Tagger
from mien.portraits.config import GanConfig, drop_columns
from mien.stylegan2.generator import Generator
from mien.text.captions import caption
from mien.text.losses import flow_matching_loss, mapper_loss
from mien.text.mapper import Mapper, MapperConfig
from mien.text.prior import Prior, PriorConfig
from mien.training.fitting import descend, warm_cosine

Progress = Callable[[int, int], None]

_LABEL_DROPS = GanConfig()  # partial labels, as the generator's training drew them


@dataclass(frozen=True)
class TextTraining:
    """What decides a run.

    Args:
        samples: Latents to sample.
        captions: Sentences of the grammar for each.
        written: Latents for each written sentence of the training part.
        confidence: How sure the tagger must be of what a sentence may say.
        steps: Of the mapper and of the prior.
        batch: Pairs a step.
        lr: Highest learning rate of both.
        prior_width: Hidden width of the prior.
        unsaid: Share of the pairs whose sentence the prior does not see, for guidance.
        seed: Decides every sample and the first weights.
    """

    samples: int = 12_000
    captions: int = 2
    written: int = 4
    confidence: float = 0.6
    steps: int = 4_000
    batch: int = 256
    lr: float = 1e-3
    prior_width: int = 256
    unsaid: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("samples", "captions", "steps", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, but must be at least 1")


@dataclass(frozen=True)
class Sampled:
    """Latents and what the tagger read off their pictures.

    Attributes:
        w: ``[n, w_dim]``.
        probabilities: Of each label, ``[n, 76]``.
    """

    w: Float[Tensor, "n w_dim"]
    probabilities: Float[Tensor, "n labels"]


@dataclass(frozen=True)
class Pairs:
    """Sentences and latents that fit: ``sentences[i]`` describes ``w[i]``."""

    w: Float[Tensor, "n w_dim"]
    sentences: tuple[str, ...]


def read_picture(tagger: Tagger, image: Tensor) -> Tensor:
    """Probability of each label of :data:`mien.attributes.LABELS`, ``[n, 76]``.

    Raises:
        InputError: The tagger reads other columns.
    """
    if dict(tagger.config.columns) != COLUMNS:
        raise InputError("this tagger reads other columns than mien.attributes.COLUMNS")
    read = tagger(image)
    return torch.cat([read[column].softmax(dim=1) for column in COLUMNS], dim=1)


@torch.no_grad()
def sample(
    generator: Generator,
    tagger: Tagger,
    config: TextTraining,
    labels: np.ndarray | None = None,
    progress: Progress | None = None,
    batch: int = 50,
) -> Sampled:
    """Sample latents, draw them, read the drawings.

    Args:
        generator: With or without labels.
        tagger: That has not to judge the result.
        config: ``samples`` and ``seed``.
        labels: Label vectors of training pictures; a labelled generator is sampled under partial
            copies of them.
        progress: Told how many of how many are done.
        batch: How many are drawn at a time.
    """
    rng = np.random.default_rng(config.seed)
    device = generator.mapping.w_avg.device
    ws, read = [], []
    for start in range(0, config.samples, batch):
        n = min(batch, config.samples - start)
        z = torch.from_numpy(rng.standard_normal((n, generator.config.z_dim))).float()
        c = None
        if labels is not None and generator.config.c_dim == len(LABELS):
            rows = labels[rng.integers(len(labels), size=n)]
            c = torch.from_numpy(drop_columns(rows, _LABEL_DROPS, rng)).to(device)
        ws_now = generator.map(z.to(device), c)
        ws.append(ws_now[:, 0].cpu())
        read.append(read_picture(tagger, generator.synthesis(ws_now)).float().cpu())
        if progress:
            progress(start + n, config.samples)
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
        start, face = 0, {}
        for column, values in COLUMNS.items():
            part = sure[start : start + len(values)]
            if part.max() > 0:
                face[column] = values[int(part.argmax())]
            start += len(values)
        faces.append(face)
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


def train_mapper(
    pairs: Pairs, embeddings: Float[Tensor, "n e"], config: TextTraining
) -> Iterator[tuple[dict[str, Any], Mapper]]:
    """Train a mapper (Ayanthi & Munasinghe 2022); yields the loss now and then, and the network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        mapper = Mapper(MapperConfig(embedding_dim=embeddings.shape[1], w_dim=pairs.w.shape[1]))
        mapper.whitening.fit(pairs.w)

        def loss(rows: Tensor, source: torch.Generator) -> Tensor:
            return mapper_loss(mapper, pairs.w[rows], embeddings[rows])

        yield from _fit(mapper, loss, len(pairs.w), config)


def train_prior(
    pairs: Pairs, embeddings: Float[Tensor, "n e"], config: TextTraining
) -> Iterator[tuple[dict[str, Any], Prior]]:
    """Train a prior by conditional flow matching; yields the loss and the averaged network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        sizes = {"embedding_dim": embeddings.shape[1], "w_dim": pairs.w.shape[1]}
        prior = Prior(PriorConfig(**sizes, hidden=config.prior_width, blocks=3))
        prior.whitening.fit(pairs.w)

        def loss(rows: Tensor, source: torch.Generator) -> Tensor:
            n, width = len(rows), pairs.w.shape[1]
            noise = torch.randn(n, width, generator=source)
            time = torch.rand(n, generator=source)
            keep = torch.rand(n, generator=source) >= config.unsaid
            return flow_matching_loss(prior, pairs.w[rows], embeddings[rows], noise, time, keep)

        yield from _fit(prior, loss, len(pairs.w), config)


def _fit(
    network: Any,
    loss_of: Callable[[Tensor, torch.Generator], Tensor],
    count: int,
    config: TextTraining,
) -> Iterator[tuple[dict[str, Any], Any]]:
    """AdamW with a cosine, on random pairs; the yielded network is an average of the weights."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.lr, weight_decay=0.01)
    averaged = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998)
    )
    source = torch.Generator().manual_seed(config.seed)
    total = 0.0
    for step in range(1, config.steps + 1):
        optimizer.param_groups[0]["lr"] = config.lr * warm_cosine(step / config.steps, 0.05)
        rows = torch.randint(count, (min(config.batch, count),), generator=source)
        loss = loss_of(rows, source)
        descend(loss, optimizer, "the loss", step)
        averaged.update_parameters(network)
        total += float(loss.detach())
        if step % 200 == 0 or step == config.steps:
            done: nn.Module = averaged.module
            line = {"step": step, "loss": round(total / (step % 200 or 200), 4)}
            total = 0.0
            yield line, done.eval()
