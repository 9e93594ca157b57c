"""Latents with planted tags, made once for the tests of the finders of directions."""

from __future__ import annotations

import numpy as np
import torch


def planted(n=600, d=24, t=6, seed=0, correlated=True):
    """Latents ``[n, d]`` float32, bool labels ``[n, t]``, names, and the directions behind them."""
    draw = np.random.RandomState(seed)
    spread = np.geomspace(2, 0.3, d) if correlated else np.ones(d)
    turn = np.linalg.qr(draw.randn(d, d))[0]
    latents = (draw.randn(n, d) * spread) @ turn + 0.5
    truth = draw.randn(d, t)
    truth /= np.linalg.norm(truth, axis=0)
    score = latents @ truth + 0.3 * draw.randn(n, t)
    share = np.linspace(0.1, 0.5, t)
    labels = score > np.quantile(score, 1 - share, axis=0).diagonal()
    tags = [f"tag {i}" for i in range(t)]
    tensors = torch.from_numpy(latents.astype(np.float32)), torch.from_numpy(labels)
    return *tensors, tags, torch.from_numpy(truth)
