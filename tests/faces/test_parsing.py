"""Teacher maps, the guided filter, regions in a picture, cut-outs, and how the parser learns."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from faces.toy_masks import head, tiny_parser
from mien import images
from mien.checkpoints import native
from mien.errors import DatasetError, ImageError, InputError, WeightsMissing
from mien.faces.frames import Frame
from mien.faces.parsing import regions
from mien.faces.parsing.config import ParsingConfig
from mien.faces.parsing.cutout import cut_out
from mien.faces.parsing.guided import guided
from mien.faces.parsing.masked import Masked, check_shape, open_masked
from mien.faces.parsing.regions import Regions, find_regions, load_parser
from mien.faces.parsing.teacher import teach
from mien.faces.parsing.train import ParsingRecipe
from mien.images import label_maps
from mien.judges.regions import COLOURS, FACE, ID, MIRRORED, REGIONS, select
from mien.training import loop
from mien.training.random import StepRandom


def test_the_teacher_finds_what_is_drawn() -> None:
    page, points = head()
    told = {"hair_length": "short", "glasses": "none", "headwear": "none"}
    taught = teach(page[None], points[None], [told])
    labels = taught.labels[0]
    places = {"skin": (80, 40), "hair": (8, 64), "cloth": (124, 20), "background": (64, 3)}
    assert {name: REGIONS[labels[place]] for name, place in places.items()} == {
        name: name for name in places
    }
    assert REGIONS[labels[61, 48]] == "left_eye"
    assert REGIONS[labels[61, 80]] == "right_eye"
    assert REGIONS[labels[72, 64]] == "nose"
    assert ID["lower_lip"] in labels
    skin = np.hypot(*((np.mgrid[:128, :128] + 0.5 - [[[67.2]], [[64]]]) / [[[48.6]], [[38.4]]])) < 1
    face = select(labels, FACE)
    assert (face & skin).sum() / (face | skin).sum() > 0.8
    assert taught.sure[0].min() >= 0.05


def test_attributes_say_what_may_be_there() -> None:
    page, points = head()
    plain, hat, shades = (
        {REGIONS[i] for i in np.unique(teach(page[None], points[None], [told]).labels)}
        for told in ({}, {"headwear": "cap"}, {"glasses": "sunglasses"})
    )
    assert "hat" in hat - plain
    assert "glasses" in shades - plain
    assert "left_eye" not in shades


def test_a_figure_decides_what_is_background() -> None:
    page, points = head()
    figure = np.zeros((1, 128, 128))
    figure[:, 20:, 25:103] = 1
    labels = teach(page[None], points[None], [{}], figure).labels[0]
    assert (labels[:16] == ID["background"]).mean() > 0.95
    assert (labels[100:, 45:80] != ID["background"]).all()


def test_the_guided_filter_keeps_edges_and_constants() -> None:
    guide = torch.zeros(1, 3, 32, 32)
    guide[..., 16:] = 1
    sharp = guided(guide, torch.nn.functional.avg_pool2d(guide[:, :1], 4), 1, 1e-4)
    assert (sharp[..., :14] < 0.05).all()
    assert (sharp[..., 18:] > 0.95).all()
    even = guided(torch.rand(1, 3, 16, 16), torch.full((1, 2, 8, 8), 0.3), 1, 1e-3)
    assert torch.allclose(even, torch.full((1, 2, 16, 16), 0.3), atol=1e-4)


def toy_regions(size=40) -> Regions:
    """Skin in a disc in the middle, hair above it, in a picture of 60×80 pixels."""
    y, x = np.mgrid[:size, :size] + 0.5
    disc = np.hypot(x - size / 2, y - size / 2) < size / 4
    shares = torch.zeros(len(REGIONS), size, size)
    shares[ID["skin"]] = torch.from_numpy(disc).float()
    shares[ID["hair"]] = torch.from_numpy(~disc & (y < size / 4)).float()
    shares[0] = 1 - shares.sum(dim=0)
    _, alignment = regions.align(np.zeros((60, 80, 3), np.uint8), Frame((40, 30), (20, 0)), size)
    return Regions(shares, alignment)


def test_regions_lie_where_the_face_is() -> None:
    found = toy_regions()
    labels = found.labels()
    assert labels.shape == (60, 80)
    assert labels[30, 40] == ID["skin"]
    assert labels[13, 40] == ID["hair"]
    assert not labels[:, :20].any()
    assert abs(found.beyond - (1 - 40 * 40 / 4800)) < 0.05
    mask, (left, top) = found.mask(FACE)
    assert (left, top) == (20, 10)
    assert mask.max() > 0.9
    assert not mask[labels[10:50, 20:60] != ID["skin"]].max() > 0.35
    assert mask[0].max() == mask[:, 0].max() == 0


def test_a_cut_out_keeps_colours_and_leaves_no_rim() -> None:
    found = toy_regions()
    page = np.full((60, 80, 3), 250, np.uint8)
    page[found.labels() > 0] = 20, 30, 40
    cut = cut_out(page, found)
    assert cut.shape == (60, 80, 4)
    assert cut[30, 40].tolist() == [20, 30, 40, 255]
    assert cut[2, 2, 3] == 0
    half = (cut[..., 3] > 60) & (cut[..., 3] < 200)
    assert cut[half][:, :3].max(initial=0) < 150


def test_a_picture_that_is_a_crop_is_read_as_a_whole(monkeypatch) -> None:
    page, points = head()
    from mien.faces.finder import Face

    found = find_regions(tiny_parser(), page, Face.of(points))
    assert found.alignment.frame == Frame((128, 128), (128, 0))
    wide = np.pad(page, ((200, 200), (200, 200), (0, 0)))
    found = find_regions(tiny_parser(), wide, Face.of(points + 200))
    assert 1.2 * 256 < found.alignment.frame.side < 1.5 * 256
    assert found.labels().shape == (656, 656)


def test_mirrored_pictures_give_mirrored_regions() -> None:
    parser = tiny_parser()
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    once, again = parser.shares(x), parser.shares(x.flip(3))
    assert torch.allclose(once.flip(3)[:, list(MIRRORED)], again, atol=1e-5)
    assert torch.allclose(once.sum(dim=1), torch.ones(1, 16, 16), atol=1e-5)


def masked(count=3) -> Masked:
    pages = np.stack([head(i)[0] for i in range(count)])
    labels = np.full((count, 128, 128), ID["skin"], np.uint8)
    labels[:, :30], labels[:, -4:] = ID["hair"], label_maps.UNKNOWN
    return Masked(pages, labels, tuple("abc"[:count]))


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path: Path) -> None:
    config = ParsingConfig(resolution=32, width=4, fine=4, kimg=0.008, batch=2)
    data, features = masked(), tiny_parser().features
    whole = ParsingRecipe(config, data, features)
    lines = list(loop.run(whole, tmp_path / "whole", loop.Cadence(0.004)))
    assert lines[-1]["loss/entropy"] > 0
    asked = iter([False, True])
    first = ParsingRecipe(config, data, features)
    list(loop.run(first, tmp_path / "parts", pause=lambda: next(asked)))
    second = ParsingRecipe(config, data, features)
    list(loop.run(second, tmp_path / "parts"))
    assert (first.nimg, second.nimg) == (4, 8)
    for name, value in whole.average.decoder.state_dict().items():
        assert torch.equal(value, second.average.decoder.state_dict()[name]), name


def test_it_learns_and_is_measured() -> None:
    config = ParsingConfig(resolution=32, width=8, fine=8, kimg=0.2, batch=4, ema_kimg=0.01)
    data = masked()
    recipe = ParsingRecipe(config, data, tiny_parser().features, data)
    before = recipe.measure()["miou/main"]
    for _ in range(50):
        recipe.step(StepRandom(0, recipe.nimg))
    assert recipe.measure()["miou/main"] > before + 0.2
    grid = recipe.sample()
    assert grid is not None
    assert grid.shape == (9, 128, 128, 3)


def test_a_file_of_ours_and_a_file_of_bisenet(tmp_path: Path) -> None:
    parser = tiny_parser()
    decoder = parser.decoder
    path = tmp_path / "own.safetensors"
    native.save(path, "face-parser", decoder.state_dict(), asdict(decoder.config), {})
    loaded = load_parser(path)
    assert loaded.resolution == 32
    for name, value in decoder.state_dict().items():
        assert torch.equal(value, loaded.decoder.state_dict()[name])
    with pytest.raises(WeightsMissing, match=r"79999_iter\.pth"):
        load_parser("bisenet")


def test_masks_are_read_by_name_and_checked(tmp_path: Path) -> None:
    page, _ = head()
    for name in ("a", "b", "c"):
        images.save(tmp_path / "faces" / f"{name}.png", page)
    ids = np.zeros((64, 64), np.uint8)
    ids[32:] = ID["skin"]
    label_maps.save(tmp_path / "masks" / "b.png", ids, COLOURS)
    found = open_masked([tmp_path / "faces"], [tmp_path / "masks"], "all")
    assert found.names == ("faces/b.png",)
    assert (found.labels[0, 64:] == ID["skin"]).all()
    with pytest.raises(DatasetError, match="1 sets of pictures, 0 of masks"):
        open_masked([tmp_path / "faces"], [])
    with pytest.raises(DatasetError, match=r"is 64x32, and its picture 256x256"):
        check_shape(ids[:32], page, "b.png")
    images.save(tmp_path / "masks" / "c.png", page)
    with pytest.raises(ImageError, match="colours of no region"):
        open_masked([tmp_path / "faces"], [tmp_path / "masks"], "all")
    images.save(tmp_path / "other" / "z.png", page)
    with pytest.raises(DatasetError, match="holds no map of a picture"):
        open_masked([tmp_path / "faces"], [tmp_path / "other"], "all")


@pytest.mark.parametrize("wrong", [{"resolution": 50}, {"kimg": 0}, {"batch": 1}, {"rare": 2}])
def test_a_run_that_cannot_be(wrong) -> None:
    with pytest.raises(InputError):
        ParsingConfig(**wrong)
