"""The StyleGAN2 generator: z -> w -> ws -> styles -> image.

Karras, Laine, Aittala, Hellsten, Lehtinen, Aila: Analyzing and Improving the Image Quality of
StyleGAN, 2020. Parameter names are those of the published PyTorch checkpoints.

Axes: n batch, c label, i o channels, h w pixels. ``ws`` holds one w for each layer, ``[n, num_ws,
w_dim]``; ``styles`` is the S space, one ``[n, channels]`` for each layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError
from mien.stylegan2.ops import (
    FullyConnected,
    clamped,
    leaky_relu_over,
    modulated_conv,
    normalise_2nd_moment,
    plus,
    unforeseen,
    upsample,
)

Noise = str | Sequence[Tensor]
"""``const``, ``random`` or ``none``; or ``[n, 1, h, w]`` for each convolution."""


_CAREFUL_BELOW = 32


@dataclass(frozen=True)
class GeneratorConfig:
    """Everything that decides the shape of a generator's tensors.

    Args:
        resolution: Height and width of the image; a power of two from 32 to 1024.
        z_dim: Width of the input latent.
        w_dim: Width of the mapped latent.
        c_dim: Width of the label; 0 for a generator without labels.
        channel_base: Features × resolution, before ``channel_max`` cuts it (32768 is config F).
        channel_max: The most features that a layer has.
        mapping_layers: Fully connected layers from z to w.
        conv_clamp: Largest magnitude of what a convolution gives, which networks trained in half
            precision were taught to live with; None for any.
    """

    resolution: int
    z_dim: int = 512
    w_dim: int = 512
    c_dim: int = 0
    channel_base: int = 32768
    channel_max: int = 512
    mapping_layers: int = 8
    conv_clamp: float | None = None

    def __post_init__(self) -> None:
        if self.resolution not in (32, 64, 128, 256, 512, 1024):
            raise InputError(
                f"resolution {self.resolution} is not a power of two from 32 to 1024; take 128"
            )
        for name in ("z_dim", "w_dim", "channel_base", "channel_max", "mapping_layers"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, but must be at least 1")
        if self.c_dim < 0:
            raise InputError(f"c_dim is {self.c_dim}, but must not be negative")
        if self.conv_clamp is not None and not self.conv_clamp > 0:
            raise InputError(f"conv_clamp is {self.conv_clamp}, but must be above 0")

    @property
    def num_ws(self) -> int:
        """Layers that take a w: two a resolution from 4 upwards, less one, plus the last ToRGB."""
        return 2 * int(math.log2(self.resolution)) - 2

    @property
    def block_resolutions(self) -> list[int]:
        """4, 8, … up to ``resolution``."""
        return [2**i for i in range(2, int(math.log2(self.resolution)) + 1)]

    def channels(self, resolution: int) -> int:
        """Features at a resolution."""
        return max(1, min(self.channel_base // resolution, self.channel_max))

    @property
    def gflop(self) -> float:
        """Work of one image: 10⁹ multiplications and additions of its convolutions."""
        total, before = 0, 0
        for res in self.block_resolutions:
            now = self.channels(res)
            up = 9 * before * now * (res // 2) ** 2 + (16 * now * res**2 if before else 0)
            total += up + (9 * now + 3) * now * res**2
            before = now
        return 2 * total / 1e9


class Mapping(nn.Module):
    """z and label -> w, and the running mean of w that truncation pulls towards."""

    w_avg: Tensor

    def __init__(
        self,
        z_dim: int,  # 0 for a network that maps labels alone
        c_dim: int,  # 0 for a network without labels
        w_dim: int,
        layers: int = 8,
        track_mean: bool = True,  # keep w_avg
    ) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.layers = z_dim, c_dim, w_dim, layers
        embedded = (z_dim or w_dim) if c_dim else 0
        if c_dim:
            self.embed = FullyConnected(c_dim, embedded)
        widths = [z_dim + embedded] + [w_dim] * layers
        for i in range(layers):
            layer = FullyConnected(widths[i], widths[i + 1], activate=True, lr_multiplier=0.01)
            setattr(self, f"fc{i}", layer)
        if track_mean:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(
        self, z: Float[Tensor, "n z_dim"] | None, c: Float[Tensor, "n c_dim"] | None = None
    ) -> Float[Tensor, "n w_dim"]:
        """Map latents (None where ``z_dim`` is 0), labels (None: zeros, "nothing said") or both."""
        # Embed, normalise, join.
        parts = [] if z is None else [normalise_2nd_moment(z.float())]
        if self.c_dim:
            if c is None:
                if z is None:
                    raise InputError("a mapping of labels needs labels")
                c = z.new_zeros([len(z), self.c_dim])
            if c.shape[1] != self.c_dim:
                raise InputError(f"label has {c.shape[1]} numbers, this network takes {self.c_dim}")
            parts.append(normalise_2nd_moment(self.embed(c.float())))
        x = torch.cat(parts, dim=1)

        # Layers.
        for i in range(self.layers):
            x = getattr(self, f"fc{i}")(x)
        return x


class SynthesisLayer(nn.Module):
    """Modulated 3×3 convolution, noise, bias, leaky ReLU."""

    noise_const: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        up: bool,  # double the resolution
        clamp: float | None = None,  # largest magnitude of the result; None for any
    ) -> None:
        super().__init__()
        self.affine = FullyConnected(w_dim, in_channels, bias_init=1)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.resolution, self.up, self.clamp = resolution, up, clamp
        self.careful = False
        # Demodulation (Eq. 3) cancels any common factor of the kernel, so none is applied.

    def forward(
        self, x: Float[Tensor, "n i h w"], style: Float[Tensor, "n i"], noise: Tensor | None
    ) -> Tensor:
        """Apply the layer to features of, if it up-samples, half its resolution.

        ``style`` scales each input channel; ``noise`` is ``[h, w]`` or ``[n, 1, h, w]``, or None.
        """
        x = modulated_conv(x, self.weight, style, up=self.up)
        if noise is not None:
            strength = self.noise_strength
            if self.careful:  # A constant, OpenVINO would store it with the bias, for each channel.
                strength = unforeseen(strength, style[:, :1])[:, :, None, None]
            x = plus(x, (noise * strength).to(x.dtype))
        x = leaky_relu_over(plus(x, self.bias.to(x.dtype)[:, None, None]))
        return clamped(x, self.clamp)


class ToRGB(nn.Module):
    """Modulated 1×1 convolution to three channels, without demodulation."""

    def __init__(self, in_channels: int, w_dim: int, clamp: float | None = None) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = FullyConnected(w_dim, in_channels, bias_init=1)
        self.weight = nn.Parameter(torch.randn(3, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1 / math.sqrt(in_channels)

    def forward(self, x: Float[Tensor, "n i h w"], style: Float[Tensor, "n i"]) -> Tensor:
        """Apply the layer; ``style`` is the affine map's output, scaled here."""
        x = modulated_conv(x, self.weight, style * self.weight_gain, demodulate=False)
        return clamped(x.float() + self.bias[:, None, None], self.clamp)


