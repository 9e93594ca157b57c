"""The own format: what goes in comes out, and what is wrong is said before anything is read."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors
import torch

from mien.checkpoints import native, sniff
from mien.checkpoints.native import Native
from mien.errors import CheckpointError, OutputError

TENSORS = {
    "matrix": torch.randn(3, 4).t(),
    "scalar": torch.tensor(1.5),
    "count": torch.tensor(3),
    "empty": torch.zeros(0, 4),
    "brain": torch.randn(3).bfloat16(),
    "flags": torch.tensor([True, False]),
    "window": torch.arange(24.0).reshape(4, 6)[1:3, ::2],
}


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    native.save(path, "some-kind", TENSORS, {"resolution": 8, "names": ["a"]}, {"kimg": 1.5})
    found = native.load(path, kind="some-kind")
    assert (found.kind, found.version) == ("some-kind", 1)
    assert found.config == {"resolution": 8, "names": ["a"]}
    assert found.meta == {"kimg": 1.5}
    assert found.tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert found.tensors[name].dtype == tensor.dtype
        assert torch.equal(found.tensors[name], tensor)


def test_the_same_weights_make_the_same_file(tmp_path: Path) -> None:
    shared = torch.randn(4)
    tied = {"a": shared, "b": shared[:2]}
    native.save(tmp_path / "a.safetensors", "k", tied, {"x": 1, "y": 2})
    native.save(tmp_path / "b.safetensors", "k", dict(reversed(tied.items())), {"y": 2, "x": 1})
    first = (tmp_path / "a.safetensors").read_bytes()
    assert first == (tmp_path / "b.safetensors").read_bytes()
    assert native.sha256_file(tmp_path / "a.safetensors") == hashlib.sha256(first).hexdigest()


def test_other_readers_of_safetensors_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    native.save(path, "k", {"a": torch.ones(2)}, {"x": 1})
    with safetensors.safe_open(path, "pt") as file:
        assert json.loads(file.metadata()["mien"])["config"] == {"x": 1}
        assert torch.equal(file.get_tensor("a"), torch.ones(2))


def test_half_is_half_the_size_and_comes_back_as_float32(tmp_path: Path) -> None:
    weights = {"a": torch.randn(1000), "double": torch.randn(5).double(), "n": torch.tensor(7)}
    native.save(tmp_path / "a.safetensors", "k", weights, {})
    native.save(tmp_path / "b.safetensors", "k", weights, {}, half=True)
    sizes = [(tmp_path / name).stat().st_size for name in ("a.safetensors", "b.safetensors")]
    assert sizes[1] < 0.6 * sizes[0]
    found = native.load(tmp_path / "b.safetensors").tensors
    assert found["a"].dtype == torch.float32
    assert torch.equal(found["a"], weights["a"].half().float())
    assert found["n"].dtype == torch.int64


@pytest.mark.parametrize("value", [70_000.0, -1e9, float("inf"), float("nan")])
def test_half_refuses_what_does_not_fit(tmp_path: Path, value: float) -> None:
    path = tmp_path / "a.safetensors"
    with pytest.raises(CheckpointError, match=r"layer holds .*65504; save it in 32 bits"):
        native.save(path, "k", {"layer": torch.tensor([0, value])}, {}, half=True)
    assert list(tmp_path.iterdir()) == []


def test_header_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    native.save(path, "k", {"a": torch.ones(2, 3)}, {"x": 1}, {"kimg": 2}, half=True)
    header = native.read_header(path)
    assert header == native.Header("k", 1, {"x": 1}, {"kimg": 2}, {"a": (2, 3)}, True)


def test_nothing_is_overwritten_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    native.save(path, "k", {"a": torch.ones(1)}, {})
    with pytest.raises(OutputError, match="exists already"):
        native.save(path, "k", {"a": torch.zeros(1)}, {}, force=False)
    assert native.load(path).tensors["a"].item() == 1


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    native.save(path, "k", {"a": torch.ones(1)}, {})

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="disk is full"):
        native.save(path, "k", {"a": torch.zeros(1)}, {})
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]
    assert native.load(path).tensors["a"].item() == 1


def test_another_kind_than_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    native.save(path, "tagger", {"a": torch.ones(1)}, {})
    with pytest.raises(CheckpointError, match="holds a 'tagger', a 'text-prior' is wanted"):
        native.load(path, kind="text-prior")


def test_older_versions_are_migrated_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.safetensors"
    native.save(path, "k", {"old": torch.ones(1)}, {"size": 8})

    def rename(file: Native) -> Native:
        return replace(file, tensors={"new": file.tensors["old"]})

    def add_depth(file: Native) -> Native:
        return replace(file, config={**file.config, "depth": 2})

    monkeypatch.setitem(native.VERSIONS, "k", 3)
    with pytest.raises(CheckpointError, match="version 1 of 'k', which has no way to 3"):
        native.load(path)
    monkeypatch.setitem(native.MIGRATIONS, ("k", 1), rename)
    monkeypatch.setitem(native.MIGRATIONS, ("k", 2), add_depth)
    found = native.load(path)
    assert found.version == 3
    assert found.config == {"size": 8, "depth": 2}
    assert list(found.tensors) == ["new"]
    assert native.read_header(path).version == 1


def test_a_version_from_the_future(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    monkeypatch.setitem(native.VERSIONS, "k", 9)
    native.save(path, "k", {"a": torch.ones(1)}, {})
    monkeypatch.setitem(native.VERSIONS, "k", 2)
    with pytest.raises(CheckpointError, match="version 9, this mien knows 2; upgrade mien"):
        native.load(path)


def test_every_prefix_of_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    native.save(path, "k", {"a": torch.ones(5), "b": torch.ones(2)}, {"x": 1})
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(CheckpointError) as caught:
            native.load(path)
        assert "\n" not in str(caught.value)
    path.write_bytes(data + b"x")
    with pytest.raises(CheckpointError, match="1 bytes that belong to no tensor"):
        native.load(path)


def test_safetensors_of_other_programs(tmp_path: Path) -> None:
    import safetensors.torch

    path = tmp_path / "a.safetensors"
    safetensors.torch.save_file({"a": torch.ones(1)}, path)
    with pytest.raises(CheckpointError, match="of another program: its header has no 'mien'"):
        native.load(path)
    safetensors.torch.save_file({"lora_unet_x.alpha": torch.ones(1)}, path)
    with pytest.raises(CheckpointError, match="a LoRA for Stable Diffusion"):
        native.load(path)


LOOKS = {
    b"<!DOCTYPE html><html>": "an HTML page",
    b"  \n<HTML lang=en>": "an HTML page",
    b"<?xml version='1.0'?><Error/>": "an XML document",
    b"version https://git-lfs.github.com/spec/v1\n": "a git-LFS pointer, not the file itself",
    b"\x89PNG\r\n\x1a\n....": "a PNG picture",
    b"\xff\xd8\xff\xe0....": "a JPEG picture",
    b"RIFF....WEBPVP8 ": "a WebP picture",
    b"\x00\x00\x00\x18ftypmp42": "an MP4 video or HEIF picture",
    b"PK\x03\x04....": "a broken or truncated zip archive",
    b"\x80\x04\x95......": "a Python pickle",
    b"(dp0\nS'a'\np1\n.": "a Python pickle",
    b"\x1f\x8b\x08....": "a gzip archive",
    b"\x93NUMPY\x01\x00": "a NumPy array (.npy)",
    b'{"error": 404}': "a JSON file",
    b"Not found, sorry.\n": "a text file",
    bytes(64): "a file that begins with zeros (an unfinished download?)",
    b"\x00\x01\x02\x03\xfe\xfd": "an unknown kind of file",
}


@pytest.mark.parametrize("data", LOOKS)
def test_what_a_file_looks_like(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    assert sniff.looks_like(path) == LOOKS[data]
    with pytest.raises(CheckpointError, match=r"a\.safetensors: "):
        native.load(path)


def test_things_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    cases = {"missing": "does not exist", "": "is a folder", "pipe": "is a device or pipe"}
    for name, cause in cases.items():
        with pytest.raises(CheckpointError, match=cause):
            native.load(tmp_path / name)
        with pytest.raises(CheckpointError, match=cause):
            native.sha256_file(tmp_path / name)
