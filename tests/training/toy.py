"""A generator whose latents mean something known, and a tagger that reads it off pictures."""

import numpy as np
import torch

from mien.editing.samples import LatentSource
from mien.judges.tagger import Tagger, TaggerConfig

W_DIM, NUM_WS = 8, 6
COLUMNS = {
    "gender": ("f", "m"),
    "glasses": ("none", "glasses", "sunglasses"),
    "hair_length": ("bald", "short", "medium", "long", "hidden"),
}
MEANING = {"man": 0, "with glasses": 1, "long hair": 2}
"""Tag -> the coordinate of w that brings it."""


class Reads(Tagger):
    """Red means men, green glasses, blue long hair; glasses are seen more readily on men."""

    def __init__(self, noise=0.0):
        super().__init__(TaggerConfig(columns=COLUMNS, resolution=32, width=1))
        self.noise = noise

    def feature_maps(self, images):
        return [images, images.mean(dim=(2, 3), keepdim=True)]

    def features(self, images):
        return self.feature_maps(images)[-1].mean(dim=(2, 3))

    def read(self, features):
        red, green, blue = (3 * features + self.noise).unbind(dim=1)
        zero = torch.zeros_like(red)
        glasses = green + 0.3 * red - 2
        return {
            "gender": torch.stack([zero, red], 1),
            "glasses": torch.stack([zero, glasses, glasses - 2], 1),
            "hair_length": torch.stack([zero - 4, -blue, zero - 2, blue - 1, zero - 6], 1),
        }

    def forward(self, images):
        return self.read(self.features(images))


def source(shift=0.0):
    """Colours are the first three coordinates; coordinate 2 acts in layers 4 and 5 only."""
    spread = torch.tensor([1.0, 1.0, 1.0, 3.0, 0.5, 0.5, 0.2, 0.2])

    def sample(numbers, seed):
        rows = [np.random.default_rng([seed, i]).standard_normal(W_DIM) for i in numbers]
        w = torch.from_numpy(np.stack(rows)).float() * spread
        w[:, 1] = w[:, 1] + 0.5 * w[:, 0]  # what usually goes together
        return w

    def start(seeds, psi):
        return psi * sample(list(seeds), 77)[:, None].expand(-1, NUM_WS, -1)

    def draw(ws):
        early, late = ws[:, :4].mean(dim=1), ws[:, 4:].mean(dim=1)
        colour = torch.stack([early[:, 0], early[:, 1], late[:, 2]], dim=1) + shift
        return colour[:, :, None, None].expand(-1, -1, 4, 4).contiguous()

    return LatentSource("toy", "cd" * 32, NUM_WS, W_DIM, sample, start, draw)
