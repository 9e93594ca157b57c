"""Directions of labels out of the moments of codes, as a set and out of a file."""

from __future__ import annotations

import pytest
import torch

from mien.attributes import COLUMNS, LABELS, column_slice, label_index
from mien.checkpoints import native
from mien.editing.label_directions import AS_USUAL, label_directions, label_name
from mien.editing.sets import load_direction_set
from mien.errors import InputError
from mien.portraits.codes import CodeMoments

DIMS = 8


def toy_moments(count: int = 4000) -> CodeMoments:
    """Old faces lie along axis 0, grey hair along axis 1, and most old faces have grey hair."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.zeros(count, len(LABELS))
    old = torch.rand(count, generator=rng) < 0.4
    grey = torch.rand(count, generator=rng) < torch.where(old, 0.8, 0.1)
    for column in COLUMNS:
        values = {"age": ("old", "young", old), "hair_color": ("gray", "black", grey)}
        here, there, mask = values.get(column, (COLUMNS[column][0], COLUMNS[column][1], old < 0))
        labels[mask, label_index(column, here)] = 1
        labels[~mask, label_index(column, there)] = 1
    w = torch.randn(count, DIMS, generator=rng)
    w[:, 0] += 3 * old
    w[:, 1] += 3 * grey
    moments = CodeMoments(len(LABELS), DIMS)
    moments.fit(w, labels)
    return moments


def test_a_label_moves_its_own_axis_and_as_usual_its_company_too():
    found = label_directions(toy_moments(), "abc")
    alone, usual = (found[label_name("age", "old", usual)] for usual in (False, True))
    assert alone.vector[0] > 5 * abs(float(alone.vector[1]))
    assert usual.vector[1] > 0.3 * usual.vector[0] > 0
    assert alone.generator == "abc"
    assert alone.reach > usual.reach
    assert torch.allclose(found["age: young"].vector, -alone.vector, atol=1e-4)


def test_what_hardly_occurs_has_no_direction():
    found = label_directions(toy_moments(), "")
    assert found.find("age: baby") is None
    assert all(name.removesuffix(AS_USUAL).split(": ")[0] in COLUMNS for name in found.names)
    with pytest.raises(InputError, match="codes of 3 labels, 76"):
        label_directions(CodeMoments(3, DIMS), "")


def saved(path, moments, generator):
    shape = {"label_dim": len(LABELS), "w_dim": DIMS, "ridge": moments.ridge}
    told = {"generator": generator}
    native.save(path, "code-moments", moments.state_dict(), shape, told, force=True)
    return path


def test_a_file_of_codes_is_a_set_of_directions(tmp_path):
    moments = toy_moments()
    path = saved(tmp_path / "faces-codes.safetensors", moments, "abc")
    loaded = load_direction_set(path)
    assert loaded.directions.generator == "abc"
    assert loaded.directions.names == label_directions(moments, "abc").names
    assert sum(float(moments.label_mean[column_slice(c)].sum()) for c in COLUMNS) == pytest.approx(
        len(COLUMNS), abs=1e-4
    )


def test_a_file_is_worked_out_once_until_it_changes(tmp_path):
    moments = toy_moments()
    path = saved(tmp_path / "faces-codes.safetensors", moments, "abc")
    first = load_direction_set(path)
    assert load_direction_set(path).directions is first.directions
    saved(path, moments, "d")
    again = load_direction_set(path)
    assert (again.directions.generator, again.name) == ("d", str(path))
