"""Exact or fast: what each means on this processor, and a network brought to one of them.

``exact`` is float32, and the same numbers come out every time. ``fast`` lets the features be
bfloat16 where the processor multiplies that faster; parameters stay float32 in memory.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mien.errors import InputError

PRECISIONS = ("exact", "fast")
"""What ``--precision`` takes."""

_CPUINFO = Path("/proc/cpuinfo")
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


def check_precision(precision: str) -> str:
    """The precision, if there is such a one; else InputError."""
    if precision not in PRECISIONS:
        raise InputError(f"precision {precision!r} is neither {' nor '.join(PRECISIONS)}")
    return precision


def cpu_facts() -> tuple[str, frozenset[str]]:
    """Model name and feature flags of the processor, as Linux tells them; empty elsewhere."""
    name, flags = "", frozenset[str]()
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return name, flags
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        elif key.strip() in ("flags", "Features"):
            flags = frozenset(value.split())
            break
    return name, flags


def fast_dtype(device: torch.device) -> torch.dtype:
    """What ``fast`` computes features in: bfloat16 where the hardware has it, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if cpu_facts()[1] & _BF16_FLAGS else torch.float32


class Formed(nn.Module):
    """A network that computes in another form; it shares the parameters of the first.

    A module that says ``dtype``, ``channels_last`` or ``careful`` (plain attributes) is told in
    these words and decides for itself which of its parts keep float32, as the two networks of
    StyleGAN2 do; one without ``dtype`` runs under torch's autocast. What comes out is float32.
    """

    def __init__(self, network: nn.Module, dtype: torch.dtype, channels_last: bool = True) -> None:
        super().__init__()
        tensors = [*network.parameters(), *network.buffers()]
        shared = {id(tensor): tensor for tensor in tensors}
        self.network = copy.deepcopy(network, shared).eval()
        self.dtype, self.autocast = dtype, dtype != torch.float32
        for module in self.network.modules():
            said = vars(module)
            if isinstance(said.get("dtype"), torch.dtype):
                module.dtype, self.autocast = dtype, False  # pyright: ignore
            if isinstance(said.get("channels_last"), bool):
                module.channels_last = channels_last  # pyright: ignore
            if isinstance(said.get("careful"), bool):
                module.careful = True  # pyright: ignore

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """The network's own output, float32; several as a tuple."""
        if self.autocast:
            # Without a cache of casts, which a captured CUDA graph would outlive.
            with torch.autocast(inputs[0].device.type, self.dtype, cache_enabled=False):
                outputs = self.network(*inputs)
        else:
            outputs = self.network(*inputs)
        if isinstance(outputs, torch.Tensor):
            return outputs.float()
        return tuple(output.float() for output in outputs)


@contextmanager
def exactly(dtype: torch.dtype) -> Iterator[None]:
    """Inside, float32 on a CUDA device means float32: no TensorFloat-32, no choice by timing."""
    if dtype != torch.float32:
        yield
        return
    cudnn: Any = torch.backends.cudnn
    matmul = torch.backends.cuda.matmul
    before = cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic, matmul.allow_tf32
    cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic = False, False, True
    matmul.allow_tf32 = False
    try:
        yield
    finally:
        cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic, matmul.allow_tf32 = before
