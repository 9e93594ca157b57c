"""StyleGAN2's synthesis network written plainly: float32, NCHW, a kernel for every sample.

Karras et al. 2020, Fig. 2b, as the equations stand there: each sample's kernel is modulated and
demodulated, and all samples pass one grouped convolution; resampling is zero insertion, padding and
a depthwise convolution. It takes its weights from our network, so that both draw the same picture.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from mien.stylegan2.generator import Synthesis


def resample(x: Tensor, up: int, pad: tuple[int, int, int, int], gain: float) -> Tensor:
    """Insert zeros, pad, filter with [1, 3, 3, 1] ⊗ [1, 3, 3, 1] / 64."""
    n, channels, height, width = x.shape
    if up > 1:
        x = x.reshape(n, channels, height, 1, width, 1)
        x = functional.pad(x, [0, up - 1, 0, 0, 0, up - 1])
        x = x.reshape(n, channels, height * up, width * up)
    x = functional.pad(x, pad)
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=x.device)
    kernel = torch.outer(taps, taps) * (gain / 64)
    return functional.conv2d(x, kernel.repeat(channels, 1, 1, 1), groups=channels)


def modulated(
    x: Tensor, weight: Tensor, styles: Tensor, demodulate: bool, up: bool, grouped: bool = True
) -> Tensor:
    """Modulated convolution of x ``[n, i, h, w]`` by weight ``[o, i, k, k]``, Eq. 1 and 3.

    Each output channel is brought to unit variance if demodulated. A kernel for each sample if
    ``grouped``, else (as NVlabs' code trains) one kernel and features scaled before and after it.
    """
    (n, inputs), (outputs, _, k, _) = styles.shape, weight.shape
    kernels = weight[None] * styles[:, None, :, None, None]  # [n o i k k]
    norms = (kernels.square().sum(dim=[2, 3, 4]) + 1e-8).rsqrt() if demodulate else None  # [n o]
    groups, kernel = 1, weight
    if grouped:
        if norms is not None:
            kernels = kernels * norms[:, :, None, None, None]
        groups, kernel = n, kernels.reshape(n * outputs, inputs, k, k)
        x = x.reshape(1, n * inputs, *x.shape[2:])
    else:
        x = x * styles[:, :, None, None]
    if up:
        kernel = kernel.reshape(groups, outputs, inputs, k, k).transpose(1, 2)
        kernel = kernel.reshape(groups * inputs, outputs, k, k)
        x = functional.conv_transpose2d(x, kernel, stride=2, groups=groups)
        x = resample(x.reshape(n, outputs, *x.shape[2:]), 1, (1, 1, 1, 1), 4)
    else:
        x = functional.conv2d(x, kernel, padding=k // 2, groups=groups)
        x = x.reshape(n, outputs, *x.shape[2:])
    if norms is not None and not grouped:
        x = x * norms[:, :, None, None]
    return x


def synthesise(network: Synthesis, ws: Tensor, grouped: bool = True) -> Tensor:
    """The image that ``network`` draws of ``ws`` with its constant noise."""
    styles = iter(network.styles(ws))
    x, image = None, None
    for block in network.blocks:
        if x is None:
            x = block.const[None].repeat(len(ws), 1, 1, 1)
        for layer in block.layers:
            x = modulated(x, layer.weight, next(styles), True, layer.up, grouped)
            x = x + layer.noise_const * layer.noise_strength
            x = functional.leaky_relu(x + layer.bias[:, None, None], 0.2) * math.sqrt(2)
        scaled = next(styles) * block.torgb.weight_gain
        rgb = modulated(x, block.torgb.weight, scaled, False, False, grouped)
        rgb = rgb + block.torgb.bias[:, None, None]
        image = rgb if image is None else resample(image, 2, (2, 1, 2, 1), 4) + rgb
    assert image is not None
    return image
