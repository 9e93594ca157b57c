"""What decides a run of photo ↔ sketch (or any two kinds of pictures): one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import InputError, UnknownName

if TYPE_CHECKING:  # The command line reads this file for its options; torch would take seconds.
    from mien.sketch.autoencoder import AutoencoderConfig
    from mien.sketch.cyclegan import ResnetConfig
    from mien.sketch.pix2pix import PatchConfig, UnetConfig

METHODS = ("autoencoder", "pix2pix", "cyclegan")
DIRECTIONS = ("photo-to-sketch", "sketch-to-photo")
"""Also the names of the models that ship for them."""
AUGMENTATIONS = ("none", "upright", "wild", "eight")

_WEIGHTS = (
    *("gan_weight", "l1_weight", "cycle_weight", "identity_weight"),
    *("judge_weight", "perceptual", "critics"),
)


@dataclass(frozen=True)
class TranslationConfig:
    """What decides a run; the same configuration and seed give the same networks.

    Args:
        method: autoencoder, pix2pix or cyclegan.
        direction: photo-to-sketch or sketch-to-photo; CycleGAN always learns both.
        resolution: Height and width of the pictures.
        kimg: Thousand images to see.
        batch: Images a step.
        lr: Adam's learning rate.
        beta1: Adam's first decay.
        decay: Over this last share of the run the learning rate falls to zero in a line.
        ngf: Channels of the generator's outermost layer.
        channel_max: Cap of the generator's inner channels; None for the published ones.
        blocks: Residual blocks of CycleGAN's generator.
        ndf: Channels of the discriminator's first layer.
        norm: ``batch`` or ``instance``; not for the autoencoder.
        dropout: pix2pix: noise in the decoder.
        adversary: ``bce`` or ``lsgan``.
        gan_weight: Weight of the adversarial loss.
        l1_weight: λ of the absolute error of pairs. Isola et al. 2017: 100.
        cycle_weight: CycleGAN: λ of the cycle. Zhu et al. 2017: 10.
        identity_weight: CycleGAN: weight of the identity loss as a share of λ. Zhu et al.: 0.5.
        pool: CycleGAN: pictures in each discriminator's history.
        perceptual: Weight of the distance in the features of Inception.
        critics: Weight of critics on features of Inception and MobileNet; not for CycleGAN.
        augment: ``upright`` mirrors, shifts, scales and turns by a few degrees, ``wild`` by many;
            ``eight`` draws four quarter turns and their mirror images, as the study; ``none``.
        weather: Damage what is given: sketches thinned, blurred, on paper, photos in other lights.
        computed: Share of a batch that is faces with computed drawings. From sketch to photo they
            are pairs like others; to a sketch only their features count, as a hint.
        judge_weight: Weight of the distance as a frozen judge sees it.
        judge: Its name, for the record.
        ema_kimg: Half-life of the averaged generator, which is what is kept.
        split: ``honest`` or ``leaky``, for the record; the data is given split.
        precision: ``bf16`` or ``fp32``.
        seed: Decides the first weights and every draw.
    """

    method: str = "pix2pix"
    direction: str = "photo-to-sketch"
    resolution: int = 256
    kimg: float = 24
    batch: int = 1
    lr: float = 2e-4
    beta1: float = 0.5
    decay: float = 0.5
    ngf: int = 64
    channel_max: int | None = None
    blocks: int = 9
    ndf: int = 64
    norm: str = "batch"
    dropout: bool = True
    adversary: str = "bce"
    gan_weight: float = 1
    l1_weight: float = 100
    cycle_weight: float = 10
    identity_weight: float = 0.5
    pool: int = 50
    perceptual: float = 0
    critics: float = 0
    augment: str = "upright"
    weather: bool = False
    computed: float = 0
    judge_weight: float = 0
    judge: str | None = None
    ema_kimg: float = 1
    split: str = "honest"
    precision: str = "bf16"
    seed: int = 0

    def __post_init__(self) -> None:
        from mien.sketch.layers import check_range
        from mien.sketch.losses import check_adversary

        for what, value, known in (
            ("method", self.method, METHODS),
            ("direction", self.direction, DIRECTIONS),
            ("augmentation", self.augment, AUGMENTATIONS),
            ("precision", self.precision, ("bf16", "fp32")),
        ):
            if value not in known:
                raise UnknownName(what, value, known)
        if self.batch < 1 or not self.kimg > 0:
            raise InputError(f"batch {self.batch} and kimg {self.kimg:g} must be positive")
        if not self.lr > 0:
            raise InputError(f"learning rate {self.lr:g} is not above 0")
        for name in _WEIGHTS:
            check_range(name, getattr(self, name), 0, 1e6)
        for name in ("beta1", "decay", "computed"):
            check_range(name, getattr(self, name), 0, 1)
        if self.method == "cyclegan" and (self.critics or self.perceptual or self.weather):
            raise InputError("critics, perceptual and weather need pairs; not for cyclegan")
        if self.drawn < 1 and (self.hints or self.critics):
            raise InputError(
                f"computed {self.computed:g} leaves no drawn pair in a batch of {self.batch}"
            )
        if self.hints and not self.perceptual:
            raise InputError("computed drawings are hints for features; give perceptual a weight")
        check_range("seed", self.seed, 0, 2**32 - 1)
        check_range("ema_kimg", self.ema_kimg, 0, 1e6)
        check_adversary(self.adversary)
        generator = self.generator()
        least = getattr(generator, "smallest", max(generator.multiple, 32))
        if self.resolution % generator.multiple or self.resolution < least:
            raise InputError(
                f"resolution {self.resolution} does not fit {self.method}, which needs a multiple"
                f" of {generator.multiple} from {least} on"
            )

    @property
    def drawn(self) -> int:
        """How many of a batch are pairs of the data set; the rest are computed."""
        return self.batch - round(self.computed * self.batch)

    @property
    def hints(self) -> bool:
        """Whether computed drawings are no truths."""
        paired = self.method != "cyclegan" and self.direction == "photo-to-sketch"
        return paired and self.drawn < self.batch

    @property
    def looks(self) -> bool:
        """Whether the frozen networks are needed."""
        return self.critics > 0 or self.perceptual > 0

    def generator(self) -> AutoencoderConfig | UnetConfig | ResnetConfig:
        """The generator of this run."""
        from mien.sketch.autoencoder import AutoencoderConfig
        from mien.sketch.cyclegan import ResnetConfig
        from mien.sketch.pix2pix import UnetConfig

        if self.method == "autoencoder":
            most = 32 * self.ngf if self.channel_max is None else self.channel_max
            return AutoencoderConfig(ngf=self.ngf, channel_max=most)
        if self.method == "pix2pix":
            downs = min(8, (self.resolution & -self.resolution).bit_length() - 1)
            return UnetConfig(
                ngf=self.ngf, channel_max=self.channel_max, downs=max(downs, 3),
                norm=self.norm, dropout=self.dropout,
            )  # fmt: skip
        return ResnetConfig(ngf=self.ngf, blocks=self.blocks, norm=self.norm)

    def discriminator(self) -> PatchConfig:
        """The discriminator of this run (CycleGAN has two of it)."""
        from mien.sketch.pix2pix import PatchConfig

        channels = 3 if self.method == "cyclegan" else 6
        return PatchConfig(in_channels=channels, ndf=self.ndf, norm=self.norm)

    @property
    def directions(self) -> tuple[str, ...]:
        """What this run learns; CycleGAN the opposite way as well."""
        if self.method != "cyclegan":
            return (self.direction,)
        return (self.direction, *(d for d in DIRECTIONS if d != self.direction))

    def rate(self, nimg: int) -> float:
        """Learning rate after ``nimg`` images: constant, then in a line to zero."""
        total = self.kimg * 1000
        left = (total - nimg) / max(self.decay * total, 1e-9)
        return self.lr * min(max(left, 0.0), 1.0)
