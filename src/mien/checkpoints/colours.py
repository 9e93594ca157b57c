"""StyleGAN2 networks of one channel (grey) or four (RGBA), brought to three.

Grey is shown as three equal rows of the layers to RGB, alpha is left out; a discriminator sees grey
as the mean of three equal channels, no alpha as opaque. All is exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.errors import ConfigMismatch

if TYPE_CHECKING:
    from torch import Tensor

_GENERATOR = "stylegan2-generator"
_DISCRIMINATOR = "stylegan2-discriminator"
_KNOWN = (1, 4)
_NAMES = {1: "1 channel (grey)", 4: "4 channels (RGBA)"}


def channels(path: str | Path, kind: str, shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Channels of the pictures that a network draws or sees, 3 if it is none of these two kinds.

    ``shapes`` are those of its parameters, under our names. Raises ConfigMismatch if they are
    neither grey, RGB nor RGBA.
    """
    if kind == _GENERATOR:
        shape = shapes.get("synthesis.b4.torgb.weight", ())
        found = shape[-4] if len(shape) >= 4 else 3
    elif kind == _DISCRIMINATOR:
        shape = next((s for name, s in shapes.items() if name.endswith("fromrgb.weight")), ())
        found = shape[-3] if len(shape) >= 4 else 3
    else:
        return 3
    if found != 3 and found not in _KNOWN:
        verb = "draws" if kind == _GENERATOR else "sees"
        raise ConfigMismatch(path, f"{verb} {found} channels; only grey, RGB and RGBA are read")
    return found


def shape(name: str, wanted: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The shape that a parameter has in a network of so many channels."""
    if count == 3:
        return wanted
    if ".torgb.weight" in name or ".torgb.bias" in name:
        return (count, *wanted[1:])
    if name.endswith("fromrgb.weight"):
        return (wanted[0], count, *wanted[2:])
    return wanted


def to_rgb(kind: str, tensors: dict[str, Tensor], count: int) -> dict[str, Any]:
    """Bring tensors to three channels, in place; what was done, for the file's meta, or {}."""
    if count == 3:
        return {}
    for name, tensor in tensors.items():
        if ".torgb.weight" in name or ".torgb.bias" in name:
            sides = (1,) * (tensor.ndim - 1)
            tensors[name] = tensor.repeat(3, *sides) if count == 1 else tensor[:3].clone()
        elif name.endswith("fromrgb.weight"):
            # Kernels are scaled by 1/√channels where they are used.
            scale = math.sqrt(3 / count)
            if count == 1:
                tensors[name] = tensor.repeat(1, 3, 1, 1) * (scale / 3)
                continue
            bias = name.replace("weight", "bias")
            tensors[name] = tensor[:, :3] * scale
            tensors[bias] = tensors[bias] + tensor[:, 3, 0, 0] / math.sqrt(count)
    what = "shown as RGB" if count == 1 else "alpha is left out"
    if kind == _DISCRIMINATOR:
        what = "sees RGB as grey" if count == 1 else "sees RGB as opaque"
    return {"colours": f"{_NAMES[count]}; {what}"}
