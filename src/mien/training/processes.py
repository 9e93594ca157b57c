"""Many processes that train as one: launching, which pictures are whose, sums over all.

Lightning Fabric starts the processes and finds the devices; gradients are averaged here in one
message, because regularisers that differentiate twice do not go well with a wrapped module.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mien.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def launch(device: str = "auto", devices: int = 1, nodes: int = 1) -> Fabric:
    """Start (or join, under ``torchrun``) the processes of a training run.

    ``device`` is ``auto``, ``cpu``, ``cuda`` or, for one process, ``cuda:1``; ``devices`` are
    processes on each of ``nodes`` machines. MissingExtra: Lightning Fabric is not installed.
    """
    try:
        from lightning_fabric import Fabric
    except ImportError:
        raise MissingExtra("lightning_fabric", "train", "training") from None
    accelerator, _, index = device.partition(":")
    strategy = "ddp" if devices * nodes > 1 else "auto"
    fabric = Fabric(
        accelerator=accelerator, devices=[int(index)] if index and devices == 1 else devices,
        num_nodes=nodes, strategy=strategy, precision="32-true",
    )  # fmt: skip
    fabric.launch()
    return fabric


class Share:
    """The part of each global batch that this process works on.

    A batch of B pictures is dealt so that the groups of the minibatch standard deviation are the
    same as in one process: with ``group`` rows of B/group, a process takes columns.
    """

    def __init__(self, fabric: Any, batch: int, group: int) -> None:
        self.fabric = fabric
        self.rank: int = fabric.global_rank
        self.world: int = fabric.world_size
        if batch % (self.world * group) and (self.world > 1 or batch % group):
            raise InputError(
                f"batch {batch} does not split into {self.world} processes with groups of {group}; "
                f"take a multiple of {self.world * group}"
            )
        self.batch, self.group = batch, group

    def rows(self, batch: int | None = None) -> Tensor:
        """Which pictures of a global batch are ours, int64; of another size, every n-th is."""
        if batch is not None and batch != self.batch:
            return torch.arange(batch)[self.rank :: self.world]
        deal = torch.arange(self.batch).reshape(self.group, -1)
        width = deal.shape[1] // self.world
        return deal[:, self.rank * width : (self.rank + 1) * width].reshape(-1)

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a tensor over processes."""
        if self.world == 1:
            return value
        reduced = self.fabric.all_reduce(value, reduce_op="mean")
        return reduced.reshape(value.shape)

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> Tensor:
        """Average gradients over processes; returns their norm, ``[]``.

        A parameter without a gradient in this step gets none.
        """
        grads = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.reshape(-1) for g in grads])
        if self.world > 1:
            flat = self.mean(flat)
            for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
                grad.copy_(part.reshape(grad.shape))
        return flat.norm()
