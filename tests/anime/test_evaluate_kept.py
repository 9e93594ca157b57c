"""What is kept from photo to drawing, read by taggers; the line-up of four."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mien.anime.evaluate_kept import kept, kept_scores, line_up
from mien.anime.tagger import anime_config
from mien.hub.loading import Loaded
from mien.judges.tagger import TaggerConfig


class Reader(nn.Module):
    """Reads glasses off the first pixel, all else as the first value."""

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.config, self.none = config, nn.Parameter(torch.zeros(1))

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        bright = (pictures[:, 0, 0, 0] > 0).float()
        found = {}
        for column, values in self.config.columns.items():
            found[column] = torch.zeros(len(pictures), len(values))
            found[column][:, 0] = 9
            if column == "glasses":
                found[column][:, 0], found[column][:, 1] = 9 - 9 * bright, 9 * bright
        return found


class Looks(nn.Module):
    def embed(self, pictures: Tensor) -> Tensor:
        return nn.functional.normalize(pictures.flatten(1)[:, :8], dim=1)


def judges() -> tuple[Loaded, Loaded, Loaded]:
    names = ("faces", "drawings", "identity")
    nets = (Reader(TaggerConfig()), Reader(anime_config()), Looks())
    faces, anime, identity = (
        Loaded(net, name, "ab" * 32) for net, name in zip(nets, names, strict=True)
    )
    return faces, anime, identity


def pictures(bright: list[bool]) -> np.ndarray:
    made = np.random.default_rng(0).integers(0, 255, (len(bright), 8, 8, 3), np.uint8)
    made[:, 0, 0] = np.where(bright, 250, 3)[:, None]
    return made


def test_what_is_kept() -> None:
    faces, anime, _ = judges()
    photos = pictures([True, True, True, True, False, False])
    drawings = pictures([True, True, True, False, False, True])
    found = {one.name: one for one in kept(photos, drawings, faces, anime)}
    glasses = found["glasses"]
    assert (glasses.share, glasses.chance, glasses.count) == (0.75, 0.5, 4)
    assert found["short hair"].count == 6  # "bald" is short
    assert "open mouth" not in found


def test_the_right_one_of_four() -> None:
    random = torch.Generator().manual_seed(0)
    people = nn.functional.normalize(torch.randn(30, 16, generator=random), dim=1)
    others = nn.functional.normalize(torch.randn(30, 16, generator=random), dim=1)
    assert line_up(people, people) == 1
    assert line_up(people, others) == pytest.approx(0.25, abs=0.08)


def test_scores_say_how_they_were_made() -> None:
    photos = pictures([True, False, True, False])
    scores = kept_scores(photos, photos, judges(), "four photos")
    by_name = {score.name: score for score in scores}
    assert by_name["kept glasses"].value == 1
    assert "0.00; photos read by faces" in by_name["kept glasses"].protocol.metric
    assert by_name["line-up of four"].value == 1
    assert by_name["line-up of four"].protocol.judge == "identity"
