"""Files of a joint run: what it starts from, and the models that it ends with."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mien.checkpoints import native
from mien.errors import CheckpointError, ConfigMismatch
from mien.portraits.joint import JointRecipe
from mien.portraits.joint_config import JointConfig
from mien.portraits.mapping import moved, write_mapping
from mien.training import state

ENCODER = "portrait-encoder"
CODES = "code-moments"
"""Kinds of the files that :func:`finish` writes beside the generator."""
SPREAD = 1.15
"""How far z leads, as a multiple of the spread of codes: above 1 where reconstructions are plainer
than photographs. Chosen on training pictures for each generator that ships (docs/log.md)."""


def start_from(recipe: JointRecipe, path: Path) -> None:
    """Begin a new run with the networks of another: a joint run's checkpoint, or a generator.

    Layers that both have are copied. A new resolution first adds nothing to the picture (its RGB
    branch starts at zero), and neither do new channels (what they lead to starts at zero). Of a
    generator its encoder is taken where it lies beside it (``encoder.safetensors``,
    ``NAME-encoder.safetensors``), else it begins anew; so do the critics. CheckpointError: the file
    holds neither; ConfigMismatch: its layers have other shapes.
    """
    stored = native.load(path)
    if stored.kind == "stylegan2-generator":
        parts = {"G": stored.tensors, "G_ema": stored.tensors}
        for name in ("encoder", f"{path.stem}-encoder"):
            beside = path.with_name(f"{name}.safetensors")
            if beside.is_file():
                parts["E"] = native.load(beside, kind=ENCODER).tensors
    elif stored.kind == "training-state" and any(k.startswith("E/") for k in stored.tensors):
        names = ("G", "G_ema", "E", "C")
        parts = {name: state.part_of(stored.tensors, name) for name in names}
        parts["G"] = parts["G_ema"]
    else:
        cause = f"holds a {stored.kind!r}; a generator or a checkpoint of train faces is wanted"
        raise CheckpointError(path, cause)
    modules = recipe.modules()
    for name, tensors in parts.items():
        _copy(modules[name], tensors, path, name)
    if "E" in parts:
        recipe.encode_all()
    else:
        recipe.begin()


def _copy(network: nn.Module, tensors: Mapping[str, Tensor], path: Path, name: str) -> None:
    """Take over what fits; new resolutions and channels add nothing at first."""
    own = network.state_dict()
    deepest = [k for k in tensors if k not in own and ".b" in k]
    if deepest:
        raise ConfigMismatch(path, f"{name} has {deepest[0]} and draws larger pictures than asked")
    for key, value in own.items():
        source = tensors.get(key)
        if source is None:
            if key.endswith(("torgb.weight", "torgb.bias")):
                value.zero_()
        elif source.shape == value.shape:
            value.copy_(source)
        elif key.startswith("synthesis.") and _may_grow(key, source, value):
            _widen(value, source, key.endswith("torgb.weight"))
        else:
            cause = f"{name} {key} is {list(source.shape)} there and {list(value.shape)} here"
            raise ConfigMismatch(path, cause, "give as many channels or more, the same latents")


def _may_grow(key: str, source: Tensor, value: Tensor) -> bool:
    """Whether a layer has become wider in its channels, and in nothing else."""
    if source.ndim != value.ndim:
        return False
    channels = 2 if key.endswith(".weight") and "affine" not in key else 1
    sizes = list(zip(source.shape, value.shape, strict=True))
    wider = all(old <= new for old, new in sizes[:channels])
    return wider and all(old == new for old, new in sizes[channels:])


def _widen(value: Tensor, source: Tensor, torgb: bool) -> None:
    """Take over a narrower layer: what is new is made at random, and nobody listens to it yet."""
    kept = tuple(slice(size) for size in source.shape)
    if value.ndim == 4:
        value[: source.shape[0], source.shape[1] :] = 0
    value[kept] = source
    if torgb:  # Its weights count by 1 / √channels.
        value.mul_(math.sqrt(value.shape[1] / source.shape[1]))


def finish(folder: Path, recipe: JointRecipe, meta: dict[str, Any] | None = None) -> None:
    """Write z -> w, then averaged generator, encoder and moments of codes of a run as it stands.

    Their codes are those of the run moved by a constant (:func:`write_mapping`); the run keeps its
    own. The folder gets ``generator.safetensors``, ``encoder.safetensors`` and
    ``codes.safetensors``, with ``meta`` (data, licence) in the headers.
    """
    recipe.encode_all()
    config = recipe.config
    G, E, moments = copy.deepcopy((recipe.average, recipe.E, recipe.moments))
    E.settle()
    moved(moments, E.norm, write_mapping(G, moments, SPREAD))
    told = {"kimg": recipe.nimg / 1000, "training": asdict(config), **(meta or {})}
    native.save(
        folder / "generator.safetensors", "stylegan2-generator", G.state_dict(),
        asdict(config.generator()), told, half=True,
    )  # fmt: skip
    shape = {"label_dim": moments.label_dim, "w_dim": moments.w_dim, "ridge": moments.ridge}
    generator = native.sha256_file(folder / "generator.safetensors")
    told["generator"] = generator
    native.save(folder / "codes.safetensors", CODES, moments.state_dict(), shape, told)
    encoder = folder / "encoder.safetensors"
    native.save(encoder, ENCODER, E.state_dict(), asdict(E.config), told, half=True)


def stored_config(folder: Path) -> JointConfig | None:
    """The configuration of the run in a folder; None where there is none."""
    found = state.checkpoints(folder)
    return JointConfig(**native.read_header(found[-1]).config) if found else None
