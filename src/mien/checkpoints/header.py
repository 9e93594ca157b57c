"""The header of a safetensors file, read and checked without believing it.

Eight bytes of little-endian header length, a JSON object (name -> dtype, shape, data_offsets;
``__metadata__`` -> strings), then the tensors' bytes without holes. All that can be wrong is found
here, before memory is asked for.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.checkpoints.inert import ITEM_BYTES
from mien.checkpoints.sniff import file_size, looks_like
from mien.errors import CheckpointError

MAX_HEADER_BYTES = 16 << 20
"""Longest header that is read: about 100,000 tensors."""

_MAX_RANK = 16

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "BOOL": "bool",
}
"""Element types that are read: the format's name -> torch's."""


@dataclass(frozen=True)
class Entry:
    """Where a tensor lies: the format's dtype (``F32``), bytes counted from the header's end."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class SafetensorsHeader:
    """A header that agrees with its file; tensors begin at byte ``data_start`` of it."""

    metadata: dict[str, str]
    entries: dict[str, Entry]
    data_start: int


def read(path: str | Path) -> SafetensorsHeader:
    """Read and check a header; CheckpointError if it is of another kind, truncated, or lies."""
    size = file_size(path)
    with Path(path).open("rb") as file:
        start = file.read(9)
        if len(start) < 9 or start[8:9] != b"{":
            raise CheckpointError(path, f"is {looks_like(path)}, not a safetensors file")
        (length,) = struct.unpack("<Q", start[:8])
        if length > MAX_HEADER_BYTES:
            cause = f"its header claims {length} bytes, more than the {MAX_HEADER_BYTES} allowed"
            raise CheckpointError(path, cause)
        if 8 + length > size:
            cause = f"is truncated: its header needs {8 + length} bytes, the file has {size}"
            raise CheckpointError(path, cause, "fetch it again")
        text = start[8:] + file.read(length - 1)
    document = _parse(path, text)
    metadata = document.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise CheckpointError(path, "its __metadata__ is not a table of strings")
    entries = {name: _entry(path, name, value) for name, value in document.items()}
    _check_cover(path, entries, size - 8 - length)
    return SafetensorsHeader(metadata, entries, 8 + length)


def quote(text: object, limit: int = 60) -> str:
    """Shorten a piece of a file's content so that it fits in a one-line error."""
    shown = repr(text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _parse(path: str | Path, text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text.decode("utf-8"), object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as error:
        cause = quote(str(error), 80).strip("'\"")
        raise CheckpointError(path, f"its header is not usable JSON ({cause})") from None
    if not isinstance(document, dict):
        raise CheckpointError(path, "its header is not a JSON object")
    return document


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def _entry(path: str | Path, name: str, value: Any) -> Entry:
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        cause = f"tensor {quote(name)} is not described by dtype, shape, offsets"
        raise CheckpointError(path, cause)
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise CheckpointError(path, f"tensor {quote(name)} has the unknown dtype {quote(dtype)}")
    if not isinstance(shape, list) or len(shape) > _MAX_RANK or not all(map(_is_count, shape)):
        raise CheckpointError(path, f"tensor {quote(name)} has the impossible shape {quote(shape)}")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(_is_count, offsets)):
        raise CheckpointError(path, f"tensor {quote(name)} has impossible offsets {quote(offsets)}")
    needed = math.prod(shape, start=ITEM_BYTES[DTYPES[dtype]])
    if offsets[1] - offsets[0] != needed:
        raise CheckpointError(
            path,
            f"tensor {quote(name)} of shape {quote(shape)} {dtype} needs {needed} bytes,"
            f" its offsets span {offsets[1] - offsets[0]}",
        )
    return Entry(dtype, tuple(shape), offsets[0], offsets[1])


def _check_cover(path: str | Path, entries: dict[str, Entry], available: int) -> None:
    """Refuse tensors that do not fill the data exactly: overlap, hole or missing bytes."""
    position = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != position:
            what = "overlaps the tensor before it" if entry.begin < position else "leaves a hole"
            cause = f"tensor {quote(name)} {what}: it begins at {entry.begin}, not {position}"
            raise CheckpointError(path, cause)
        position = entry.end
    if position > available:
        cause = f"is truncated: its tensors need {position} bytes, {available} are there"
        raise CheckpointError(path, cause, "fetch it again")
    if position < available:
        cause = f"carries {available - position} bytes that belong to no tensor"
        raise CheckpointError(path, cause)
