"""Networks built without drawing a random number: to be filled afterwards, or for shapes alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class NothingRandom(TorchFunctionMode):
    """Leave memory as it is where random numbers were asked for."""

    RANDOM = (torch.randn, torch.rand)
    IN_PLACE = (
        *(Tensor.normal_, Tensor.uniform_, nn.init.normal_, nn.init.uniform_),
        *(nn.init.trunc_normal_, nn.init.kaiming_uniform_, nn.init.kaiming_normal_),
        *(nn.init.xavier_uniform_, nn.init.xavier_normal_, nn.init.orthogonal_),
    )

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func in self.RANDOM:
            kwargs.pop("generator", None)
            return torch.empty(*args, **kwargs)
        if func in self.IN_PLACE:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


class _Unscaled(NothingRandom):
    """Nor are first weights scaled.

    On the meta device PyTorch draws and divides in Python, for which it loads its compiler: 3 s of
    a processor in which nothing is computed.
    """

    IN_PLACE = (*NothingRandom.IN_PLACE, Tensor.div, Tensor.__truediv__)


@contextmanager
def shapes_alone() -> Iterator[None]:
    """Within it, tensors have shapes and no values: ``torch.device("meta")``, without its cost."""
    with torch.device("meta"), _Unscaled():
        yield
