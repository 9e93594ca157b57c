"""Training GANs N' Roses: one page, resumed by giving the same command again.

On one core of a laptop, about an hour to rough faces:

    mien train anime --data selfie2anime.zip --preset cpu-64 --out runs/anime

Chong & Forsyth 2021, with the deviations that :class:`~mien.anime.config.AnimeConfig`
names, all of which the published presets leave off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mien import images
from mien.anime.config import AnimeConfig
from mien.anime.generator import RosesDiscriminator, RosesGenerator
from mien.anime.step import AnimeNetworks, AnimeTrainer
from mien.checkpoints import native
from mien.checkpoints.registry import open_checkpoint
from mien.data.sources import open_domains
from mien.data.training_set import decoded
from mien.errors import ConfigMismatch
from mien.files import make_folder
from mien.judges.tagger import Tagger
from mien.stylegan2.discriminator import DiscriminatorBlock
from mien.stylegan2.ops import Conv
from mien.training import state
from mien.training.logs import RunLog, Tick

KIND = "gans-n-roses"
"""What :func:`export` writes, as :func:`mien.hub.loading.load` calls it."""

MODEL = "anime.safetensors"
"""The file of a run's folder that holds the averaged generator, as :func:`export` writes it."""

FREE = frozenset({"kimg"})
"""Configuration that may change when a run goes on."""


