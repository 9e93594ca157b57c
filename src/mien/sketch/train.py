"""Training photo ↔ sketch: one page, resumed by giving the same command again.

On a laptop's CPU, half an hour to sketches that look like their photographs:

    mien train sketch --method pix2pix --data cuhk.zip --out runs/sketch

The autoencoder, pix2pix (Isola et al. 2017) and CycleGAN (Zhu et al. 2017) share this loop; their
steps are in :mod:`mien.sketch.step`. What is kept at the end is the average of the
generator over training (Karras et al. 2018), which neither paper has: it is steadier on few images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mien import images
from mien.checkpoints import native
from mien.data.pairs import PairedSet, UnpairedSet
from mien.errors import CheckpointError, ConfigMismatch, InputError
from mien.files import make_folder
from mien.metrics import paired
from mien.sketch.config import TranslationConfig
from mien.sketch.cyclegan import ImagePool
from mien.sketch.step import TRAINERS, Trainer
from mien.training import state
from mien.training.logs import RunLog, Tick

KINDS = {
    "autoencoder": "translation-autoencoder",
    "pix2pix": "translation-unet",
    "cyclegan": "translation-resnet",
}
"""Method -> kind of its generator's file."""

_AT_ONCE = 6


@dataclass(frozen=True)
class TranslationCadence:
    """How often a run writes what; free to change when resuming.

    Args:
        tick_kimg: A line of the log every so many thousand images.
        checkpoint_kimg: A checkpoint every so many.
        grid_kimg: A sheet of pictures every so many.
        validate: Kept-out pairs that each line is measured on, spread over the part; 0 for none.
        probe: Training pairs that the same is measured on, for the two curves side by side.
    """

    tick_kimg: float = 0.5
    checkpoint_kimg: float = 1
    grid_kimg: float = 2
    validate: int = 30
    probe: int = 8


def train(
    config: TranslationConfig,
    data: PairedSet | UnpairedSet,
    folder: Path,
    device: torch.device | str = "cpu",
    cadence: TranslationCadence | None = None,
    kept: PairedSet | None = None,
    judge: nn.Module | None = None,
    start_from: Path | None = None,
    pause: Callable[[], bool] = lambda: False,
) -> Iterator[dict[str, Any]]:
    """Train until ``config.kimg``, going on from the newest checkpoint of ``folder``.

    Args:
        config: What decides the run.
        data: Training pictures at the run's resolution, photographs first; pairs unless the method
            is ``cyclegan``.
        folder: Where checkpoints, log and grids go.
        device: Where to compute.
        cadence: How often it writes what.
        kept: Pairs to measure on; nothing is chosen by them.
        judge: Adds the distance of output and truth as it sees them, with ``judge_weight``.
        start_from: A checkpoint of another run, or its folder, whose networks a new run begins
            with; at another resolution for networks that do not depend on it (CycleGAN).
        pause: Asked after each tick; true ends the loop after a checkpoint.

    Yields:
        Each line of the log: ``nimg``, mean losses since the last (``loss/G``, ``loss/D``, …);
        ``val/loss/…``, and ``val/DIRECTION/mae`` and ``…/ssim`` of the kept-out pairs, ``train/…``
        of training pairs without augmentation, both by the averaged generator; ``s/kimg``.

    Raises:
        TrainingDiverged: A gradient is not finite; the last checkpoint is kept.
        ConfigMismatch: ``folder`` holds a run with another configuration.
        InputError: Pictures of another size, or no pairs where the method needs them.
    """
    cadence = cadence or TranslationCadence()
    _check_data(config, data, kept)
    make_folder(folder)
    trainer = TRAINERS[config.method](
        config, _for_method(config, data), torch.device(device), judge
    )
    resumed = resume(trainer, folder)
    if not resumed and start_from is not None:
        begin_with(trainer, start_from)
    log = RunLog(folder, trainer.nimg)
    due = dict.fromkeys(("tick", "checkpoint", "grid"), trainer.nimg) if resumed else {}
    probes = {"val": probe(config, kept, cadence.validate)}
    probes["train"] = probe(config, data, cadence.probe)
    tick = Tick(trainer.nimg)
    done = trainer.nimg >= config.kimg * 1000
    while True:
        # Once in a while: measure, log, checkpoint, grid.
        nimg = trainer.nimg
        if not tick.empty and (done or nimg - due.get("tick", 0) >= cadence.tick_kimg * 1000):
            values = tick.values(nimg)
            for part, pairs in probes.items():
                values |= {f"{part}/{k}": v for k, v in measure(trainer, pairs).items()}
            yield log.write(nimg, values)
            tick.restart(nimg)
            due["tick"] = nimg
            done = done or pause()
        if done or nimg - due.get("checkpoint", 0) >= cadence.checkpoint_kimg * 1000:
            checkpoint(trainer, folder)
            due["checkpoint"] = nimg
        if done or nimg - due.get("grid", 0) >= cadence.grid_kimg * 1000:
            shown = probes["val"] or probes["train"]
            for direction, page in sheets(trainer, shown).items():
                log.grid(nimg, page, direction)
            due["grid"] = nimg
        if done:
            break

        # The step.
        tick.add(trainer.step())
        done = trainer.nimg >= config.kimg * 1000
    log.close()


def resume(trainer: Trainer, folder: Path) -> bool:
    """Read the newest checkpoint of a run folder into a trainer; false where there is none."""
    found = state.load_newest(folder, trainer.networks, trainer.optimizers, asdict(trainer.config))
    if found is None:
        return False
    trainer.nimg = found["nimg"]
    for optimizer in trainer.optimizers.values():
        for moments in optimizer.state.values():
            for key, value in moments.items():
                if torch.is_tensor(value) and value.ndim == 4:  # As the parameters lie in memory.
                    moments[key] = value.contiguous(memory_format=torch.channels_last)
    return True


