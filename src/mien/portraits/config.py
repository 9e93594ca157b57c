"""What decides a StyleGAN2 run: one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.training.checks import check_run, check_shares

if TYPE_CHECKING:  # The command line reads this file for its options; torch would take seconds.
    from mien.stylegan2.discriminator import DiscriminatorConfig
    from mien.stylegan2.generator import GeneratorConfig


SIZES = ("resolution", "z_dim", "w_dim", "mapping_layers", "channel_base", "channel_max")
"""What a run takes over from where it starts, unless it is told otherwise."""


@dataclass(frozen=True)
class GanConfig:
    """What decides a run; the same configuration and seed give the same networks.

    Args:
        resolution: Height and width, a power of two from 32 to 1024.
        kimg: Thousand images to see.
        batch: Images a step, over all processes.
        z_dim: Width of z.
        w_dim: Width of w.
        mapping_layers: Layers from z to w.
        channel_base: Features × resolution, before ``channel_max`` cuts it.
        channel_max: The most features that a layer has.
        label_dim: Width of the labels, 76 for attributes (``mien.attributes.LABELS``); 0 for none.
        label_empty: Share of the pictures whose label is left empty altogether.
        label_keep: Of the others, each column is kept with a probability drawn from here to 1.
        tagger_weight: Weight of the cross-entropy that a tagger reads off generated pictures.
        critic: Weight of critics on features of frozen networks (Projected GANs, Sauer et al.
            2021), for short runs and pictures of any kind; 0 for none.
        critic_lr: Learning rate of those critics.
        lr: Learning rate of the discriminator, and of the generator unless ``g_lr`` is given.
        g_lr: Learning rate of the generator.
        r1_gamma: Weight of R1; None for the heuristic of resolution and batch.
        r1_interval: R1 every so many steps.
        pl_weight: Weight of path length regularisation; 0 for none.
        pl_interval: Path length every so many steps.
        mixing: Probability of style mixing.
        noise: Noise inputs; without them all detail comes from w, which a short run learns faster.
        ema_kimg: Half-life of the averaged generator.
        ema_rampup: At most this share of the images seen so far; None for no ramp-up.
        augment: Groups of augmentation, of b g c f n k; ``none`` or empty for none.
        ada_target: What ADA holds the mean sign of D(real) at.
        ada_kimg: How long p takes from 0 to 1 at the least.
        mirror: See each picture mirrored half of the time.
        precision: ``bf16`` or ``fp32``.
        seed: Decides the first weights and every draw.
        freeze_g_kimg: Train the discriminator alone for so long, after growing.
        conv_clamp: Largest magnitude of what a convolution gives, of networks that were taught to
            live with one; None for any.
        d_mapping_layers: Layers that map a label for the discriminator; None for 2.
    """

    resolution: int = 128
    kimg: float = 1000
    batch: int = 32
    z_dim: int = 256
    w_dim: int = 256
    mapping_layers: int = 4
    channel_base: int = 2048
    channel_max: int = 256
    label_dim: int = 76
    label_empty: float = 0.25
    label_keep: float = 0.3
    tagger_weight: float = 0
    critic: float = 0
    critic_lr: float = 0.002
    lr: float = 0.0025
    g_lr: float | None = None
    r1_gamma: float | None = None
    r1_interval: int = 16
    pl_weight: float = 0
    pl_interval: int = 4
    mixing: float = 0.9
    noise: bool = True
    ema_kimg: float = 10
    ema_rampup: float | None = 0.05
    augment: str = "bgc"
    ada_target: float = 0.6
    ada_kimg: float = 500
    mirror: bool = True
    precision: str = "fp32"
    seed: int = 0
    freeze_g_kimg: float = 0
    conv_clamp: float | None = None
    d_mapping_layers: int | None = None

    def __post_init__(self) -> None:
        from mien.stylegan2.augment import AugmentConfig

        if self.augment == "none":
            object.__setattr__(self, "augment", "")
        self.generator()
        AugmentConfig(groups=self.augment)
        check_run(self)
        check_shares(self, "label_empty", "label_keep", "mixing")

    def generator(self) -> GeneratorConfig:
        """The generator of this run."""
        from mien.stylegan2.generator import GeneratorConfig

        sizes = {name: getattr(self, name) for name in SIZES}
        return GeneratorConfig(c_dim=self.label_dim, conv_clamp=self.conv_clamp, **sizes)

    def discriminator(self) -> DiscriminatorConfig:
        """The discriminator of this run."""
        from mien.attributes import LABELS
        from mien.stylegan2.discriminator import DiscriminatorConfig

        return DiscriminatorConfig(
            resolution=self.resolution,
            c_dim=self.label_dim,
            channel_base=self.channel_base,
            channel_max=self.channel_max,
            mapping_layers=2 if self.d_mapping_layers is None else self.d_mapping_layers,
            plain_head=self.label_dim == len(LABELS),
            group=min(4, self.batch),
            conv_clamp=self.conv_clamp,
        )

    @property
    def gamma(self) -> float:
        """Weight of R1."""
        from mien.stylegan2.losses import r1_gamma_heuristic

        if self.r1_gamma is not None:
            return self.r1_gamma
        return r1_gamma_heuristic(self.resolution, self.batch)

    def average_halflife(self, nimg: int) -> float:
        """Half-life of the averaged generator after ``nimg`` images, in thousand images."""
        if self.ema_rampup is None:
            return self.ema_kimg
        return min(self.ema_kimg, nimg / 1000 * self.ema_rampup)