@dataclass(frozen=True)
class AnimeData:
    """Pictures of both kinds at one resolution, uint8 ``[n, h, w, 3]``.

    Attributes:
        selfies: To learn from.
        anime: To learn from.
        shown: Selfies for the grids, kept out where the data has a ``testA``.
    """

    selfies: np.ndarray
    anime: np.ndarray
    shown: np.ndarray

    @classmethod
    def open(
        cls,
        path: str | Path,
        resolution: int,
        cache: str | Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> AnimeData:
        """Read a folder or zip of ``trainA`` (selfies), ``trainB`` (anime) and perhaps ``testA``.

        Args:
            path: The folder or zip.
            resolution: Side of the pictures in pixels.
            cache: A folder for decoded pictures; ``None`` keeps them in memory only.
            progress: Called with (pictures done, pictures in all) for each of the parts.

        Raises:
            DatasetError: It has no such folders, or a picture cannot be read.
        """
        domains = open_domains(path)
        selfies, anime = (
            decoded(part, resolution, cache, progress)
            for part in (domains.train_a, domains.train_b)
        )
        if domains.test_a is None:
            return cls(selfies, anime, selfies[:6])
        shown = domains.test_a.select(range(min(6, len(domains.test_a))))
        return cls(selfies, anime, decoded(shown, resolution))


@dataclass(frozen=True)
class Cadence:
    """How often a run writes what; free to change when resuming. In thousand selfies, minutes."""

    tick_kimg: float = 0.25
    checkpoint_minutes: float = 10
    grid_kimg: float = 1


def train(
    config: AnimeConfig,
    data: AnimeData,
    folder: Path,
    device: torch.device,
    cadence: Cadence | None = None,
    tagger: Tagger | None = None,
    start_from: Path | None = None,
    pause: Callable[[], bool] = lambda: False,
    meta: dict[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Train until ``config.kimg``, going on from the newest checkpoint of ``folder``.

    Args:
        config: What decides the run.
        data: Pictures at the run's resolution.
        folder: Where checkpoints, log and grids go.
        device: Where to compute.
        cadence: How often it writes what.
        tagger: Measures how alike pictures look; feeds the critic.
        start_from: A checkpoint of a run of half the resolution (or the same) to start from.
        pause: Asked after each tick; true ends the loop after a checkpoint.
        meta: Goes into the header of ``anime.safetensors``, written with each checkpoint.

    Yields:
        Each line of the log: ``nimg``, losses, ``s/kimg``.

    Raises:
        TrainingDiverged: A gradient is not finite; the last checkpoint is kept.
        ConfigMismatch: ``folder`` holds a run with another configuration.
    """
    cadence = cadence or Cadence()
    make_folder(folder)
    torch.manual_seed(config.seed)
    trainer = AnimeTrainer(config, data.selfies, data.anime, device, tagger)
    resumed = resume(trainer, folder)
    if not resumed and start_from is not None:
        grow_from(trainer.nets, start_from)
    now = trainer.state
    log = RunLog(folder, now.nimg)
    due = dict.fromkeys(("tick", "grid"), now.nimg) if resumed else {}
    saved = time.monotonic()
    tick = Tick(now.nimg)
    done = now.nimg >= config.kimg * 1000
    while True:
        # Once in a while: log, checkpoint, grid.
        if done or now.nimg - due.get("tick", -1e9) >= cadence.tick_kimg * 1000:
            if not tick.empty:
                yield log.write(now.nimg, tick.values(now.nimg))
            tick.restart(now.nimg)
            due["tick"] = now.nimg
            done = done or pause()
        if done or time.monotonic() - saved >= cadence.checkpoint_minutes * 60:
            checkpoint(trainer, folder)
            export(folder, folder / MODEL, meta)
            saved = time.monotonic()
        if done or now.nimg - due.get("grid", -1e9) >= cadence.grid_kimg * 1000:
            path = folder / "grids" / f"styles-{now.nimg:08d}.png"
            sheet = images.grid(sample_grid(trainer, data.shown), columns=7)
            images.save(path, sheet, provenance={"nimg": now.nimg}, force=True)
            due["grid"] = now.nimg
        if done:
            break

        # The step.
        tick.add(trainer.step())
        done = now.nimg >= config.kimg * 1000
    log.close()


def resume(trainer: AnimeTrainer, folder: Path) -> bool:
    """Read the newest checkpoint of a run folder into a trainer; false where there is none."""
    nets, now = trainer.nets, trainer.state
    described = config_as_json(trainer.config)
    found = state.load_newest(folder, nets.modules(), nets.optimizers(), described, free=FREE)
    if found is None:
        return False
    now.nimg, now.step = found["nimg"], found["step"]
    return True


def checkpoint(trainer: AnimeTrainer, folder: Path) -> Path:
    """Write everything that the next step depends on."""
    nets, now = trainer.nets, trainer.state
    described = config_as_json(trainer.config)
    scalars = {"step": now.step}
    return state.save(folder, now.nimg, nets.modules(), nets.optimizers(), described, scalars)


def config_as_json(config: Any) -> dict[str, Any]:
    """A configuration as JSON gives it back: tuples are lists."""
    pairs = asdict(config).items()
    return {key: list(value) if isinstance(value, tuple) else value for key, value in pairs}


@torch.no_grad()
def grow_from(nets: AnimeNetworks, path: Path) -> None:
    """Start from the networks of another run, of this resolution or of half of it.

    Layers that both have are copied. What a doubled resolution adds passes the picture on: the
    decoder's new RGB branch is zero, and the first block of encoders and discriminators stands for
    the smaller network's first layer (see :meth:`DiscriminatorBlock.imitate`).

    Raises:
        ConfigMismatch: The other run's layers have other shapes.
    """
    stored = native.load(path, kind="training-state")
    for name, network in nets.modules().items():
        shift = 0
        if isinstance(network, RosesGenerator | RosesDiscriminator):
            key = "d_channels" if name.startswith("d_") else "channels"
            theirs, own = stored.config.get(key, []), network.config.channels
            shift = len(own) - len(theirs)
            if shift not in (0, 1):
                raise ConfigMismatch(
                    path,
                    f"has {len(theirs)} {key}, this run has {len(own)}",
                    "start from a run of the same or half the resolution",
                )
        _copy_layers(name, network, stored.tensors, shift, path)


def _copy_layers(
    name: str, network: nn.Module, stored: dict[str, Tensor], shift: int, path: Path
) -> None:
    """Copy a network's layers from a smaller one, whose first block is missing."""
    for key, value in network.state_dict().items():
        source = _source_name(key, shift)
        found = None if source is None else stored.get(f"{name}/{source}")
        if found is None:
            if key.endswith((".torgb.weight", ".torgb.bias")):
                value.zero_()
            continue
        if found.shape != value.shape:
            raise ConfigMismatch(
                path,
                f"{name} {key} is {list(found.shape)} there and {list(value.shape)} here",
                "give the same channels and widths",
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
        weight, bias = (stored[f"{name}/{key}.{part}"] for part in ("weight", "bias"))
        _imitate(rgb, block, weight, bias)


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


@torch.no_grad()
def sample_grid(trainer: AnimeTrainer, selfies: np.ndarray) -> np.ndarray:
    """Each selfie and its translations in six styles, the same for all; uint8 ``[n, h, w, 3]``."""
    ema, config = trainer.nets.ema_a2b, trainer.config
    source = torch.Generator().manual_seed(config.seed)
    z = torch.randn(6, config.style_dim, generator=source).to(trainer.device)
    rows = []
    for selfie in selfies:
        picture = images.to_float(selfie[None]).to(trainer.device)
        content, _ = ema.encode(picture)
        drawn = ema.decode(content.expand(6, -1, -1, -1), z)
        rows += [selfie[None], images.to_uint8(drawn)]
    return np.concatenate(rows)


def export(folder: Path, out: Path, meta: dict[str, Any] | None = None, half: bool = True) -> Path:
    """Write the selfie-to-anime generator of a run's newest checkpoint as a model of its own.

    With it goes the encoder of the way back without its content branch, which reads the style off
    an anime picture (:meth:`~mien.anime.generator.RosesGenerator.style_of`).

    Args:
        folder: The run folder.
        out: The ``.safetensors`` to write.
        meta: Added to its header: data, licence.
        half: Store 16 bits a number.
    """
    newest = state.checkpoints(folder)[-1]
    network = open_checkpoint(newest, KIND)
    described = {
        "kimg": network.meta["nimg"] / 1000,
        "training": network.meta["training"],
        **(meta or {}),
    }
    native.save(out, KIND, network.tensors, network.config, described, half)
    return out
