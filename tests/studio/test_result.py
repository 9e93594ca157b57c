"""What the verbs of a studio give back is of one kind."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from mien import Result, Studio
from mien.anime.photos import AnimePicture
from mien.checkpoints import native
from mien.editing.walk import Walk
from mien.faces.alignment import align
from mien.faces.frames import Frame
from mien.inversion.photos import Inversion, Stage
from mien.stylegan2.generator import Generator, GeneratorConfig

PIXELS = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), np.uint8)
_, SQUARE = align(PIXELS[0], Frame((16, 16), (16, 0)), 32)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    torch.manual_seed(0)
    shape = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 128, "channel_max": 8}
    G = Generator(GeneratorConfig(**shape))
    native.save(path, "stylegan2-generator", G.state_dict(), shape, {})
    return Studio(path, "cpu")


def _anime(studio: Studio) -> Result:
    made = {"of": "a/ann.jpg"}
    return AnimePicture(PIXELS[0], PIXELS, PIXELS, SQUARE, ("a", "b"), ("a", "b"), made, ({}, {}))


def _inversion(studio: Studio) -> Result:
    ws, stage = np.zeros((1, 8, 16), np.float32), Stage("one pass", 0, 0, 0, 0)
    made = {"photo": "a/ann.jpg"}
    return Inversion(PIXELS[0], ws, PIXELS, (stage, stage), SQUARE, made)


MADE: dict[str, tuple[Callable[[Studio], Result], int, bool, list[str]]] = {
    "faces": (
        lambda studio: studio.generate(2),
        *(2, True, ["face-seed0000.png", "face-seed0001.png", "latents.npz", "sheet.png"]),
    ),
    "walk": (lambda studio: studio.walk([0, 1], 0.5, 4), 2, True, ["it.gif"]),
    "sketch": (lambda studio: studio.sketch(PIXELS[0], style="line"), 1, False, ["it.png"]),
    "anime": (_anime, 2, False, ["ann-a.png", "ann-b.png", "ann-sheet.png"]),
    "inversion": (_inversion, 2, True, ["ann-sheet.png", "ann.npz"]),
}


@pytest.mark.parametrize("verb", MADE)
def test_every_result_has_pictures_latents_and_files(
    verb: str, studio: Studio, tmp_path: Path
) -> None:
    make, count, has_latents, files = MADE[verb]
    result = make(studio)
    assert result.images.shape == (count, 32, 32, 3)
    assert result.images.dtype == np.uint8
    assert [np.asarray(one).tolist() for one in result.pil] == result.images.tolist()
    assert (result.latents is not None) == has_latents
    if result.latents is not None:
        assert result.latents.shape[1:] == (8, 16)
        assert result.latents.dtype == np.float32
    assert isinstance(dict(result.provenance), dict)
    assert all(isinstance(note, str) for note in result.notes)
    result.save(tmp_path / files[0] if files[0].startswith("it") else tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == files


def test_a_walk_is_saved_as_it_is_drawn(studio: Studio, tmp_path: Path) -> None:
    walk = studio.walk([0, 1], 0.5, 4)
    assert isinstance(walk, Walk)
    assert walk.fps == Fraction(4)
    assert np.array_equal(np.concatenate(list(walk)), walk.images)
    assert walk.save(tmp_path / "a.gif").stat().st_size
