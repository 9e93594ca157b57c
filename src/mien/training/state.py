"""Checkpoints of a run: everything that the next step depends on, in one file without code.

A run folder holds ``state-NNNNNNNN.safetensors`` (NNNNNNNN images seen). The newest is read back
when the same command is given again; the one before it is kept in case the disk failed the newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mien.checkpoints import native
from mien.errors import CheckpointError, ConfigMismatch
from mien.files import sweep

KEEP = 2
"""How many of the newest checkpoints stay."""

_KIND = "training-state"


def part_of(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of one network, without ``name/`` before theirs."""
    return {k[len(name) + 1 :]: v for k, v in tensors.items() if k.startswith(f"{name}/")}


def module_tensors(networks: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """Parameters and buffers of several networks, ``network/name``."""
    return {
        f"{name}/{key}": value
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }


def optimizer_tensors(optimizers: Mapping[str, torch.optim.Optimizer]) -> dict[str, Tensor]:
    """The moments and step counts of several optimisers, ``optimizer/index/name``."""
    found = {}
    for name, optimizer in optimizers.items():
        for index, entry in optimizer.state_dict()["state"].items():
            for key, value in entry.items():
                found[f"{name}/{index}/{key}"] = torch.as_tensor(value)
    return found


def save(
    folder: Path,
    nimg: int,
    networks: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
    config: dict[str, Any],
    scalars: dict[str, Any],
) -> Path:
    """Write a checkpoint beside the others, then remove all but the newest :data:`KEEP`.

    ``config`` is what the run was started with; a resumed run must have the same. ``scalars`` is
    all else that the next step depends on, JSON values. Optimisers are not named like networks.
    """
    tensors = module_tensors(networks) | optimizer_tensors(optimizers)
    tensors["random/torch"] = torch.get_rng_state()
    path = folder / f"state-{nimg:08d}.safetensors"
    native.save(path, _KIND, tensors, config, meta={"nimg": nimg, **scalars})
    prune(folder)
    return path


def prune(folder: Path) -> None:
    """Remove all checkpoints but the newest :data:`KEEP`, and what killed runs left half."""
    for old in checkpoints(folder)[:-KEEP]:
        old.unlink(missing_ok=True)
    sweep(folder)


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run folder, oldest first."""
    return sorted(folder.glob("state-*.safetensors"))


def forget(folder: Path) -> None:
    """Remove the checkpoints of a run whose model is written; its log stays."""
    for path in checkpoints(folder):
        path.unlink(missing_ok=True)


def newest_config(folder: Path) -> dict[str, Any] | None:
    """The configuration in the newest readable checkpoint of a run folder; None without one."""
    for path in reversed(checkpoints(folder)):
        try:
            return native.read_header(path).config
        except CheckpointError:
            continue
    return None


def load_newest(
    folder: Path,
    networks: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
    config: dict[str, Any],
    free: frozenset[str] = frozenset(),
) -> dict[str, Any] | None:
    """Read the newest readable checkpoint into networks and optimisers, as given to :func:`save`.

    Returns the scalars with ``nimg``, or None where there is no checkpoint; ``free`` are keys of
    the configuration that may differ.

    Raises:
        ConfigMismatch: The run was started with another configuration or version.
        CheckpointError: There are checkpoints, and none can be read.
    """
    failure: CheckpointError | None = None
    for path in reversed(checkpoints(folder)):
        try:
            stored = native.load(path, kind=_KIND)
        except CheckpointError as error:
            failure = error
            continue
        _compare(path, stored.config, config, free)
        _restore(path, stored.tensors, networks, optimizers)
        return stored.meta
    if failure:
        raise failure
    return None


def _compare(
    path: Path, stored: dict[str, Any], config: dict[str, Any], free: frozenset[str]
) -> None:
    for key in sorted((stored.keys() | config.keys()) - free):
        if stored.get(key) != config.get(key):
            raise ConfigMismatch(
                path,
                f"this run was started with {key} {stored.get(key)!r}, now it is "
                f"{config.get(key)!r}",
                "give the same command, or another `path`",
            )


def _restore(
    path: Path,
    tensors: Mapping[str, Tensor],
    networks: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
) -> None:
    for name, network in networks.items():
        try:
            network.load_state_dict(part_of(tensors, name))
        except RuntimeError as error:
            cause = " ".join(str(error).split("\n\t", 1)[-1].split())
            raise ConfigMismatch(
                path,
                f"its network {name} is that of another version: {cause[:200]}",
                "begin a new run from it, in another folder",
            ) from error
    for name, optimizer in optimizers.items():
        entries: dict[int, dict[str, Tensor]] = {}
        for key, value in part_of(tensors, name).items():
            index, _, field = key.partition("/")
            entries.setdefault(int(index), {})[field] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": entries})
    torch.set_rng_state(tensors["random/torch"].to(torch.uint8))
