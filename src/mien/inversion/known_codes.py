"""Codes of photographs as the generator's encoder gives them, kept beside what is trained on them.

Axes: n pictures, d width of w.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from mien import images
from mien.checkpoints.arrays import read_arrays
from mien.errors import MienError
from mien.files import make_folder, replacing
from mien.inversion.encoder import Inverter

_BATCH = 16
POOLED = 768 + 1280
"""Width of the pooled features: Inception's deep map, then MobileNet's last."""


@torch.no_grad()
def known_codes(
    inverter: Inverter,
    pictures: UInt8[np.ndarray, "n h w 3"],
    cache: Path,
    key: str,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Float32[np.ndarray, "n d"], Float32[np.ndarray, "n f"]]:
    """Codes and pooled frozen features of photographs.

    Args:
        inverter: The generator's encoder.
        pictures: Faces cut as FFHQ's.
        cache: An ``.npz`` that keeps what was found; read if it is of this key.
        key: Changes with the pictures and the encoder.
        told: How many are done, of how many.

    Returns:
        w of each, and the mean over places of Inception's deep map and MobileNet's last.
    """
    try:
        kept = read_arrays(cache) if cache.is_file() else {}
        if kept and kept["key"].tobytes().decode() == key:
            return kept["w"], kept["features"].astype(np.float32)
    except (MienError, KeyError, ValueError):
        pass  # A file that was cut short is made again.
    device = next(inverter.generator.parameters()).device
    codes, features = [], []
    for i in range(0, len(pictures), _BATCH):
        x = images.to_float(np.array(pictures[i : i + _BATCH]), device)
        maps = inverter.look(x)
        codes.append(inverter.encode(x, maps).float().cpu())
        pooled = torch.cat([maps[0][2].mean((2, 3)), maps[1][3].mean((2, 3))], dim=1)
        features.append(pooled.half().cpu())
        told(min(i + _BATCH, len(pictures)), len(pictures))
    w, pooled = torch.cat(codes).numpy(), torch.cat(features).numpy()
    make_folder(cache.parent)
    with replacing(cache) as beside, beside.open("wb") as stream:
        np.savez(stream, w=w, features=pooled, key=np.frombuffer(key.encode(), np.uint8))
    return w, pooled.astype(np.float32)
