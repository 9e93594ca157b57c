"""The machine that reads pickles: plain data comes out as it went in, everything else inert."""

from __future__ import annotations

import argparse
import collections
import enum
import pathlib
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mien.checkpoints import safe_pickle
from mien.checkpoints.inert import ArrayRef, Global, Stub
from mien.checkpoints.torch_files import open_file
from mien.errors import CheckpointError, UnsafeCheckpoint

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def opened(tmp_path: Path, value: Any, protocol: int) -> Any:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    return open_file(path).root


def random_value(source: random.Random, depth: int = 0) -> Any:
    """Any nested plain value; sets are left out because they come back as lists."""
    scalars = (
        lambda: None,
        lambda: source.random() < 0.5,
        lambda: source.randint(-(2**70), 2**70),
        lambda: source.randint(-300, 300),
        lambda: source.uniform(-1e300, 1e300),
        lambda: "".join(source.choice("añ\n'\"\\ 好😀") for _ in range(source.randint(0, 9))),
        lambda: bytes(source.randbytes(source.choice((0, 3, 300)))),
    )
    if depth > 3 or source.random() < 0.5:
        return source.choice(scalars)()
    parts = [random_value(source, depth + 1) for _ in range(source.randint(0, 5))]
    kind = source.randint(0, 3)
    if kind == 0:
        return parts
    if kind == 1:
        return tuple(parts)
    names = [f"k{i}" if source.random() < 0.7 else i for i in range(len(parts))]
    table = dict(zip(names, parts, strict=True))
    return collections.OrderedDict(table) if kind == 2 else table


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_values_come_out_as_they_went_in(tmp_path: Path, protocol: int) -> None:
    source = random.Random(protocol)
    for _ in range(40):
        value = random_value(source)
        assert opened(tmp_path, {"value": value}, protocol) == {"value": value}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_references_are_kept(tmp_path: Path, protocol: int) -> None:
    shared: list[Any] = [1]
    shared.append(shared)
    found = opened(tmp_path, [shared, shared], protocol)
    assert found[0] is found[1]
    assert found[0][1] is found[0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_are_read(tmp_path: Path, protocol: int) -> None:
    arrays = {
        "f": np.arange(6, dtype="<f4").reshape(2, 3),
        "big": np.arange(6, dtype=">i4"),
        "fortran": np.asfortranarray(np.random.RandomState(0).randn(3, 4)),
        "flags": np.array([True, False]),
        "one": np.array(3.5),
        "none": np.zeros((0, 3)),
    }
    found = opened(tmp_path, {**arrays, "scalar": np.float32(2.5)}, protocol)
    for name, array in arrays.items():
        assert isinstance(found[name], ArrayRef)
        assert np.array_equal(found[name].read(), array)
        assert found[name].read().dtype == array.dtype
    assert found["scalar"] == 2.5


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_sets_become_lists(tmp_path: Path, protocol: int) -> None:
    assert opened(tmp_path, [{1}, frozenset([2]), bytearray(b"x")], protocol) == [
        [1],
        [2],
        b"x",
    ] or (opened(tmp_path, [{1}, frozenset([2])], protocol) == [[1], [2]])


TENSORS = {
    "transposed": torch.randn(3, 4).t(),
    "window": torch.randn(6, 6)[::2, 1:4],
    "half": torch.arange(5).half(),
    "brain": torch.randn(3).bfloat16(),
    "flags": torch.tensor([True, False]),
    "count": torch.tensor(7),
    "empty": torch.zeros(0, 3),
    "parameter": torch.nn.Parameter(torch.randn(2)),
    "expanded": torch.ones(1, 3).expand(2, 3),
    "complex": torch.randn(2, dtype=torch.complex64),
}


@pytest.mark.parametrize("how", ["zip", "legacy", 0, 1, 2, 3, 4, 5])
def test_tensors_are_read(tmp_path: Path, how: str | int) -> None:
    path = tmp_path / "a.pt"
    tensors = dict(TENSORS)
    if isinstance(how, int):
        path.write_bytes(pickle.dumps(tensors, how))
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=how == "zip")
    document = open_file(path)
    assert document.wrapper == ("pickle" if isinstance(how, int) else how)
    for name, tensor in tensors.items():
        found = document.root[name].read()
        assert found.dtype == tensor.dtype
        assert torch.equal(found, tensor), name
        assert found.is_contiguous()


def test_tensors_of_a_gpu_are_read_on_the_cpu(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch.save({"a": torch.arange(3.0)}, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    assert data.count(b"X\x03\x00\x00\x00cpu") == 1
    path.write_bytes(data.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:7"))
    assert open_file(path).root["a"].read().tolist() == [0, 1, 2]


def test_objects_become_stubs(tmp_path: Path) -> None:
    options = argparse.Namespace(size=256, path=pathlib.PurePosixPath("/a/b"))
    counts = collections.defaultdict(list, {"a": [1]})
    for protocol in PROTOCOLS:
        found = opened(tmp_path, [options, counts, torch.float16, torch.Size([1, 2])], protocol)
        assert isinstance(found[0], Stub)
        assert found[0].name == "argparse.Namespace"
        assert found[0].state["size"] == 256
        assert found[0].state["path"].name == "pathlib.PurePosixPath"
        assert found[1].items == {"a": [1]}
        assert found[2] == Global("torch", "float16")
        assert found[3] == (1, 2)


class Colour(enum.Enum):
    RED = 1


def test_whatever_is_on_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeCheckpoint, match=r"Colour.*nothing was run"):
        opened(tmp_path, Colour.RED, 4)


def test_pickled_modules_are_read_without_their_class(tmp_path: Path) -> None:
    from mien.checkpoints.documents import groups

    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    path = tmp_path / "a.pt"
    torch.save({"epoch": 3, "net": network}, path)
    (group,) = groups(open_file(path))
    assert group.where == "net"
    assert {k: tuple(v.shape) for k, v in group.tensors.items()} == {
        k: tuple(v.shape) for k, v in network.state_dict().items()
    }


def test_a_damaged_byte_in_a_zip_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch.save({"a": torch.zeros(1000)}, path)
    data = bytearray(path.read_bytes())
    data[data.index(bytes(1000)) + 500] = 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="checksum"):
        open_file(path).root["a"].read()


def test_every_prefix_of_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    data = pickle.dumps({"a": torch.ones(3), "b": [1, "x", 2.5], "c": np.ones(2)}, 4)
    for length in range(1, len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(CheckpointError) as caught:
            open_file(path)
        assert "\n" not in str(caught.value)


def test_random_changes_never_escape(tmp_path: Path) -> None:
    source = random.Random(0)
    path = tmp_path / "a.pkl"
    data = pickle.dumps({"a": torch.ones(3), "b": [1, "x", 2.5], "c": {1: np.ones(2)}}, 2)
    refused = 0
    for _ in range(600):
        changed = bytearray(data)
        for _ in range(source.randint(1, 4)):
            changed[source.randrange(2, len(changed))] = source.randrange(256)
        path.write_bytes(changed)
        try:
            open_file(path)
        except CheckpointError:
            refused += 1
    assert refused > 300


def test_work_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MAX_OPERATIONS", 10_000)
    with pytest.raises(CheckpointError, match="10,000 operations"):
        opened(tmp_path, list(range(30_000)), 4)
    monkeypatch.setattr(safe_pickle, "MAX_OPERATIONS", 10**9)
    monkeypatch.setattr(safe_pickle, "MAX_MEMORY", 1 << 20)
    with pytest.raises(CheckpointError, match="1 MB of objects"):
        opened(tmp_path, list(range(30_000)), 4)
