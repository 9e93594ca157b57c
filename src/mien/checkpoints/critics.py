"""Weights of networks that have seen the world: 8-bit files of Keras' and dlib's, FID's ``.pth``.

The 8-bit form is a ``.safetensors`` in which ``value = min + scale * uint8``; its header holds
``quantization``, JSON ``{name: [min, scale]}``. Batch normalisation and dlib's scale a channel are
folded into the convolution before them. Kernels: Keras and dlib h w i o (depthwise: h w o 1), ours
o i h w.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.checkpoints import header as safetensors_header
from mien.checkpoints.native import Native
from mien.errors import CheckpointError, ConfigMismatch

if TYPE_CHECKING:
    from torch import Tensor

INCEPTION = "inception"
MOBILENET = "mobilenet"
RECOGNITION = "recognition"

KINDS = (INCEPTION, MOBILENET, RECOGNITION)
"""Kinds of networks that are read here."""

QUANTIZATION_KEY = "quantization"
"""Where in the header the 8-bit form has its table."""

_EPSILON = 0.001  # of every batch normalisation of the three files that have one
# 8 bits leave variances of 0; the reference activations of these weights count them as 1e-6.
_LEAST_VARIANCE = 1e-6
_MARKS = {
    INCEPTION: "conv2d_94/kernel",
    MOBILENET: "block_16_project/kernel",
    RECOGNITION: "conv256_down_out/conv1/conv/filters",
}
_FID_MARK = "Mixed_7c.branch_pool.conv.weight"
_REMEDY = "run: mien weights pull inception-fid, or give one of mien's own"


def is_quantized(path: str | Path) -> bool:
    """Whether a file is a safetensors in the 8-bit form."""
    with Path(path).open("rb") as file:
        start = file.read(9)
    return start[8:9] == b"{" and QUANTIZATION_KEY in safetensors_header.read(path).metadata


def find_kind(path: str | Path) -> str | None:
    """Which of :data:`KINDS` an 8-bit file holds, told by a name; ``None`` if none."""
    entries = safetensors_header.read(path).entries
    return next((kind for kind, mark in _MARKS.items() if mark in entries), None)


def read_quantized(path: str | Path) -> dict[str, Tensor]:
    """Name -> float32 out of the 8-bit form; CheckpointError if damaged or of another file."""
    import safetensors.torch
    import torch

    metadata = safetensors_header.read(path).metadata
    try:
        table = {
            name: (float(least), float(step))
            for name, (least, step) in json.loads(metadata[QUANTIZATION_KEY]).items()
        }
    except KeyError:
        cause = f"has no {QUANTIZATION_KEY!r} in its header; 8-bit weights are wanted"
        raise CheckpointError(path, cause) from None
    except (AttributeError, ValueError, TypeError, RecursionError):
        cause = f"its {QUANTIZATION_KEY!r} entry is not a table of least values and steps"
        raise CheckpointError(path, cause) from None
    stored = safetensors.torch.load_file(path, device="cpu")
    tensors = {}
    for name, tensor in stored.items():
        if tensor.dtype == torch.uint8:
            if name not in table:
                raise CheckpointError(path, f"has no least value and step for {name}")
            least, step = table[name]
            tensor = least + step * tensor.float()
        tensors[name] = tensor.float()
    return tensors


def read(path: str | Path, kind: str) -> Native:
    """Read a network of one of :data:`KINDS` out of its file, under our names.

    The file is in the 8-bit form, or for ``inception`` pytorch-fid's ``.pth``.

    Raises UnsafeCheckpoint if it asks for something that could run code (nothing was run),
    ConfigMismatch if something is missing or of another shape, CheckpointError if it is another
    file or damaged.
    """
    if is_quantized(path):
        found = find_kind(path)
        if found != kind:
            what = f"a {found!r}" if found else "a network that is not known here"
            raise CheckpointError(path, f"holds {what}, a {kind!r} is wanted", "give another file")
        config = {"form": "keras"} if kind == INCEPTION else {}
        tensors = _READERS[kind](path, read_quantized(path))
        return Native(kind, 1, config, {"format": "8 bits"}, tensors)
    theirs = _fid_tensors(path, kind)
    tensors = _fid_inception(path, theirs)
    return Native(kind, 1, {"form": "fid"}, {"format": "pytorch-fid"}, tensors)


def _fid_tensors(path: str | Path, kind: str) -> dict[str, Tensor]:
    from mien.checkpoints.documents import groups
    from mien.checkpoints.torch_files import open_file

    for group in groups(open_file(path)):
        if kind == INCEPTION and _FID_MARK in group.tensors:
            return {name: ref.read().float() for name, ref in group.tensors.items()}
    known = {INCEPTION: "8-bit weights or pytorch-fid's Inception"}.get(kind, "8-bit weights")
    cause = f"is not {known}"
    raise CheckpointError(path, cause, _REMEDY if kind == INCEPTION else "give another file")


class _Reader:
    """Foreign tensors that must be there, in our order of axes."""

    def __init__(self, path: str | Path, tensors: Mapping[str, Tensor]) -> None:
        self.path, self.tensors = path, tensors

    def __call__(self, name: str) -> Tensor:
        if name not in self.tensors:
            raise ConfigMismatch(self.path, f"{name} is missing")
        return self.tensors[name]

    def kernel(self, name: str) -> Tensor:
        """A kernel h w i o as o i h w."""
        found = self(name)
        if found.ndim != 4:
            raise ConfigMismatch(self.path, f"{name} has {found.ndim} axes, a kernel has 4")
        return found.permute(3, 2, 0, 1)

    def scaled(self, weight: Tensor, scale: Tensor, name: str) -> Tensor:
        """A kernel o i h w times a number for each output."""
        if tuple(scale.shape) != (weight.shape[0],):
            cause = f"{list(scale.shape)} numbers for {weight.shape[0]} outputs of {name}"
            raise ConfigMismatch(self.path, cause)
        return (weight * scale[:, None, None, None]).contiguous()

    def folded(
        self, weight: Tensor, norm: str, names: tuple[str, ...], least_variance: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Kernel and bias of a convolution without bias and the batch normalisation behind it.

        (w * x - mean) * gamma / sqrt(var + eps) + beta = (s w) * x + (beta - s mean).
        """
        import torch

        gamma, beta, mean, variance = names
        spread = self(f"{norm}{variance}").double().clamp(min=least_variance)
        scale = torch.rsqrt(spread + _EPSILON)
        if f"{norm}{gamma}" in self.tensors:  # Keras' Inception has none: it is 1
            scale = scale * self(f"{norm}{gamma}").double()
        bias = self(f"{norm}{beta}").double() - scale * self(f"{norm}{mean}").double()
        return self.scaled(weight, scale.float(), norm), bias.float()


