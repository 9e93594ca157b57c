"""The encoder of a generator that came without one: whitened errors, and learning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inversion import toys
from inversion.test_head import NoFeatures
from mien.errors import InputError
from mien.inversion import encoder_training
from mien.inversion.encoder_training import EncoderRecipe, EncoderTraining
from mien.portraits.codes import CodeMoments
from mien.training.random import StepRandom


class Small(torch.nn.Module):
    """In place of the encoder: a linear map of the picture's means."""

    def __init__(self, shape):
        super().__init__()
        self.config, self.map = shape, torch.nn.Linear(16, shape.w_dim)
        self.norm = toys.make_encoder(shape.w_dim).norm

    def forward(self, image, maps):
        small = torch.nn.functional.adaptive_avg_pool2d(image.mean(1, keepdim=True), 4)
        return self.map(small.flatten(1)) @ self.norm.spread + self.norm.mean


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> EncoderRecipe:
    monkeypatch.setattr(encoder_training, "Encoder", Small)
    G = toys.make_generator()

    def sample(numbers, seed):
        rows = [np.random.default_rng([seed, n]).standard_normal(16) for n in numbers]
        return G.map(torch.from_numpy(np.stack(rows)).float())[:, 0]

    w = sample(range(200), 0)
    moments = CodeMoments(1, 16)
    moments.fit(w, torch.zeros(200, 1))
    monkeypatch.setattr(encoder_training.Inverter, "look", lambda *_: [[torch.zeros(1)] * 3] * 2)
    config = EncoderTraining(0.4, batch=8, lr=0.02)
    return EncoderRecipe(config, G, NoFeatures(), moments, sample)


def test_the_mean_explains_nothing_and_learning_something(recipe: EncoderRecipe) -> None:
    with torch.no_grad():
        recipe.network.map.weight.zero_()
        recipe.network.map.bias.zero_()
    assert abs(recipe.measure()["held/explained"]) < 0.2  # of 32 codes, whose mean is another
    first = float(recipe.step(StepRandom(0, 0))["loss"])
    assert first == pytest.approx(1, abs=0.6)  # whitened: each direction counts for one
    while recipe.nimg < 400:
        recipe.step(StepRandom(0, recipe.nimg))
    assert recipe.measure()["held/cosine"] > 0.05
    assert recipe.sample().shape == (12, 64, 64, 3)


def test_bad_training() -> None:
    with pytest.raises(InputError, match="kimg is 0"):
        EncoderTraining(0)
