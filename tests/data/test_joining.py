"""Several sets as one, and fewer by what a table says."""

import numpy as np
import pytest

from mien import images
from mien.data.joining import choose, join
from mien.data.splits import split
from mien.data.training_set import TrainingSet
from mien.errors import ConfigMismatch, DatasetError, InputError


def make(folder, name, rows):
    table = "file\tgender\tquality\tsource\n"
    for i, (gender, quality, source) in enumerate(rows):
        images.save(folder / name / f"{i:05d}.png", np.full((8, 8, 3), 20 * i, np.uint8))
        table += f"{i:05d}.png\t{gender}\t{quality}\t{source}\n"
    (folder / f"{name}_labels.tsv").write_text(table)
    return TrainingSet.open(folder / name, 8, part="all")


@pytest.fixture
def mixed(tmp_path):
    return make(tmp_path, "a", [("f", "ok", "x"), ("m", "bad", "x"), ("f", "ok", "ffhq")])


def test_rules_keep_and_leave_out(mixed):
    assert choose(mixed, ["quality=ok"]).names == ("00000.png", "00002.png")
    left = choose(mixed, ["quality=ok", "source!=ffhq"])
    assert left.names == ("00000.png",)
    assert left.fingerprint != mixed.fingerprint
    assert choose(mixed, ["unheard=of"]) is mixed


def test_rules_that_leave_nothing_or_cannot_be_read(mixed):
    with pytest.raises(DatasetError, match="none of its 3 pictures"):
        choose(mixed, ["quality=splendid"])
    with pytest.raises(InputError, match="quality=ok"):
        choose(mixed, ["quality"])


def test_joined_sets_keep_their_order_and_labels(mixed, tmp_path):
    other = make(tmp_path, "b", [("m", "ok", "x")])
    both = join([mixed, other])
    assert len(both) == 4
    assert both.names[3] == "b/00000.png"
    assert (both.labels == np.concatenate([mixed.labels, other.labels])).all()
    assert (both.pictures[3] == other.pictures[0]).all()


def test_sets_of_other_sizes_are_not_joined(mixed, tmp_path):
    other = make(tmp_path, "b", [("m", "ok", "x")])
    with pytest.raises(ConfigMismatch, match="16² pictures"):
        join([mixed, TrainingSet.open(other.path, 16, part="all")])


def test_faces_hold_out_every_25th():
    names = [f"{i:05d}.webp" for i in range(5038)]
    found = split("faces.zip", names)
    assert len(found.kept_out) == 201
    assert found.kept_out[:2] == (24, 49)
    assert all(i % 25 == 24 for i in found.kept_out)
