"""The tagger learns what pictures show, and its score is honest."""

import numpy as np
import pytest
import torch

from mien.attributes import LABELS
from mien.errors import InputError
from mien.judges.tagger import TaggerConfig, tags
from mien.tagging.evaluate import score_tagger
from mien.tagging.train import TaggerTraining, train
from training import tiny


def test_learns_and_is_measured():
    data, kept = tiny.readable_set(160), tiny.readable_set(60, seed=5, part="kept-out")
    config = TaggerTraining(
        network=TaggerConfig(resolution=32, width=8), kimg=6, batch=32, precision="fp32", lr=4e-3
    )
    *_, (line, network) = train(config, data)
    assert line["nimg"] == 6016
    score = score_tagger(network, kept, data)
    assert {row.column for row in score.agreement.rows} == {"gender", "glasses"}
    for row in score.agreement.rows:
        assert row.exact > 0.9 > row.majority_exact
        assert row.count == 60
    assert "60 pictures of readable.zip, part 'kept-out'" in score.text()


def test_same_seed_same_network():
    data = tiny.readable_set(40)
    config = TaggerTraining(network=TaggerConfig(resolution=32, width=4), kimg=0.2, batch=20)
    first, second = ([network for _, network in train(config, data)][-1] for _ in range(2))
    assert all(
        torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )


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
    from dataclasses import replace

    data = replace(tiny.readable_set(8), labels=np.zeros((8, 3), np.float32))
    with pytest.raises(InputError, match="has no attribute labels"):
        next(train(TaggerTraining(), data))


def test_a_second_set_takes_part():
    data, also = tiny.readable_set(24), tiny.readable_set(30, seed=9)
    config = TaggerTraining(network=TaggerConfig(resolution=32, width=4), kimg=0.2, batch=20)
    alone, both, again = (
        [network for _, network in train(config, data, second)][-1] for second in (None, also, also)
    )
    assert all(
        torch.equal(a, b) for a, b in zip(both.parameters(), again.parameters(), strict=True)
    )
    assert not torch.equal(alone.stem.weight, both.stem.weight)


def test_a_second_set_needs_labels_too():
    from dataclasses import replace

    data = tiny.readable_set(8)
    with pytest.raises(InputError, match="has no attribute labels"):
        next(train(TaggerTraining(), data, replace(data, labels=None)))
