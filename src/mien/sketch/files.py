"""Files of a run of photo ↔ sketch: what it starts from, and the models that it ends with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mien.checkpoints import native
from mien.errors import CheckpointError, ConfigMismatch
from mien.files import make_folder
from mien.sketch.config import TranslationConfig
from mien.sketch.cyclegan import ImagePool
from mien.sketch.recipe import TranslationRecipe
from mien.training import state

KINDS = {
    "autoencoder": "translation-autoencoder",
    "pix2pix": "translation-unet",
    "cyclegan": "translation-resnet",
}
"""Method -> kind of its generator's file."""


def start_from(recipe: TranslationRecipe, path: Path) -> None:
    """Take over the networks of another run, or a model as the generator; moments begin anew.

    ``path`` is a run's folder, a checkpoint of it, or a model, of another resolution where networks
    do not depend on it (CycleGAN). CheckpointError: the folder has no checkpoint, or the file is
    none; ConfigMismatch: the other run's networks are others.
    """
    found = state.checkpoints(path) if path.is_dir() else [path]
    if not found:
        raise CheckpointError(path, "has no checkpoint of a run", "name a state-*.safetensors")
    stored = native.load(found[-1])
    tensors = stored.tensors
    if stored.kind == KINDS[recipe.config.method]:
        tensors = {f"{name}/{k}": v for name in ("G", "G_ema") for k, v in tensors.items()}
    elif stored.kind != "training-state":
        cause = f"holds a {stored.kind!r}; a run of this method or its model is wanted"
        raise CheckpointError(found[-1], cause)
    parts = {key.split("/")[0] for key in tensors}
    for name, network in recipe.modules().items():
        if isinstance(network, ImagePool) or (name not in parts and "G_ema" in parts):
            continue
        for key, value in network.state_dict().items():
            source = tensors.get(f"{name}/{key}")
            if source is None or source.shape != value.shape:
                there = "missing" if source is None else str(list(source.shape))
                raise ConfigMismatch(
                    found[-1],
                    f"{name} {key} is {there} there and {list(value.shape)} here",
                    "give the same method and widths",
                )
            value.copy_(source)


def export(
    folder: Path, out: Path, meta: dict[str, Any] | None = None, half: bool = True
) -> dict[str, Path]:
    """Write the averaged generators of a run's newest checkpoint as models of their own.

    Each direction's file is ``DIRECTION.safetensors`` in the folder ``out``; ``meta`` (data,
    licence) is added to the headers; ``half`` stores 16 bits a number. Returns direction -> file.
    """
    stored = native.load(state.checkpoints(folder)[-1], kind="training-state")
    config = TranslationConfig(**stored.config)
    written = {}
    for direction, name in zip(config.directions, ("G_ema", "F_ema"), strict=False):
        own = state.part_of(stored.tensors, name)
        described = {
            "method": config.method,
            "direction": direction,
            "resolution": config.resolution,
            "kimg": stored.meta["nimg"] / 1000,
            "split": config.split,
            "training": stored.config,
            **(meta or {}),
        }
        written[direction] = make_folder(out) / f"{direction}.safetensors"
        kind = KINDS[config.method]
        native.save(written[direction], kind, own, asdict(config.generator()), described, half)
    return written
