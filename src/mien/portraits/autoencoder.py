"""A small picture -> w encoder, for warming a generator up as the decoder of an autoencoder.

Axes: n batch, i channels, h w pixels.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.stylegan2.discriminator import DiscriminatorBlock, DiscriminatorConfig
from mien.stylegan2.ops import Conv, FullyConnected


class WarmupEncoder(nn.Module):
    """The discriminator's trunk with a head that gives w, each number of unit variance.

    ``dtype`` is what features are computed in, float32 or bfloat16.
    """

    def __init__(self, config: DiscriminatorConfig, w_dim: int) -> None:
        super().__init__()
        shape = config.shape()
        self.dtype = torch.float32
        blocks = [
            DiscriminatorBlock(
                res == config.resolution, shape.channels(res), shape.channels(res // 2)
            )
            for res in shape.block_resolutions[:0:-1]
        ]
        self.blocks = nn.ModuleList(blocks)
        width = shape.channels(4)
        self.conv = Conv(width, width, 3)
        self.fc = FullyConnected(width * 16, width, activate=True)
        self.out = FullyConnected(width, w_dim)
        self.norm = nn.BatchNorm1d(w_dim, affine=False)

    def forward(self, image: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n w_dim"]:
        """Encode images in [-1, 1]."""
        x = image.to(self.dtype).contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            x = block(x)
        x = self.conv(x).contiguous().flatten(1).float()
        return self.norm(self.out(self.fc(x)))
