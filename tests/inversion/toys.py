"""A tiny generator with an encoder and frozen networks, all of random weights."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from mien.checkpoints import native
from mien.inversion.encoder import Inverter
from mien.judges.frozen import FrozenFeatures
from mien.judges.inception import Inception
from mien.judges.mobilenet import MobileNet
from mien.portraits.encoder import Encoder, EncoderConfig
from mien.stylegan2.generator import Generator, GeneratorConfig

SHAPE = {"resolution": 64, "z_dim": 16, "w_dim": 16, "channel_base": 256, "channel_max": 8}
SHAPE |= {"mapping_layers": 2}


def make_generator() -> Generator:
    """64², untrained."""
    torch.manual_seed(0)
    return Generator(GeneratorConfig(**SHAPE)).eval().requires_grad_(False)


def make_encoder(w_dim: int = 16) -> Encoder:
    """Untrained."""
    torch.manual_seed(1)
    return Encoder(EncoderConfig(w_dim=w_dim)).eval().requires_grad_(False)


def make_features() -> FrozenFeatures:
    """Networks of random weights; the shapes are those of the real ones."""
    torch.manual_seed(2)
    return FrozenFeatures(Inception(), MobileNet())


def make_inverter() -> Inverter:
    """All of them together."""
    return Inverter(make_generator(), make_encoder(), make_features())


def write_models(folder: Path, encoder: bool = True, generator: str = "") -> Path:
    """A run's folder: ``generator.safetensors`` with or without ``encoder.safetensors``."""
    path = folder / "generator.safetensors"
    native.save(path, "stylegan2-generator", make_generator().state_dict(), SHAPE, {"kimg": 1})
    if encoder:
        network = make_encoder()
        meta = {"kimg": 1, **({"generator": generator} if generator else {})}
        native.save(
            folder / "encoder.safetensors", "portrait-encoder", network.state_dict(),
            asdict(network.config), meta,
        )  # fmt: skip
    return path


def photo(seed: int = 0, side: int = 64) -> np.ndarray:
    """A picture of soft blots, uint8."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 255, (8, 8, 3), np.uint8).repeat(side // 8, 0).repeat(side // 8, 1)
