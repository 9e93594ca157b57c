"""``dataset.json`` in the shapes that people have; what cannot be trained on is refused."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien.data.class_labels import read_class_labels
from mien.data.sources import open_source
from mien.data.training_set import TrainingSet
from mien.errors import DatasetError

Encode = Callable[..., bytes]
Layout = Callable[..., Path]


@pytest.fixture
def labelled(lay_out: Layout, face: Encode) -> Callable[..., Path]:
    """(labels of a.png and b/c.png, ...) -> a set with this ``dataset.json``."""

    def make(*labels: object, text: str = "", file: str = "dataset.json", outer: str = "") -> Path:
        listed = json.dumps({"labels": [*zip(("a.png", "b/c.png"), labels, strict=False)]})
        files = {f"{outer}a.png": face(1), f"{outer}b/c.png": face(2)}
        return lay_out({**files, file: (text or listed).encode()})

    return make


def vectors(path: Path) -> list[list[float]]:
    found = open_source(path).class_labels()
    assert found is not None
    assert found.dtype == np.float32
    return found.tolist()


@pytest.mark.parametrize(
    "labels", [(0, 2), (0.0, 2.0), ("0", "2"), (False, 2), ("0.0", 2.0)], ids=repr
)
def test_class_numbers_of_any_kind(labels: tuple[object, ...], labelled: Layout) -> None:
    assert vectors(labelled(*labels)) == [[1, 0, 0], [0, 0, 1]]


def test_vectors_of_any_kind(labelled: Layout) -> None:
    assert vectors(labelled([0, "0.5"], [True, -1.5])) == [[0, 0.5], [1, -1.5]]


@pytest.mark.parametrize(
    ("labels", "cause"),
    [
        ((0, math.nan), "the label of 'b/c.png' holds NaN, not a finite number"),
        (([0.5, math.inf], [1, 2]), "the label of 'a.png' holds Infinity, not a finite number"),
        (([0.5, 1e300], [1, 2]), "the label of 'a.png' is not finite as float32"),
        ((0, 10**9), "the class of 'b/c.png' is 1000000000, and 65535 is the largest"),
        ((0, 10**40), "the class of 'b/c.png' is 10000"),
        ((0, 1.5), "neither class numbers from 0 nor vectors: 'b/c.png' has 1.5"),
        ((0, -1), "neither class numbers from 0 nor vectors: 'b/c.png' has -1"),
        ((0, None), "neither class numbers from 0 nor vectors: 'b/c.png' has null"),
        (([1, 2], [1]), "vectors of different lengths"),
        (([], []), "its labels are empty vectors, that of 'a.png' first"),
        (([], 1), "vectors of different lengths, or numbers among vectors"),
    ],
)
def test_labels_that_cannot_be_trained_on(
    labels: tuple[object, ...], cause: str, labelled: Layout
) -> None:
    source = open_source(labelled(*labels))
    with pytest.raises(DatasetError, match=re.escape(cause)):
        source.class_labels()


def test_more_numbers_than_fit_are_refused(
    labelled: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.data.class_labels.MAX_VALUES", 100)
    cause = "2 pictures with 51 classes are 102 numbers, and 100 is the most"
    with pytest.raises(DatasetError, match=cause):
        open_source(labelled(0, 50)).class_labels()


def test_a_picture_twice(labelled: Layout) -> None:
    once = [["a.png", 0], ["b/c.png", 1]]
    same = json.dumps({"labels": [*once, ["./a.png", 0]]})
    assert vectors(labelled(text=same)) == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    "text",
    [
        '{"labels": [["a.png", 0], ["b/c.png", 1], ["./a.png", 2]]}',
        '{"labels": {"a.png": 0, "b/c.png": 1, "a.png": 2}}',
    ],
)
def test_a_picture_twice_with_two_labels(text: str, labelled: Layout) -> None:
    with pytest.raises(DatasetError, match=r"gives '(./)?a.png' two labels, 0 and 2"):
        open_source(labelled(text=text)).class_labels()


def test_labels_without_picture_do_not_count(labelled: Layout) -> None:
    text = json.dumps({"labels": {"a.png": 0, "gone.png": 5, "b/c.png": 0}})
    source = open_source(labelled(text=text))
    found = read_class_labels(source.store, source.names)
    assert found is not None
    assert (found.vectors.tolist(), found.without_picture) == ([[1], [1]], ("gone.png",))


def test_names_are_compared_plainly(lay_out: Layout, face: Encode) -> None:
    stored = unicodedata.normalize("NFD", "café/José.png")
    listed = unicodedata.normalize("NFC", ".\\café\\José.png")
    text = json.dumps({"labels": [[listed, 1]]})
    path = lay_out({stored: face(1), "dataset.json": text.encode()})
    assert vectors(path) == [[0, 1]]
    assert open_source(path).names == (stored,)
    assert open_source(path).picture(0).shape == (16, 16, 3)


@pytest.mark.parametrize("prefix", ["", "my/"])
def test_a_set_that_was_zipped_from_outside(prefix: str, labelled: Layout) -> None:
    text = json.dumps({"labels": [[f"{prefix}a.png", 1], [f"{prefix}b/c.png", 0]]})
    path = labelled(text=text, file="my/dataset.json", outer="my/")
    assert vectors(path) == [[0, 1], [1, 0]]
    assert TrainingSet.open(path, 4, labels="dataset.json", part="all").label_dim == 2


def test_a_file_in_some_other_folder_is_named(labelled: Layout) -> None:
    path = labelled(0, 1, file="b/dataset.json")
    with pytest.raises(DatasetError, match=r"labels; move b/dataset\.json beside the folders"):
        TrainingSet.open(path, 4, labels="dataset.json", part="all")


def test_labels_of_other_names_are_shown(labelled: Layout) -> None:
    path = labelled(text=json.dumps({"labels": [["/photos/a.png", 0], ["/photos/b/c.png", 1]]}))
    with pytest.raises(DatasetError, match=r"no label for 2 of 2 .*; it names '/photos/a.png'"):
        vectors(path)
