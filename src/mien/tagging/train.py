"""Training the tagger: attributes of faces, from a table of labels.

Cross-entropy of each column, cells without a value left out; rare values count a little more. A
second set, whose table may know fewer columns (CelebA's), can take a share of each batch.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.attributes import COLUMNS, LABELS, column_slice
from mien.data.order import SampleOrder
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.judges.tagger import Tagger
from mien.stylegan2.augment import AugmentConfig, augment, draw
from mien.tagging.config import TaggerTraining
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom

_SHAKE = AugmentConfig(groups="gk", scale_std=0.1, rotate_max=0.08, xfrac_std=0.04, cutout_size=0.3)


class ColumnsRecipe(AdamWRecipe):
    """A tagger on batches of pictures and label vectors, which :meth:`examples` gives.

    Args:
        config: ``resolution``, ``smoothing``, ``rarity`` and what every run has.
        build: The tagger at the start.
        labels: All label vectors ``[n, l]``, for the weights of rare values.
        parts: Column -> where its values stand in a vector.
        device: Where to compute.
    """

    name = "the tagger"
    warm = 0.1

    def __init__(
        self,
        config: Any,
        build: Callable[[], Tagger],
        labels: np.ndarray,
        parts: Mapping[str, slice],
        device: torch.device | str,
    ) -> None:
        super().__init__(config, build, device)
        self.parts = parts
        self.weights = value_weights(labels, parts, config.rarity).to(self.device)

    @abstractmethod
    def examples(
        self, nimg: int
    ) -> tuple[UInt8[np.ndarray, "n h w 3"], Float32[np.ndarray, "n l"]]:
        """What comes after ``nimg`` pictures."""

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Cross-entropy of the columns on shaken pictures."""
        pictures, labels = self.examples(random.nimg)
        batch = images.to_float(pictures).to(self.device)
        batch = shaken(batch, self.config.resolution, random.torch(0))
        with self.fast():
            logits = self.network(batch)
        wanted = torch.from_numpy(labels).to(self.device)
        loss = column_loss(logits, wanted, self.weights, self.parts, self.config.smoothing)
        return {"loss": loss}


class TaggerRecipe(ColumnsRecipe):
    """The tagger of photographs; ``also`` is more of them, perhaps with fewer columns."""

    def __init__(
        self,
        config: TaggerTraining,
        data: TrainingSet,
        also: TrainingSet | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        for pictures in (data, also):
            if pictures and (pictures.labels is None or pictures.labels.shape[1] != len(LABELS)):
                raise InputError(f"{pictures.path} has no attribute labels; give `labels=TABLE`")
        parts = {column: column_slice(column) for column in COLUMNS}
        labels = np.asarray(data.labels)
        super().__init__(config, lambda: Tagger(config.network()), labels, parts, device)
        self.data, self.also = data, also
        self.order = SampleOrder(len(data), config.seed, mirror=True)
        self.more = SampleOrder(len(also), config.seed, mirror=True) if also else None

    def source(self) -> dict[str, Any]:
        """The sets of pictures."""
        return {"data": self.data.fingerprint, "also": self.also and self.also.fingerprint}

    def examples(
        self, nimg: int
    ) -> tuple[UInt8[np.ndarray, "n h w 3"], Float32[np.ndarray, "n l"]]:
        """A batch of the first set, its beginning from the second."""
        config = self.config
        chosen, labels = self.data.batch(*self.order.batch(nimg, config.batch))
        if self.also is None or self.more is None:
            return chosen, labels
        done = min(1.0, (nimg + config.batch) / (1000 * config.kimg))
        extra = round(config.batch * config.also_share * _also_rate(done))
        rows, mirrored = self.more.batch(nimg, config.batch)
        pictures, told = self.also.batch(rows[:extra], mirrored[:extra])
        return np.concatenate([pictures, chosen[extra:]]), np.concatenate([told, labels[extra:]])


def _also_rate(share: float) -> float:
    """1 for the first half of a run, then falling to 0.2 at its end."""
    return min(1.0, 1.8 - 1.6 * share)


def shaken(
    pictures: Float[Tensor, "n 3 h w"], resolution: int, source: torch.Generator
) -> Float[Tensor, "n 3 r r"]:
    """Pictures with other geometry, cutout, brightness and contrast, and a little noise.

    In [-1, 1], and about that after; ``resolution`` is the side r, ``source`` is on the CPU.
    """
    size, n = (resolution, resolution), len(pictures)
    batch = functional.interpolate(
        pictures, size=size, mode="bilinear", antialias=True, align_corners=False
    )
    batch = augment(batch, 0.5, draw(n, source), _SHAKE)
    light = 0.1 * torch.randn(n, 1, 1, 1, generator=source)
    contrast = torch.exp2(0.2 * torch.randn(n, 1, 1, 1, generator=source))
    noise = 0.06 * torch.rand(n, 1, 1, 1, generator=source)
    grain = noise * torch.randn(batch.shape, generator=source)
    return batch * contrast.to(batch.device) + (light + grain).to(batch.device)


def value_weights(labels: np.ndarray, parts: Mapping[str, slice], rarity: float) -> Tensor:
    """Weight of each label: frequency within its column to the power of ``-rarity``.

    ``labels`` are vectors ``[n, l]``, ``parts`` says where a column's values stand in one.
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
    total = weights.new_zeros([])
    for column, values in logits.items():
        part = parts[column]
        target = wanted[:, part] * weights[part]
        mass = target.sum(dim=1, keepdim=True)
        smooth = target * (1 - smoothing) + mass * smoothing / target.shape[1]
        total = total - (smooth * values.float().log_softmax(dim=1)).sum() / mass.sum().clamp(min=1)
    return total / len(logits)
