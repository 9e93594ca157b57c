"""A drawn head with its landmarks, and small parsers, without weights."""

import numpy as np
import torch

from faces.toy_faces import shape
from mien.judges.mobilenet import MobileNet
from mien.judges.parser import Parser, ParserConfig, RegionDecoder


def head(seed=0):
    """A picture 256×256 of skin, hair, clothes and wall, and its 68 landmarks."""
    rng = np.random.RandomState(seed)
    y, x = (np.mgrid[:256, :256] + 0.5 - 128) / 128
    page = np.empty((256, 256, 3))
    page[:] = 90, 130, 160
    page[np.hypot(x / 0.78, (y + 0.12) / 0.85) < 1] = 60, 35, 20
    page[(np.abs(x) < 0.95) & (y > 0.82)] = 30, 120, 50
    page[np.hypot(x / 0.6, (y - 0.05) / 0.76) < 1] = 215, 165, 140
    points = (shape()[:68] * [1, 0.95] + 1) * 128
    return (page + rng.randn(256, 256, 3) * 4).clip(0, 255).astype(np.uint8), points


def tiny_parser(resolution=32, seed=0):
    """Random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        decoder = RegionDecoder(ParserConfig(resolution, 4, 4))
        return Parser(MobileNet(), decoder).eval()
