"""A small untrained generator as a file, for the verbs that draw."""

from __future__ import annotations

from pathlib import Path

import torch

from mien.checkpoints import native
from mien.stylegan2.generator import Generator, GeneratorConfig

CONFIG = {
    "resolution": 32,
    "z_dim": 16,
    "w_dim": 16,
    "c_dim": 76,
    "mapping_layers": 2,
    "channel_base": 128,
    "channel_max": 8,
}


def write_model(path: Path) -> Path:
    """Write it; the same each time."""
    torch.manual_seed(0)
    G = Generator(GeneratorConfig(**CONFIG))
    native.save(path, "stylegan2-generator", G.state_dict(), CONFIG, {"kimg": 1})
    return path
