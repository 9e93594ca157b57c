"""What decides a run in which a generator learns together with its encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.portraits.config import SIZES
from mien.training.checks import check_run, check_shares

if TYPE_CHECKING:  # The command line reads this file for its options; torch would take seconds.
    from mien.stylegan2.generator import GeneratorConfig


@dataclass(frozen=True)
class JointConfig:
    """The same configuration and seed give the same networks.

    Args:
        resolution: Height and width: 64, 128 or 256.
        kimg: Thousand images to see: photographs at first, generated ones under critics.
        batch: Images a step; under critics half as many photographs are reconstructed beside.
        z_dim: Width of z.
        w_dim: Width of w.
        mapping_layers: Layers from z to w, which are fitted at the end.
        channel_base: Features × resolution, before ``channel_max`` cuts it.
        channel_max: The most features that a layer has.
        label_dim: Width of the labels, 76 for attributes; 0 for none.
        warm_kimg: Reconstruction alone for so long, since critics teach nothing to a decoder that
            draws nothing.
        lead_kimg: Then critics learn for so long before they count.
        ramp_kimg: Then their weight rises for so long.
        lr: Learning rate of the generator (Adam, β 0 and 0.99).
        encoder_lr: Of the encoder.
        settled: Under critics both learning rates are multiplied by this: steps of eight
            photographs at the rates of the beginning wander about what they could reach.
        critic_lr: Of the critics.
        perceptual: Weight of the feature distance beside the absolute difference.
        adversarial: Weight of the critics.
        judged: Share of what critics see of the generator that is reconstructions of photographs,
            at most half; the rest is random faces.
        augment: Probability of each kind of augmentation of what critics see.
        uncommon: Share of photographs, and of sentences told, that is drawn among faces with a
            beard, glasses or headwear, the rarer the more often (:mod:`mien.portraits.uncommon`).
        blur: Noise on codes of photographs, as a share of the spread of codes.
        mixed: Random faces are drawn from mixtures of so many remembered codes: with few, where
            codes lie that are no Gaussian; 0 for their Gaussian.
        guided: Share of generated codes that are drawn as a sentence would: some labels told.
        guidance: The highest guidance of those.
        crop: Above 128², share of the steps that look at a piece at full size.
        ema_kimg: Half-life of the averaged generator.
        precision: ``fp32`` or ``bf16``.
        seed: Decides the first weights and every draw.
    """

    resolution: int = 128
    kimg: float = 300
    batch: int = 16
    z_dim: int = 256
    w_dim: int = 256
    mapping_layers: int = 4
    channel_base: int = 2048
    channel_max: int = 256
    label_dim: int = 76
    warm_kimg: float = 36
    lead_kimg: float = 2
    ramp_kimg: float = 4
    lr: float = 0.002
    encoder_lr: float = 0.001
    settled: float = 0.25
    critic_lr: float = 0.001
    perceptual: float = 2.0
    adversarial: float = 0.3
    judged: float = 0.5
    augment: float = 0.4
    uncommon: float = 0.0
    blur: float = 0.12
    mixed: int = 3
    guided: float = 0.5
    guidance: float = 2.2
    crop: float = 0.25
    ema_kimg: float = 5
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        self.generator()
        if self.resolution < 64:
            raise InputError(f"resolution {self.resolution}: 64 is the least that critics can see")
        if self.mixed < 0:
            raise InputError(f"mixed is {self.mixed}, a number of codes or 0 is needed")
        if self.batch < 2 or self.batch % 2 or self.kimg <= 0:
            raise InputError(f"batch {self.batch} must be even, kimg {self.kimg:g} above 0")
        check_run(self)
        check_shares(self, "settled", "guided", "crop", "augment", "judged", "uncommon")

    def generator(self) -> GeneratorConfig:
        """The generator of this run."""
        from mien.stylegan2.generator import GeneratorConfig

        return GeneratorConfig(
            c_dim=self.label_dim, **{name: getattr(self, name) for name in SIZES}
        )

    def photographs_seen(self, nimg: int) -> int:
        """How many photographs a run has shown after ``nimg`` images."""
        warm = min(nimg, int(self.warm_kimg * 1000))
        return warm + (nimg - warm) // 2

    def critics_count(self, nimg: int) -> float:
        """Weight of the critics after ``nimg`` images: 0, rising, then ``adversarial``."""
        since = nimg / 1000 - self.warm_kimg - self.lead_kimg
        rise = 1.0 if self.ramp_kimg == 0 else min(1.0, since / self.ramp_kimg)
        return self.adversarial * rise if since > 0 else 0.0