_KERAS_NORM = ("/gamma", "/beta", "/moving_mean", "/moving_variance")
_TORCH_NORM = (".weight", ".bias", ".running_mean", ".running_var")


def _convolutions(kind: str) -> list[str]:
    """Names of a network's convolutions, in the order in which they are written down."""
    from torch import nn

    from mien.judges.inception import Inception
    from mien.judges.mobilenet import MobileNet
    from mien.runtime.shapes import shapes_alone

    with shapes_alone():
        network = Inception() if kind == INCEPTION else MobileNet()
    return [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]


def _keras_inception(path: str | Path, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Keras numbers convolutions from 1 in the order of the paper's blocks and branches."""
    tensors, get = {}, _Reader(path, theirs)
    for number, name in enumerate(_convolutions(INCEPTION), 1):
        weight = get.kernel(f"conv2d_{number}/kernel")
        norm = f"batch_normalization_{number}"
        pair = get.folded(weight, norm, _KERAS_NORM, _LEAST_VARIANCE)
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = pair
    return tensors


def _fid_inception(path: str | Path, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The names are torchvision's; the head and the auxiliary head are not wanted."""
    tensors, get = {}, _Reader(path, theirs)
    for name in _convolutions(INCEPTION):
        pair = get.folded(get(f"{name}.weight"), f"{name[:-5]}.bn", _TORCH_NORM)
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = pair
    return tensors


def _mobilenet(path: str | Path, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Keras' names of convolutions; behind each stands its own normalisation."""
    from mien.judges.mobilenet import BLOCKS

    tensors, get = {}, _Reader(path, theirs)
    rows = {"stem": ("Conv1", "bn_Conv1"), "last": ("Conv_1", "Conv_1_bn")}
    for number, plan in enumerate(BLOCKS):
        for part in ("expand", "depthwise", "project"):
            name = f"{plan.name}_{part}"
            rows[f"blocks.{number}.{part}"] = name, f"{name}_BN"
    for ours in _convolutions(MOBILENET):
        name, norm = rows[ours]
        if ours.endswith(".depthwise"):
            weight = get.kernel(f"{name}/depthwise_kernel").transpose(0, 1)
        else:
            weight = get.kernel(f"{name}/kernel")
        pair = get.folded(weight, norm, _KERAS_NORM, _LEAST_VARIANCE)
        tensors[f"{ours}.weight"], tensors[f"{ours}.bias"] = pair
    return tensors


def _recognition(path: str | Path, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each convolution with bias is followed by a scale and a bias a channel."""
    from mien.judges.recognition import TAPS

    rows = {"stem": "conv32_down"}
    for name in list(TAPS)[1:]:
        rows |= {f"blocks.{name}.{part}": f"{name}/{part}" for part in ("conv1", "conv2")}
    tensors, get = {}, _Reader(path, theirs)
    for ours, name in rows.items():
        scale = get(f"{name}/scale/weights")
        weight = get.scaled(get.kernel(f"{name}/conv/filters"), scale, name)
        bias = get(f"{name}/conv/bias") * scale + get(f"{name}/scale/biases")
        tensors[f"{ours}.weight"], tensors[f"{ours}.bias"] = weight, bias
    tensors["fc.weight"] = get("fc").T.contiguous()
    return tensors


_READERS: dict[str, Callable[[str | Path, Mapping[str, Tensor]], dict[str, Any]]] = {
    INCEPTION: _keras_inception,
    MOBILENET: _mobilenet,
    RECOGNITION: _recognition,
}
