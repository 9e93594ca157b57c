"""z -> w, fitted to the Gaussian of a generator's codes once the codes are known.

The mapping network learns, by plain regression, to send a standard normal z and a partial label to
the code that the closed form of :mod:`mien.portraits.codes` gives; so seeds, truncation and labels
mean what they mean for any StyleGAN2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.attributes import COLUMNS, LABELS, column_slice
from mien.portraits.codes import CodeGaussian, CodeMoments
from mien.stylegan2.generator import Generator
from mien.stylegan2.ops import normalise_2nd_moment
from mien.training.random import StepRandom


@dataclass(frozen=True)
class MappingFit:
    """How the mapping network is fitted.

    Args:
        steps: Steps of Adam.
        batch: Codes a step.
        lr: Highest learning rate; layers scale it by 0.01. Falls as a cosine.
        empty: Share of steps in which nothing is told.
        subsets: How many sets of told columns are drawn in all.
        seed: Decides every draw.
    """

    steps: int = 3000
    batch: int = 256
    lr: float = 1.0
    empty: float = 0.4
    subsets: int = 64
    seed: int = 0


def fit_mapping(
    G: Generator, moments: CodeMoments, labels: np.ndarray, fit: MappingFit | None = None
) -> Iterator[dict[str, Any]]:
    """Fit ``G.mapping`` to the Gaussian of codes; sets its mean w.

    Args:
        G: Its mapping network is trained in place.
        moments: Of its codes and their labels.
        labels: ``[n, l]`` of training pictures, of which partial labels are drawn.
        fit: How.

    Yields:
        ``{"step", "loss"}`` now and then; the loss is the mean squared error by the variance.
    """
    fit = fit or MappingFit()
    rng = np.random.default_rng(fit.seed)
    device = G.mapping.w_avg.device
    free = moments.given()
    told = [_told(rng, moments.label_dim) for _ in range(fit.subsets if G.config.c_dim else 0)]
    gaussians: list[CodeGaussian | None] = [None] * len(told)
    variance = float(moments.cov_ww.diagonal().mean())
    G.mapping.requires_grad_(True)
    optimizer = torch.optim.Adam(G.mapping.parameters(), lr=fit.lr, betas=(0.9, 0.99))
    recent: list[float] = []
    for step in range(fit.steps):
        share = (step + 1) / fit.steps
        optimizer.param_groups[0]["lr"] = fit.lr * 0.5 * (1 + math.cos(math.pi * share))
        random = StepRandom(fit.seed, step)
        z = torch.randn(fit.batch, G.config.z_dim, generator=random.torch(0)).to(device)
        c: Tensor | None = None
        target = free.draw(_normal(z, moments.w_dim))
        if told and rng.random() >= fit.empty:
            which = int(rng.integers(len(told)))
            gaussian = gaussians[which] or moments.given(told[which].to(device))
            gaussians[which] = gaussian
            rows = labels[rng.integers(len(labels), size=fit.batch)]
            c = torch.from_numpy(rows).to(device) * told[which].to(device)
            target = gaussian.draw(_normal(z, moments.w_dim), c)
        loss = (G.mapping(z, c) - target).square().mean() / variance
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        recent.append(float(loss.detach()))
        if step % 250 == 249 or step == fit.steps - 1:
            yield {"step": step + 1, "loss": round(float(np.mean(recent)), 5)}
            recent = []
    G.mapping.requires_grad_(False)
    with torch.no_grad():
        G.mapping.w_avg.copy_(moments.mean)


def _told(rng: np.random.Generator, width: int) -> Tensor:
    """A set of told columns, as a sentence tells them: one to half of all."""
    told = torch.zeros(width, dtype=torch.bool)
    if width != len(LABELS):
        return ~told
    columns = list(COLUMNS)
    for column in rng.choice(columns, size=int(rng.integers(1, len(columns) // 2)), replace=False):
        told[column_slice(str(column))] = True
    return told


def _normal(z: Tensor, width: int) -> Tensor:
    """Z as the mapping network sees it, of second moment 1, cut or repeated to another width."""
    z = normalise_2nd_moment(z)
    return z.repeat(1, -(-width // z.shape[1]))[:, :width]
