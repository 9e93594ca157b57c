"""Networks built for the names and shapes of their tensors alone: no memory, no random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_FILLS = (Tensor.normal_, Tensor.uniform_, Tensor.div, Tensor.__truediv__)


class _Unfilled(TorchFunctionMode):
    """First weights are neither drawn nor scaled.

    On the meta device PyTorch does both in Python, for which it loads its compiler: 3 s of a
    processor in which nothing is computed.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func in (torch.randn, torch.rand):
            return torch.empty(*args, **(kwargs or {}))
        if func in _FILLS:
            return args[0]
        if getattr(func, "__module__", None) == nn.init.__name__:
            return kwargs["tensor"] if kwargs and "tensor" in kwargs else args[0]
        return func(*args, **(kwargs or {}))


@contextmanager
def shapes_alone() -> Iterator[None]:
    """Within it, tensors have shapes and no values: ``torch.device("meta")``, without its cost."""
    with torch.device("meta"), _Unfilled():
        yield
