"""Small random networks in the forms of other programs, and plain references of what they compute.

The references follow the published conventions literally (a kernel for each sample, zero insertion,
explicit padding), so that a mistake in a table of names or signs shows in the pictures.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

WIDTH = 16
CHANNELS = {4: 16, 8: 16, 16: 16, 32: 8}
_TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0])
FILTER = torch.outer(_TAPS, _TAPS) / 64


def rosinality_generator(seed: int = 0, layers: int = 2) -> dict[str, Tensor]:
    """A generator for 32×32 pictures under rosinality's names."""
    source = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=source)

    state = {"input.input": draw(1, 16, 4, 4)}
    for i in range(layers):
        state[f"style.{i + 1}.weight"] = draw(WIDTH, WIDTH) * 100
        state[f"style.{i + 1}.bias"] = draw(WIDTH)

    def modulated(name: str, i: int, o: int, k: int) -> None:
        state[f"{name}.weight"] = draw(1, o, i, k, k)
        state[f"{name}.modulation.weight"] = draw(i, WIDTH)
        state[f"{name}.modulation.bias"] = draw(i) + 1

    def layer(name: str, i: int, o: int, index: int, side: int) -> None:
        modulated(f"{name}.conv", i, o, 3)
        state[f"{name}.noise.weight"] = draw(1)
        state[f"{name}.activate.bias"] = draw(o)
        state[f"noises.noise_{index}"] = draw(1, 1, side, side)

    def to_rgb(name: str, i: int) -> None:
        modulated(f"{name}.conv", i, 3, 1)
        state[f"{name}.bias"] = draw(1, 3, 1, 1)

    layer("conv1", 16, 16, 0, 4)
    to_rgb("to_rgb1", 16)
    before = 16
    for i, side in enumerate((8, 16, 32)):
        after = CHANNELS[side]
        layer(f"convs.{2 * i}", before, after, 2 * i + 1, side)
        layer(f"convs.{2 * i + 1}", after, after, 2 * i + 2, side)
        to_rgb(f"to_rgbs.{i}", after)
        state[f"convs.{2 * i}.conv.blur.kernel"] = FILTER * 4
        state[f"to_rgbs.{i}.upsample.kernel"] = FILTER * 4
        before = after
    return state


def rosinality_discriminator(seed: int = 0) -> dict[str, Tensor]:
    """A discriminator of 32×32 pictures under rosinality's names."""
    source = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=source)

    state = {"convs.0.0.weight": draw(8, 3, 1, 1), "convs.0.1.bias": draw(8)}
    for i, (inner, outer) in enumerate(((8, 16), (16, 16), (16, 16)), start=1):
        state[f"convs.{i}.conv1.0.weight"] = draw(inner, inner, 3, 3)
        state[f"convs.{i}.conv1.1.bias"] = draw(inner)
        state[f"convs.{i}.conv2.0.kernel"] = FILTER
        state[f"convs.{i}.conv2.1.weight"] = draw(outer, inner, 3, 3)
        state[f"convs.{i}.conv2.2.bias"] = draw(outer)
        state[f"convs.{i}.skip.0.kernel"] = FILTER
        state[f"convs.{i}.skip.1.weight"] = draw(outer, inner, 1, 1)
    state["final_conv.0.weight"] = draw(16, 17, 3, 3)
    state["final_conv.1.bias"] = draw(16)
    state["final_linear.0.weight"] = draw(16, 256)
    state["final_linear.0.bias"] = draw(16)
    state["final_linear.1.weight"] = draw(1, 16)
    state["final_linear.1.bias"] = draw(1)
    return state


