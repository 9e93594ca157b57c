"""GANs N' Roses: a picture's content, a style drawn or read elsewhere, a picture of another kind.

Chong & Forsyth: GANs N' Roses: Stable, Controllable, Diverse Image to Image Translation (works for
videos too!), 2021. Content is what moves when a picture is moved; style is what stays. An encoder
splits a picture into both; a StyleGAN2 decoder, whose layers the style modulates by way of a
mapping network, draws the picture of the other kind. There is one such generator for each way.

Axes: n batch, s style, c i o channels, h w pixels, g groups of copies of one face.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError
from mien.stylegan2.discriminator import DiscriminatorBlock
from mien.stylegan2.generator import ToRGB
from mien.stylegan2.ops import Conv, FullyConnected, leaky_relu, modulated_conv, upsample

_STYLE_SIDE = 4  # pixels at which the style branch goes over to fully connected layers
_RESOLUTIONS = (32, 64, 128, 256, 512, 1024)


@dataclass(frozen=True)
class GansNRosesConfig:
    """Everything that decides the shape of a generator's tensors; the defaults are published.

    Args:
        resolution: Height and width of the pictures; a power of two from 32 to 1024.
        channels: Features at ``resolution``, at its half, and so on; the last entry is for the
            content code, so that there are as many down-samplings as entries, less one.
        style_dim: Numbers in a style code.
        w_dim: Width of the mapped style.
        mapping_layers: Fully connected layers from a style code to its mapped form.
        residual_blocks: Blocks at the resolution of the content code, in encoder and decoder.
        reference: Whether the encoder of the *other* generator comes along, which reads the style
            off a picture of the kind that this one draws.
    """

    resolution: int = 256
    channels: tuple[int, ...] = (64, 128, 256, 512, 512)
    style_dim: int = 8
    w_dim: int = 512
    mapping_layers: int = 5
    residual_blocks: int = 1
    reference: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(int(c) for c in self.channels))
        if self.resolution not in _RESOLUTIONS:
            raise InputError(
                f"resolution {self.resolution} is not a power of two from 32 to 1024; take 128"
            )
        if not self.channels or min(self.channels) < 1:
            raise InputError(f"channels {self.channels} must be one or more positive numbers")
        if self.content_side < _STYLE_SIDE:
            raise InputError(
                f"{self.down} down-samplings leave {self.resolution >> self.down} of "
                f"{self.resolution} pixels, a content code needs {_STYLE_SIDE}; give fewer channels"
            )
        for name in ("style_dim", "w_dim", "mapping_layers"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, but must be at least 1")
        if self.residual_blocks < 0:
            raise InputError(f"residual_blocks is {self.residual_blocks}, but must not be negative")

    @property
    def down(self) -> int:
        """How often the encoder halves the picture."""
        return len(self.channels) - 1

    @property
    def content_side(self) -> int:
        """Height and width of the content code."""
        return self.resolution >> self.down


@dataclass(frozen=True)
class RosesDiscriminatorConfig:
    """Everything that decides the shape of a diversity discriminator's tensors.

    Args:
        resolution: Height and width of the pictures; a power of two from 32 to 1024.
        channels: Features at ``resolution``, at its half, and so on; the last entry is where the
            branch that sees the whole picture ends (8×8 in the published network).
        local_down: Down-samplings of the branch that judges patches.
        head: Width of the layer whose spread over the batch is judged.
    """

    resolution: int = 256
    channels: tuple[int, ...] = (64, 128, 256, 512, 512, 512)
    local_down: int = 3
    head: int = 128

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(int(c) for c in self.channels))
        if self.resolution not in _RESOLUTIONS:
            raise InputError(
                f"resolution {self.resolution} is not a power of two from 32 to 1024; take 128"
            )
        if len(self.channels) < 2 or min(self.channels) < 1:
            raise InputError(f"channels {self.channels} must be two or more positive numbers")
        if self.side < 2:
            raise InputError(
                f"{len(self.channels) - 1} down-samplings leave less than 2 of "
                f"{self.resolution} pixels; give fewer channels"
            )
        if not 0 < self.local_down < len(self.channels):
            raise InputError(
                f"local_down is {self.local_down}, and {len(self.channels)} channels allow "
                f"1 to {len(self.channels) - 1}"
            )
        if self.head < 1:
            raise InputError(f"head is {self.head}, but must be at least 1")

    @property
    def side(self) -> int:
        """Height and width of the features that the whole-picture branch ends with."""
        return self.resolution >> (len(self.channels) - 1)


class ResidualBlock(nn.Module):
    """Two convolutions and the identity, at one resolution, of unit variance."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv0 = Conv(channels, channels, 3)
        self.conv1 = Conv(channels, channels, 3, gain=math.sqrt(0.5))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Apply the block."""
        return self.conv1(self.conv0(x)) + x * math.sqrt(0.5)


class Encoder(nn.Module):
    """Picture -> content code and style code (§3.1); ``dtype`` as in the generator."""

    def __init__(self, config: GansNRosesConfig, content: bool = True) -> None:
        super().__init__()
        self.config = config
        self.dtype = torch.float32
        widths, last = config.channels, config.channels[-1]
        self.fromrgb = Conv(3, widths[0], 1)
        pairs = pairwise(widths)
        self.blocks = nn.ModuleList([DiscriminatorBlock(False, i, o) for i, o in pairs])
        self.residual = nn.ModuleList([ResidualBlock(last) for _ in range(config.residual_blocks)])
        self.content = nn.ModuleList([Conv(last, last, 1) for _ in range(2 if content else 0)])
        halvings = int(math.log2(config.content_side // _STYLE_SIDE))
        self.style = nn.ModuleList([Conv(last, last, 3, down=True) for _ in range(halvings)])
        self.fc = FullyConnected(last * _STYLE_SIDE**2, last, activate=True)
        self.out = FullyConnected(last, config.style_dim)

    def trunk(self, image: Float[Tensor, "n 3 h w"]) -> Tensor:
        """The features that content and style are both read from."""
        side = self.config.resolution
        if image.shape[-2:] != (side, side):
            raise InputError(
                f"image is {image.shape[-1]}×{image.shape[-2]}, this encoder takes {side}×{side}"
            )
        x = self.fromrgb(image.to(self.dtype).contiguous(memory_format=torch.channels_last))
        for block in (*self.blocks, *self.residual):
            x = block(x)
        return x

    def read_content(self, x: Tensor) -> Tensor:
        """Content code of :meth:`trunk`'s features."""
        if not len(self.content):
            raise InputError("this encoder was stored without its content branch; it reads styles")
        for conv in self.content:
            x = conv(x)
        return x

    def read_style(self, x: Tensor) -> Float[Tensor, "n s"]:
        """Style code of :meth:`trunk`'s features, float32."""
        for conv in self.style:
            x = conv(x)
        return self.out(self.fc(x.contiguous().flatten(1).float()))

    def forward(self, image: Float[Tensor, "n 3 h w"]) -> tuple[Tensor, Float[Tensor, "n s"]]:
        """Content ``[n, c, h', w']`` and style ``[n, style_dim]`` of pictures in [-1, 1]."""
        x = self.trunk(image)
        return self.read_content(x), self.read_style(x)


