"""What the picture-to-picture networks share: normalisation, first weights, sizes that fit.

Axes: n batch, c channels, h w pixels.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError

NORMS = ("batch", "instance", "none")
"""Normalisation over the batch (with running means for use), over each picture alone, or none."""


class InstanceNorm(nn.Module):
    """Each channel of each picture to mean 0 and variance 1, without parameters.

    Ulyanov et al. 2016. While training on a CPU the pictures go one by one through batch
    normalisation, which computes the same and keeps the layout that convolutions are fast in.
    """

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Normalise."""
        if self.training and x.device.type == "cpu":
            ones = x.split(1) if len(x) > 1 else (x,)
            ones = [functional.batch_norm(one, None, None, training=True) for one in ones]
            return torch.cat(ones) if len(ones) > 1 else ones[0]
        return functional.instance_norm(x)


def make_norm(norm: str, channels: int) -> nn.Module:
    """The layer of a name."""
    if norm == "none":
        return nn.Identity()
    return nn.BatchNorm2d(channels) if norm == "batch" else InstanceNorm()


def draw_weights(network: nn.Module, std: float = 0.02) -> None:
    """First weights of pix2pix and CycleGAN: normal with deviation 0.02, biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, std)
            nn.init.zeros_(layer.bias)


def check_norm(norm: str) -> None:
    """Refuse a normalisation that is none of :data:`NORMS`."""
    if norm not in NORMS:
        raise InputError(f"norm {norm!r} is none of {', '.join(NORMS)}")


def check_range(what: str, value: float, least: float, most: float) -> None:
    """Refuse a number that is not from ``least`` to ``most``."""
    if not least <= value <= most:
        raise InputError(f"{what} {value:g} is not from {least:g} to {most:g}")


def check_size(image: Tensor, multiple: int, smallest: int, what: str) -> None:
    """Refuse pictures that a network cannot give back at their own size."""
    height, width = image.shape[-2:]
    if height % multiple or width % multiple or min(height, width) < smallest:
        raise InputError(
            f"{width}×{height} pixels do not fit {what}, which needs multiples of {multiple}"
            f" from {smallest} on; resize or pad the picture"
        )
