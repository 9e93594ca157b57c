"""LPIPS out of files: a trunk as torchvision publishes it, and the heads of the paper's release.

    judge = load_lpips("alexnet", "alexnet-heads").network  # after mien weights pull
    judge = load_lpips("alexnet-owt-7be5be79.pth", "alex.pth").network

Both are read without running anything in them, from ``.pth`` or safetensors.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import CheckpointError, ConfigMismatch
from mien.hub.loading import Loaded, ready, resolve
from mien.hub.store import known_sha256

if TYPE_CHECKING:
    from mien.checkpoints.documents import Group

KIND = "perceptual"
_HEAD = "lin{}.model.1.weight"


def load_lpips(trunk: str | Path, heads: str | Path | None = None, device: str = "cpu") -> Loaded:
    """Load the network of LPIPS.

    Args:
        trunk: AlexNet or VGG16 with torchvision's names, whole or the convolutions alone; a file
            or a name of the catalogue, as ``heads``.
        heads: The released linear weights, ``lin0.model.1.weight`` to ``lin4.model.1.weight``.
            ``None`` weighs all channels by 1: a perceptual distance, not LPIPS.
        device: Where the network shall live.

    Returns:
        A :class:`mien.judges.perceptual.Perceptual`, named ``lpips-alexnet`` or ``lpips-vgg16``
        with heads and ``alexnet`` or ``vgg16`` without; the hash is of both files.

    Raises:
        UnknownName, WeightsMissing, CheckpointError, InputError: As :func:`mien.hub.loading.load`.
        ConfigMismatch: Trunk and heads do not fit each other.
    """
    from mien.checkpoints import fit
    from mien.judges.perceptual import TRUNKS, Perceptual, find_trunk

    trunk = resolve(trunk, KIND)
    heads = None if heads is None else resolve(heads, KIND)
    group, prefix = _group(trunk, "features.0.weight", "a trunk of torchvision's")
    named = {k[len(prefix) :]: v for k, v in group.tensors.items() if k.startswith(prefix)}
    kind = find_trunk({name: tuple(ref.shape) for name, ref in named.items()})
    if kind is None:
        raise CheckpointError(
            trunk, f"its features are none of LPIPS's trunks ({', '.join(TRUNKS)})"
        )
    network = fit.build(lambda: Perceptual(kind))
    wanted = [name for name in network.state_dict() if name.startswith("features.")]
    missing = [name for name in wanted if name not in named]
    if missing:
        raise ConfigMismatch(trunk, f"{missing[0]} is missing")
    tensors = {name: named[name].read().float() for name in wanted}
    sha, name = known_sha256(trunk), kind
    for number, width in enumerate(TRUNKS[kind].channels):
        tensors[f"heads.{number}"] = network.heads[number].new_ones(1, width, 1, 1)
    if heads is not None:
        group, prefix = _group(heads, _HEAD.format(0), "the linear heads of LPIPS")
        for number, width in enumerate(TRUNKS[kind].channels):
            ref = group.tensors.get(prefix + _HEAD.format(number))
            if ref is None or tuple(ref.shape) != (1, width, 1, 1):
                found = "missing" if ref is None else f"of shape {list(ref.shape)}"
                cause = f"{_HEAD.format(number)} is {found}, {kind} needs [1, {width}, 1, 1]"
                raise ConfigMismatch(heads, cause, f"give the heads that belong to {kind}")
            tensors[f"heads.{number}"] = ref.read().float()
        name = f"lpips-{kind}"
        sha = hashlib.sha256((sha + known_sha256(heads)).encode()).hexdigest()
    fit.fill(network, tensors, trunk)
    meta = {"trunk": str(trunk), "heads": None if heads is None else str(heads)}
    return Loaded(ready(network, device), name, sha, meta, {"trunk": kind}, trunk)


def _group(path: str | Path, mark: str, what: str) -> tuple[Group, str]:
    """The group of tensors that has a name ending with ``mark``, and what stands before it."""
    from mien.checkpoints.documents import groups
    from mien.checkpoints.torch_files import open_file

    for group in groups(open_file(path)):
        for name in group.tensors:
            prefix = name.removesuffix(mark)
            if prefix != name and (not prefix or prefix.endswith(".")):
                return group, prefix
    raise CheckpointError(path, f"is not {what}: no tensor is called {mark}")