class StyledConv(nn.Module):
    """Modulated 3×3 convolution, bias, leaky ReLU; the published network adds no noise."""

    def __init__(self, in_channels: int, out_channels: int, w_dim: int, up: bool = False) -> None:
        super().__init__()
        self.affine = FullyConnected(w_dim, in_channels, bias_init=1)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.up = up
        # Demodulation cancels any common factor of the kernel, so none is applied.

    def forward(self, x: Float[Tensor, "n i h w"], style: Float[Tensor, "n i"]) -> Tensor:
        """Apply the layer; ``style`` is the scale of each input channel."""
        x = modulated_conv(x, self.weight, style, up=self.up)
        return leaky_relu(x + self.bias.to(x.dtype)[:, None, None])


class StyledResidual(nn.Module):
    """Two styled convolutions and the identity, at the content's resolution."""

    def __init__(self, channels: int, w_dim: int) -> None:
        super().__init__()
        self.conv0 = StyledConv(channels, channels, w_dim)
        self.conv1 = StyledConv(channels, channels, w_dim)


class DecoderBlock(nn.Module):
    """One resolution of the decoder: perhaps an up-sampling layer, a second one, the RGB branch."""

    def __init__(self, in_channels: int, out_channels: int, w_dim: int, up: bool) -> None:
        super().__init__()
        if up:
            self.conv0 = StyledConv(in_channels, out_channels, w_dim, up=True)
        self.conv1 = StyledConv(out_channels, out_channels, w_dim)
        self.torgb = ToRGB(out_channels, w_dim)

    @property
    def layers(self) -> list[StyledConv]:
        """The one or two convolutions, in order."""
        return [self.conv0, self.conv1] if hasattr(self, "conv0") else [self.conv1]


