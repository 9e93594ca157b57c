"""The StyleGAN2 discriminator: residual blocks, minibatch standard deviation, projected labels.

Karras et al. 2020 (as in ``generator.py``); minibatch standard deviation: Karras et al. 2018, §3;
projection of labels: Miyato & Koyama 2018. Parameter names are those of the published checkpoints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError
from mien.stylegan2.generator import GeneratorConfig, Mapping
from mien.stylegan2.ops import Conv, FullyConnected


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Everything that decides the shape of a discriminator's tensors; others as a generator's.

    Args:
        c_dim: Width of the label; 0 for none.
        mapping_layers: Fully connected layers that map a label.
        group: How many images one minibatch standard deviation is taken over; None for all of a
            batch.
        plain_head: With labels, add a logit that ignores them (Miyato & Koyama 2018, Eq. 3), which
            partial and empty labels need; published networks have none.
    """

    resolution: int
    c_dim: int = 0
    channel_base: int = 32768
    channel_max: int = 512
    mapping_layers: int = 8
    group: int | None = 4
    plain_head: bool = False
    conv_clamp: float | None = None

    def __post_init__(self) -> None:
        self.shape()  # the same limits as a generator's
        if self.group is not None and self.group < 1:
            raise InputError(f"group is {self.group}, but must be at least 1")

    def shape(self) -> GeneratorConfig:
        """The generator of equal resolutions and channels."""
        return GeneratorConfig(
            self.resolution,
            channel_base=self.channel_base,
            channel_max=self.channel_max,
            conv_clamp=self.conv_clamp,
        )


class DiscriminatorBlock(nn.Module):
    """Two convolutions and a skip, half the resolution; the first block also reads RGB."""

    def __init__(
        self,
        from_rgb: bool,  # reads pictures
        channels: int,
        out_channels: int,
        clamp: float | None = None,  # largest magnitude of what a layer gives; None for any
    ) -> None:
        super().__init__()
        if from_rgb:
            self.fromrgb = Conv(3, channels, 1, clamp=clamp)
        half = math.sqrt(0.5)
        self.conv0 = Conv(channels, channels, 3, clamp=clamp)
        self.conv1 = Conv(channels, out_channels, 3, down=True, gain=half, clamp=clamp)
        # What is skipped is not clamped, here as in the published networks.
        self.skip = Conv(channels, out_channels, 1, False, False, down=True, gain=half)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Tensor:
        """Features, or the image for the first block, to features of half the resolution."""
        if hasattr(self, "fromrgb"):
            x = self.fromrgb(x)
        return self.skip(x) + self.conv1(self.conv0(x))

    @torch.no_grad()
    def imitate(self, weight: Float[Tensor, "o 3 1 1"], bias: Float[Tensor, " o"]) -> bool:
        """Become the RGB layer of a discriminator of half the resolution, seen through the FIR.

        The picture passes as pairs of ± channels, from which two leaky ReLUs let it be recovered;
        everything else starts without a say, and learns from there (Chen et al. 2016, Net2Net).
        ``weight`` and ``bias`` are that layer's, as stored; false if there are too few channels for
        it.
        """
        colours = torch.cat([torch.eye(3), -torch.eye(3)]).to(weight.device)
        biases = self.fromrgb.bias, self.conv0.bias, self.conv1.bias
        rgb_bias, first_bias, second_bias = (b for b in biases if b is not None)
        if len(rgb_bias) < len(colours) or len(second_bias) != len(bias):
            return False
        self.fromrgb.weight[:6, :, 0, 0] = colours / self.fromrgb.weight_gain
        rgb_bias[:6] = 0
        self.conv0.weight[:6].zero_()
        for i in range(6):
            self.conv0.weight[i, i, 1, 1] = 1 / self.conv0.weight_gain
        first_bias[:6] = 0
        # lrelu(lrelu(a)√2)√2 - lrelu(lrelu(-a)√2)√2 = 2.08 a; conv1 ends with a gain of √½.
        wanted = weight[:, :, 0, 0] / math.sqrt(3) * math.sqrt(2) / 2.08
        self.conv1.weight.zero_()
        self.conv1.weight[:, :6, 1, 1] = torch.cat([wanted, -wanted], 1) / self.conv1.weight_gain
        second_bias.copy_(bias * math.sqrt(2))
        self.skip.weight.zero_()
        return True


