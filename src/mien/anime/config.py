"""What decides a run of GANs N' Roses under critics that have seen the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.training.checks import check_run

if TYPE_CHECKING:  # The command line reads this file for its options; torch would take seconds.
    from mien.anime.content import ContentAugment
    from mien.anime.generator import GansNRosesConfig, RosesDiscriminatorConfig


@dataclass(frozen=True)
class AnimeConfig:
    """The same configuration and seed give the same networks.

    Args:
        resolution: Height and width, a power of two from 32.
        kimg: Thousand selfies to see, copies counted.
        batch: Selfies a step, copies counted.
        copies: Moved copies of one selfie, each with a style of its own; divides the batch.
        width: Features at the full resolution; 16 for one core, 64 about as published.
        w_dim: Width of the mapped style; 512 published.
        mapping_layers: Layers of that map; 5 published.
        d_resolution: Side at which the diversity discriminator looks, at most the resolution; the
            critics of patches look at the full one.
        lead_kimg: The drawing generator stands still for so long, while all others learn what it
            draws; for a run that starts from a finished model.
        way_back: Share of the steps that also translate anime to selfie; 1 published.
        lr: Learning rate of the generators (Adam, β 0 and 0.99).
        d_lr: Of the discriminators and critics.
        r1_gamma: Weight of R1 on the discriminators.
        r1_interval: R1 every so many steps.
        adversarial: Weight of the diversity discriminator.
        critics: Weight of the critics on Inception's and MobileNet's features.
        cycle: Weight of the squared error of the cycle.
        perceptual: Weight of the cycle's distance in Inception's features.
        alike: Weight of the distance of drawing and selfie in Inception's deepest features.
        attributes: Weight of what the taggers read off drawing and selfie: glasses, mouth, ….
        equivariance: Weight of drawing a moved selfie as its drawing, moved (Fu et al. 2019).
        consistency: Weight of the variance of the style over the copies of one picture.
        style: Weight of reading back the style that was drawn.
        reconstruct: Weight of drawing real anime from its own content and style.
        reconstruct_interval: That every so many steps.
        seen: Pictures of a step that the frozen networks look at and that go back; the
            discriminators see all.
        augment: How far pictures are moved.
        ema_kimg: Half-life of the averaged generators.
        precision: ``fp32`` or ``bf16``.
        seed: Decides the first weights and every draw.
    """

    resolution: int = 128
    kimg: float = 12
    batch: int = 8
    copies: int = 4
    width: int = 16
    w_dim: int = 128
    mapping_layers: int = 3
    d_resolution: int = 64
    lead_kimg: float = 0
    way_back: float = 0
    lr: float = 0.001
    d_lr: float = 0.003
    r1_gamma: float = 0.1
    r1_interval: int = 16
    adversarial: float = 1
    critics: float = 3
    cycle: float = 5
    perceptual: float = 2
    alike: float = 0.5
    attributes: float = 0.7
    equivariance: float = 20
    consistency: float = 1
    style: float = 1
    reconstruct: float = 1
    reconstruct_interval: int = 4
    seen: int = 4
    augment: float = 0.8
    ema_kimg: float = 1
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        self.generator()
        self.discriminator()
        self.movement()
        if self.kimg <= 0:
            raise InputError(f"kimg is {self.kimg:g}, but must be positive")
        check_run(self)
        if self.copies < 2 or self.batch < 2 or self.batch % self.copies:
            raise InputError(
                f"a batch of {self.batch} does not split into groups of {self.copies} copies, "
                "two at least; give `batch` as a multiple of `copies`"
            )
        if not 1 <= self.seen <= self.batch:
            raise InputError(f"seen is {self.seen}, but must be from 1 to the batch, {self.batch}")
        if not 0 <= self.way_back <= 1:
            raise InputError(f"way_back is {self.way_back:g}, but must be from 0 to 1")
        for name in ("lr", "d_lr", "r1_interval", "reconstruct_interval"):
            if getattr(self, name) <= 0:
                raise InputError(f"{name} is {getattr(self, name):g}, but must be positive")

    def generator(self, reference: bool = False) -> GansNRosesConfig:
        """Either generator of this run: its content code has an eighth of 64 places a side."""
        from mien.anime.generator import GansNRosesConfig

        return GansNRosesConfig(
            resolution=self.resolution,
            channels=self._channels(self.resolution, 3, 6, 12),
            w_dim=self.w_dim,
            mapping_layers=self.mapping_layers,
            reference=reference,
        )

    def discriminator(self) -> RosesDiscriminatorConfig:
        """Either discriminator of this run."""
        from mien.anime.generator import RosesDiscriminatorConfig

        side = min(self.d_resolution, self.resolution)
        channels = self._channels(side, 2, 4, 8)
        return RosesDiscriminatorConfig(side, channels, len(channels) - 2)

    def movement(self) -> ContentAugment:
        """What moves the pictures."""
        from mien.anime.content import ContentAugment

        return ContentAugment().times(self.augment)

    def _channels(self, side: int, *factors: int) -> tuple[int, ...]:
        """Features at a side, its half, … down to 8 places."""
        fine = max(side, 32).bit_length() - 6  # levels of plain width; none at 32
        return tuple(self.width * factor for factor in (*[1] * fine, *factors))