def _all(blocks: nn.ModuleList) -> list[Any]:
    """The blocks of a list, whose own type says only that they are modules."""
    return list(blocks)


class RosesGenerator(nn.Module):
    """The whole network, one way. ``G(image, style)`` translates; the steps are methods.

    ``dtype`` (set by :meth:`compute_in`) is what features are computed in, float32 or bfloat16;
    codes and pictures are float32, but for the content code.
    """

    def __init__(self, config: GansNRosesConfig) -> None:
        super().__init__()
        self.config = config
        self.dtype = torch.float32
        widths, last = config.channels[::-1], config.channels[-1]
        self.encoder = Encoder(config)
        layers = [
            FullyConnected(i, config.w_dim, activate=True, lr_multiplier=0.01)
            for i in [config.style_dim] + [config.w_dim] * (config.mapping_layers - 1)
        ]
        self.mapping = nn.ModuleList(layers)
        self.residual = nn.ModuleList(
            [StyledResidual(last, config.w_dim) for _ in range(config.residual_blocks)]
        )
        befores = (last, *widths)
        self.blocks = nn.ModuleList(
            [DecoderBlock(befores[i], widths[i], config.w_dim, i > 0) for i in range(len(widths))]
        )
        self.reference = Encoder(config, content=False) if config.reference else None

    def compute_in(self, dtype: torch.dtype) -> RosesGenerator:
        """Compute features in ``dtype``; returns the network."""
        self.dtype = self.encoder.dtype = dtype
        if self.reference is not None:
            self.reference.dtype = dtype
        return self

    def encode(self, image: Float[Tensor, "n 3 h w"]) -> tuple[Tensor, Float[Tensor, "n s"]]:
        """Content and style of pictures in [-1, 1]: see :class:`Encoder`."""
        return self.encoder(image)

    def style_of(self, image: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n s"]:
        """The style code of a picture of the kind that this generator draws.

        Raises:
            InputError: The file that the network came from holds no encoder for that kind.
        """
        if self.reference is None:
            raise InputError(
                "this network came without the encoder that reads styles off pictures; "
                "draw a style from a seed instead"
            )
        return self.reference.read_style(self.reference.trunk(image))

    def map(self, style: Float[Tensor, "n s"]) -> Float[Tensor, "n w_dim"]:
        """Style codes to their mapped form, which every layer of the decoder reads."""
        if style.ndim != 2 or style.shape[1] != self.config.style_dim:
            raise InputError(
                f"style is {list(style.shape)}, this generator takes [n, {self.config.style_dim}]"
            )
        x = style.float()
        for layer in self.mapping:
            x = layer(x)
        return x

    @property
    def affines(self) -> list[FullyConnected]:
        """The map from w to style of each layer, ToRGB layers among them, in order."""
        found: list[FullyConnected] = []
        for block in _all(self.residual):
            found += [block.conv0.affine, block.conv1.affine]
        for block in _all(self.blocks):
            found += [layer.affine for layer in block.layers] + [block.torgb.affine]
        return found

    def styles(self, w: Float[Tensor, "n w_dim"]) -> list[Tensor]:
        """One ``[n, channels]`` for each entry of ``affines``: the scale of each layer's input."""
        return [affine(w.float()) for affine in self.affines]

    def decode(self, content: Tensor, style: Float[Tensor, "n s"]) -> Float[Tensor, "n 3 h w"]:
        """Draw pictures of contents in styles; float32, about [-1, 1]."""
        return self.synthesise(content, self.styles(self.map(style)))

    def synthesise(
        self, content: Tensor, styles: list[Float[Tensor, "n _"]]
    ) -> Float[Tensor, "n 3 h w"]:
        """Draw pictures of contents, given what :meth:`styles` returns, perhaps edited."""
        x = content.to(self.dtype).contiguous(memory_format=torch.channels_last)
        given = iter(styles)

        # Residual blocks at the content's resolution.
        for block in _all(self.residual):
            skip = x
            x = block.conv0(x, next(given))
            x = (block.conv1(x, next(given)) + skip) * math.sqrt(0.5)

        # Up to the full resolution, with an RGB branch summed over resolutions.
        image = None
        for block in _all(self.blocks):
            for layer in block.layers:
                x = layer(x, next(given))
            rgb = block.torgb(x, next(given))
            image = rgb if image is None else upsample(image) + rgb
        assert image is not None
        return image.contiguous()

    def forward(
        self, image: Float[Tensor, "n 3 h w"], style: Float[Tensor, "n s"]
    ) -> Float[Tensor, "n 3 h w"]:
        """Translate pictures in [-1, 1] in styles, usually standard normal."""
        content = self.encoder.read_content(self.encoder.trunk(image))
        return self.decode(content, style)


class ContentReader(nn.Module):
    """The first half of a translation: pictures ``[n, 3, r, r]`` -> content codes."""

    def __init__(self, generator: RosesGenerator) -> None:
        super().__init__()
        self.encoder = generator.encoder

    def forward(self, image: Float[Tensor, "n 3 h w"]) -> Tensor:
        """Content codes ``[n, c, h', w']`` of pictures in [-1, 1]."""
        return self.encoder.read_content(self.encoder.trunk(image))


class StyleDecoder(nn.Module):
    """The second half: content codes and mapped styles -> pictures."""

    def __init__(self, generator: RosesGenerator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, content: Tensor, w: Float[Tensor, "n w_dim"]) -> Float[Tensor, "n 3 h w"]:
        """Draw contents in mapped styles; about [-1, 1]."""
        return self.generator.synthesise(content, self.generator.styles(w))


@dataclass(frozen=True)
class RosesLogits:
    """What the diversity discriminator says; float32, larger for real.

    Attributes:
        local: For each patch, ``[n, 1, h, w]``.
        whole: For each large patch of the picture, ``[n, 1, h, w]``.
        spread: For each group of pictures, ``[n, 1]``, the same within a group.
    """

    local: Tensor
    whole: Tensor
    spread: Tensor


class RosesDiscriminator(nn.Module):
    """Pictures -> logits of patches, of whole pictures and of how they differ (§3.3)."""

    def __init__(self, config: RosesDiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.dtype = torch.float32
        self.local, self.whole = (
            self._branch(config.channels[: depth + 1])
            for depth in (config.local_down, len(config.channels) - 1)
        )
        last = config.channels[-1]
        self.local_out = Conv(config.channels[config.local_down], 1, 1, activate=False)
        self.whole_out = Conv(last, 1, 1, activate=False)
        self.spread_conv = Conv(last, last, 3, down=True)
        self.spread_fc = FullyConnected(last * (config.side // 2) ** 2, config.head, activate=True)
        self.spread_out = FullyConnected(config.head, 1)

    @staticmethod
    def _branch(widths: tuple[int, ...]) -> nn.Sequential:
        pairs = pairwise(widths)
        blocks = [DiscriminatorBlock(False, i, o) for i, o in pairs]
        return nn.Sequential(Conv(3, widths[0], 1), *blocks)

    def forward(self, image: Float[Tensor, "n 3 h w"], group: int | None = None) -> RosesLogits:
        """Judge pictures in [-1, 1].

        Args:
            image: The batch; pictures of one group lie together.
            group: Pictures in a group, over which the spread is taken; ``None`` for all.
        """
        side, n = self.config.resolution, len(image)
        group = group or n
        if image.shape[-2:] != (side, side):
            raise InputError(
                f"image is {image.shape[-1]}×{image.shape[-2]}, this discriminator takes "
                f"{side}×{side}"
            )
        if n % group:
            raise InputError(f"a batch of {n} does not split into groups of {group}")
        x = image.to(self.dtype).contiguous(memory_format=torch.channels_last)

        # Patches, and the whole picture.
        local = self.local_out(self.local(x)).float()
        features = self.whole(x)
        whole = self.whole_out(features).float()

        # The standard deviation of each feature over the group goes through a head of its own.
        x = self.spread_conv(features).contiguous().flatten(1).float()
        x = self.spread_fc(x).unflatten(0, (-1, group))
        deviation = (x.var(dim=1, unbiased=False) + 1e-8).sqrt()  # [g head]
        spread = self.spread_out(deviation).repeat_interleave(group, dim=0)
        return RosesLogits(local, whole, spread)
