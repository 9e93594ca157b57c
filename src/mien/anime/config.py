"""What decides a GANs N' Roses run: one frozen dataclass, and presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from mien.anime.content import ContentAugment
from mien.anime.generator import GansNRosesConfig, RosesDiscriminatorConfig
from mien.errors import InputError, UnknownName


@dataclass(frozen=True)
class AnimeConfig:
    """What decides a run; the same configuration and seed give the same networks.

    The defaults are the published run's; what differs from it is off by default and said so.

    Args:
        resolution: Height and width, a power of two from 32.
        channels: Features of the generators at ``resolution``, its half, …; see the network.
        d_channels: Features of the discriminators at ``resolution``, its half, ….
        local_down: Down-samplings of the discriminators' patch branch.
        style_dim: Numbers in a style code.
        w_dim: Width of the mapped style.
        mapping_layers: Layers of that map.
        residual_blocks: At the content's resolution.
        kimg: Thousand selfies to see, warm-up included.
        batch: Selfies a step, copies counted.
        copies: Augmented copies of one selfie, each with a style of its own; divides ``batch``.
        warmup_kimg: At first train autoencoders of both kinds for so long, at twice the learning
            rate; not published.
        way_back: Share of the steps that also translate anime to selfie; 1 published.
        lr: Learning rate of Adam.
        d_lr: Learning rate of the discriminators, if another.
        r1_gamma: Weight of R1.
        r1_interval: R1 every so many steps.
        adversarial: Weight of the adversarial loss.
        cycle: Weight of the squared error of the cycle.
        perceptual: Weight of the perceptual distance of the cycle.
        equivariance: Weight of the absolute difference between the drawing of a moved picture and
            the drawing of the picture, moved (Fu et al. 2019, GcGAN); not published.
        consistency: Weight of the variance of the style over the copies of one picture.
        style: Weight of the absolute error of the style read off what was drawn with it, so that
            styles differ and can be read back; not published.
        reconstruct: Weight of the autoencoding of real pictures of the target; not published.
        reconstruct_interval: That every so many steps.
        critic: Weight of a discriminator on the tagger's features (Sauer et al. 2021, Projected
            GANs), for short runs; not published.
        confuse: In the warm-up, how much content codes hide which kind of picture they are of.
        augment: How far pictures are moved, relative to :class:`ContentAugment`.
        ema_kimg: Half-life of the averaged generators.
        ema_rampup: At most this share of the images seen so far; None for no ramp-up.
        precision: ``bf16`` or ``fp32``.
        seed: Decides the first weights and every draw.
    """

    resolution: int = 256
    channels: tuple[int, ...] = (64, 128, 256, 512, 512)
    d_channels: tuple[int, ...] = (64, 128, 256, 512, 512, 512)
    local_down: int = 3
    style_dim: int = 8
    w_dim: int = 512
    mapping_layers: int = 5
    residual_blocks: int = 1
    kimg: float = 2100
    batch: int = 7
    copies: int = 7
    warmup_kimg: float = 0
    way_back: float = 1
    lr: float = 0.002
    d_lr: float | None = None
    r1_gamma: float = 10
    r1_interval: int = 16
    adversarial: float = 1
    cycle: float = 1
    perceptual: float = 10
    equivariance: float = 0
    consistency: float = 1
    style: float = 0
    reconstruct: float = 0
    reconstruct_interval: int = 1
    critic: float = 0
    confuse: float = 0.1
    augment: float = 1
    ema_kimg: float = 10
    ema_rampup: float | None = 0.05
    precision: str = "bf16"
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        object.__setattr__(self, "d_channels", tuple(self.d_channels))
        self.generator()
        self.discriminator()
        self.movement()
        if self.precision not in ("bf16", "fp32"):
            raise InputError(f"precision {self.precision!r} is neither bf16 nor fp32")
        if self.kimg <= 0:
            raise InputError(f"kimg is {self.kimg:g}, but must be positive")
        if self.copies < 2 or self.batch < 2 or self.batch % self.copies:
            raise InputError(
                f"a batch of {self.batch} does not split into groups of {self.copies} copies, "
                "two at least; give `batch` as a multiple of `copies`"
            )
        if not 0 <= self.way_back <= 1:
            raise InputError(f"way_back is {self.way_back:g}, but must be from 0 to 1")
        for name in ("lr", "r1_interval", "reconstruct_interval"):
            if getattr(self, name) <= 0:
                raise InputError(f"{name} is {getattr(self, name):g}, but must be positive")

    def generator(self, reference: bool = False) -> GansNRosesConfig:
        """Either generator of this run."""
        return GansNRosesConfig(
            resolution=self.resolution,
            channels=self.channels,
            style_dim=self.style_dim,
            w_dim=self.w_dim,
            mapping_layers=self.mapping_layers,
            residual_blocks=self.residual_blocks,
            reference=reference,
        )

    def discriminator(self) -> RosesDiscriminatorConfig:
        """Either discriminator of this run."""
        return RosesDiscriminatorConfig(self.resolution, self.d_channels, self.local_down)

    def movement(self) -> ContentAugment:
        """What moves the pictures."""
        return ContentAugment().times(self.augment)

    @property
    def needs_tagger(self) -> bool:
        """Whether a frozen tagger takes part."""
        return bool(self.perceptual or self.critic or self.warmup_kimg)


_SHORT: dict[str, Any] = {
    "w_dim": 128, "mapping_layers": 3, "batch": 8, "copies": 4, "way_back": 0.0, "cycle": 10.0,
    "perceptual": 3.0, "equivariance": 30.0, "style": 1.0, "reconstruct": 1.0,
    "reconstruct_interval": 4, "critic": 4.0, "warmup_kimg": 4.0, "augment": 0.8, "ema_kimg": 2.0,
    "ema_rampup": 0.1, "lr": 0.003, "d_lr": 0.01, "kimg": 40.0,
}  # fmt: skip

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "published-256": {},
    "published-128": {
        "resolution": 128,
        "channels": (128, 256, 512, 512),
        "d_channels": (128, 256, 512, 512, 512),
        "local_down": 2,
    },
    "cpu-64": {
        **_SHORT,
        "resolution": 64,
        "channels": (16, 48, 96, 192),
        "d_channels": (16, 32, 64, 128),
        "local_down": 2,
        "r1_gamma": 0.1,
    },
    "cpu-128": {
        **_SHORT,
        "resolution": 128,
        "channels": (16, 16, 48, 96, 192),
        "d_channels": (16, 16, 32, 64, 128),
        "local_down": 3,
        "r1_gamma": 0.3,
    },
}
"""Name -> what differs from the defaults. The last two train on one core of a CPU."""


def preset(name: str, **changes: Any) -> AnimeConfig:
    """A preset, with some settings changed.

    Args:
        name: A key of :data:`PRESETS`.
        changes: Settings of :class:`AnimeConfig`; those that are ``None`` stay the preset's.

    Raises:
        UnknownName: There is no such preset or setting.
        InputError: The settings do not go together.
    """
    if name not in PRESETS:
        raise UnknownName("preset", name, PRESETS)
    known = [field.name for field in fields(AnimeConfig)]
    for key in changes:
        if key not in known:
            raise UnknownName("setting", key, known)
    given = {key: value for key, value in changes.items() if value is not None}
    return AnimeConfig(**{**PRESETS[name], **given})
