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


def test_generator_table_on_inception(studio, monkeypatch):
    """Kernel distances are ×1000, names are FD and KD, several sets are one reference."""
    from mien.hub.loading import load_judge
    from mien.judges.inception import Inception
    from mien.metrics.frechet import kernel_distance

    def shallow(self, images):  # mixed10 of 224×224 takes minutes here
        return self(images, ["activation_5"])["activation_5"].mean(dim=(2, 3))

    monkeypatch.setattr(Inception, "features", shallow)
    inception = load_judge("inception")
    kept = [tiny.readable_set(12, seed=i, part="kept-out") for i in (0, 1)]
    table = score_generator(studio, inception, kept, tiny.readable_set(16), 16, psis=(1.0,))
    assert table.metrics == ("FD-inception", "KD-inception ×1000", "diversity")
    protocol = table.rows["psi 1"][0].protocol
    assert protocol.reference_samples == 24
    assert protocol.split == "readable.zip and readable.zip, part 'kept-out'"
    assert protocol.resize == "bilinear, antialiased where made smaller, to 224×224"
    seen = [look(inception.network, one.pictures).features for one in kept]
    known = look(inception.network, tiny.readable_set(16).pictures).features
    assert known.shape == (16, 192)
    kernel = kernel_distance(known, torch.cat(seen)).value
    row = {score.name: score.value for score in table.rows["training pictures"]}
    assert row["KD-inception ×1000"] == pytest.approx(1000 * kernel, rel=1e-3)


def test_people_and_found(studio, judge):
    from mien.faces.shipped import face_finder
    from mien.hub.loading import load_recognition
    from mien.portraits.evaluate import Beside

    beside = Beside(load_recognition(), face_finder())
    kept, training = tiny.readable_set(8, seed=1, part="kept-out"), tiny.readable_set(12)
    table = score_generator(studio, judge, kept, training, 10, psis=(1.0,), beside=beside)
    row = {score.name: score.value for score in table.rows["psi 1"]}
    assert row["found"] == 0  # noise
    assert row["people share"] < 1
    out = {score.name: score.value for score in table.rows["kept-out pictures"]}
    assert out["nearest share"] == 1
    assert row["nearest share"] == pytest.approx(row["nearest"] / out["nearest"])
    alone = score_generator(studio, judge, kept, None, 10, psis=(1.0,), beside=beside)
    names = [score.name for score in alone.rows["psi 1"]]
    assert "people share" in names
    assert "nearest" not in names
    assert alone.rows["kept-out pictures"][1].value == 1


def test_nearest_is_the_nearest():
    from mien.portraits.people import nearest

    found, rows = nearest(torch.tensor([[0.0, 0], [3, 4]]), torch.tensor([[3.0, 0], [0, 1]]))
    assert found.tolist() == [1, 4]
    assert rows.tolist() == [1, 0]


def test_sets_that_do_not_fit_are_refused():
    from mien.portraits.evaluate import RealPictures

    sets = [tiny.readable_set(4), tiny.readable_set(4, part="kept-out")]
    with pytest.raises(InputError, match="'train' at 32, 'kept-out' at 32"):
        RealPictures.of(sets)
    with pytest.raises(InputError, match="not none"):
        RealPictures.of([])


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