class DiscriminatorEpilogue(nn.Module):
    """The 4×4 block: minibatch standard deviation, convolution, two fully connected layers."""

    def __init__(
        self, channels: int, out_features: int, group: int | None, clamp: float | None = None
    ) -> None:
        super().__init__()
        self.group = group
        self.conv = Conv(channels + 1, channels, 3, clamp=clamp)
        self.fc = FullyConnected(channels * 16, channels, activate=True)
        self.out = FullyConnected(channels, out_features)

    def forward(self, x: Float[Tensor, "n i 4 4"]) -> tuple[Tensor, Tensor]:
        """``[n, out_features]``, and the features before the last layer."""
        x = torch.cat([x, minibatch_std(x, self.group)], dim=1)
        x = self.conv(x).contiguous().flatten(1).float()
        x = self.fc(x)
        return self.out(x), x


def minibatch_std(x: Float[Tensor, "n i h w"], group: int | None) -> Float[Tensor, "n 1 h w"]:
    """Standard deviation over a group of images, averaged to one number a group.

    Image j of n is in a group with j + n/g, j + 2n/g, …; ``group`` None is the whole batch.
    """
    n, channels, height, width = x.shape
    size = n if group is None else min(group, n)
    if n % size:
        raise InputError(f"a batch of {n} does not split into groups of {size}")
    grouped = x.float().reshape(size, n // size, channels, height, width)
    deviation = (grouped.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))  # [n/g]
    return deviation.repeat(size)[:, None, None, None].expand(n, 1, height, width).to(x.dtype)


class Discriminator(nn.Module):
    """Image and label -> logit; ``dtype`` and ``channels_last`` as in the generator's synthesis."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.dtype = torch.float32
        self.channels_last = True
        shape = config.shape()
        resolutions = shape.block_resolutions[:0:-1]  # resolution, …, 8
        for res in resolutions:
            block = DiscriminatorBlock(
                res == config.resolution,
                shape.channels(res),
                shape.channels(res // 2),
                config.conv_clamp,
            )
            setattr(self, f"b{res}", block)
        self.resolutions = resolutions
        width = shape.channels(4)
        if config.c_dim:
            self.mapping = Mapping(0, config.c_dim, width, config.mapping_layers, track_mean=False)
        out = width if config.c_dim else 1
        self.b4 = DiscriminatorEpilogue(width, out, config.group, config.conv_clamp)
        if config.c_dim and config.plain_head:
            self.plain = FullyConnected(width, 1)

    def forward(
        self, image: Float[Tensor, "n 3 h w"], c: Float[Tensor, "n c_dim"] | None = None
    ) -> Float[Tensor, "n 1"]:
        """Logit that the image is real, float32."""
        if image.shape[-1] != self.config.resolution or image.shape[-2] != self.config.resolution:
            raise InputError(
                f"image is {image.shape[-1]}×{image.shape[-2]}, this discriminator takes "
                f"{self.config.resolution}×{self.config.resolution}"
            )
        # Residual blocks.
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        x = image.to(self.dtype).contiguous(memory_format=layout)
        for res in self.resolutions:
            x = getattr(self, f"b{res}")(x)

        # Head, projected onto the label.
        out, features = self.b4(x)
        if not self.config.c_dim:
            return out
        if c is None:
            c = image.new_zeros([len(image), self.config.c_dim])
        projected = (out * self.mapping(None, c)).sum(dim=1, keepdim=True)
        logit = projected / math.sqrt(out.shape[1])
        return logit + self.plain(features) if self.config.plain_head else logit
