"""The encoder of sketches: its pairs, what it learns, damage, and its run by the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from inversion import toys
from inversion.test_control import write_codes
from mien import cli
from mien.errors import InputError
from mien.hub import loading
from mien.inversion.guide_encoder import KIND, looked_at, shown
from mien.inversion.guide_options import GuideTraining
from mien.inversion.guide_training import (
    GuideRecipe,
    Pairs,
    damaged,
    drawn_pairs,
    joined,
    shifted,
)
from mien.inversion.head import SIDE
from mien.inversion.known_codes import POOLED, known_codes
from mien.portraits.codes import CodeMoments
from mien.studio import Studio
from mien.training import loop
from mien.training.random import StepRandom

DIMS = 4


def toy_pairs(count: int = 80) -> Pairs:
    """A bar whose place is axis 0 of the code; nothing shows the others."""
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(count, DIMS)).astype(np.float32)
    pictures = np.full((count, 64, 64, 3), 255, np.uint8)
    for picture, code in zip(pictures, codes, strict=True):
        left = int(np.clip(28 + 10 * code[0], 0, 54))
        picture[10:55, left : left + 10] = 0
    return Pairs(pictures, codes)


def toy_moments(pairs: Pairs) -> CodeMoments:
    moments = CodeMoments(1, DIMS)
    moments.fit(torch.from_numpy(pairs.codes), torch.zeros(len(pairs), 1))
    return moments


def grey(picture, rng):
    """The picture itself, a little paler each time."""
    return np.maximum(picture[..., 0], rng.integers(0, 60))


def recipe(guide="sketch", kimg=3.2, **more) -> GuideRecipe:
    config = GuideTraining(faces=0, kimg=kimg, batch=16, width=8, hidden=32, **more)
    pairs = toy_pairs()
    maker = grey if guide == "sketch" else lambda picture, rng: (picture[..., 0] < 9) * np.uint8(3)
    return GuideRecipe(config, guide, pairs, toy_moments(pairs), maker)


@pytest.mark.parametrize("guide", ["sketch", "label"])
def test_what_is_shown_is_learnt_and_how_sure_that_is(guide, tmp_path):
    made = recipe(guide, kimg=0.4, lr=5e-3)
    losses = []
    while made.nimg < 400:
        losses.append(float(made.step(StepRandom(0, made.nimg))["loss"]))
    assert np.mean(losses[-6:]) < 0.9 * np.mean(losses[:6])  # of four axes one can be known
    path = made.finish(tmp_path / "e.safetensors", {"generator": "abc"})
    found = loading.load(path, KIND)
    assert found.meta["generator"] == "abc"
    assert found.meta["explained"] == pytest.approx(made.measure()["explained"], abs=1e-3)
    error = found.network.error
    assert torch.allclose(error, error.T, atol=1e-3)
    assert torch.linalg.eigvalsh(error).min() > 0


def test_a_resumed_run_equals_an_unbroken_one(tmp_path):
    torch.manual_seed(0)
    whole, parted = recipe(kimg=0.064), recipe(kimg=0.064)
    list(loop.run(whole, tmp_path / "a"))
    steps = iter([False, True])
    list(loop.run(parted, tmp_path / "b", pause=lambda: next(steps)))
    again = recipe(kimg=0.064)
    list(loop.run(again, tmp_path / "b"))
    for a, b in zip(whole.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_pencils_change_every_few_rounds():
    made = recipe(renew=2)
    first, same, later = (made._guide(5, round_) for round_ in (0, 0, 1))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, later)


def test_damage_keeps_paper_paper_and_lines_dark():
    ink = torch.zeros(32, 1, 64, 64)
    ink[:, :, 20:40, 30:34] = 1
    made = damaged(ink, torch.Generator().manual_seed(0))
    assert made.shape == ink.shape
    assert 0 <= float(made.min()) <= float(made.max()) <= 1
    assert made[:, :, 5:15, 5:15].mean() < 0.15
    assert made[:, :, 25:35, 31:33].mean() > 0.4
    assert not torch.equal(made[0], made[1])


def test_shifts_are_small_and_keep_ids():
    pictures = np.zeros((8, 64, 64), np.uint8)
    pictures[:, 20:40, 20:40] = 17
    made = shifted(pictures, torch.Generator().manual_seed(0), "label")
    assert set(np.unique(made)) == {0, 17}
    assert (made[:, 27:33, 27:33] == 17).all()
    assert not np.array_equal(made[0], made[1])


def test_what_the_encoder_is_shown():
    sketch = shown(np.full((1, 128, 128), 255, np.uint8), "sketch")
    assert sketch.shape == (1, 1, SIDE, SIDE)
    assert float(sketch.abs().max()) == 0
    maps = shown(np.full((1, 128, 128), 5, np.uint8), "label")
    assert maps.shape == (1, 19, SIDE, SIDE)
    assert float(maps[:, 5].min()) == 1
    assert float(shown(np.full((1, 64, 64), 255, np.uint8), "label").max()) == 0  # unknown
    assert looked_at(np.zeros((2, 8, 8), np.uint8), "label").shape == (2, 8, 8, 3)


def test_a_parser_makes_the_maps(monkeypatch):
    from mien.cli.train.guides import _labels_of

    class Parser:
        resolution = 32

        def shares(self, images):
            light = images.mean(dim=1, keepdim=True)
            return torch.cat([-light, light, torch.full_like(light, -9)], dim=1)[..., ::2, ::2]

    monkeypatch.setattr("mien.faces.parsing.regions.load_parser", lambda *_: Parser())
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 32:] = 255
    labels = _labels_of("parsing", "cpu")(picture, None)
    assert (labels[:, :28] == 0).all()
    assert (labels[:, 36:] == 1).all()


def test_pairs_are_drawn_once(tmp_path):
    G = toys.make_generator()
    moments = CodeMoments(1, 16)
    told = []
    cache = tmp_path / "faces.npy"
    made = drawn_pairs(G, moments, 3, 7, cache, lambda i, n: told.append((i, n)))
    again = drawn_pairs(G, moments, 3, 7, cache, lambda i, n: told.append((i, n)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert np.array_equal(made.pictures, again.pictures)
    assert made.pictures.shape == (3, 128, 128, 3)
    with pytest.raises(InputError, match="3 faces to learn from; 16"):
        joined([made])


def test_codes_of_photographs_are_kept(tmp_path):
    inverter = toys.make_inverter()
    pictures = np.stack([toys.photo(seed) for seed in range(2)])
    w, features = known_codes(inverter, pictures, tmp_path / "c.npz", "a")
    assert (w.shape, features.shape) == ((2, 16), (2, POOLED))
    turned = pictures[::-1].copy()
    again, _ = known_codes(inverter, turned, tmp_path / "c.npz", "a")
    assert np.array_equal(w, again)  # of this key: not made again
    other, _ = known_codes(inverter, turned, tmp_path / "c.npz", "b")
    assert np.allclose(other, w[::-1], atol=1e-4)


def test_the_command(tmp_path, capsys):
    path = toys.write_models(tmp_path / "run")
    write_codes(path.with_name("codes.safetensors"), Studio(path, "cpu").loaded.sha256)
    args = ["--model", path, "--out", tmp_path / "out", "--faces", 20, "--kimg", 0.032]
    args += ["--batch", 16, "--width", 4, "--hidden", 8, "--device", "cpu", "--json"]
    assert cli.main(["train", "sketch-encoder", *map(str, args)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["model"].endswith("sketch-encoder.safetensors")
    network = loading.load(result["model"], KIND).network
    assert network.config.w_dim == 16
    assert cli.main(["train", "sketch-encoder", *map(str, args), "--finish"]) == 0
