"""Sets of directions as files."""

import pytest
import torch

from mien.checkpoints import native
from mien.editing.direction import Direction, DirectionSet
from mien.editing.sets import KIND, load_direction_set, save_direction_set
from mien.errors import CheckpointError, InputError, OutputError, UnknownName


def made():
    return DirectionSet(
        (
            Direction("smile", torch.arange(4.0), "w", (1, 2), 0.5, "ab", "linear", {"gain": 0.4}),
            Direction("age", torch.ones(3, 4), "ws", None, 2.0, "ab", "lasso, alpha 0.01"),
        )
    )


def test_a_set_comes_back(tmp_path):
    path = tmp_path / "made.safetensors"
    save_direction_set(path, made(), {"samples": 7})
    found = load_direction_set(path)
    assert found.directions.names == ("smile", "age")
    for one, other in zip(found.directions, made(), strict=True):
        assert torch.equal(one.vector, other.vector)
        assert (one.space, one.layers, one.scale) == (other.space, other.layers, other.scale)
        assert (one.generator, one.method) == (other.generator, other.method)
        assert dict(one.scores) == dict(other.scores)
    assert found.meta == {"samples": 7}
    assert len(found.sha256) == 64
    assert native.read_header(path).kind == KIND


def test_a_set_in_the_store_has_a_name(home):
    save_direction_set(home / "weights" / "mine.safetensors", made())
    assert load_direction_set("mine").name == "mine"
    with pytest.raises(UnknownName, match="'theirs'"):
        load_direction_set("theirs")


def test_what_is_refused(tmp_path):
    path = tmp_path / "made.safetensors"
    save_direction_set(path, made())
    with pytest.raises(OutputError, match="exists already"):
        save_direction_set(path, made())
    save_direction_set(path, made(), force=True)
    with pytest.raises(InputError, match="0 directions"):
        save_direction_set(tmp_path / "none.safetensors", DirectionSet(()))
    with pytest.raises(InputError, match=r"\.safetensors"):
        save_direction_set(tmp_path / "made.npz", made())
    other = tmp_path / "other.safetensors"
    native.save(other, "text-directions", {"a": torch.zeros(1)}, {})
    with pytest.raises(CheckpointError, match="text-directions"):
        load_direction_set(other)
    tensors, config = made().to_tensors()
    config["directions"][0]["scale"] = 0
    native.save(other, KIND, tensors, config)
    with pytest.raises(CheckpointError, match="scale 0"):
        load_direction_set(other)
    del tensors["direction.1"]
    native.save(other, KIND, tensors, made().to_tensors()[1])
    with pytest.raises(CheckpointError, match="1 vectors for 2"):
        load_direction_set(other)
