"""Data of a run of GANs N' Roses, what it starts from, and the model that it ends with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from mien.anime.generator import RosesDiscriminator, RosesGenerator
from mien.checkpoints import native
from mien.checkpoints.registry import open_checkpoint
from mien.data.sources import open_domains
from mien.data.training_set import decoded
from mien.errors import CheckpointError, ConfigMismatch
from mien.stylegan2.discriminator import DiscriminatorBlock
from mien.stylegan2.ops import Conv
from mien.training import state

if TYPE_CHECKING:
    from mien.anime.recipe import AnimeRecipe

KIND = "gans-n-roses"
"""What :func:`export` writes, as :func:`mien.hub.loading.load` calls it."""


@dataclass(frozen=True)
class AnimeData:
    """Pictures of both kinds at one resolution.

    Attributes:
        sets: ``a`` (selfies) and ``b`` (anime) -> sets, uint8 ``[n, h, w, 3]`` each; the sets of a
            kind take turns, so that each is seen as often as the others.
        shown: Selfies for the grids, kept out where the data has a ``testA``.
    """

    sets: Mapping[str, Sequence[np.ndarray]]
    shown: np.ndarray

    @classmethod
    def open(cls, path: str | Path, resolution: int, faces: Sequence[np.ndarray] = ()) -> AnimeData:
        """Read a folder or zip of ``trainA`` (selfies), ``trainB`` (anime) and perhaps ``testA``.

        Args:
            path: The folder or zip.
            resolution: Side of the pictures in pixels.
            faces: More sets of selfies of that size; they are joined to one.

        Raises:
            DatasetError: It has no such folders, or a picture cannot be read.
        """
        domains = open_domains(path)
        selfies, anime = (decoded(part, resolution) for part in (domains.train_a, domains.train_b))
        more = [np.concatenate(faces)] if faces else []
        shown = selfies[:6]
        if domains.test_a is not None:
            kept = domains.test_a.select(range(min(6, len(domains.test_a))))
            shown = decoded(kept, resolution)
        shown = np.concatenate([shown, *(faces[:2] for faces in more)])
        return cls({"a": [selfies, *more], "b": [anime]}, shown)


@torch.no_grad()
def start_from(recipe: AnimeRecipe, path: Path) -> None:
    """Begin with the networks of a finished model or of a run, of this resolution or of half of it.

    Layers that both have are copied. What a doubled resolution adds passes the picture on: the
    decoder's new RGB branch is zero, and the first block of encoders and discriminators stands for
    the smaller network's first layer (see :meth:`DiscriminatorBlock.imitate`). A model holds the
    way there alone: the way back begins with the same decoder, and reads styles as the model does.

    Raises:
        CheckpointError: The file holds neither.
        ConfigMismatch: Its layers have other shapes.
    """
    kind = native.read_header(path).kind
    if kind == "training-state":
        stored = native.load(path, kind=kind).tensors
    elif kind == KIND:
        stored = _both_ways(native.load(path, kind=KIND).tensors)
    else:
        cause = f"holds a {kind!r}; a selfie-to-anime model or a checkpoint of one is wanted"
        raise CheckpointError(path, cause)
    for name, network in recipe.modules().items():
        part = {k[len(name) + 1 :]: v for k, v in stored.items() if k.startswith(f"{name}/")}
        if not part or name == "told":
            continue
        shift = 0
        if isinstance(network, RosesGenerator | RosesDiscriminator):
            first = "encoder.blocks" if isinstance(network, RosesGenerator) else "whole"
            shift = _blocks(network.state_dict(), first) - _blocks(part, first)
            if shift not in (0, 1):
                raise ConfigMismatch(
                    path,
                    f"{name} halves pictures {_blocks(part, first)} times there and "
                    f"{_blocks(network.state_dict(), first)} times here",
                    "start from the same or half the resolution",
                )
        _copy_layers(name, network, part, shift, path)


def _both_ways(model: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a finished model, as a run would name them."""
    own = {k: v for k, v in model.items() if not k.startswith("reference.")}
    read = {k.removeprefix("reference."): v for k, v in model.items() if k not in own}
    back = {**own, **{f"encoder.{name}": value for name, value in read.items()}}
    parts = {"a2b": own, "ema_a2b": own, "b2a": back, "ema_b2a": back}
    return {f"{name}/{k}": v for name, part in parts.items() for k, v in part.items()}


def _blocks(tensors: Mapping[str, Tensor], first: str) -> int:
    """How often a network halves its pictures."""
    return len({k for k in tensors if k.startswith(f"{first}.") and k.endswith(".skip.weight")})


def _copy_layers(
    name: str, network: nn.Module, stored: Mapping[str, Tensor], shift: int, path: Path
) -> None:
    """Copy a network's layers from one that may lack the first block."""
    for key, value in network.state_dict().items():
        source = _source_name(key, shift)
        found = None if source is None else stored.get(source)
        if found is None:
            if key.endswith((".torgb.weight", ".torgb.bias")):
                value.zero_()
            continue
        if found.shape != value.shape:
            raise ConfigMismatch(
                path,
                f"{name} {key} is {list(found.shape)} there and {list(value.shape)} here",
                "give the same width, w_dim and mapping_layers",
            )
        value.copy_(found)
    if not shift:
        return
    starts: list[tuple[Any, Any, str]] = []
    if isinstance(network, RosesGenerator):
        starts.append((network.encoder.fromrgb, network.encoder.blocks[0], "encoder.fromrgb"))
    if isinstance(network, RosesDiscriminator):
        branches = {"local": network.local, "whole": network.whole}
        starts += [(part[0], part[1], f"{key}.0") for key, part in branches.items()]
    for rgb, block, key in starts:
        _imitate(rgb, block, stored[f"{key}.weight"], stored[f"{key}.bias"])


def _source_name(key: str, shift: int) -> str | None:
    """What a layer is called in a network with ``shift`` fewer blocks; ``None`` if it has none."""
    if not shift:
        return key
    if key.startswith("encoder.fromrgb."):
        return None
    parts = key.split(".")
    if key.startswith("encoder.blocks."):
        number = int(parts[2])
        return None if number == 0 else ".".join(["encoder.blocks", str(number - 1), *parts[3:]])
    if parts[0] in ("local", "whole"):
        number = int(parts[1])
        return None if number < 2 else ".".join([parts[0], str(number - 1), *parts[2:]])
    return key


def _imitate(rgb: Conv, block: DiscriminatorBlock, weight: Tensor, bias: Tensor) -> None:
    """Make an RGB layer and a block act as the RGB layer of half the resolution did."""
    block.fromrgb = rgb
    block.imitate(weight, bias)
    del block.fromrgb


def export(folder: Path, out: Path, meta: Mapping[str, Any] | None = None) -> Path:
    """Write the selfie-to-anime generator of a run's newest checkpoint as a model of its own.

    With it goes the encoder of the way back without its content branch, which reads the style off
    an anime picture (:meth:`~mien.anime.generator.RosesGenerator.style_of`). 16 bits a number.

    Args:
        folder: The run folder.
        out: The ``.safetensors`` to write.
        meta: Added to its header: data, licence.
    """
    network = open_checkpoint(state.checkpoints(folder)[-1], KIND)
    described = {
        "kimg": network.meta["nimg"] / 1000,
        "training": network.meta["training"],
        **(meta or {}),
    }
    native.save(out, KIND, network.tensors, network.config, described, half=True)
    return out
