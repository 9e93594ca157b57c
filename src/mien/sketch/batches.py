"""What a step of photo ↔ sketch is shown: drawn pairs, computed ones, and pictures for critics.

Axes: n pictures, h w pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien import images
from mien.data.order import SampleOrder
from mien.data.pairs import VARIANTS, PairedSet, UnpairedSet
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.sketch import damage
from mien.sketch.config import TranslationConfig
from mien.training.random import StepRandom

_VARIANT, _FRAMING, _OTHER, _WEATHER, _DRAW, _REAL, _REAL_FRAMING = range(1, 8)  # purposes


@dataclass(frozen=True)
class Shown:
    """A batch in [-1, 1].

    ``a`` is what is given, ``b`` what is wanted (of CycleGAN, pictures of that kind); the ``true``
    first of b are what should come out, the rest are hints.
    """

    a: Tensor
    b: Tensor
    true: int


def check_resolution(
    config: TranslationConfig, *parts: PairedSet | UnpairedSet | TrainingSet | None
) -> None:
    """Refuse data that was opened at another resolution than the run's; None may pass."""
    for part in parts:
        if part is not None and part.resolution != config.resolution:
            raise InputError(
                f"{part.path} was opened at {part.resolution} pixels, the run has"
                f" {config.resolution}; open it with that resolution"
            )


class Batches:
    """Batches by images seen; the same at every time, so that a resumed run equals an unbroken one.

    Pairs have photographs first; ``faces`` are photographs for computed drawings. InputError: no
    pairs or faces where they are needed, or pictures of another size.
    """

    def __init__(
        self,
        config: TranslationConfig,
        data: PairedSet | UnpairedSet,
        faces: TrainingSet | None,
        device: torch.device,
    ) -> None:
        if config.method == "cyclegan" and isinstance(data, PairedSet):
            data = data.unpaired()  # CycleGAN never learns who belongs to whom.
        if not isinstance(data, PairedSet) and config.method != "cyclegan":
            cause = f"{data.path} holds no pairs, which {config.method} needs"
            raise InputError(f"{cause}; take cyclegan")
        if faces is None and config.drawn < config.batch:
            raise InputError(f"computed {config.computed:g} needs faces; name a set of them")
        check_resolution(config, data, faces)
        self.config, self.data, self.faces, self.device = config, data, faces, device
        self.order = SampleOrder(len(data), config.seed)
        self.other_order = SampleOrder(len(data), config.seed + 1)
        self.face_order = None if faces is None else SampleOrder(len(faces), config.seed + 2)

    def next(self, random: StepRandom) -> Shown:
        """The batch of a step."""
        config = self.config
        paired = isinstance(self.data, PairedSet)
        photos, sketches = self._drawn(random)
        if config.drawn < config.batch:
            computed = self._computed(random, paired)
            photos = np.concatenate([photos, computed[0]])
            if paired:
                sketches = np.concatenate([sketches, computed[1]])
        a, b = images.to_float(photos), images.to_float(sketches)
        if config.augment in ("upright", "wild"):
            wild, side = config.augment == "wild", a.shape[-1]
            grid = damage.shake(len(a), side, random.torch(_FRAMING), wild)
            other = grid if paired else damage.shake(len(b), side, random.torch(_OTHER), wild)
            a, b = damage.sample(a, grid), damage.sample(b, other)
        if config.direction == "sketch-to-photo":
            a, b = b, a
        if config.weather and config.direction == "sketch-to-photo":
            a = damage.weather_sketches(a, random.torch(_WEATHER))
        elif config.weather:
            a = damage.weather_photos(a, config.drawn, random.torch(_WEATHER))
        true = config.drawn if config.hints else config.batch
        return Shown(a.to(self.device), b.to(self.device), true)

    def real(self, random: StepRandom) -> Tensor:
        """Pictures of the wanted kind for critics: drawn sketches, or photographs of all sets."""
        config = self.config
        photos = config.direction == "sketch-to-photo"
        rng = random.numpy(_REAL)
        count = config.drawn if photos else config.batch
        rows = rng.integers(len(self.data), size=count)
        pictures = self.data.batch(rows)[0 if photos else 1]
        if count < config.batch and self.faces is not None:
            more, _ = self.faces.batch(rng.integers(len(self.faces), size=config.batch - count))
            pictures = np.concatenate([pictures, more])
        real = images.to_float(pictures)
        wild = config.augment == "wild"
        grid = damage.shake(len(real), real.shape[-1], random.torch(_REAL_FRAMING), wild)
        return damage.sample(real, grid).to(self.device)

    def _drawn(self, random: StepRandom) -> tuple[np.ndarray, np.ndarray]:
        """The next pairs, or for CycleGAN so many photographs, and sketches for a whole batch."""
        config, data, rng = self.config, self.data, random.numpy(_VARIANT)
        step = random.nimg // config.batch
        rows, _ = self.order.batch(step * config.drawn, config.drawn)
        turned = other_turned = None
        if config.augment == "eight" and config.split != "leaky":
            turned = rng.integers(VARIANTS, size=config.drawn)
            other_turned = rng.integers(VARIANTS, size=config.batch)
        if isinstance(data, PairedSet):
            return data.batch(rows, turned)
        others, _ = self.other_order.batch(random.nimg, config.batch)
        photos, _ = data.batch(rows, turned)
        _, sketches = data.batch(others, None, others, other_turned)
        return photos, sketches

    def _computed(self, random: StepRandom, drawn: bool) -> tuple[np.ndarray, np.ndarray]:
        assert self.faces is not None
        assert self.face_order is not None
        count = self.config.batch - self.config.drawn
        start = random.nimg // self.config.batch * count
        photos, _ = self.faces.batch(self.face_order.batch(start, count)[0])
        if not drawn:
            return photos, photos
        rng = random.numpy(_DRAW)
        return photos, np.stack([damage.draw(photo, rng) for photo in photos])
