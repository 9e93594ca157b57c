"""The tagger of anime faces learns from a table, then from its own sure answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mien import cli, images
from mien.anime.table import KEPT_OUT, column_parts
from mien.anime.tagger import ANIME_COLUMNS, anime_config, check_anime
from mien.anime.tagger_config import AnimeTaggerTraining
from mien.anime.train_tagger import (
    AnimeFaces,
    AnimeTaggerRecipe,
    open_faces,
    pseudo_labels,
    rounds,
    take_trunk,
)
from mien.editing.naming import tag_table
from mien.editing.samples import TagReader
from mien.errors import DatasetError, InputError
from mien.hub.loading import load_tagger
from mien.judges.tagger import Tagger, TaggerConfig
from mien.training import loop
from training import tiny

SMALL = anime_config(resolution=32, width=4)


def faces(count: int, rest: int = 0, seed: int = 0) -> AnimeFaces:
    """Faces whose hair (the upper third) is blue or brown."""
    random = np.random.default_rng(seed)
    pictures = random.integers(90, 130, (count + rest, 32, 32, 3), dtype=np.uint8)
    labels = np.zeros((count, 53), np.float32)
    start = column_parts(ANIME_COLUMNS)["hair_color"].start
    for i, picture in enumerate(pictures):
        colour = ("brown", "blue")[random.integers(2)]
        picture[:12] = (30, 60, 220) if colour == "blue" else (130, 80, 40)
        if i < count:
            labels[i, start + ANIME_COLUMNS["hair_color"].index(colour)] = 1
    names = tuple(str(i) for i in range(count))
    return AnimeFaces(pictures[:count], labels, names, pictures[count:])


def test_two_rounds(tmp_path: Path) -> None:
    config = AnimeTaggerTraining(32, 4, 1.6, 0.5, confidence=0.6, batch=32, lr=8e-3)
    lines = []
    for recipe in rounds(config, faces(96, 40)):
        lines += loop.run(recipe, tmp_path / str(len(lines)))
        network = recipe.trained
    assert [line["nimg"] for line in lines] == [1024, 1600, 512]
    fresh = faces(40, seed=7)
    found = network(images.to_float(fresh.pictures))["hair_color"].argmax(1).numpy()
    part = column_parts(ANIME_COLUMNS)["hair_color"]
    assert (found == fresh.labels[:, part].argmax(1)).mean() > 0.9
    guessed = pseudo_labels(network, fresh.pictures, 0.6)
    assert guessed.shape == (40, 53)
    assert set(guessed.sum(axis=1)) <= set(range(11))
    assert not pseudo_labels(network, fresh.pictures, 1.0)[:, part].any()


def test_a_trunk_is_taken_over_by_a_narrower_one() -> None:
    wide = Tagger(TaggerConfig(resolution=32, width=6))
    narrow = Tagger(SMALL)
    take_trunk(narrow, wide)
    assert torch.equal(narrow.stem.weight, wide.stem.weight[:4])
    with pytest.raises(InputError, match="give a `width` up to 4"):
        take_trunk(Tagger(anime_config(32, 8)), narrow)


def test_left_out_faces() -> None:
    data = faces(10, 5).leave_out(0)
    assert data.names == ("1", "2", "3", "4", "6", "7", "8", "9")
    assert len(data.rest) == 4
    assert faces(3).leave_out(None).names == ("0", "1", "2")
    with pytest.raises(InputError, match="fold 7"):
        data.leave_out(7)


def test_names_that_people_use() -> None:
    reader = TagReader(Tagger(SMALL).eval())
    assert {"blue hair", "brown hair", "short hair", "open mouth", "closed eyes"} <= {*reader.tags}
    assert "hair_style=short" in reader.tags
    assert tag_table(tiny.tagger().config.columns)["grey hair"] == (
        "hair_color=gray",
        "hair_color=white",
    )
    check_anime(Tagger(SMALL), "a")
    with pytest.raises(InputError, match="one of anime faces is wanted"):
        check_anime(tiny.tagger(), "teacher")


@pytest.mark.parametrize(
    "values", [{"kimg": 0}, {"confidence": 0.2}, {"unlabelled": 1.0}, {"precision": "fp8"}]
)
def test_refuses(values: dict[str, float]) -> None:
    with pytest.raises(InputError):
        AnimeTaggerTraining(**values)
    data = faces(4)
    blank = AnimeFaces(data.pictures, 0 * data.labels, data.names, data.rest)
    with pytest.raises(InputError, match="53 are wanted"):
        AnimeTaggerRecipe(AnimeTaggerTraining(32, 4), blank)


def test_the_verb(tmp_path: Path, capsys) -> None:
    data = faces(KEPT_OUT + 24, 6)
    pictures = np.concatenate([data.pictures, data.rest])
    for i, picture in enumerate(pictures):
        images.save(tmp_path / "set" / "trainB" / f"{i:04d}.png", picture)
    images.save(tmp_path / "set" / "trainA" / "0.png", pictures[0])
    part = column_parts(ANIME_COLUMNS)["hair_color"]
    rows = ["file,hair_color"]
    for i, label in enumerate(data.labels):
        rows.append(f"trainB/{i:04d}.png,{ANIME_COLUMNS['hair_color'][label[part].argmax()]}")
    table = tmp_path / "set_tags.csv"
    table.write_text("\n".join(rows))
    out = tmp_path / "t.safetensors"
    small = ["--resolution", "32", "--width", "4", "--kimg", "0.1", "--second-kimg", "0.05"]
    command = ["train", "anime-tagger", "--data", str(tmp_path / "set"), "--out", str(out), *small]
    assert cli.main([*command, "--batch", "16", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["columns"]["hair_color"]["count"] == KEPT_OUT
    assert "majority learned on the 24 rows" in said["protocol"]
    loaded = load_tagger(out)
    assert loaded.meta["faces"] == 24
    assert "eye_color" in loaded.network.config.columns
    assert cli.main(command) == 2
    assert "exists already" in capsys.readouterr().err
    table.write_text("\n".join([*rows, "trainB/9999.png,blue"]))
    with pytest.raises(DatasetError, match="is not among the 230 pictures"):
        open_faces(tmp_path / "set", 32)
