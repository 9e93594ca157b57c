from __future__ import annotations

import numpy as np
import pytest
import torch

from mien.editing.layers import analyse_layers, colours
from mien.errors import InputError

DRAW = np.random.RandomState(0)


def randn(*shape):
    return torch.from_numpy(DRAW.randn(*shape)).float()


WS, OTHERS = randn(5, 4, 3), randn(5, 4, 3)


def synthesise(ws):
    # A picture whose pixel (r, c) is number c of the code of layer r, in three equal channels.
    return ws[:, None].expand(-1, 3, -1, -1)


def rows_of(images):
    return {
        "pose": images[:, 0, 0],
        "hair": images[:, 0, 1] + images[:, 0, 2],
        "dull": zeros(images),
    }


def zeros(images):
    return torch.zeros(images.shape[0])


def test_what_depends_on_a_layer_moves_with_it_alone():
    table = analyse_layers(WS, OTHERS, synthesise, [rows_of], batch=2)
    assert table.names == ("pose", "hair", "dull")
    change = (OTHERS - WS).double()
    pose = change[:, 0].norm(dim=1).mean()
    assert table.moved[:, 0].tolist() == pytest.approx([float(pose), 0, 0, 0], abs=1e-6)
    hair = (change[:, 1] + change[:, 2]).norm(dim=1).mean()
    assert float(table.all_moved[1]) == pytest.approx(float(hair), abs=1e-6)
    assert float(table.shares[0, 0]) == pytest.approx(1.0)
    assert table.shares[:, 2].tolist() == [0, 0, 0, 0]
    assert table.samples == 5


def test_nothing_moves_between_equal_faces():
    table = analyse_layers(WS, WS, synthesise, [rows_of, colours])
    assert not table.moved.any()
    assert table.names == ("pose", "hair", "dull", "colour", "brightness", "contrast")


def test_colours_are_what_they_say():
    images = torch.tensor([1.0, 0.0, -0.5])[None, :, None, None].expand(2, 3, 4, 4)
    seen = colours(images)
    assert seen["colour"].tolist() == [[1.0, 0.0, -0.5]] * 2
    assert seen["brightness"].tolist() == pytest.approx([1 / 6] * 2)
    assert seen["contrast"].tolist() == [0, 0]


def test_rows_for_a_file():
    rows = analyse_layers(WS, OTHERS, synthesise, [rows_of]).csv_rows()
    assert rows[0] == ["layer", "pose", "hair", "dull"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "2", "3", "all"]
    assert float(rows[2][1]) == 0.0


def test_bad_input_is_named():
    with pytest.raises(InputError, match="pairs are needed"):
        analyse_layers(WS, OTHERS[:4], synthesise, [rows_of])
    with pytest.raises(InputError, match="0 measures"):
        analyse_layers(WS, OTHERS, synthesise, [])
    with pytest.raises(InputError, match="two measures give a reading 'pose'"):
        analyse_layers(WS, OTHERS, synthesise, [rows_of, rows_of])
    with pytest.raises(InputError, match="for 5 images"):
        analyse_layers(WS, OTHERS, synthesise, [lambda images: {"x": images[:3, 0, 0, 0]}])
    with pytest.raises(InputError, match="not finite"):
        analyse_layers(WS, OTHERS, synthesise, [lambda images: {"x": images[:, 0, 0] * torch.nan}])
