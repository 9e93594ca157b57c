"""Training a StyleGAN2: one page, resumed by giving the same command again.

On a laptop's CPU, a few minutes to coloured blobs and an hour to faces:

    mien train gan --data faces.zip --resolution 64 --kimg 50 --out runs/faces

Karras et al. 2020 (StyleGAN2 and ADA). Three deviations, each for the sake of the time that a small
machine has: the generated pictures of the generator's step serve the discriminator's step too;
labels may be partial (``drop_columns``), so that a label of zeros is the unconditional case; and a
frozen tagger may add the cross-entropy of the attributes that a label asserts (Odena et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien import images
from mien.checkpoints import native
from mien.data.training_set import TrainingSet
from mien.files import make_folder
from mien.judges.tagger import Tagger
from mien.portraits.config import GanConfig
from mien.portraits.start import Start, grow_from, read_start
from mien.portraits.step import GanTrainer
from mien.stylegan2.augment import AdaState
from mien.stylegan2.seeds import seed_latents
from mien.training import state
from mien.training.logs import RunLog, Tick

FREE = frozenset({"kimg"})
"""Configuration that may change when a run goes on."""


@dataclass(frozen=True)
class Cadence:
    """How often a run writes what; free to change when resuming. All in thousand images."""

    tick_kimg: float = 1
    checkpoint_kimg: float = 5
    grid_kimg: float = 10


def train(
    config: GanConfig,
    data: TrainingSet,
    folder: Path,
    fabric: Any,
    cadence: Cadence | None = None,
    tagger: Tagger | None = None,
    start_from: Start | Path | None = None,
    pause: Callable[[], bool] = lambda: False,
) -> Iterator[dict[str, Any]]:
    """Train until ``config.kimg``, going on from the newest checkpoint of ``folder``.

    Args:
        config: What decides the run.
        data: Pictures at the run's resolution, with labels if the run has them.
        folder: Where checkpoints, log and grids go.
        fabric: As :func:`mien.training.processes.launch` gives it.
        cadence: How often it writes what.
        tagger: Reads attributes off generated pictures, with ``tagger_weight``.
        start_from: A checkpoint of a run of half the resolution (or the same) to start from, or
            anybody's file with a StyleGAN2 generator.
        pause: Asked after each tick; true ends the loop after a checkpoint.

    Yields:
        Each line of the log: ``nimg``, losses, ``p``, ``r_t``, ``s/kimg``.

    Raises:
        TrainingDiverged: A loss or gradient is not finite; the last checkpoint is kept.
        ConfigMismatch: ``folder`` holds a run with another configuration, or ``start_from`` has
            networks of other sizes.
    """
    cadence = cadence or Cadence()
    make_folder(folder)
    torch.manual_seed(config.seed)
    trainer = GanTrainer(config, data, fabric, tagger)
    resumed = resume(trainer, folder)
    if not resumed and start_from is not None:
        start = start_from if isinstance(start_from, Start) else read_start(start_from)
        start.check(config)
        grow_from(trainer.nets, start, config.noise)
    now, first = trainer.state, fabric.is_global_zero
    log = RunLog(folder, now.nimg) if first else None
    due = dict.fromkeys(("tick", "checkpoint", "grid"), now.nimg) if resumed else {}
    tick = Tick(now.nimg)
    done = now.nimg >= config.kimg * 1000
    while True:
        # Once in a while: log, checkpoint, grid.
        if done or now.nimg - due.get("tick", -1) >= cadence.tick_kimg * 1000:
            values = tick.values(now.nimg)
            values |= {"ada/p": round(now.ada.p, 4), "ada/r_t": round(now.ada.r_t, 3)}
            if log and not tick.empty:
                yield log.write(now.nimg, values)
            tick.restart(now.nimg)
            due["tick"] = now.nimg
            done = done or pause()
        if first and (
            done or now.nimg - due.get("checkpoint", 0) >= cadence.checkpoint_kimg * 1000
        ):
            checkpoint(trainer, folder)
            due["checkpoint"] = now.nimg
        if log and (done or now.nimg - due.get("grid", -1e9) >= cadence.grid_kimg * 1000):
            log.grid(now.nimg, sample_grid(trainer))
            due["grid"] = now.nimg
        if done:
            break

        # The step.
        tick.add(trainer.step())
        done = now.nimg >= config.kimg * 1000
    if log:
        log.close()


def resume(trainer: GanTrainer, folder: Path) -> bool:
    """Read the newest checkpoint of a run folder into a trainer; false where there is none."""
    nets, now = trainer.nets, trainer.state
    found = state.load_newest(
        folder, nets.modules(), nets.optimizers(), asdict(trainer.config), free=FREE
    )
    if found is None:
        return False
    now.nimg, now.step, now.pl_mean = found["nimg"], found["step"], found["pl_mean"]
    now.ada = AdaState(**found["ada"])
    return True


def checkpoint(trainer: GanTrainer, folder: Path) -> Path:
    """Write everything that the next step depends on."""
    nets, now = trainer.nets, trainer.state
    scalars = {"step": now.step, "pl_mean": now.pl_mean, "ada": asdict(now.ada)}
    return state.save(
        folder, now.nimg, nets.modules(), nets.optimizers(), asdict(trainer.config), scalars
    )


@torch.no_grad()
def sample_grid(trainer: GanTrainer, count: int = 36, psi: float = 0.7) -> np.ndarray:
    """Pictures of seeds 0 to ``count`` from the averaged generator, uint8 ``[n, h, w, 3]``."""
    ema = trainer.nets.ema
    z = seed_latents(range(count), ema.config.z_dim).to(trainer.device)
    drawn = [images.to_uint8(ema(part, psi=psi)) for part in z.split(9)]
    return np.concatenate(drawn)


def export(folder: Path, out: Path, meta: dict[str, Any] | None = None, half: bool = True) -> Path:
    """Write the averaged generator of a run's newest checkpoint as a model of its own.

    Args:
        folder: The run folder.
        out: The ``.safetensors`` to write.
        meta: Added to its header: data, licence.
        half: Store 16 bits a number.
    """
    newest = state.checkpoints(folder)[-1]
    stored = native.load(newest, kind="training-state")
    config = GanConfig(**stored.config)
    prefix = "G_ema/"
    tensors = {k[len(prefix) :]: v for k, v in stored.tensors.items() if k.startswith(prefix)}
    described = {"kimg": stored.meta["nimg"] / 1000, "training": stored.config, **(meta or {})}
    native.save(out, "stylegan2-generator", tensors, asdict(config.generator()), described, half)
    return out
