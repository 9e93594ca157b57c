"""Networks built without drawing a random number, then filled with tensors that must fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from mien.errors import ConfigMismatch, counted
from mien.runtime.shapes import NothingRandom

_LISTED = 10
_SPARE_NUMBERS = 16 << 20
_SPARE_TENSORS = 1000

Network = TypeVar("Network", bound=nn.Module)


class _Limited(NothingRandom):
    """Count what is asked for, and end it where it is far more than a file holds."""

    _SIZED = (*NothingRandom.RANDOM, torch.empty, torch.zeros, torch.ones)

    def __init__(self, tensors: Mapping[str, Tensor] | None) -> None:
        super().__init__()
        self.limits = None
        if tensors is not None:
            held = sum(tensor.numel() for tensor in tensors.values())
            self.limits = 4 * held + _SPARE_NUMBERS, 8 * len(tensors) + _SPARE_TENSORS
        self.numbers = self.calls = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if func in self._SIZED:
            self._count(args[0] if args and not isinstance(args[0], int) else args)
        return super().__torch_function__(func, types, args, kwargs)

    def _count(self, shape: Any) -> None:
        self.numbers += math.prod(shape)
        self.calls += 1
        if self.limits is None:
            return
        if self.numbers > self.limits[0] or self.calls > self.limits[1]:
            raise ValueError("the network would be far larger than the tensors in the file")


def build(make: Callable[[], Network], tensors: Mapping[str, Tensor] | None = None) -> Network:
    """Call a constructor so that initial weights cost no time; :func:`fill` must replace them.

    What ``make`` computes without chance (filters, tables) is kept. Raises ValueError if the
    network would be far larger than ``tensors``, which it will be filled with.
    """
    with torch.no_grad(), _Limited(tensors):
        return make()


def mismatches(network: nn.Module, tensors: Mapping[str, Tensor]) -> list[str]:
    """A phrase for each parameter that is missing, surplus or of another shape, in fixed order."""
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    missing = [f"{name} is missing" for name in wanted if name not in tensors]
    surplus = [f"{name} is surplus" for name in tensors if name not in wanted]
    shapes = [
        f"{name} is {list(tensors[name].shape)} instead of {list(shape)}"
        for name, shape in wanted.items()
        if name in tensors and tuple(tensors[name].shape) != shape
    ]
    return missing + surplus + shapes


def fill(network: nn.Module, tensors: Mapping[str, Tensor], path: str | Path) -> None:
    """Give a network its tensors, exactly its ``state_dict()``, in the element types that it has.

    On the CPU its parameters become the tensors themselves. Raises ConfigMismatch for ``path`` if
    something is missing, surplus or of another shape; lists the first ten.
    """
    found = mismatches(network, tensors)
    if found:
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        listed = ", ".join(found[:_LISTED])
        raise ConfigMismatch(
            path,
            f"does not fit {type(network).__name__} in {len(found)} of its "
            f"{counted(len(tensors), 'tensors')}: {listed}{more}",
        )
    state = network.state_dict()
    ready = {name: tensors[name].to(value.dtype) for name, value in state.items()}
    network.load_state_dict(ready, assign=True)
