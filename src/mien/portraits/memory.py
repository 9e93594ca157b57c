"""What a StyleGAN2 run will need of memory, told before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from mien.portraits.config import GanConfig
from mien.runtime.shapes import shapes_alone
from mien.stylegan2.discriminator import Discriminator
from mien.stylegan2.generator import Generator

_KEPT_BY_G = 10  # feature maps that autograd keeps for the two convolutions of a resolution
_KEPT_BY_D = 9


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes, by what they are for, and how many numbers each network has.

    ``weights`` are those of both networks and the averaged generator, ``optimizers`` gradients and
    the two moments of Adam, ``activations`` what the backward pass keeps, at the widest moment of a
    step, ``data`` the training pictures.
    """

    weights: int
    optimizers: int
    activations: int
    data: int
    parameters_g: int
    parameters_d: int

    @property
    def total(self) -> int:
        """All of it, in bytes."""
        return self.weights + self.optimizers + self.activations + self.data


def estimate(config: GanConfig, pictures: int, processes: int = 1) -> MemoryEstimate:
    """Estimate the memory of one process of ``processes``, within a factor of about two."""
    with shapes_alone():
        G, D = Generator(config.generator()), Discriminator(config.discriminator())
    g = sum(p.numel() for p in G.parameters())
    d = sum(p.numel() for p in D.parameters())
    shape = config.generator()
    pixels = sum(shape.channels(res) * res**2 for res in shape.block_resolutions)
    size = 2 if config.precision == "bf16" else 4
    batch = -(-config.batch // processes)
    # The widest moment: the generator's step, through the discriminator.
    activations = batch * pixels * size * (_KEPT_BY_G + _KEPT_BY_D)
    activations += batch * 3 * config.resolution**2 * 4 * 24  # augmentation, at twice the size
    return MemoryEstimate(
        weights=4 * (2 * g + d),
        optimizers=4 * 3 * (g + d),
        activations=activations,
        data=pictures * 3 * config.resolution**2,
        parameters_g=g,
        parameters_d=d,
    )
