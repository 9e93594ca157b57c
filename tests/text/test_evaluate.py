"""The tables of ``mien evaluate``: rows, control, protocol."""

import pytest
import torch

from mien.errors import InputError
from mien.hub.judging import look
from mien.portraits.evaluate import score_generator
from mien.studio import Studio
from mien.text.evaluate import CONTROL, TextProtocol, score_text
from training import tiny


class Asking(Studio):
    """A studio around an untrained generator."""

    def __init__(self):
        self.device = torch.device("cpu")
        self.loaded = tiny.loaded(tiny.generator(), "tiny")
        self.text_family = "tiny"
        self.precision, self.engine = "exact", "eager"
        self._methods = {}


@pytest.fixture(scope="module")
def studio():
    return Asking()


@pytest.fixture(scope="module")
def judge():
    return tiny.loaded(tiny.tagger(1), "judge")


def test_look_sees_the_same_in_any_batch(judge):
    pictures = tiny.readable_set(10).pictures
    one, all_ = look(judge.network, pictures, batch=3), look(judge.network, pictures)
    assert torch.allclose(one.features, all_.features, atol=1e-4)
    assert one.logits.keys() == all_.logits.keys() == judge.network.config.columns.keys()


def test_generator_table(studio, judge):
    kept = tiny.readable_set(40, part="kept-out")
    table = score_generator(studio, judge, kept, tiny.readable_set(60), count=60)
    assert list(table.rows) == ["psi 1", "psi 0.7", "training pictures"]
    values = {label: row[0].value for label, row in table.rows.items()}
    assert values["training pictures"] < values["psi 1"]
    text = table.text()
    assert "FD-judge" in text
    assert "FID" not in text
    assert "judge abababababab" in text
    assert "part 'kept-out'" in text


def test_text_table(studio, judge):
    kept = tiny.readable_set(24, part="kept-out")
    plan = TextProtocol(per_sentence=2, diverse_sentences=3, diverse_faces=4, refine=2)
    scores = score_text(studio, judge, kept, ["labels"], plan)
    assert list(scores.table.rows) == ["labels, refined", "labels", CONTROL, "the true pictures"]
    by_name = {s.name: s.value for s in scores.table.rows["labels"]}
    assert 0 <= by_name["agreement"] <= 1
    assert by_name["diversity"] > 0
    true = {s.name: s.value for s in scores.table.rows["the true pictures"]}
    assert true["FSD"] == pytest.approx(0, abs=1e-6)
    assert true["FD-judge"] == pytest.approx(0, abs=1e-6)
    assert "24" in scores.text()


def test_needs_sentences(studio, judge):
    from dataclasses import replace

    kept = replace(tiny.readable_set(8), captions=None)
    with pytest.raises(InputError, match="has no sentences to measure with"):
        score_text(studio, judge, kept, ["labels"])
