"""Warming a generator up before it meets its discriminator.

    mien train warmup --data faces.zip --resolution 64 --tagger teacher --out runs/warm

First the synthesis network learns as the decoder of an autoencoder, so that it knows where eyes,
hair and glasses are; noise on w keeps the space smooth. Then the mapping network learns, without a
discriminator, a Gaussian of the codes of all training pictures, conditional on their labels. What
comes out is blurred but varied, and ``mien train gan --from`` sharpens it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien import images
from mien.checkpoints import native
from mien.data.order import SampleOrder
from mien.data.training_set import TrainingSet
from mien.errors import InputError, TrainingDiverged
from mien.judges.losses import feature_distance
from mien.judges.tagger import Tagger
from mien.portraits.autoencoder import WarmupEncoder
from mien.portraits.config import GanConfig, drop_columns
from mien.stylegan2.generator import Generator
from mien.training import state


@dataclass(frozen=True)
class WarmupConfig:
    """What decides a run.

    Args:
        gan: Shapes, precision and seed, as the GAN that follows will have them.
        kimg: Thousand pictures for the autoencoder.
        batch: Pictures a step.
        lr: Of the autoencoder; falls to zero as a cosine.
        perceptual: Weight of the distance in the tagger's feature maps.
        blur: Standard deviation of the noise on w, whose numbers have variance 1.
        mapping_steps: Steps of the mapping network.
        mapping_lr: Its learning rate.
    """

    gan: GanConfig = field(default_factory=GanConfig)
    kimg: float = 60
    batch: int = 32
    lr: float = 0.003
    perceptual: float = 0.5
    blur: float = 0.35
    mapping_steps: int = 3000
    mapping_lr: float = 0.2

    def __post_init__(self) -> None:
        if self.kimg <= 0 or self.batch < 2:
            raise InputError("kimg must be positive, and batch at least 2")


def warm_up(
    config: WarmupConfig,
    data: TrainingSet,
    tagger: Tagger,
    folder: Path,
    start_from: Generator | None = None,
) -> Iterator[dict[str, Any]]:
    """Train autoencoder, then mapping; write ``folder/state-00000000.safetensors`` at the end.

    Args:
        config: What decides the run.
        data: Pictures with labels.
        tagger: Its feature maps measure how alike pictures look.
        folder: Gets grids and the result.
        start_from: A generator whose synthesis network to start from.

    Yields:
        ``{"phase", "nimg" or "step", "loss"}`` now and then.
    """
    torch.manual_seed(config.gan.seed)
    G = start_from or Generator(config.gan.generator())
    E = WarmupEncoder(config.gan.discriminator(), config.gan.w_dim)
    if config.gan.precision == "bf16":
        G.synthesis.dtype = E.dtype = torch.bfloat16
    tagger = tagger.eval().requires_grad_(False)
    yield from _autoencode(config, data, tagger, G, E, folder)
    w, labels = _encode_all(data, E.eval())
    yield from _fit_mapping(config, G, w, labels)
    _finish(config, G, data, folder)


def _autoencode(
    config: WarmupConfig,
    data: TrainingSet,
    tagger: Tagger,
    G: Generator,
    E: WarmupEncoder,
    folder: Path,
) -> Iterator[dict[str, Any]]:
    parameters = [*E.parameters(), *G.synthesis.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=config.lr, betas=(0.9, 0.99))
    order = SampleOrder(len(data), config.gan.seed, mirror=True)
    steps = math.ceil(config.kimg * 1000 / config.batch)
    source = torch.Generator().manual_seed(config.gan.seed)
    for step in range(steps):
        share = (step + 1) / steps
        rate = min(share / 0.02, 0.5 * (1 + math.cos(math.pi * share)) + 0.02)
        optimizer.param_groups[0]["lr"] = config.lr * rate
        pictures, _ = data.batch(*order.batch(step * config.batch, config.batch))
        real = images.to_float(pictures)
        w = E(real)
        w = w + config.blur * torch.randn(w.shape, generator=source)
        drawn = G.synthesis(w[:, None].expand(-1, G.num_ws, -1), "none")
        terms = reconstruction_terms(tagger, drawn, real)
        loss = terms["L1"] + config.perceptual * terms["perceptual"]
        if not torch.isfinite(loss):
            raise TrainingDiverged(f"the autoencoder's loss is {float(loss.detach())} at {step}")
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 50 == 49 or step == steps - 1:
            nimg = (step + 1) * config.batch
            if step % 250 == 249 or step == steps - 1:
                sheet = np.concatenate([pictures[:12], images.to_uint8(drawn[:12].detach())])
                path = folder / "grids" / f"autoencoder-{nimg:08d}.png"
                images.save(path, images.grid(sheet, columns=12))
            yield {"phase": "autoencoder", "nimg": nimg, "loss": round(float(loss.detach()), 4)}


def reconstruction_terms(tagger: Tagger, drawn: Tensor, real: Tensor) -> dict[str, Tensor]:
    """What the autoencoder's loss is made of; the gradient of both terms goes to ``drawn``.

    Args:
        tagger: Frozen; its feature maps say how alike pictures look.
        drawn: ``[n, 3, h, w]`` in [-1, 1].
        real: What it should look like.
    """
    with torch.autocast(drawn.device.type, torch.bfloat16):
        maps = tagger.feature_maps(drawn)
        with torch.no_grad():
            wanted = tagger.feature_maps(real)
    return {
        "L1": (drawn - real).abs().mean(),
        "perceptual": feature_distance(maps, wanted).mean(),
    }


@torch.no_grad()
def _encode_all(data: TrainingSet, E: WarmupEncoder) -> tuple[Tensor, np.ndarray]:
    """The w of every picture and of its mirror image, and their labels."""
    ws, labels = [], []
    for mirrored in (False, True):
        for rows in np.array_split(np.arange(len(data)), max(1, len(data) // 64)):
            pictures, labelled = data.batch(rows, np.full(len(rows), mirrored))
            ws.append(E(images.to_float(pictures)))
            labels.append(labelled)
    return torch.cat(ws), np.concatenate(labels)


def _fit_mapping(
    config: WarmupConfig, G: Generator, w: Tensor, labels: np.ndarray
) -> Iterator[dict[str, Any]]:
    """Regress the mapping onto a Gaussian of the codes, conditional on the label."""
    told = torch.from_numpy(labels) if G.config.c_dim else torch.zeros(len(w), 0)
    gaussian = _ConditionalGaussian(w, told)
    optimizer = torch.optim.Adam(G.mapping.parameters(), lr=config.mapping_lr, betas=(0.9, 0.99))
    rng = np.random.default_rng(config.gan.seed)
    recent: list[float] = []
    for step in range(config.mapping_steps):
        share = (step + 1) / config.mapping_steps
        optimizer.param_groups[0]["lr"] = config.mapping_lr * 0.5 * (1 + math.cos(math.pi * share))
        rows = rng.integers(len(w), size=256)
        z = torch.from_numpy(rng.standard_normal((256, G.config.z_dim))).float()
        c, known = None, torch.zeros(256)
        if G.config.c_dim:
            c = torch.from_numpy(drop_columns(labels[rows], config.gan, rng))
            known = c.sum(dim=1) / told[rows].sum(dim=1).clamp(min=1)
        target = gaussian.draw(told[rows], known, z)
        loss = (G.mapping(z, c) - target).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        recent.append(float(loss.detach()))
        if step % 250 == 249 or step == config.mapping_steps - 1:
            yield {"phase": "mapping", "step": step + 1, "loss": round(np.mean(recent).item(), 4)}
            recent = []


class _ConditionalGaussian:
    """w given a label: a ridge regression for the mean, the covariance of what it leaves."""

    def __init__(self, w: Tensor, labels: Tensor, ridge: float = 3.0) -> None:
        self.mean, self.label_mean = w.mean(dim=0), labels.mean(dim=0)
        x, y = labels - self.label_mean, w - self.mean
        gram = x.T @ x + ridge * torch.eye(x.shape[1])
        self.slope = torch.linalg.solve(gram, x.T @ y)  # [c d]
        self.free = _root(y)
        self.bound = _root(y - x @ self.slope)

    def draw(self, labels: Tensor, known: Tensor, z: Tensor) -> Tensor:
        """Samples under full labels of which a share ``known`` is told; the rest spreads."""
        normal = _width(z, self.mean.shape[0])
        spread = known[:, None] * (normal @ self.bound) + (1 - known)[:, None] * (
            normal @ self.free
        )
        return self.mean + (labels - self.label_mean) @ self.slope + spread


def _root(x: Tensor) -> Tensor:
    """Symmetric square root of a covariance."""
    values, vectors = torch.linalg.eigh(x.T @ x / len(x))
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T


def _width(z: Tensor, width: int) -> Tensor:
    """Latents z, cut or repeated to another width."""
    return z.repeat(1, -(-width // z.shape[1]))[:, :width]


@torch.no_grad()
def _finish(config: WarmupConfig, G: Generator, data: TrainingSet, folder: Path) -> None:
    """Set the mean w, draw a grid, write what a GAN run starts from."""
    source = torch.Generator().manual_seed(config.gan.seed)
    z = torch.randn(4096, G.config.z_dim, generator=source)
    G.mapping.w_avg.copy_(G.mapping(z).mean(dim=0))
    drawn = images.to_uint8(G(z[:36], psi=0.7, noise="none"))
    images.save(folder / "grids" / "mapped.png", images.grid(drawn))
    tensors = state.module_tensors({"G": G, "G_ema": copy.deepcopy(G)})
    meta = {"nimg": 0, "warmup": {**asdict(config), "data": data.path.name}}
    path = folder / "state-00000000.safetensors"
    native.save(path, "training-state", tensors, asdict(config.gan), meta=meta)
