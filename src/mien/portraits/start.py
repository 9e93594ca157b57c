"""What a run of StyleGAN2 starts from: another run of ours, or anybody's checkpoint.

    start = read_start("ffhq.pkl")
    config = GanConfig(**start.sizes, kimg=500)  # its sizes, our way of training

The averaged generator of a public file goes into both generators, its discriminator, if it has one,
into ours. Sizes that differ are refused with the option that mends it, before anything is trained.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from mien.checkpoints import native
from mien.checkpoints.layout import (
    DISCRIMINATOR,
    GENERATOR,
    check_finite,
    discriminator_config,
    generator_config,
)
from mien.checkpoints.registry import TRAINING_STATE, kinds, open_checkpoint
from mien.errors import CheckpointError, ConfigMismatch, counted
from mien.portraits.config import SIZES, GanConfig
from mien.portraits.networks import Networks
from mien.stylegan2.discriminator import DiscriminatorConfig
from mien.stylegan2.generator import GeneratorConfig
from mien.training import state

_LATENTS = {
    "z_dim": "numbers in z",
    "w_dim": "numbers in w",
    "mapping_layers": "mapping layers",
}
_BLOCK = re.compile(r"(?:synthesis\.)?b(\d+)\.")


@dataclass(frozen=True)
class Start:
    """Networks to start from.

    ``tensors`` are ``G/…``, ``G_ema/…`` and, if there is a discriminator, ``D/…``, in our names;
    ``discriminator`` is None if there is none to be taken over.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    generator: GeneratorConfig
    discriminator: DiscriminatorConfig | None
    notes: tuple[str, ...] = ()

    @property
    def sizes(self) -> dict[str, Any]:
        """The arguments of a :class:`GanConfig` that fits."""
        found = {name: getattr(self.generator, name) for name in SIZES}
        found["conv_clamp"] = self.generator.conv_clamp
        if self.discriminator is not None and self.discriminator.c_dim:
            found["d_mapping_layers"] = self.discriminator.mapping_layers
        return found

    def check(self, config: GanConfig) -> None:
        """Refuse a run whose networks are others.

        ConfigMismatch names the first size that differs and the option that mends it.
        """
        theirs, ours = self.generator, config.generator()
        for name, what in _LATENTS.items():
            there, here = getattr(theirs, name), getattr(ours, name)
            if there != here:
                raise ConfigMismatch(
                    self.path, f"it has {there} {what}, this run {here}", f"give `{name}={there}`"
                )
        if theirs.c_dim != ours.c_dim:
            cause = f"it takes {counted(theirs.c_dim, 'labels')}, the data have {ours.c_dim}"
            few = "give `labels=none`" if not theirs.c_dim else "give data with the same labels"
            raise ConfigMismatch(self.path, cause, few)
        if theirs.resolution > ours.resolution:
            raise ConfigMismatch(
                self.path,
                f"it draws {theirs.resolution}×{theirs.resolution}, this run {ours.resolution}×"
                f"{ours.resolution}",
                f"give `resolution={theirs.resolution}`",
            )
        for res in theirs.block_resolutions:
            there, here = theirs.channels(res), ours.channels(res)
            if there != here:
                options = f"`channel_base={theirs.channel_base}` `channel_max={theirs.channel_max}`"
                raise ConfigMismatch(
                    self.path,
                    f"it has {there} channels at {res}×{res}, this run {here}",
                    f"give {options}",
                )
        if theirs.conv_clamp != ours.conv_clamp:
            cause = f"it clamps at {theirs.conv_clamp}, this run at {ours.conv_clamp}"
            raise ConfigMismatch(self.path, cause, "take its clamp over")


def read_start(path: str | Path) -> Start:
    """Read what a run can start from.

    A checkpoint of a run, its folder, or any file with a StyleGAN2 generator that
    :func:`mien.checkpoints.registry.open_checkpoint` reads. CheckpointError: no such file, or no
    generator in it; UnsafeCheckpoint: it asks for something that could run code; nothing was run.
    """
    path = Path(path)
    if path.is_dir():
        inside = state.checkpoints(path)
        if not inside:
            raise CheckpointError(path, "is a folder without a checkpoint", "name a file")
        path = inside[-1]
    there = kinds(path)
    return _of_run(path) if TRAINING_STATE in there else _of_model(path, there)


