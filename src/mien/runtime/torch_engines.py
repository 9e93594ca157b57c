"""The two engines that torch brings: eager, and torch.compile."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from mien.runtime.precision import Formed, exactly

_COMPILERS = ("c++", "g++", "clang++")


def build_eager(
    network: torch.nn.Module, example: tuple[Tensor, ...], dtype: torch.dtype, cache: Path | None
) -> Callable[..., Tensor | tuple[Tensor, ...]]:
    """The network as it is, channels last; nothing is built."""
    del example, cache
    formed = Formed(network, dtype)

    def run(*inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        with exactly(dtype):
            return formed(*inputs)

    return run


def has_compiler() -> bool:
    """Whether there is the C++ compiler that torch.compile needs on a CPU."""
    named = os.environ.get("CXX")
    return any(shutil.which(name) for name in ((named,) if named else _COMPILERS))


def build_compiled(
    network: torch.nn.Module, example: tuple[Tensor, ...], dtype: torch.dtype, cache: Path | None
) -> Callable[..., Tensor | tuple[Tensor, ...]]:
    """Compile with weights as constants, and make the first pass; RuntimeError if that fails."""
    if cache is not None:
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache / "inductor"))
    formed = Formed(network, dtype)
    with torch.no_grad(), exactly(dtype), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the compiler's remarks about its own parts
        compiled = torch.compile(formed, dynamic=False, options={"freezing": True})
        compiled(*example)

    def run(*inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        with exactly(dtype):
            return compiled(*inputs)

    return run
