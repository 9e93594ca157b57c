"""Archives and headers that lie, unfold or are cut off; and things that are no weights at all."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from checkpoints.hostile_files import Maker, network_of, saved, tensor, torch_zip, whole


def safetensors(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def unfolding(claimed: int, size: int) -> bytes:
    """A zip whose ``data.pkl`` claims one size and unfolds to another, all zeros."""
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = press.compress(bytes(1 << 20)) + press.flush(zlib.Z_FULL_FLUSH)
    data = piece * (size >> 20) + press.flush()
    label = b"archive/data.pkl"
    common = struct.pack("<5H3I2H", 20, 0, 8, 0, 0, 0, len(data), claimed, len(label), 0)
    local = b"PK\x03\x04" + common + label
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + bytes(14) + label
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local + data), 0)
    return local + data + central + end


def archives() -> Iterator[tuple[str, Maker]]:
    """Zips that lie, unfold or are cut off."""
    good = saved({"g_ema": {"to_rgb1.conv.weight": torch.ones(64)}})
    legacy = saved({"g_ema": {"to_rgb1.conv.weight": torch.ones(64)}}, modern=False)
    yield "a truncated torch zip", lambda f: good[: len(good) // 2]
    yield "a torch zip without its last byte", lambda f: good[:-1]
    yield "a truncated legacy file", lambda f: legacy[:-40]
    yield "a legacy file cut in its pickle", lambda f: legacy[:80]
    yield "a gzip of a pickle", lambda f: gzip.compress(whole(b"}"))
    yield "a zip bomb", lambda f: unfolding(900 << 20, 900 << 20)
    yield "a zip bomb that says it is small", lambda f: unfolding(100, 900 << 20)
    bomb = whole(b"}") + bytes(8 << 20)
    yield "a zip bomb in bzip2", lambda f: torch_zip(bomb, None, zipfile.ZIP_BZIP2)
    inner = torch_zip(whole(b"}"))
    yield "a zip in a zip", lambda f: torch_zip(inner, {"data/0": inner})
    yield "a TorchScript program", lambda f: torch_zip(whole(b"}"), {"code/x.py": b"import os"})
    yield (
        "compressed tensors",
        lambda f: torch_zip(
            network_of(tensor(4, 0, (4,), (1,))), {"data/0": bytes(1 << 20)}, zipfile.ZIP_DEFLATED
        ),
    )
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 10, 1 << 30, 0)
    yield "a directory outside the file", lambda f: b"PK\x03\x04" + bytes(60) + end
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 0, 0, 0, 0, 1 << 60, 1 << 60, 1 << 60, 0)
    lie = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    yield "2**60 members", lambda f: b"PK\x03\x04" + bytes(60) + end64 + lie
    crc = zlib.crc32(b"x").to_bytes(4, "little")
    yield (
        "a wrong checksum",
        lambda f: torch_zip(whole(b"}"), {"byteorder": b"x"}).replace(crc, b"\1\2\3\4"),
    )
    yield "a zip of something else", lambda f: _zip({"readme.txt": b"hello"})
    yield "two pickles", lambda f: _zip({"a/data.pkl": whole(b"}"), "b/data.pkl": whole(b"}")})


def _zip(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return content.getvalue()


META = {"mien": json.dumps({"kind": "stylegan2-generator", "version": 1, "config": {}})}
FOUR = bytes(16)

HEADERS: dict[str, Any] = {
    "a header of 2**63 bytes": (b"{}", b"", 1 << 63),
    "a header of 90 MB": (b"{}", b"", 90_000_000),
    "a header longer than the file": (b"{}", b"", 400),
    "a tensor of 100 GB": ({"a": entry("F32", [25_000_000_000], 0, 100_000_000_000)},),
    "a shape of 2**64": ({"a": entry("F32", [1 << 33, 1 << 33], 0, 16)}, FOUR),
    "overlapping tensors": (
        {"a": entry("F32", [4], 0, 16), "b": entry("F32", [2], 8, 16)},
        FOUR,
    ),
    "a hole between tensors": (
        {"a": entry("F32", [1], 0, 4), "b": entry("F32", [2], 8, 16)},
        FOUR,
    ),
    "offsets past the end": ({"a": entry("F32", [4], 1 << 40, (1 << 40) + 16)}, FOUR),
    "offsets backwards": ({"a": entry("F32", [4], 16, 0)}, FOUR),
    "negative offsets": ({"a": entry("F32", [4], -16, 0)}, FOUR),
    "a negative shape": ({"a": entry("F32", [-2, -2], 0, 16)}, FOUR),
    "a fractional shape": ({"a": entry("F32", [1.5], 0, 6)}, FOUR),  # type: ignore[list-item]
    "bytes that belong to nothing": ({"a": entry("F32", [2], 0, 8)}, FOUR),
    "an unknown element type": ({"a": entry("F33", [4], 0, 16)}, FOUR),
    "a million sides": ({"a": entry("F32", [1] * 1_000_000, 0, 4)}, FOUR),
    "no offsets": ({"a": {"dtype": "F32", "shape": [4]}}, FOUR),
    "a list for a header": (b'{"a": [1, 2]}', FOUR),
    "a header that nests": (b'{"a":' + b"[" * 1_000_000 + b"}",),
    "a name twice": (b'{"a": 1, "a": 2}',),
    "a header that is not UTF-8": (b'{"\xff\xfe": 1}',),
    "a number of a million digits": (b'{"a": ' + b"9" * 1_000_000 + b"}",),
    "metadata of numbers": ({"__metadata__": {"mien": 3}},),
    "a configuration that is no JSON": ({"__metadata__": {"mien": "{{{"}},),
    "a configuration that nests": ({"__metadata__": {"mien": "[" * 500_000}},),
    "a configuration without a kind": ({"__metadata__": {"mien": "{}"}},),
    "a kind that is a number": (
        {"__metadata__": {"mien": '{"kind": 3, "version": 1, "config": {}}'}},
    ),
    "a version from the future": (
        {"__metadata__": {"mien": '{"kind": "stylegan2-generator", "version": 99, "config": {}}'}},
    ),
    "a version that is text": (
        {"__metadata__": {"mien": '{"kind": "tagger", "version": "1", "config": {}}'}},
    ),
    "a generator without tensors": ({"__metadata__": META},),
}


def headers() -> Iterator[tuple[str, Maker]]:
    """safetensors whose header lies."""
    for label, parts in HEADERS.items():
        yield f"safetensors: {label}", lambda f, p=parts: safetensors(*p)


def other_things() -> Iterator[tuple[str, Maker]]:
    """What a wrong download or a wrong path looks like."""
    things = {
        "an HTML page": b"<!DOCTYPE html><html><title>Quota exceeded</title></html>",
        "a git-LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
        "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "an empty file": b"",
        "one byte": b"\x80",
        "zeros": bytes(10_000),
        "noise": np.random.RandomState(0).bytes(10_000),
        "text": "xin chào\n".encode() * 100,
        "JSON": b'{"error": "not found"}',
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(100),
        "a program": b"\x7fELF" + bytes(100),
        "a tar archive": bytes(257) + b"ustar" + bytes(300),
    }
    for label, data in things.items():
        yield label, lambda f, d=data: d


def all_containers() -> dict[str, Maker]:
    """Label -> what makes the file's bytes, given the folder that it will lie in."""
    return {label: make for part in (archives, headers, other_things) for label, make in part()}
