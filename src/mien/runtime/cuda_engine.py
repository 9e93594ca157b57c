"""CUDA: channels last, bfloat16 where it was asked for, and the whole network as one CUDA graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from mien.runtime.precision import Formed, exactly

_WARM_UP = 3


def build(
    network: torch.nn.Module, example: tuple[Tensor, ...], dtype: torch.dtype, cache: Path | None
) -> Callable[..., Tensor | tuple[Tensor, ...]]:
    """Record one pass over inputs of the example's shapes; a call copies in, replays, copies out.

    Raises RuntimeError if the network does something that cannot be recorded, or memory runs out.
    """
    del cache
    formed = Formed(network, dtype)
    static = [tensor.clone() for tensor in example]
    device = static[0].device
    with torch.cuda.device(device), torch.no_grad(), exactly(dtype):
        # Kernels are chosen and memory is taken on a side stream, before recording begins.
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                formed(*static)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = formed(*static)

    def run(*inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        for kept, given in zip(static, inputs, strict=True):
            kept.copy_(given)
        graph.replay()
        if isinstance(outputs, Tensor):
            return outputs.clone()
        return tuple(output.clone() for output in outputs)

    return run
