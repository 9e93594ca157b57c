"""NumPy files read without believing them: sizes are checked before memory is asked for."""

from __future__ import annotations

import math
import mmap
import re
from pathlib import Path

import numpy as np

from mien.checkpoints.sniff import file_size, looks_like
from mien.checkpoints.zips import Archive
from mien.errors import CheckpointError

MAX_BYTES = 512 << 20
"""Most bytes of arrays that one file may hold."""

_MAX_HEADER = 10_000
_MAX_RANK = 16
_LENGTH = {b"\x93NUMPY\x01\x00": 10, b"\x93NUMPY\x02\x00": 12, b"\x93NUMPY\x03\x00": 12}
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<>|](?:b1|[iu][1248]|f[248]|c8|c16))', "
    rb"'fortran_order': (?P<order>True|False), 'shape': \((?P<shape>[0-9, ]*)\), \}\s*\Z"
)


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Arrays of a ``.npy`` (named "") or ``.npz``; CheckpointError if damaged or too big."""
    size = file_size(path)
    with Path(path).open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    head = bytes(view[:6])
    if head == b"\x93NUMPY":
        return {"": _array(path, "the array", view[: min(size, MAX_BYTES)])}
    if not head.startswith(b"PK\x03\x04"):
        raise CheckpointError(path, f"is {looks_like(path)}, not a NumPy file")
    archive = Archive(path, view)
    found, left = {}, MAX_BYTES
    for name in archive.members:
        if not name.endswith(".npy"):
            raise CheckpointError(path, f"is {looks_like(path)}, not a NumPy archive")
        content = archive.read(name, left)
        left -= len(content)
        if left < 0:
            raise CheckpointError(path, f"holds more than the {MAX_BYTES >> 20} MB allowed")
        key = name.removesuffix(".npy")
        found[key] = _array(path, repr(key[:80]), content)
    return found


def _array(path: str | Path, what: str, content: memoryview) -> np.ndarray:
    start = _LENGTH.get(bytes(content[:8]))
    if start is None:
        raise CheckpointError(path, f"{what} is of no known .npy version")
    length = int.from_bytes(content[8:start], "little")
    header = bytes(content[start : start + min(length, _MAX_HEADER)])
    match = _HEADER.match(header)
    if match is None or length > _MAX_HEADER:
        cause = f"{what} holds no plain numbers, or its header is damaged"
        raise CheckpointError(path, cause, "save it again")
    dtype = np.dtype(match["dtype"].decode())
    shape = tuple(int(side) for side in match["shape"].split(b",") if side.strip())
    count = math.prod(shape)
    data = content[start + length :]
    if count * dtype.itemsize > len(data) or len(shape) > _MAX_RANK:
        cause = (
            f"{what} of shape {str(list(shape))[:80]} needs {count * dtype.itemsize} bytes,"
            f" {len(data)} are there"
        )
        raise CheckpointError(path, cause, "fetch it again")
    flat = np.frombuffer(data, dtype, count)
    return flat.reshape(shape, order="F" if match["order"] == b"True" else "C").copy()
