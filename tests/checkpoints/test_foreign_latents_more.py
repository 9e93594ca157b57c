"""Latents under names of their own, in lists, pickled by hand; and arrays that are none."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mien.checkpoints.latents import read_latents, read_noise
from mien.errors import CheckpointError

WS = np.random.RandomState(0).randn(2, 18, 16).astype(np.float32)


def dumped(path: Path, value: Any, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(value, protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("dtype", ["<f4", "<f8", ">f4", "<f2"])
def test_latents_that_people_pickle(tmp_path: Path, protocol: int, dtype: str) -> None:
    table = WS.astype(dtype)
    for value in (table, {"w": table}, np.asfortranarray(table), {"latents": list(table)}):
        found = read_latents(dumped(tmp_path / "w.pkl", value, protocol), 18)
        assert found.dtype == np.float32
        assert np.array_equal(found, table.astype(np.float32))
    torch.save(table, tmp_path / "w.pt")
    assert np.array_equal(read_latents(tmp_path / "w.pt"), table.astype(np.float32))


@pytest.mark.parametrize("count", [1, 2, 40])
@pytest.mark.parametrize("shape", [(18, 16), (1, 18, 16)])
def test_latents_in_lists_and_under_names(tmp_path: Path, count: int, shape: Any) -> None:
    tables = [np.random.RandomState(i).randn(*shape).astype(np.float32) for i in range(count)]
    wanted = np.concatenate([table.reshape(1, 18, 16) for table in tables])
    named = {f"face {i:02d}.jpg": torch.from_numpy(t) for i, t in enumerate(tables)}
    plain = {f"person{i}": torch.from_numpy(t) for i, t in enumerate(tables)}
    values = (named, plain, list(named.values()), tuple(named.values()), {"latents": tables})
    for number, value in enumerate(values):
        torch.save(value, tmp_path / f"{number}.pt")
        assert np.array_equal(read_latents(tmp_path / f"{number}.pt", 18), wanted), number
    np.savez(tmp_path / "a.npz", **{f"face{i}": t for i, t in enumerate(tables)})
    assert np.array_equal(read_latents(tmp_path / "a.npz", 18), wanted)


def test_one_w_a_picture(tmp_path: Path) -> None:
    tables = {f"{i}.png": torch.from_numpy(WS[i, 0]) for i in range(2)}
    torch.save(tables, tmp_path / "a.pt")
    found = read_latents(tmp_path / "a.pt", 10)
    assert np.array_equal(found, np.repeat(WS[:, :1], 10, axis=1))


def test_entries_of_several_shapes_are_no_latents(tmp_path: Path) -> None:
    torch.save({"a.jpg": torch.zeros(18, 16), "b.jpg": torch.zeros(10, 16)}, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=r"no latents; it has a.jpg, b.jpg"):
        read_latents(tmp_path / "a.pt")


@pytest.mark.parametrize("name", ["z", "Z", "latents_z"])
def test_z_is_not_taken_for_w(tmp_path: Path, name: str) -> None:
    z = WS[:, 0]
    np.savez(tmp_path / "z.npz", **{name: z})
    with pytest.raises(CheckpointError, match="holds z, the noise, not w"):
        read_latents(tmp_path / "z.npz", 18)
    found = read_noise(tmp_path / "z.npz")
    assert found is not None
    assert np.array_equal(found, z)
    np.savez(tmp_path / "both.npz", z=z, w=WS)
    assert read_noise(tmp_path / "both.npz") is None
    assert np.array_equal(read_latents(tmp_path / "both.npz", 18), WS)


@pytest.mark.parametrize("name", ["noise", "boundary", "image", "labels", "direction", "anything"])
@pytest.mark.parametrize("rows", [1, 2])
def test_arrays_that_say_something_else_are_no_latents(
    tmp_path: Path, name: str, rows: int
) -> None:
    np.savez(tmp_path / "a.npz", **{name: WS[0, :rows]})
    with pytest.raises(CheckpointError, match=f"holds no latents; it has {name}"):
        read_latents(tmp_path / "a.npz", 18)
    assert read_noise(tmp_path / "a.npz") is None


@pytest.mark.parametrize("name", ["z", "noise", "smile_boundary", "age-direction"])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_the_name_of_a_file_says_what_its_only_array_is(
    tmp_path: Path, name: str, suffix: str
) -> None:
    path = tmp_path / f"{name}{suffix}"
    table = WS[0, :1]
    np.save(path, table) if suffix == ".npy" else np.savez(path, table)
    with pytest.raises(CheckpointError, match="z, the noise, not w" if name == "z" else "no lat"):
        read_latents(path, 18)
    found = read_noise(path)
    assert (found is not None) is (name == "z")
    np.save(tmp_path / "azure.npy", table)
    assert read_latents(tmp_path / "azure.npy", 18).shape == (1, 18, 16)
