"""Compiled networks kept on disk: named by all that they depend on, checked when they are read.

A file that is damaged, half-written by a full disk or made for another version is built again; the
folder never holds more than :data:`MOST_BYTES`, the longest unused go first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
import sys
import zlib
from collections.abc import Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mien.errors import OutputError
from mien.files import replacing

MOST_BYTES = 2 << 30
"""How large the folder may grow."""

_MAGIC = b"mienblob"
_TRAILER = struct.Struct("<8sQI")  # magic, bytes before it, their CRC-32
_SAID = bool | int | float | str | torch.dtype | tuple


def fingerprint(network: nn.Module, example: Sequence[Tensor], facts: Sequence[Any]) -> str:
    """A name for a compiled network: a hash of all that decides what it computes.

    The network's tensors, the plain attributes of its modules and the source files that these come
    from; shapes and types of the example; versions, processor, precision and whatever else must be
    the same (``facts``).
    """
    digest = hashlib.sha256()
    sources = set()
    for name, module in network.named_modules():
        said = {k: str(v) for k, v in sorted(vars(module).items()) if _is_plain(v)}
        digest.update(f"{name} {type(module).__qualname__} {said}\n".encode())
        sources |= {cls.__module__ for cls in type(module).__mro__}
    for name in sorted(sources):
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and not name.startswith(("torch.", "builtins")):
            digest.update(Path(file).read_bytes())
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(memoryview(flat.view(torch.uint8).numpy()))
    shapes = [(list(tensor.shape), str(tensor.dtype)) for tensor in example]
    digest.update(json.dumps([shapes, [str(fact) for fact in facts]]).encode())
    return digest.hexdigest()[:32]


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, _SAID) or is_dataclass(value)


def store(path: Path, content: bytes | memoryview) -> bool:
    """Keep a compiled network; what was unused longest makes room for it.

    Whether it was written: a full or read-only disk costs time the next time, nothing else.
    """
    try:
        with replacing(path) as beside, beside.open("wb") as stream:
            stream.write(content)
            stream.write(_TRAILER.pack(_MAGIC, len(content), zlib.crc32(content)))
    except OutputError:
        return False
    _make_room(path)
    return True


def fetch(path: Path) -> np.ndarray | None:
    """A compiled network, read when needed; None if not there, or damaged: then removed."""
    try:
        size = path.stat().st_size
        whole = np.memmap(path, dtype=np.uint8, mode="r") if size > _TRAILER.size else None
    except (OSError, ValueError):
        return None
    if whole is not None:
        content, trailer = whole[: -_TRAILER.size], whole[-_TRAILER.size :].tobytes()
        magic, length, check = _TRAILER.unpack(trailer)
        if (magic, length, check) == (_MAGIC, len(content), zlib.crc32(content.data)):
            with contextlib.suppress(OSError):
                os.utime(path)
            return content
    forget(path)
    return None


def forget(path: Path) -> None:
    """Remove a compiled network that is of no use."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _make_room(newest: Path) -> None:
    try:
        found = [(p.stat().st_mtime, p.stat().st_size, p) for p in newest.parent.glob("*.blob")]
    except OSError:
        return
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= MOST_BYTES or path == newest:
            break
        forget(path)
        total -= size
