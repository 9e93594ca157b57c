"""One pass of an encoder: its file, its codes, and what is refused."""

import numpy as np
import pytest
import torch

from inversion import toys
from mien import images
from mien.errors import ConfigMismatch, InputError, WeightsMissing
from mien.hub import loading
from mien.inversion.encoder import Inverter, find_encoder, load_inverter


@pytest.fixture(scope="module")
def inverter():
    return toys.make_inverter()


def test_a_code_does_not_depend_on_its_neighbours(inverter):
    photos = images.to_float(np.stack([toys.photo(i) for i in range(3)]))
    ws = inverter.codes(photos)
    assert ws.shape == (3, inverter.generator.num_ws, 16)
    assert torch.equal(ws[:, 0], ws[:, -1])
    assert torch.equal(inverter.codes(photos[1:2]), ws[1:2])
    assert not torch.equal(ws[0], ws[1])


def test_a_picture_of_another_size_is_encoded_too(inverter):
    photo = images.to_float(toys.photo(side=160)[None])
    assert inverter.codes(photo).isfinite().all()


def test_the_encoder_of_a_run_lies_beside_its_generator(tmp_path):
    path = toys.write_models(tmp_path)
    assert find_encoder(path, "generator") == tmp_path / "encoder.safetensors"
    named = path.rename(tmp_path / "faces.safetensors")
    with pytest.raises(WeightsMissing, match=r"'faces' has no encoder.*mien train faces"):
        find_encoder(named, "faces")
    (tmp_path / "encoder.safetensors").rename(tmp_path / "faces-encoder.safetensors")
    assert find_encoder(named, "faces") == tmp_path / "faces-encoder.safetensors"


def test_codes_of_another_width_are_refused():
    with pytest.raises(InputError, match="codes 24 wide, the generator takes 16"):
        Inverter(toys.make_generator(), toys.make_encoder(24), toys.make_features())


def test_an_encoder_of_another_generator_is_refused(tmp_path):
    path = toys.write_models(tmp_path, generator="f" * 64)
    with pytest.raises(ConfigMismatch, match="was trained for generator ffffffffffff"):
        load_inverter(loading.load_generator(path), "generator", path)


def test_a_run_is_loaded_whole(tmp_path):
    path = toys.write_models(tmp_path)
    inverter = load_inverter(loading.load_generator(path), "generator", path)
    photo = images.to_float(toys.photo()[None])
    assert inverter.codes(photo).shape == (1, inverter.generator.num_ws, 16)
    assert inverter.spread == pytest.approx(1)
    assert inverter.draw(inverter.codes(photo)).shape == (1, 3, 64, 64)