def begin_with(trainer: Trainer, path: Path) -> None:
    """Take over the networks of another run; moments and pools of pictures begin anew.

    Args:
        trainer: Of the new run.
        path: A checkpoint of the other run, or its folder for the newest.

    Raises:
        CheckpointError: The folder has no checkpoint, or the file is none.
        ConfigMismatch: The other run's networks are others.
    """
    found = state.checkpoints(path) if path.is_dir() else [path]
    if not found:
        raise CheckpointError(path, "has no checkpoint of a run", "name a state-*.safetensors")
    stored = native.load(found[-1], kind="training-state").tensors
    for name, network in trainer.networks.items():
        if isinstance(network, ImagePool):
            continue
        for key, value in network.state_dict().items():
            source = stored.get(f"{name}/{key}")
            if source is None or source.shape != value.shape:
                there = "missing" if source is None else str(list(source.shape))
                raise ConfigMismatch(
                    found[-1],
                    f"{name} {key} is {there} there and {list(value.shape)} here",
                    "give the same method and widths",
                )
            value.copy_(source)


def checkpoint(trainer: Trainer, folder: Path) -> Path:
    """Write everything that the next step depends on."""
    config = trainer.config
    said = {name: getattr(config, name) for name in ("method", "direction", "resolution")}
    networks, optimizers = trainer.networks, trainer.optimizers
    return state.save(folder, trainer.nimg, networks, optimizers, asdict(config), said)


Pairs = tuple[Tensor, Tensor]


def probe(
    config: TranslationConfig, data: PairedSet | UnpairedSet | None, count: int
) -> Pairs | None:
    """Some pictures without augmentation, spread over a set: what is given and what is wanted.

    Returns:
        Float NCHW in [-1, 1], in the run's direction; ``None`` for sets without pairs.
    """
    if not isinstance(data, PairedSet) or not count:
        return None
    rows = np.unique(np.linspace(0, len(data) - 1, min(count, len(data))).round().astype(np.int64))
    first, second = (images.to_float(side) for side in data.batch(rows))
    return (first, second) if config.direction == "photo-to-sketch" else (second, first)


def measure(trainer: Trainer, pairs: Pairs | None) -> dict[str, float]:
    """Losses, mean absolute error and SSIM (in [0, 1]) of the averaged generators on pairs."""
    if pairs is None:
        return {}
    sums: dict[str, list[Tensor]] = {}
    for a, b in zip(*(side.split(_AT_ONCE) for side in pairs), strict=True):
        stats, made = trainer.check(a.to(trainer.device), b.to(trainer.device))
        for key, value in stats.items():
            sums.setdefault(key, []).append(value.double().cpu().expand(len(a)))
        for direction, fake, truth in zip(trainer.generators, made, (b, a), strict=False):
            fake = images.to_float(images.to_uint8(fake))
            sums.setdefault(f"{direction}/mae", []).append(paired.mae(fake, truth))
            sums.setdefault(f"{direction}/ssim", []).append(paired.ssim(fake, truth))
    return {key: round(float(torch.cat(parts).mean()), 5) for key, parts in sums.items()}


def sheets(trainer: Trainer, pairs: Pairs | None, count: int = 6) -> dict[str, np.ndarray]:
    """Input, output and truth side by side, uint8 ``[n, h, 3w, 3]`` a direction."""
    if pairs is None:
        given, wanted = (images.to_float(side) for side in trainer.data.batch(np.arange(count)))
        if trainer.config.direction == "sketch-to-photo":
            given, wanted = wanted, given
    else:
        given, wanted = pairs[0][:count], pairs[1][:count]
    _, made = trainer.check(given.to(trainer.device), wanted.to(trainer.device))
    rows = zip(trainer.generators, ((given, wanted), (wanted, given)), made, strict=False)
    return {
        direction: np.concatenate([images.to_uint8(x) for x in (a, fake, b)], axis=2)
        for direction, (a, b), fake in rows
    }


def export(
    folder: Path, out: Path, meta: dict[str, Any] | None = None, half: bool = True
) -> dict[str, Path]:
    """Write the averaged generators of a run's newest checkpoint as models of their own.

    Args:
        folder: The run folder.
        out: A folder; each direction's file is ``DIRECTION.safetensors`` in it.
        meta: Added to their headers: data, licence.
        half: Store 16 bits a number.

    Returns:
        Direction -> file.
    """
    stored = native.load(state.checkpoints(folder)[-1], kind="training-state")
    config = TranslationConfig(**stored.config)
    written = {}
    for direction, name in zip(config.directions, ("G_ema/", "F_ema/"), strict=False):
        own = {k[len(name) :]: v for k, v in stored.tensors.items() if k.startswith(name)}
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


def _for_method(
    config: TranslationConfig, data: PairedSet | UnpairedSet
) -> PairedSet | UnpairedSet:
    """CycleGAN never learns who belongs to whom, even where the data says it."""
    if config.method == "cyclegan" and isinstance(data, PairedSet):
        return data.unpaired()
    return data


def _check_data(
    config: TranslationConfig, data: PairedSet | UnpairedSet, kept: PairedSet | None
) -> None:
    if not isinstance(data, PairedSet) and config.method != "cyclegan":
        raise InputError(f"{data.path} holds no pairs, which {config.method} needs; take cyclegan")
    for part in (data, kept):
        if part is not None and part.resolution != config.resolution:
            raise InputError(
                f"{part.path} was opened at {part.resolution} pixels, the run has"
                f" {config.resolution}; open it with that resolution"
            )
