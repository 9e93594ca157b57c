"""pix2pix: a U-Net that translates a picture and a PatchGAN that judges the pair.

Isola, Zhu, Zhou & Efros 2017, Image-to-Image Translation with Conditional Adversarial Networks;
layers as in its appendix 6.1. Deviation: ``channel_max`` may cap the inner channels below 8·ngf.

Axes: n batch, c channels, h w pixels, p q patches.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.sketch.layers import check_norm, check_range, check_size, draw_weights, make_norm

_DROPOUT_FROM = 4  # The first level (0 is the outermost) whose decoder drops half of its features.


@dataclass(frozen=True)
class UnetConfig:
    """Everything that decides the shape of a U-Net's tensors.

    Args:
        ngf: Channels of the outermost level; each level further in doubles them.
        channel_max: The most channels of a level; None for 8·ngf, as published.
        downs: Levels; each halves the size. 8 for 256×256, 7 for 128×128.
        norm: ``batch``, ``instance`` or ``none``.
        dropout: Drop half of the features in the inner decoder while training: pix2pix's noise.
    """

    in_channels: int = 3
    out_channels: int = 3
    ngf: int = 64
    channel_max: int | None = None
    downs: int = 8
    norm: str = "batch"
    dropout: bool = True

    def __post_init__(self) -> None:
        check_norm(self.norm)
        check_range("in_channels", self.in_channels, 1, 64)
        check_range("out_channels", self.out_channels, 1, 64)
        check_range("ngf", self.ngf, 1, 1024)
        check_range("downs", self.downs, 3, 10)
        check_range("channel_max", self.widest, self.ngf, 8192)

    @property
    def widest(self) -> int:
        """The most channels of a level."""
        return 8 * self.ngf if self.channel_max is None else self.channel_max

    @property
    def multiple(self) -> int:
        """What both sides of a picture must be a multiple of."""
        return 1 << self.downs

    def channels(self, level: int) -> int:
        """Channels of a level's encoder output; level 0 is the outermost."""
        return min(self.ngf << level, self.widest)


class UnetLevel(nn.Module):
    """One level of the U-Net: a convolution down, what lies inside, a convolution up, the skip."""

    def __init__(self, config: UnetConfig, level: int, inside: UnetLevel | None) -> None:
        super().__init__()
        outermost, innermost = level == 0, inside is None
        bias = config.norm == "instance"
        outer = config.channels(level - 1) if level else config.in_channels
        inner = config.channels(level)
        back = outer if level else config.out_channels
        self.down = nn.Conv2d(outer, inner, 4, 2, 1, bias=bias)
        self.down_norm = None if outermost or innermost else make_norm(config.norm, inner)
        self.inside = inside
        self.up = nn.ConvTranspose2d(
            inner if innermost else 2 * inner, back, 4, 2, 1, bias=bias or outermost
        )
        self.up_norm = None if outermost else make_norm(config.norm, back)
        self.outermost = outermost
        drops = config.dropout and level >= _DROPOUT_FROM and not innermost
        self.dropout = nn.Dropout(0.5) if drops else None

    def forward(self, x: Float[Tensor, "n _c h w"]) -> Float[Tensor, "n _o h w"]:
        """Apply the level; all but the outermost give ``[skip, decoded]``."""
        # Encode.
        inner = self.down(x if self.outermost else functional.leaky_relu(x, 0.2))
        if self.down_norm is not None:
            inner = self.down_norm(inner)
        if self.inside is not None:
            inner = self.inside(inner)

        # Decode.
        out = self.up(functional.relu(inner))
        if self.up_norm is None:
            return torch.tanh(out)
        out = self.up_norm(out)
        if self.dropout is not None:
            out = self.dropout(out)
        return torch.cat([x, out], dim=1)


class Unet(nn.Module):
    """Picture -> picture of the same size, both in [-1, 1]."""

    def __init__(self, config: UnetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or UnetConfig()
        level = None
        for i in reversed(range(config.downs)):
            level = UnetLevel(config, i, level)
        assert level is not None
        self.outer = level
        draw_weights(self)

    def forward(self, image: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h w"]:
        """Translate pictures in [-1, 1]; InputError: a side is no multiple of ``multiple``."""
        check_size(image, self.config.multiple, self.config.multiple, "this U-Net")
        return self.outer(image.contiguous(memory_format=torch.channels_last)).float()


@dataclass(frozen=True)
class PatchConfig:
    """Everything that decides the shape of a PatchGAN's tensors.

    Args:
        in_channels: 6 for the concatenated pair of pix2pix, 3 for CycleGAN's single picture.
        ndf: Channels of the first layer; each further one doubles them, up to 8·ndf.
        layers: Layers that halve the size; 3 judge 70×70 pixels each.
        norm: ``batch``, ``instance`` or ``none``.
    """

    in_channels: int = 6
    ndf: int = 64
    layers: int = 3
    norm: str = "batch"

    def __post_init__(self) -> None:
        check_norm(self.norm)
        check_range("in_channels", self.in_channels, 1, 128)
        check_range("ndf", self.ndf, 1, 1024)
        check_range("layers", self.layers, 1, 6)


class PatchDiscriminator(nn.Module):
    """Picture, or pair of pictures one after the other in channels -> a logit a patch."""

    def __init__(self, config: PatchConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or PatchConfig()
        bias = config.norm == "instance"
        widths = [config.in_channels]
        widths += [min(config.ndf << i, 8 * config.ndf) for i in range(config.layers + 1)]
        convs: list[nn.Module] = []
        norms: list[nn.Module] = []
        for i, (before, after) in enumerate(pairwise(widths)):
            stride = 2 if i < config.layers else 1
            convs.append(nn.Conv2d(before, after, 4, stride, 1, bias=bias or i == 0))
            norms.append(make_norm(config.norm, after) if i else nn.Identity())
        self.convs, self.norms = nn.ModuleList(convs), nn.ModuleList(norms)
        self.out = nn.Conv2d(widths[-1], 1, 4, 1, 1)
        draw_weights(self)

    def forward(self, image: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 1 p q"]:
        """Judge pictures in [-1, 1]; 256×256 give 30×30 logits."""
        x = image.contiguous(memory_format=torch.channels_last)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = functional.leaky_relu(norm(conv(x)), 0.2)
        return self.out(x).float()
