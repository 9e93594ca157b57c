"""Makes ``critics_reference.json``: what the shipped networks see in a picture made of waves.

    PYTHONPATH=src:tests python tests/judges/critics_reference.py

The numbers were written when the networks agreed with the reference activations of
``shared/critics`` within 1e-5; they keep them there where that folder is missing.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from mien.hub import loading

PATH = Path(__file__).with_suffix(".json")
KEPT = 40
"""Channels of a map that are kept, spread evenly."""

TAPS = {
    "inception": ("activation_5", "mixed2", "mixed7", "mixed10"),
    "mobilenet": ("block_2_add", "block_5_add", "block_12_add", "out_relu"),
}


def waves(side: int) -> Tensor:
    """A picture ``[1, 3, side, side]`` in [-1, 1] that has edges, colours and slopes."""
    at = torch.arange(side, dtype=torch.float64) / side
    y, x = at[:, None], at[None, :]
    red = torch.sin(9 * x + 4 * y) * torch.cos(23 * y * x)
    green = torch.sign(torch.sin(31 * x) * torch.sin(17 * y)) * 0.6
    blue = 2 * ((x - 0.5).square() + (y - 0.4).square()).sqrt() - 0.7
    return torch.stack([red, green, blue])[None].clamp(-1, 1).float()


def spread(values: Tensor, kept: int = KEPT) -> Tensor:
    """``kept`` of many numbers, evenly spaced."""
    rows = torch.linspace(0, len(values) - 1, min(kept, len(values))).long()
    return values[rows]


@torch.no_grad()
def seen() -> dict[str, list[float]]:
    """Means over pixels of some channels of every tap, and a face's numbers."""
    found: dict[str, list[float]] = {}
    for name, taps in TAPS.items():
        network = loading.load(name, name).network
        for tap, tensor in network(waves(96), taps).items():
            found[f"{name}/{tap}"] = spread(tensor.mean(dim=(2, 3))[0]).tolist()
    recognition = loading.load_recognition().network
    found["recognition"] = spread(recognition.embed(waves(120))[0]).tolist()
    return {key: [float(f"{value:.8g}") for value in values] for key, values in found.items()}


if __name__ == "__main__":
    PATH.write_text(json.dumps(seen(), indent=0) + "\n")
