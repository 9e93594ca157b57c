"""The tagger learns what pictures show, and its score is honest."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mien import cli, images
from mien.attributes import LABELS
from mien.errors import ConfigMismatch, InputError
from mien.hub.loading import load_tagger
from mien.judges.tagger import TaggerConfig, tags
from mien.tagging.config import TaggerTraining
from mien.tagging.evaluate import score_tagger
from mien.tagging.train import TaggerRecipe
from mien.training import loop
from training import tiny


def test_learns_and_is_measured(tmp_path):
    data, kept = tiny.readable_set(160), tiny.readable_set(60, seed=5, part="kept-out")
    recipe = TaggerRecipe(TaggerTraining(32, 8, 3.2, 32, lr=8e-3), data)
    *_, line = loop.run(recipe, tmp_path)
    assert line["nimg"] == 3200
    score = score_tagger(recipe.trained, kept, data)
    assert {row.column for row in score.agreement.rows} == {"gender", "glasses"}
    for row in score.agreement.rows:
        assert row.exact > 0.9 > row.majority_exact
        assert row.count == 60
    assert "60 pictures of readable.zip, part 'kept-out'" in score.text()


def test_shapes_and_tags():
    network = tiny.tagger().eval()
    image = torch.rand(3, 3, 40, 40) * 2 - 1
    logits = network(image)
    assert sum(values.shape[1] for values in logits.values()) == len(LABELS)
    maps = network.feature_maps(image)
    assert [m.shape[1] for m in maps] == [4, 4, 8, 16, 32]
    assert [m.shape[-1] for m in maps] == [16, 16, 8, 4, 2]
    assert network.features(image).shape == (3, 32)
    faces = tags(logits, network.config)
    assert len(faces) == 3
    assert set(faces[0]) == set(network.config.columns)


@pytest.mark.parametrize("values", [{"resolution": 40}, {"width": 0}])
def test_refuses(values):
    with pytest.raises(InputError):
        TaggerConfig(**values)


def test_needs_labels():
    few = replace(tiny.readable_set(8), labels=np.zeros((8, 3), np.float32))
    with pytest.raises(InputError, match="has no attribute labels"):
        TaggerRecipe(TaggerTraining(), few)
    data = tiny.readable_set(8)
    with pytest.raises(InputError, match="has no attribute labels"):
        TaggerRecipe(TaggerTraining(), data, replace(data, labels=None))


def test_a_second_set_takes_part():
    data, also = tiny.readable_set(24), tiny.readable_set(30, seed=9)
    config = TaggerTraining(32, 4, 0.2, 20)
    alone, both = (TaggerRecipe(config, data, second).examples(0)[0] for second in (None, also))
    assert np.array_equal(alone[10:], both[10:])
    assert all(
        (also.pictures == picture).all(axis=(1, 2, 3)).any()
        or (also.pictures[:, :, ::-1] == picture).all(axis=(1, 2, 3)).any()
        for picture in both[:10]
    )
    last = TaggerRecipe(config, data, also).examples(180)[0]
    assert np.array_equal(last[2:], TaggerRecipe(config, data).examples(180)[0][2:])


def test_a_run_goes_on_with_the_same_pictures_only(tmp_path):
    config = TaggerTraining(32, 4, 0.02, 20)
    list(loop.run(TaggerRecipe(config, tiny.readable_set(24)), tmp_path))
    with pytest.raises(ConfigMismatch, match="started with data"):
        list(loop.run(TaggerRecipe(config, tiny.readable_set(24, seed=1)), tmp_path))


@pytest.mark.parametrize(
    "wrong", [{"kimg": 0}, {"precision": "fp8"}, {"also_share": 2}, {"seed": -1}, {"batch": 0}]
)
def test_trainings_that_cannot_be(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        TaggerTraining(**wrong)


def test_the_verb(tmp_path, capsys):
    data = tiny.readable_set(50)
    table = "file\tgender\n"
    for i, picture in enumerate(data.pictures):
        images.save(tmp_path / "faces" / f"{i:05d}.png", picture)
        table += f"{i:05d}.png\t{'fm'[i % 2]}\n"
    (tmp_path / "faces_labels.tsv").write_text(table)
    out = tmp_path / "t.safetensors"
    small = "--resolution 32 --width 4 --kimg 0.016 --batch 8 --device cpu --precision fp32"
    command = ["train", "tagger", "--data", str(tmp_path / "faces"), "--out", str(out)]
    assert cli.main([*command, *small.split(), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["nimg"] == 16
    assert said["columns"]["gender"]["count"] == 5
    assert load_tagger(out).meta["kimg"] == 0.016
    assert sorted(path.name for path in (tmp_path / "t.run").iterdir())[0] == "log.jsonl"
    assert cli.main([*command, *small.split()]) == 2
    assert "exists already" in capsys.readouterr().err
    assert cli.main([*command, "--force", "--labels", "none"]) == 2
    assert "learns from labels" in capsys.readouterr().err
    # Half of two sets: another judge may have the other half.
    half = [*command, "--data", str(tmp_path / "faces"), "--leave-out", "0", "--folds", "2"]
    assert cli.main([*half, *small.split(), "--force", "--only", "gender=f", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["columns"]["gender"]["majority_exact"] == 1
    assert load_tagger(out).meta["data"].endswith("training part without fold 0 of 2")
    assert cli.main([*half, *small.split(), "--force", "--only", "gender=none"]) == 2
    assert "none of its" in capsys.readouterr().err
