"""noise -> face: the StyleGAN2 generator and discriminator, their augmentation and losses."""

from mien.stylegan2.augment import AdaState, AugmentConfig
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
from mien.stylegan2.generator import Generator, GeneratorConfig, mix_styles

__all__ = [
    "AdaState",
    "AugmentConfig",
    "Discriminator",
    "DiscriminatorConfig",
    "Generator",
    "GeneratorConfig",
    "mix_styles",
]
