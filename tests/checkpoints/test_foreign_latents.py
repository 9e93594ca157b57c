"""Latents and directions of other tools, in the shapes in which they leave them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mien.checkpoints.arrays import read_arrays
from mien.checkpoints.latents import read_directions, read_latents
from mien.errors import CheckpointError

WS = np.random.RandomState(0).randn(2, 18, 16).astype(np.float32)


def test_projected_w_of_nvlabs(tmp_path: Path) -> None:
    np.savez(tmp_path / "projected_w.npz", w=WS[:1])
    assert np.array_equal(read_latents(tmp_path / "projected_w.npz", 18), WS[:1])
    np.savez_compressed(tmp_path / "ours.npz", w=WS, seeds=np.arange(2))
    assert np.array_equal(read_latents(tmp_path / "ours.npz"), WS)


def test_tables_of_encoders(tmp_path: Path) -> None:
    torch.save(torch.from_numpy(WS), tmp_path / "latents.pt")
    np.save(tmp_path / "latents.npy", WS.astype(np.float64))
    np.save(tmp_path / "one.npy", WS[0])
    np.save(tmp_path / "four.npy", WS[:, None])
    assert np.array_equal(read_latents(tmp_path / "latents.pt"), WS)
    assert np.array_equal(read_latents(tmp_path / "latents.npy"), WS)
    assert np.array_equal(read_latents(tmp_path / "one.npy"), WS[:1])
    assert np.array_equal(read_latents(tmp_path / "four.npy"), WS)


def test_one_w_a_face_is_repeated_for_every_layer(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", WS[:, 0])
    found = read_latents(tmp_path / "w.npy", 18)
    assert found.shape == (2, 18, 16)
    assert np.array_equal(found, np.repeat(WS[:, :1], 18, axis=1))
    with pytest.raises(CheckpointError, match="say for how many layers"):
        read_latents(tmp_path / "w.npy")


def test_projections_of_rosinality(tmp_path: Path) -> None:
    content = {
        f"{i}.png": {"img": torch.zeros(1, 3, 4, 4), "latent": torch.from_numpy(w), "noise": []}
        for i, w in enumerate(WS)
    }
    torch.save(content, tmp_path / "faces.pt")
    assert np.array_equal(read_latents(tmp_path / "faces.pt", 18), WS)


def test_latents_of_another_size(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", WS)
    with pytest.raises(CheckpointError, match="18 layers, the generator takes 10"):
        read_latents(tmp_path / "w.npy", 10)


@pytest.mark.parametrize(
    ("array", "cause"),
    [
        (np.full((1, 18, 16), np.nan), "not finite"),
        (np.zeros((1, 2, 3, 4, 5)), "no latents"),
        (np.zeros((0, 18, 16)), "no latents"),
        (np.array(["a", "b"]), "no plain numbers"),
    ],
)
def test_what_is_no_latent(tmp_path: Path, array: np.ndarray, cause: str) -> None:
    np.save(tmp_path / "w.npy", array)
    with pytest.raises(CheckpointError, match=cause):
        read_latents(tmp_path / "w.npy")


def test_boundaries_of_interfacegan(tmp_path: Path) -> None:
    normal = WS[:1, 0] / np.linalg.norm(WS[:1, 0])
    np.save(tmp_path / "age.npy", normal)
    np.savez(tmp_path / "age.npz", boundary=normal, bias=np.zeros(1), meta=np.zeros(3))
    torch.save(torch.from_numpy(normal), tmp_path / "age.pt")
    for name in ("age.npy", "age.npz", "age.pt"):
        found = read_directions(tmp_path / name)
        assert found.origin == "boundary"
        assert np.array_equal(found.vectors, normal)


def test_a_direction_for_every_layer(tmp_path: Path) -> None:
    np.save(tmp_path / "smile.npy", WS[0])
    assert read_directions(tmp_path / "smile.npy").vectors.shape == (1, 18, 16)


def test_components_of_ganspace(tmp_path: Path) -> None:
    comp, spread, mean = WS[0, :4, None], np.arange(1.0, 5.0), WS[1, :1, None]
    np.savez(
        tmp_path / "style.npz",
        act_comp=comp,
        act_mean=mean,
        act_stdev=spread,
        lat_comp=2 * comp,
        lat_mean=mean,
        lat_stdev=spread,
        var_ratio=spread,
    )
    found = read_directions(tmp_path / "style.npz")
    assert found.origin == "ganspace"
    assert np.array_equal(found.vectors, 2 * WS[0, :4])
    assert np.array_equal(found.scales, spread)
    assert np.array_equal(found.mean, WS[1, 0])
    torch.save({"comp": torch.from_numpy(comp), "std": torch.arange(4.0)}, tmp_path / "pca.pt")
    found = read_directions(tmp_path / "pca.pt")
    assert found.vectors.shape == (4, 16)
    assert found.mean is None


def test_factor_of_rosinality_holds_its_vectors_in_columns(tmp_path: Path) -> None:
    columns = torch.linalg.qr(torch.randn(16, 16)).Q
    torch.save({"ckpt": "a.pt", "eigvec": columns}, tmp_path / "factor.pt")
    found = read_directions(tmp_path / "factor.pt")
    assert found.origin == "factor"
    assert np.allclose(found.vectors[3], columns[:, 3].numpy())


def test_what_is_no_direction(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(3), y=np.zeros(3))
    with pytest.raises(CheckpointError, match="no directions; it has x, y"):
        read_directions(tmp_path / "a.npz")
    (tmp_path / "b.npy").write_text("<html>")
    with pytest.raises(CheckpointError, match="HTML page"):
        read_directions(tmp_path / "b.npy")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_arrays_are_read_as_numpy_reads_them(tmp_path: Path, version: tuple[int, int]) -> None:
    for array in (
        np.arange(6).reshape(2, 3),
        np.asfortranarray(WS[0]),
        np.array(1.5),
        np.zeros((0, 2)),
    ):
        with (tmp_path / "a.npy").open("wb") as file:
            np.lib.format.write_array(file, array, version)
        found = read_arrays(tmp_path / "a.npy")[""]
        assert np.array_equal(found, np.load(tmp_path / "a.npy"))
        assert found.dtype == array.dtype