def _of_run(path: Path) -> Start:
    stored = native.load(path, TRAINING_STATE)
    check_finite(path, {k: v for k, v in stored.tensors.items() if not k.startswith("random/")})
    shapes = _shapes(stored.tensors, "G_ema")
    if "synthesis.b4.const" not in shapes:
        raise CheckpointError(path, "is a run without a StyleGAN2 generator", "give another file")
    said = stored.config
    found = generator_config(path, shapes)
    # What cannot be seen in tensors: how many channels higher resolutions would have.
    found |= {k: said[k] for k in ("channel_base", "channel_max") if isinstance(said.get(k), int)}
    config = GeneratorConfig(**found, conv_clamp=said.get("conv_clamp"))
    judge = _shapes(stored.tensors, "D")
    critic = DiscriminatorConfig(**discriminator_config(path, judge)) if judge else None
    return Start(path, stored.tensors, config, critic)


def _of_model(path: Path, there: list[str]) -> Start:
    found = open_checkpoint(path, GENERATOR)
    config = GeneratorConfig(**found.config)
    tensors = {f"{name}/{k}": v for name in ("G", "G_ema") for k, v in found.tensors.items()}
    if DISCRIMINATOR not in there:
        note = f"{path} has no discriminator; a new one is started"
        return Start(path, tensors, config, None, (note,))
    judge = open_checkpoint(path, DISCRIMINATOR)
    critic = DiscriminatorConfig(**judge.config)
    shape = critic.shape()
    same = all(
        shape.channels(res) == config.channels(res) for res in config.block_resolutions
    ) and (critic.resolution, critic.c_dim) == (config.resolution, config.c_dim)
    if not same:
        note = f"the discriminator of {path} is of other sizes; a new one is started"
        return Start(path, tensors, config, None, (note,))
    tensors |= {f"D/{k}": v for k, v in judge.tensors.items()}
    return Start(path, tensors, config, critic)


def _shapes(tensors: Mapping[str, Tensor], name: str) -> dict[str, tuple[int, ...]]:
    return {key: tuple(tensor.shape) for key, tensor in state.part_of(tensors, name).items()}


def grow_from(nets: Networks, start: Start | str | Path, noise: bool = True) -> None:
    """Start from networks of this resolution or a lower one.

    Layers that both have are copied. A new resolution of the generator first adds nothing to the
    picture (its RGB branch starts at zero); the discriminator's new block passes the picture on, at
    half its size, so that both networks are what they were. A discriminator that is not there stays
    as it was drawn. Without ``noise`` the strengths of the noise inputs are set to zero.

    ConfigMismatch: layers have other shapes, or one side has some that the other has not.
    """
    start = start if isinstance(start, Start) else read_start(start)
    stored = start.tensors
    for name, network in nets.modules().items():
        if theirs := state.part_of(stored, name):
            _copy(start, name, network.state_dict(), theirs)
        if not noise:
            for key, value in network.state_dict().items():
                if key.endswith("noise_strength"):
                    value.zero_()
    half = nets.D.config.resolution // 2
    layer = f"D/b{half}.fromrgb"
    if f"{layer}.weight" in stored:
        block = getattr(nets.D, f"b{2 * half}")
        device = nets.D.b4.out.weight.device
        block.imitate(stored[f"{layer}.weight"].to(device), stored[f"{layer}.bias"].to(device))


def _copy(start: Start, name: str, own: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> None:
    """Copy one network's tensors; what is new at a higher resolution adds nothing."""
    lowest = start.generator.resolution
    for key, value in own.items():
        source = theirs.get(key)
        if source is not None and source.shape == value.shape:
            value.copy_(source)
        elif source is not None:
            raise ConfigMismatch(
                start.path,
                f"{name} {key} is {list(source.shape)} there and {list(value.shape)} here",
                "give the same channels and latent widths",
            )
        elif key.startswith("plain."):
            value.zero_()  # A logit that says nothing yet.
        elif (match := _BLOCK.match(key)) and int(match[1]) > lowest:
            if key.endswith(("torgb.weight", "torgb.bias")):
                value.zero_()
        else:
            raise ConfigMismatch(
                start.path, f"{name} {key} is not there", "give the same number of layers"
            )
    for key in theirs:
        if key not in own and not key.startswith(f"b{lowest}.fromrgb"):
            raise ConfigMismatch(
                start.path, f"{name} {key} has no place here", "give the same number of layers"
            )
