"""A convolutional autoencoder from picture to picture: 6 convolutions down, 8 transposed up.

The simplest of the three methods, trained on the mean absolute error alone. No layer is padded:
each 4×4 convolution of stride 2 takes h to h/2 − 1, its transpose takes h to 2h + 2, and the last
two, of 2×2 and stride 1, add a pixel each; so 256 → 127 → 62 → 30 → 14 → 6 → 2 and back to 256.

Axes: n batch, c channels, h w pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.sketch.layers import check_range, check_size

_DOWNS = 6
_DROPPED = (0, 2)  # Decoder layers with dropout.


@dataclass(frozen=True)
class AutoencoderConfig:
    """Everything that decides the shape of an autoencoder's tensors.

    Each convolution doubles ``ngf``, up to ``channel_max``; ``dropout`` is the share of the
    features that two decoder layers drop while training.
    """

    in_channels: int = 3
    out_channels: int = 3
    ngf: int = 16
    channel_max: int = 512
    dropout: float = 0.1

    def __post_init__(self) -> None:
        check_range("in_channels", self.in_channels, 1, 64)
        check_range("out_channels", self.out_channels, 1, 64)
        check_range("ngf", self.ngf, 2, 1024)
        check_range("channel_max", self.channel_max, self.ngf, 8192)
        check_range("dropout", self.dropout, 0, 0.9)

    @property
    def multiple(self) -> int:
        """What both sides of a picture must be a multiple of."""
        return 1 << _DOWNS

    @property
    def smallest(self) -> int:
        """The shortest side that reaches the middle."""
        return 3 * self.multiple

    def channels(self, layer: int) -> int:
        """Channels after a convolution; layer 0 is the first."""
        return min(self.ngf << layer, self.channel_max)


class Autoencoder(nn.Module):
    """Picture -> picture of the same size, both in [-1, 1]."""

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or AutoencoderConfig()
        widths = [config.channels(i) for i in range(_DOWNS)]
        downs = zip([config.in_channels, *widths], widths, strict=False)
        self.down = nn.ModuleList(nn.Conv2d(i, o, 4, 2, bias=k == 0)
                                  for k, (i, o) in enumerate(downs))  # fmt: skip
        self.down_norm = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        ups = list(zip([widths[-1], *widths[:0:-1]], widths[::-1], strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 4, 2, bias=False) for i, o in ups)
        self.up_norm = nn.ModuleList(nn.BatchNorm2d(o) for _, o in ups)
        half = max(config.ngf // 2, 1)
        self.last = nn.ConvTranspose2d(config.ngf, half, 2)
        self.out = nn.ConvTranspose2d(half, config.out_channels, 2)

    def forward(self, image: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h w"]:
        """Translate pictures in [-1, 1]; InputError: a side is no multiple of 64, or below 192."""
        check_size(image, self.config.multiple, self.config.smallest, "this autoencoder")
        x = image.contiguous(memory_format=torch.channels_last)

        # Encode.
        x = functional.leaky_relu(self.down[0](x), 0.2)
        for conv, norm in zip(self.down[1:], self.down_norm, strict=True):
            x = functional.leaky_relu(norm(conv(x)), 0.2)

        # Decode.
        for i, (conv, norm) in enumerate(zip(self.up, self.up_norm, strict=True)):
            x = norm(conv(x))
            if i in _DROPPED:
                x = functional.dropout(x, self.config.dropout, self.training)
            x = functional.leaky_relu(x, 0.2)
        x = functional.leaky_relu(self.last(x), 0.2)
        return torch.tanh(self.out(x)).float()