def genforce_generator(seed: int = 0, layers: int = 2) -> dict[str, Tensor]:
    """A generator for 32×32 pictures under genforce's names."""
    source = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=source)

    state = {
        "truncation.w_avg": draw(WIDTH),
        "synthesis.early_layer.const": draw(1, 16, 4, 4),
        "synthesis.upsample.kernel": FILTER[None, None] * 4,
    }
    for i in range(layers):
        state[f"mapping.dense{i}.weight"] = draw(WIDTH, WIDTH) * 100
        state[f"mapping.dense{i}.bias"] = draw(WIDTH)

    def block(name: str, i: int, o: int, k: int, side: int) -> None:
        state[f"synthesis.{name}.weight"] = draw(o, i, k, k)
        state[f"synthesis.{name}.bias"] = draw(o)
        state[f"synthesis.{name}.style.weight"] = draw(i, WIDTH)
        state[f"synthesis.{name}.style.bias"] = draw(i)
        if k == 3:
            state[f"synthesis.{name}.noise_strength"] = draw(1)[0]
            state[f"synthesis.{name}.noise"] = draw(1, 1, side, side)

    before = 16
    for i, side in enumerate((4, 8, 16, 32)):
        after = CHANNELS[side]
        if i:
            block(f"layer{2 * i - 1}", before, after, 3, side)
            state[f"synthesis.layer{2 * i - 1}.filter.kernel"] = FILTER[None, None] * 4
        block(f"layer{2 * i}", after, after, 3, side)
        block(f"output{i}", after, 3, 1, side)
        before = after
    return state


def genforce_discriminator(seed: int = 0) -> dict[str, Tensor]:
    """The discriminator of :func:`rosinality_discriminator` under genforce's names."""
    theirs = rosinality_discriminator(seed)
    state = {"input0.weight": theirs["convs.0.0.weight"], "input0.bias": theirs["convs.0.1.bias"]}
    for block in range(3):
        name = f"convs.{block + 1}"
        state[f"layer{2 * block}.weight"] = theirs[f"{name}.conv1.0.weight"]
        state[f"layer{2 * block}.bias"] = theirs[f"{name}.conv1.1.bias"]
        state[f"layer{2 * block + 1}.weight"] = theirs[f"{name}.conv2.1.weight"]
        state[f"layer{2 * block + 1}.bias"] = theirs[f"{name}.conv2.2.bias"]
        state[f"layer{2 * block + 1}.filter.kernel"] = FILTER[None, None]
        state[f"skip_layer{block}.weight"] = theirs[f"{name}.skip.1.weight"]
    ends = ("final_conv.0", "final_conv.1"), ("final_linear.0",) * 2, ("final_linear.1",) * 2
    for i, (weight, bias) in enumerate(ends, start=6):
        state[f"layer{i}.weight"] = theirs[f"{weight}.weight"]
        state[f"layer{i}.bias"] = theirs[f"{bias}.bias"]
    return state


def _activate(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, 0.2) * math.sqrt(2)


def _filtered(x: Tensor, kernel: Tensor, before: int, after: int) -> Tensor:
    x = functional.pad(x, (before, after, before, after))
    planes = x.reshape(-1, 1, *x.shape[2:])
    out = functional.conv2d(planes, kernel.flip(0, 1)[None, None])
    return out.reshape(*x.shape[:2], *out.shape[2:])


def _doubled(x: Tensor) -> Tensor:
    wide = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    wide[:, :, ::2, ::2] = x
    return _filtered(wide, FILTER * 4, 2, 1)


