"""Codes of photographs and embeddings of sentences, computed once and kept beside a run.

Axes: n pictures, d width of w.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from mien import images
from mien.checkpoints.arrays import read_arrays
from mien.errors import MienError
from mien.files import make_folder, replacing
from mien.inversion.encoder import Inverter
from mien.judges.frozen import Maps
from mien.text.embedding import SentenceEncoder

_BATCH = 16
POOLED = 768 + 1280
"""Width of the pooled features: Inception's deep map, then MobileNet's last."""


def pooled(maps: Maps) -> Float[Tensor, "n f"]:
    """Frozen features of pictures, the mean over places: Inception's deep map, MobileNet's last."""
    return torch.cat([maps[0][2].mean((2, 3)), maps[1][3].mean((2, 3))], dim=1)


@torch.no_grad()
def known_codes(
    inverter: Inverter,
    pictures: UInt8[np.ndarray, "n h w 3"],
    cache: Path,
    key: str,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Float32[np.ndarray, "n d"], Float32[np.ndarray, "n f"]]:
    """Codes w and pooled frozen features of photographs cut as FFHQ's.

    ``cache`` is an ``.npz`` that keeps what was found, read if it is of this ``key``, which changes
    with the pictures and the encoder. ``told`` is told how many are done, of how many.
    """
    if kept := _kept(cache, key, "w", "features"):
        return kept[0], kept[1].astype(np.float32)
    device = next(inverter.generator.parameters()).device
    codes, features = [], []
    for i in range(0, len(pictures), _BATCH):
        x = images.to_float(np.array(pictures[i : i + _BATCH]), device)
        maps = inverter.look(x)
        codes.append(inverter.encode(x, maps).float().cpu())
        features.append(pooled(maps).half().cpu())
        told(min(i + _BATCH, len(pictures)), len(pictures))
    w, seen = torch.cat(codes).numpy(), torch.cat(features).numpy()
    _keep(cache, key, w=w, features=seen)
    return w, seen.astype(np.float32)


def _kept(cache: Path, key: str, *names: str) -> list[np.ndarray]:
    """Arrays of a file, if it is of this key; one that was cut short is made again."""
    try:
        kept = read_arrays(cache) if cache.is_file() else {}
        if kept and kept["key"].tobytes().decode() == key:
            return [kept[name] for name in names]
    except (MienError, KeyError, ValueError):
        pass
    return []


def _keep(cache: Path, key: str, **arrays: Any) -> None:
    make_folder(cache.parent)
    with replacing(cache) as beside, beside.open("wb") as stream:
        np.savez(stream, **arrays, key=np.frombuffer(key.encode(), np.uint8))


def known_embeddings(
    encoder: SentenceEncoder,
    texts: Sequence[str],
    cache: Path,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Float32[np.ndarray, "m e"]:
    """Embeddings of sentences, kept in an ``.npz`` that is read if it is of these sentences."""
    key = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    if kept := _kept(cache, key, "embeddings"):
        return kept[0]
    found = []
    for i in range(0, len(texts), 64):
        found.append(encoder.encode(list(texts[i : i + 64])).embedding.cpu().numpy())
        told(min(i + 64, len(texts)), len(texts))
    embeddings = np.concatenate(found) if found else np.zeros((0, 1), np.float32)
    _keep(cache, key, embeddings=embeddings)
    return embeddings