class SynthesisBlock(nn.Module):
    """One resolution: up-sampling layer, second layer, RGB branch (the 4×4 block has no first)."""

    def __init__(
        self,
        in_channels: int,  # 0 for the first block
        out_channels: int,
        w_dim: int,
        resolution: int,
        clamp: float | None = None,  # largest magnitude of what a layer gives; None for any
    ) -> None:
        super().__init__()
        self.resolution = resolution
        if in_channels:
            self.conv0 = SynthesisLayer(in_channels, out_channels, w_dim, resolution, True, clamp)
        else:
            self.const = nn.Parameter(torch.randn(out_channels, resolution, resolution))
        self.conv1 = SynthesisLayer(out_channels, out_channels, w_dim, resolution, False, clamp)
        self.torgb = ToRGB(out_channels, w_dim, clamp)

    @property
    def layers(self) -> list[SynthesisLayer]:
        """The one or two convolutions, in order."""
        return [self.conv0, self.conv1] if hasattr(self, "conv0") else [self.conv1]


class Synthesis(nn.Module):
    """ws -> image, by way of one style for each layer.

    ``dtype`` and ``channels_last`` may be set at any time: what the features are computed in
    (float32 or bfloat16) and how they lie in memory. The image is always float32. ``careful`` keeps
    the blocks below 32×32 in float32 too: they cost little, and most of the error begins there.
    In the layers it keeps compilers from storing noise and bias as one large constant.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.dtype = torch.float32
        self.channels_last = True
        self.careful = False
        before = 0
        for res in config.block_resolutions:
            channels = config.channels(res)
            block = SynthesisBlock(before, channels, config.w_dim, res, config.conv_clamp)
            setattr(self, f"b{res}", block)
            before = channels

    @property
    def gflop(self) -> float:
        """Work of one image: 10⁹ multiplications and additions."""
        return self.config.gflop

    @property
    def blocks(self) -> list[SynthesisBlock]:
        """From 4×4 upwards."""
        return [getattr(self, f"b{res}") for res in self.config.block_resolutions]

    @property
    def affines(self) -> list[FullyConnected]:
        """The map from w to style of each layer, ToRGB layers among them, in order."""
        found = []
        for block in self.blocks:
            found += [layer.affine for layer in block.layers] + [block.torgb.affine]
        return found

    @property
    def w_index(self) -> list[int]:
        """Which row of ws each entry of ``affines`` reads; a ToRGB shares with the next block."""
        index, first = [], 0
        for block in self.blocks:
            count = len(block.layers)
            index += [*range(first, first + count), first + count]
            first += count
        return index

    def styles(self, ws: Float[Tensor, "n num_ws w_dim"]) -> list[Tensor]:
        """The S space (Wu et al. 2021): one ``[n, channels]`` for each entry of ``affines``."""
        if ws.ndim != 3 or ws.shape[1:] != (self.config.num_ws, self.config.w_dim):
            raise InputError(
                f"ws is {list(ws.shape)}, this generator takes "
                f"[n, {self.config.num_ws}, {self.config.w_dim}]"
            )
        pairs = zip(self.affines, self.w_index, strict=True)
        return [affine(ws[:, i].float()) for affine, i in pairs]

    def draw_noise(self, n: int, generator: torch.Generator | None = None) -> list[Tensor]:
        """Standard normal noise ``[n, 1, h, w]`` for each convolution, on the CPU."""
        layers = [layer for block in self.blocks for layer in block.layers]
        return [
            torch.randn(n, 1, layer.resolution, layer.resolution, generator=generator)
            for layer in layers
        ]

    def forward(
        self, ws: Float[Tensor, "n num_ws w_dim"], noise: Noise = "const"
    ) -> Float[Tensor, "n 3 h w"]:
        """Draw the images of ``ws``, about [-1, 1], float32; ``noise`` as :data:`Noise` says."""
        return self.from_styles(self.styles(ws), noise)

    def from_styles(
        self, styles: Sequence[Float[Tensor, "n _"]], noise: Noise = "const"
    ) -> Float[Tensor, "n 3 h w"]:
        """Draw images from styles, as :meth:`styles` gives them; arguments as :meth:`forward`."""
        n, device = styles[0].shape[0], styles[0].device
        given = self._noise(noise, n, device)
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        position = convolution = 0
        x, image = None, None
        for block in self.blocks:
            # Convolutions.
            plain = self.careful and block.resolution < _CAREFUL_BELOW
            dtype = torch.float32 if plain else self.dtype
            if x is None:
                x = block.const.expand(n, -1, -1, -1).contiguous(memory_format=layout)
            x = x.to(dtype)
            for layer in block.layers:
                noise_now = layer.noise_const if given is None else given[convolution]
                x = layer(x, styles[position], noise_now)
                position, convolution = position + 1, convolution + 1

            # RGB branch, summed over resolutions (Karras et al. 2020, Fig. 7b).
            rgb = block.torgb(x, styles[position])
            image = rgb if image is None else upsample(image) + rgb
            position += 1
        if image is None:
            raise InputError("a generator without blocks")
        return image.contiguous()

    def _noise(self, noise: Noise, n: int, device: torch.device) -> Sequence[Tensor | None] | None:
        if not isinstance(noise, str):
            return [part.to(device) for part in noise]
        if noise == "const":
            return None
        layers = [layer for block in self.blocks for layer in block.layers]
        if noise == "none":
            return [None] * len(layers)
        if noise == "random":
            return [torch.randn(n, 1, la.resolution, la.resolution, device=device) for la in layers]
        raise InputError(f"noise {noise!r} is none of const, random, none")


class Generator(nn.Module):
    """The whole network. ``G(z)`` draws images; the steps between are methods of their own."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = Mapping(config.z_dim, config.c_dim, config.w_dim, config.mapping_layers)
        self.synthesis = Synthesis(config)

    @property
    def num_ws(self) -> int:
        """How many w the synthesis network takes."""
        return self.config.num_ws

    def map(
        self,
        z: Float[Tensor, "n z_dim"],
        c: Float[Tensor, "n c_dim"] | None = None,
        psi: float = 1,
        cutoff: int | None = None,
    ) -> Float[Tensor, "n num_ws w_dim"]:
        """Latents and labels (None or zeros say nothing) to one w for each layer, truncated.

        ``psi`` is the truncation of the first ``cutoff`` layers (None: all): 1 none, 0 the mean
        face (Karras et al. 2019, App. B).
        """
        w = self.mapping(z, c)
        return self.truncate(w[:, None].expand(-1, self.num_ws, -1), psi, cutoff)

    def truncate(
        self, ws: Float[Tensor, "n num_ws w_dim"], psi: float = 1, cutoff: int | None = None
    ) -> Float[Tensor, "n num_ws w_dim"]:
        """Pull the first ``cutoff`` layers (None: all) towards the mean w by ``psi``."""
        if psi == 1:
            return ws
        pulled = self.mapping.w_avg.lerp(ws, psi)
        return pulled if cutoff is None else torch.cat([pulled[:, :cutoff], ws[:, cutoff:]], dim=1)

    def styles(self, ws: Float[Tensor, "n num_ws w_dim"]) -> list[Tensor]:
        """The S space of ``ws``: see :meth:`Synthesis.styles`."""
        return self.synthesis.styles(ws)

    def forward(
        self,
        z: Float[Tensor, "n z_dim"],
        c: Float[Tensor, "n c_dim"] | None = None,
        psi: float = 1,
        cutoff: int | None = None,
        noise: Noise = "const",
    ) -> Float[Tensor, "n 3 h w"]:
        """Images of latents; arguments as :meth:`map` and :meth:`Synthesis.forward`."""
        return self.synthesis(self.map(z, c, psi, cutoff), noise)


def mix_styles(
    a: Float[Tensor, "n num_ws w_dim"], b: Float[Tensor, "n num_ws w_dim"], crossover: Tensor
) -> Float[Tensor, "n num_ws w_dim"]:
    """Style mixing (Karras et al. 2019, §3.1): layers before the crossover from a, the rest from b.

    ``crossover`` is int64 ``[n]``, the first layer that comes from ``b``.
    """
    layer = torch.arange(a.shape[1], device=a.device)[None, :, None]
    return torch.where(layer < crossover.to(a.device)[:, None, None], a, b)
