"""Training the tagger: attributes of faces, from a table of labels.

    mien train tagger --data faces.zip --out runs/tagger

Cross-entropy of each column, cells without a value left out; rare values count a little more. A
second set, whose table may know fewer columns (CelebA's), can take a share of each batch. Minutes,
not hours, so a run that was stopped simply starts again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.attributes import COLUMNS, LABELS, column_slice
from mien.data.order import SampleOrder
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.judges.tagger import Tagger, TaggerConfig
from mien.stylegan2.augment import AugmentConfig, augment, draw
from mien.training.fitting import descend, warm_cosine


@dataclass(frozen=True)
class TaggerTraining:
    """What decides a run.

    Args:
        network: The tagger.
        kimg: Thousand pictures to see.
        batch: Pictures a step.
        lr: Highest learning rate; it rises for a tenth of the run, then falls to zero as a cosine.
        weight_decay: Of AdamW.
        smoothing: Label smoothing.
        rarity: Exponent of a value's frequency in its weight; 0 counts each picture alike.
        also_share: Share of a batch that comes from the second set, where there is one; it falls to
            a fifth of that over the last half of the run, so that the first set has the last word.
        seed: Decides the first weights, the order and the augmentation.
        precision: ``bf16`` or ``fp32``.
    """

    network: TaggerConfig = field(default_factory=TaggerConfig)
    kimg: float = 80
    batch: int = 64
    lr: float = 2e-3
    weight_decay: float = 0.05
    smoothing: float = 0.05
    rarity: float = 0.25
    also_share: float = 0.5
    seed: int = 0
    precision: str = "bf16"


_SHAKE = AugmentConfig(groups="gk", scale_std=0.1, rotate_max=0.08, xfrac_std=0.04, cutout_size=0.3)


def train(
    config: TaggerTraining, data: TrainingSet, also: TrainingSet | None = None
) -> Iterator[tuple[dict[str, float], Tagger]]:
    """Train a tagger.

    Args:
        config: What decides the run.
        data: Pictures with attribute labels.
        also: More of them, perhaps with fewer columns.

    Yields:
        ``{"nimg", "loss"}`` and the network, now and then and at the end.
    """
    for pictures in (data, also):
        if pictures and (pictures.labels is None or pictures.labels.shape[1] != len(LABELS)):
            raise InputError(f"{pictures.path} has no attribute labels; give `labels=TABLE`")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = Tagger(config.network)
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=config.lr, weight_decay=config.weight_decay
        )
        steps = math.ceil(config.kimg * 1000 / config.batch)
        order = SampleOrder(len(data), config.seed, mirror=True)
        more = SampleOrder(len(also), config.seed, mirror=True) if also else None
        parts = {column: column_slice(column) for column in COLUMNS}
        weights = value_weights(np.asarray(data.labels), parts, config.rarity)
        source = torch.Generator().manual_seed(config.seed)
        for step in range(steps):
            share = (step + 1) / steps
            optimizer.param_groups[0]["lr"] = config.lr * warm_cosine(share, 0.1)
            chosen, labels = data.batch(*order.batch(step * config.batch, config.batch))
            if also and more:
                extra = round(config.batch * config.also_share * _also_rate(share))
                places = more.batch(step * config.batch, config.batch)
                second = also.batch(places[0][:extra], places[1][:extra])
                chosen = np.concatenate([second[0], chosen[extra:]])
                labels = np.concatenate([second[1], labels[extra:]])
            batch = shaken(chosen, config.network.resolution, source)
            wanted = torch.from_numpy(labels)
            with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
                logits = network.train()(batch)
            loss = column_loss(logits, wanted, weights, parts, config.smoothing)
            descend(loss, optimizer, "the tagger's loss", step)
            if step % 50 == 49 or step == steps - 1:
                line = {"nimg": (step + 1) * config.batch, "loss": round(float(loss.detach()), 4)}
                yield line, network.eval()


def _also_rate(share: float) -> float:
    """1 for the first half of a run, then falling to 0.2 at its end."""
    return min(1.0, 1.8 - 1.6 * share)


def shaken(
    chosen: UInt8[np.ndarray, "n h w 3"], resolution: int, source: torch.Generator
) -> Tensor:
    """Pictures with other geometry, cutout, brightness and contrast, and a little noise.

    Args:
        chosen: The pictures.
        resolution: Side that they are brought to.
        source: Decides how.

    Returns:
        ``[n, 3, resolution, resolution]``, about [-1, 1].
    """
    size = (resolution, resolution)
    batch = functional.interpolate(
        images.to_float(chosen), size=size, mode="bilinear", antialias=True, align_corners=False
    )
    batch = augment(batch, 0.5, draw(len(batch), source), _SHAKE)
    light = 0.1 * torch.randn(len(batch), 1, 1, 1, generator=source)
    contrast = torch.exp2(0.2 * torch.randn(len(batch), 1, 1, 1, generator=source))
    noise = 0.06 * torch.rand(len(batch), 1, 1, 1, generator=source)
    grain = torch.randn(batch.shape, generator=source)
    return batch * contrast + light + noise * grain


def value_weights(labels: np.ndarray, parts: Mapping[str, slice], rarity: float) -> Tensor:
    """Weight of each label: frequency within its column to the power of ``-rarity``.

    Args:
        labels: Label vectors ``[n, l]``.
        parts: Column -> where its values stand in a vector.
        rarity: 0 counts each picture alike.
    """
    weights = np.ones(labels.shape[1], np.float32)
    for part in parts.values():
        share = labels[:, part].sum(axis=0) / max(labels[:, part].sum(), 1)
        weights[part] = np.clip(share, 0.01, 1) ** -rarity
    return torch.from_numpy(weights)


def column_loss(
    logits: Mapping[str, Tensor],
    wanted: Tensor,
    weights: Tensor,
    parts: Mapping[str, slice],
    smoothing: float,
) -> Tensor:
    """Mean cross-entropy over columns; a picture without a value in a column is left out there.

    Args:
        logits: Column -> ``[n, values]``.
        wanted: Label vectors ``[n, l]``.
        weights: Of each label, ``[l]``.
        parts: Column -> where its values stand in a vector.
        smoothing: Label smoothing.
    """
    total = wanted.new_zeros([])
    for column, values in logits.items():
        part = parts[column]
        target = wanted[:, part] * weights[part]
        mass = target.sum(dim=1, keepdim=True)
        smooth = target * (1 - smoothing) + mass * smoothing / target.shape[1]
        total = total - (smooth * values.float().log_softmax(dim=1)).sum() / mass.sum().clamp(min=1)
    return total / len(logits)
