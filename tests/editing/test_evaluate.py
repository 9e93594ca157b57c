"""What directions do: matrices, flips, methods side by side, layers, on a known generator."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mien.editing.calibrate import LADDER, calibrated
from mien.editing.direction import Direction, DirectionSet
from mien.editing.evaluate import EditProtocol, Faces, named_edits, others_of, rescore
from mien.editing.evaluate_methods import compare_methods
from mien.editing.fit import SAMPLED, DirectionFit
from mien.editing.flips import Flip, flips
from mien.editing.layer_report import score_layers
from mien.editing.naming import EDITS
from mien.editing.samples import TagReader
from mien.errors import InputError, UnknownName
from training import tiny, toy

NAMES = {"gender": 0, "glasses": 1, "hair length": 2}


def true_set(scale=1.5):
    axes = torch.eye(toy.W_DIM)
    return DirectionSet(
        tuple(
            Direction(n, axes[i], "w", scale=scale, generator="cd" * 32) for n, i in NAMES.items()
        )
    )


@pytest.fixture
def judge():
    return tiny.loaded(toy.Reads(0.1), "judge")


@pytest.fixture
def faces():
    chooser = TagReader(toy.Reads())
    edits = named_edits(true_set(), chooser.tags)
    return Faces(toy.source(), chooser, edits, EditProtocol(faces=12, psi=1.0))


def test_true_directions_have_a_clean_matrix(faces, judge):
    told = []
    edits = named_edits(true_set(), TagReader(judge.network).tags)
    made = rescore(faces, judge, edits, true_set(), "toy", progress=told.append)
    assert made.matrix.directions == made.matrix.scores == tuple(NAMES) == tuple(told)
    found = made.matrix.summary()
    assert found.diagonal > 0.5
    assert made.matrix.values[0, 1] > 0.02  # this judge sees glasses more readily on men
    assert abs(made.matrix.values[1, 0]) < 1e-6
    assert np.abs(made.matrix.values[2, :2]).max() < 1e-6
    assert "leak" in made.text()
    assert "judge judge abab" in made.text()
    rows = list(csv.reader(io.StringIO(made.csv())))
    assert rows[0] == ["direction", *NAMES]
    assert float(rows[1][1]) == made.matrix.values[0, 0]
    assert made.markdown().count("\n| ") == 3
    assert json.dumps(made.as_dict())
    assert made.picture().dtype == np.uint8
    assert made.scores()[0].value == found.diagonal


def test_faces_lack_what_the_edit_brings(faces):
    chooser = TagReader(toy.Reads())
    edit = EDITS[[e.name for e in EDITS].index("gender")]
    ws = faces.lacking(edit)
    assert ws.shape == (12, toy.NUM_WS, toy.W_DIM)
    read = chooser(toy.source().draw(ws))[0][:, chooser.tags.index("man")]
    assert float(read.max()) < 0.5
    assert torch.equal(faces.lacking(edit), ws)
    nobody = Faces(toy.source(9.0), chooser, [edit], EditProtocol(faces=2))
    with pytest.raises(InputError, match="hardly any face lacks 'man'"):
        nobody.lacking(edit)


def test_colours_of_hair_exclude_each_other():
    related = others_of(EDITS)
    assert "red hair/black hair" in related["hair colour"]
    assert "hair colour" not in related["hair colour"]
    assert related["smile"] == ()


class Who:
    """An identity judge that knows a face by its blue."""

    def embed(self, images):
        blue = images[:, 2].mean(dim=(1, 2))
        return torch.stack([blue.cos(), blue.sin()], dim=1) * 5


def test_flips_and_identity(faces, judge):
    edits = named_edits(true_set(), TagReader(judge.network).tags)
    identity = tiny.loaded(tiny.tagger(), "who")
    object.__setattr__(identity, "network", Who())
    strengths = (0.5, 1, 2, 3)
    made = flips(faces, judge, edits, true_set(), "toy", identity, strengths)
    rows = {row.edit: row for row in made.rows}
    assert rows["gender"].share == 1
    assert rows["gender"].strength in strengths
    assert rows["gender"].cosine == pytest.approx(1, abs=1e-5)
    assert (rows["hair length"].cosine or 1) < 0.95
    assert rows["gender"].half == pytest.approx(rows["gender"].strength, abs=1)
    assert made.strangers is not None
    assert "two different faces" in made.text()
    assert json.dumps(made.as_dict())
    never = replace(made, rows=(Flip("gender", 0.0, float("nan"), None),))
    assert json.dumps(never.as_dict(), allow_nan=False)
    alone = flips(faces, judge, edits, true_set(1e-6), "toy", strengths=(1.0,))
    assert alone.rows[0].share < 1
    assert alone.rows[0].cosine is None
    assert alone.identity is None
    assert np.isnan(alone.rows[0].half)
    with pytest.raises(UnknownName, match="direction 'smile'"):
        flips(faces, judge, [EDITS[2]], true_set(), "toy")


def test_strength_1_turns_half_of_the_faces_over(faces, judge):
    edits = named_edits(true_set(), TagReader(judge.network).tags)
    before = flips(faces, judge, edits, true_set(0.37), "toy", strengths=LADDER)
    scaled, left_out = calibrated(true_set(0.37), before)
    assert (scaled.names, left_out) == (true_set().names, [])
    near = (0.8, 0.9, 1.0, 1.1, 1.2)
    after = flips(faces, judge, edits, scaled, "toy", strengths=near)
    assert all(0.8 <= row.half <= 1.1 for row in after.rows)
    row = before.rows[0]
    assert row.most is not None
    assert row.half <= row.most
    assert scaled["gender"].reach == pytest.approx(row.most / row.half)
    assert scaled["gender"].scores["turned"] == before.rows[0].share


def test_directions_that_wreck_faces_are_left_out(faces, judge):
    edits = named_edits(true_set(), TagReader(judge.network).tags)
    made = flips(faces, judge, edits[:1], true_set(), "toy", strengths=(1.0,))
    rows = (Flip("gender", 0.4, 2.0, 0.9), Flip("glasses", 1.0, 2.0, 0.1, 2.0))
    scaled, left_out = calibrated(true_set(), replace(made, rows=rows))
    assert scaled.names == ("hair length",)
    assert scaled["hair length"].scale == true_set()["hair length"].scale
    assert left_out == [
        "gender: only 40% of the faces turn over, at any strength that was tried",
        "glasses: at its flip the cosine to the face before is 0.10, below 0.4",
    ]


def test_methods_side_by_side(faces, judge):
    reader = TagReader(toy.Reads())
    weights = [torch.eye(toy.W_DIM)] * toy.NUM_WS
    config = DirectionFit(samples=400, min_count=8, alpha=0.001)
    told = []
    made = compare_methods(
        faces, reader, judge, config, "toy", SAMPLED, weights, {"true": true_set()}, told.append
    )
    rows = list(made.table.rows)
    single = "linear, single tags"
    assert rows[:4] == ["unedited", "linear, pairs", single, f"{single}, same length"]
    assert rows[-3:] == ["sefa", "pca", "true"]
    assert len(rows) == 1 + 3 * 5 + 2 + 1
    score = {row: {s.name: s.value for s in scores} for row, scores in made.table.rows.items()}
    for name in ("re-scoring diagonal", "re-scoring off-diagonal", "FD-judge", "diversity"):
        assert np.isfinite(score["linear, pairs"][name])
    assert score["linear, pairs"]["re-scoring diagonal"] > 0.3
    assert score["true"]["re-scoring diagonal"] > score["sefa"]["re-scoring diagonal"]
    assert "seconds" in made.table.extra["lasso, pairs"]
    assert json.dumps(made.as_dict())
    assert told[0] == "sampling 400 faces"
    with pytest.raises(InputError, match="no opposing pair"):
        compare_methods(faces, reader, judge, DirectionFit(samples=60, tags=("man",)), "toy")


def test_layers_of_a_known_generator(judge):
    report = score_layers(toy.source(), judge, count=6, psi=1.0)
    shares = report.table.shares
    column = report.table.names.index("gender")
    assert float(shares[:4, column].min()) > 0
    assert float(shares[4:, column].max()) == 0  # it acts in the first four layers
    assert float(shares[:4, report.table.names.index("hair_length")].max()) == 0
    assert {"colour", "brightness", "contrast"} <= set(report.table.names)
    assert report.csv().splitlines()[-1].startswith("all,")
    assert "judge judge" in report.text()
    assert json.dumps(report.as_dict())
    assert report.picture().ndim == 3
    with pytest.raises(InputError, match="0 faces"):
        score_layers(toy.source(), judge, count=0)


def test_what_cannot_be_scored():
    with pytest.raises(InputError, match="none of the 1 directions"):
        named_edits(DirectionSet((Direction("sefa-0", torch.ones(3), "w"),)), ["man"])
    with pytest.raises(InputError, match="1 faces"):
        EditProtocol(faces=1)
