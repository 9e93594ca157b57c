"""The arithmetic that StyleGAN2's two networks share: equalised layers, FIR resampling, modulation.

Karras, Laine, Aittala, Hellsten, Lehtinen, Aila: Analyzing and Improving the Image Quality of
StyleGAN, 2020. Everything is plain PyTorch, differentiable twice, on any device, in float32 or
bfloat16; parameters stay float32 and are cast where they are used.

Axes: n batch, i input channels, o output channels, h w pixels, k kernel.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

LRELU_GAIN = math.sqrt(2)


def normalise_2nd_moment(x: Float[Tensor, "n d"], eps: float = 1e-8) -> Float[Tensor, "n d"]:
    """Scale each row to a mean square of one."""
    return x * (x.square().mean(dim=1, keepdim=True) + eps).rsqrt()


def leaky_relu(x: Tensor, gain: float = LRELU_GAIN) -> Tensor:
    """Leaky ReLU of slope 0.2 times ``gain``, √2 unless told, which keeps the variance."""
    x = functional.leaky_relu(x, 0.2)
    return x * gain if gain != 1 else x


def leaky_relu_over(x: Tensor) -> Tensor:
    """:func:`leaky_relu`, written over ``x`` where no gradient will ask for it."""
    if torch.is_grad_enabled():
        return leaky_relu(x)
    return functional.leaky_relu_(x, 0.2).mul_(LRELU_GAIN)


def times(x: Tensor, scale: Tensor) -> Tensor:
    """``x * scale``, written over ``x`` where no gradient will ask for it."""
    return x * scale if torch.is_grad_enabled() else x.mul_(scale)


def plus(x: Tensor, offset: Tensor) -> Tensor:
    """``x + offset``, written over ``x`` where no gradient will ask for it."""
    return x + offset if torch.is_grad_enabled() else x.add_(offset)


def clamped(x: Tensor, most: float | None) -> Tensor:
    """Cut magnitudes above ``most``, as networks trained in half precision do; None cuts none."""
    return x if most is None else x.clamp(-most, most)


def unforeseen(value: Float[Tensor, ""], witness: Float[Tensor, "n 1"]) -> Float[Tensor, "n 1"]:
    """``value`` (below 1e30) for each sample, in a form that no compiler can compute ahead of it.

    ``witness`` is anything finite that depends on the sample.
    """
    return torch.minimum(value, witness.square() + 1e30)


def fir(x: Float[Tensor, "n c h w"], pad: int, gain: float = 1) -> Tensor:
    """Low-pass filter each channel with [1, 3, 3, 1] ⊗ [1, 3, 3, 1] / 64, after ``pad`` zeros.

    ``gain`` multiplies the result; 4 after zero-insertion keeps the brightness.
    """
    channels = x.shape[1]
    # [1, 3, 3, 1] / 8, computed where x is: a CUDA graph cannot hold a copy from the host.
    taps = 0.5 - 0.25 * (torch.arange(4, dtype=torch.float32, device=x.device) - 1.5).abs()
    kernel = (torch.outer(taps, taps) * gain).to(x.dtype).expand(channels, 1, 4, 4)
    return functional.conv2d(x, kernel, padding=pad, groups=channels)


def upsample(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c 2*h 2*w"]:
    """Zero insertion and the FIR filter with gain 4, in one step.

    Away from the border that filter is bilinear interpolation; a frame of zeros makes it so at the
    border too.
    """
    x = functional.pad(x, (1, 1, 1, 1))
    x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return x[:, :, 2:-2, 2:-2]


def downsample(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h/2 w/2"]:
    """The FIR filter, then every second pixel.

    Filtering every pixel and dropping three of four is faster than a depthwise convolution of
    stride 2, whose backward pass is slow in bfloat16 on CPUs.
    """
    return fir(x, pad=1)[:, :, ::2, ::2]


def modulated_conv(
    x: Float[Tensor, "n i h w"],
    weight: Float[Tensor, "o i k k"],
    styles: Float[Tensor, "n i"],
    demodulate: bool = True,
    up: bool = False,
) -> Tensor:
    """Convolution whose kernel each sample scales for itself (Karras et al. 2020, Eq. 1 and 3).

    No kernel is built per sample: scaling input channels by the style, one shared convolution, and
    scaling output channels by the inverse norm is the same map. ``weight`` is scaled already for
    equalised learning rate; ``up`` doubles height and width (transposed convolution, then the FIR
    filter).
    """
    # Modulate, Eq. 1.
    kernel = weight.to(x.dtype)
    x = x * styles.to(x.dtype)[:, :, None, None]

    # Convolve.
    if up:
        x = functional.conv_transpose2d(x, kernel.transpose(0, 1), stride=2)
        x = fir(x, pad=1, gain=4)
    else:
        x = functional.conv2d(x, kernel, padding=kernel.shape[-1] // 2)

    # Demodulate, Eq. 3.
    if demodulate:
        energy = weight.square().sum(dim=(2, 3))  # [o i]
        norm = (styles.square() @ energy.T + 1e-8).rsqrt()  # [n o]
        x = times(x, norm.to(x.dtype)[:, :, None, None])
    return x


class FullyConnected(nn.Module):
    """Linear layer with equalised learning rate (Karras et al. 2018, §4.1)."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        activate: bool = False,  # leaky ReLU afterwards
        lr_multiplier: float = 1,  # how much slower than the rest it learns
        bias_init: float = 0,  # value that the bias starts from
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full([out_features], float(bias_init)))
        self.activate = activate
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier

    def forward(self, x: Float[Tensor, "n i"]) -> Float[Tensor, "n o"]:
        """Apply the layer in the dtype of ``x``."""
        weight = (self.weight * self.weight_gain).to(x.dtype)
        bias = (self.bias * self.bias_gain).to(x.dtype)
        x = functional.linear(x, weight, bias)
        return leaky_relu(x) if self.activate else x


class Conv(nn.Module):
    """Convolution with equalised learning rate, perhaps half the resolution, and activation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,  # width of the kernel, 1 or 3
        bias: bool = True,
        activate: bool = True,  # leaky ReLU afterwards
        down: bool = False,  # FIR filter, then stride 2
        gain: float = 1,  # what the result is multiplied with
        clamp: float | None = None,  # its largest magnitude at gain 1; None for any
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.activate = activate
        self.down = down
        self.gain = gain
        self.clamp = None if clamp is None else clamp * gain
        self.weight_gain = 1 / math.sqrt(in_channels * kernel**2)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Tensor:
        """Apply the layer in the dtype of ``x``."""
        kernel = (self.weight * self.weight_gain).to(x.dtype)
        bias = None if self.bias is None else self.bias.to(x.dtype)
        half = kernel.shape[-1] // 2
        if self.down and half == 0:
            x = functional.conv2d(downsample(x), kernel, bias)
        elif self.down:
            x = functional.conv2d(fir(x, pad=half + 1), kernel, bias, stride=2)
        else:
            x = functional.conv2d(x, kernel, bias, padding=half)
        gain = self.gain * (LRELU_GAIN if self.activate else 1)
        if self.activate:
            return clamped(leaky_relu(x, gain), self.clamp)
        return clamped(x * gain if gain != 1 else x, self.clamp)