def _mapped(z: Tensor, weights: list[tuple[Tensor, Tensor]]) -> Tensor:
    x = z / (z.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
    for weight, bias in weights:
        x = _activate(functional.linear(x, weight * (0.01 / math.sqrt(WIDTH)), bias * 0.01))
    return x


def _modulated(
    x: Tensor, weight: Tensor, style: Tensor, demodulate: bool, up: bool, mirrored: bool
) -> Tensor:
    n, i, height, width = x.shape
    o, k = weight.shape[0], weight.shape[-1]
    kernel = weight[None] / math.sqrt(i * k * k) * style[:, None, :, None, None]
    if demodulate:
        kernel = kernel * (kernel.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    grouped = x.reshape(1, n * i, height, width)
    if not up:
        out = functional.conv2d(grouped, kernel.reshape(n * o, i, k, k), padding=k // 2, groups=n)
        return out.reshape(n, o, height, width)
    if mirrored:
        kernel = kernel.flip(3, 4)
    kernel = kernel.transpose(1, 2).reshape(n * i, o, k, k)
    out = functional.conv_transpose2d(grouped, kernel, stride=2, groups=n)
    return _filtered(out.reshape(n, o, *out.shape[2:]), FILTER * 4, 1, 1)


def rosinality_images(state: dict[str, Tensor], z: Tensor) -> tuple[Tensor, Tensor]:
    """w and pictures with stored noise, computed as rosinality's conventions say."""
    layers = sum(name.startswith("style.") and name.endswith("weight") for name in state)
    pairs = [(state[f"style.{i + 1}.weight"], state[f"style.{i + 1}.bias"]) for i in range(layers)]
    w = _mapped(z, pairs)

    def modulate(name: str, x: Tensor, demodulate: bool, up: bool = False) -> Tensor:
        weight = state[f"{name}.modulation.weight"] / math.sqrt(WIDTH)
        style = functional.linear(w, weight, state[f"{name}.modulation.bias"])
        return _modulated(x, state[f"{name}.weight"][0], style, demodulate, up, False)

    def layer(name: str, x: Tensor, index: int, up: bool) -> Tensor:
        x = modulate(f"{name}.conv", x, True, up)
        x = x + state[f"{name}.noise.weight"] * state[f"noises.noise_{index}"]
        return _activate(x + state[f"{name}.activate.bias"][None, :, None, None])

    x = layer("conv1", state["input.input"].expand(len(z), -1, -1, -1), 0, False)
    image = modulate("to_rgb1.conv", x, False) + state["to_rgb1.bias"]
    for i in range(3):
        x = layer(f"convs.{2 * i}", x, 2 * i + 1, True)
        x = layer(f"convs.{2 * i + 1}", x, 2 * i + 2, False)
        rgb = modulate(f"to_rgbs.{i}.conv", x, False) + state[f"to_rgbs.{i}.bias"]
        image = rgb + _doubled(image)
    return w, image


def genforce_images(state: dict[str, Tensor], z: Tensor) -> tuple[Tensor, Tensor]:
    """w and pictures with stored noise, computed as genforce's conventions say."""
    layers = sum("dense" in name and name.endswith("weight") for name in state)
    names = [f"mapping.dense{i}" for i in range(layers)]
    w = _mapped(z, [(state[f"{name}.weight"], state[f"{name}.bias"]) for name in names])

    def block(name: str, x: Tensor, up: bool = False) -> Tensor:
        name = f"synthesis.{name}"
        weight = state[f"{name}.style.weight"] / math.sqrt(WIDTH)
        style = functional.linear(w, weight, state[f"{name}.style.bias"]) + 1
        is_layer = f"{name}.noise" in state
        x = _modulated(x, state[f"{name}.weight"], style, is_layer, up, True)
        bias = state[f"{name}.bias"][None, :, None, None]
        if not is_layer:
            return x + bias
        return _activate(x + state[f"{name}.noise_strength"] * state[f"{name}.noise"] + bias)

    x = block("layer0", state["synthesis.early_layer.const"].expand(len(z), -1, -1, -1))
    image = block("output0", x)
    for i in range(1, 4):
        x = block(f"layer{2 * i}", block(f"layer{2 * i - 1}", x, True))
        image = block(f"output{i}", x) + _doubled(image)
    return w, image


def rosinality_logits(state: dict[str, Tensor], image: Tensor) -> Tensor:
    """Logits of one group of pictures, computed as rosinality's conventions say."""

    def conv(name: str, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
        weight = state[f"{name}.weight"]
        gain = 1 / math.sqrt(weight[0].numel())
        return functional.conv2d(x, weight * gain, stride=stride, padding=padding)

    def active(name: str, x: Tensor) -> Tensor:
        return _activate(x + state[f"{name}.bias"][None, :, None, None])

    x = active("convs.0.1", conv("convs.0.0", image))
    for i in range(1, 4):
        name = f"convs.{i}"
        skip = conv(f"{name}.skip.1", _filtered(x, FILTER, 1, 1), stride=2)
        x = active(f"{name}.conv1.1", conv(f"{name}.conv1.0", x, padding=1))
        x = conv(f"{name}.conv2.1", _filtered(x, FILTER, 2, 2), stride=2)
        x = (active(f"{name}.conv2.2", x) + skip) / math.sqrt(2)
    spread = (x.var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
    x = torch.cat([x, spread.expand(len(x), 1, 4, 4)], dim=1)
    x = active("final_conv.1", conv("final_conv.0", x, padding=1)).flatten(1)
    first = state["final_linear.0.weight"]
    x = _activate(functional.linear(x, first / math.sqrt(256), state["final_linear.0.bias"]))
    last = state["final_linear.1.weight"]
    return functional.linear(x, last / math.sqrt(16), state["final_linear.1.bias"])


def nested(value: Any, *keys: str) -> dict[str, Any]:
    """A value under a chain of keys."""
    for key in reversed(keys):
        value = {key: value}
    return value
