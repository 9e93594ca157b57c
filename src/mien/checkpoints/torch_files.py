"""Files of weights opened as a tree of plain values, whatever wrapped them.

Four wrappers: the zip of ``torch.save``, its older sequence of pickles, a bare pickle with storages
inside (NVlabs), and safetensors. Out of each comes a :class:`Document`; no tensor is read yet.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mien.checkpoints import header as safetensors_header
from mien.checkpoints.inert import ITEM_BYTES, Budget, Global, Storage, TensorRef, dense
from mien.checkpoints.pickle_names import STORAGES
from mien.checkpoints.safe_pickle import Machine
from mien.checkpoints.sniff import REPACK, file_size, is_unpacked, looks_like, looks_like_pickle
from mien.checkpoints.zips import Archive
from mien.errors import CheckpointError

UNPACK = "unpack it, and give the file of weights in it"
"""What to do with an archive of another kind."""

_WEIGHTS = (".pt", ".pth", ".pkl", ".ckpt", ".safetensors")
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_LONGEST_WORD = 64
_LEAST_BUDGET = 64 << 20
_MAX_OBJECTS = 256 << 20


@dataclass(frozen=True)
class Document:
    """A file's plain values and inert records; wrapper: ``zip legacy pickle safetensors``."""

    path: Path
    root: Any
    wrapper: str


def open_file(path: str | Path) -> Document:
    """Open a file of weights without running anything in it.

    Raises UnsafeCheckpoint if it asks for something that could run code, CheckpointError if it is
    of another kind (named), damaged, or costs too much to read.
    """
    size = file_size(path)
    if is_unpacked(path):
        raise CheckpointError(path, "is of a PyTorch file that was unpacked", REPACK)
    try:
        with Path(path).open("rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise CheckpointError(path, f"cannot be read ({error})") from None
    head = bytes(view[:512])
    budget = Budget(path, max(_LEAST_BUDGET, 4 * size))
    if head.startswith(b"PK\x03\x04"):
        return Document(Path(path), _open_zip(path, view, budget), "zip")
    if head[8:9] == b"{":
        return Document(Path(path), _open_safetensors(path, view, budget), "safetensors")
    if not looks_like_pickle(head):
        kind = looks_like(path)
        remedy = UNPACK if kind.endswith(" archive") else ""
        raise CheckpointError(path, f"is {kind}, not a file of weights", remedy)
    root, wrapper = _open_pickles(path, view, budget)
    return Document(Path(path), root, wrapper)


def _open_zip(path: str | Path, view: memoryview, budget: Budget) -> Any:
    archive = Archive(path, view)
    # A Mac puts what its file system says of each file beside it.
    names = [name for name in archive.members if not name.startswith("__MACOSX/")]
    pickles = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
    if len(pickles) > 1:
        raise CheckpointError(path, f"is {len(pickles)} PyTorch checkpoints in one zip", UNPACK)
    inside = [name for name in names if Path(name).suffix.lower() in _WEIGHTS]
    if not pickles and inside:
        listed = ", ".join(name[:80] for name in inside[:3])
        raise CheckpointError(path, f"is a zip archive with {listed} in it", UNPACK)
    if not pickles:
        raise CheckpointError(path, f"is {looks_like(path)}, not a PyTorch checkpoint")
    prefix = pickles[0].removesuffix("data.pkl")
    if any(name.startswith(f"{prefix}code/") for name in archive.members):
        cause = "is a TorchScript program, not weights"
        raise CheckpointError(path, cause, "get the checkpoint it was made from")
    order = f"{prefix}byteorder"
    if order in archive.members and bytes(archive.read(order, _LONGEST_WORD)) != b"little":
        raise CheckpointError(path, "was written on a big-endian machine", "save it on another")
    # What an ordinary zip program packed again is unfolded, all of it within one budget.
    unfolded = Budget(path, budget.limit)

    def fetch(key: str, nbytes: int) -> memoryview:
        name = f"{prefix}data/{key}"
        member = archive.members.get(name)
        if member is None or not member.method:
            return archive.read(name)
        unfolded.take(min(member.size, nbytes), "its compressed tensors")
        return archive.read(name, nbytes)

    content = archive.read(pickles[0], _MAX_OBJECTS)
    return Machine(path, content, budget, _collector({}, fetch)).run()


def _open_pickles(path: str | Path, view: memoryview, budget: Budget) -> tuple[Any, str]:
    storages: dict[str, Storage] = {}
    machine = Machine(path, view, budget, _collector(storages), _open_inner)
    root = machine.run()
    if root != _LEGACY_MAGIC:
        return root, "pickle"
    return _open_legacy(machine, view[machine.position :], storages), "legacy"


def _open_inner(outer: Machine, data: memoryview) -> Any:
    """Read the storage that a tensor of a bare pickle carries as a pickle of its own."""
    storages: dict[str, Storage] = {}
    machine = _inside(outer, data, storages)
    if machine.run() != _LEGACY_MAGIC:
        raise ValueError("a storage without its magic number")
    return _open_legacy(machine, data[machine.position :], storages)


def _inside(outer: Machine, data: memoryview, storages: dict[str, Storage]) -> Machine:
    further = outer.open_nested, outer.meter, outer.nesting + 1
    return Machine(outer.path, data, outer.budget, _collector(storages), *further)


def _open_legacy(outer: Machine, data: memoryview, storages: dict[str, Storage]) -> Any:
    """Read what follows the magic number: protocol, machine, object, keys, then raw storages."""
    found: list[Any] = []
    for _ in range(4):
        machine = _inside(outer, data, storages)
        machine.nesting = outer.nesting
        found.append(machine.run())
        data = data[machine.position :]
    protocol, system, root, keys = found
    if protocol != _LEGACY_PROTOCOL:
        raise CheckpointError(outer.path, f"has the unknown torch protocol {protocol!r:.40}")
    if isinstance(system, dict) and system.get("little_endian") is False:
        raise CheckpointError(outer.path, "was written on a big-endian machine")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise CheckpointError(outer.path, "is truncated: its list of storages is missing")
    for key in keys:
        storage = storages.get(key)
        if storage is None:
            raise CheckpointError(outer.path, f"has a storage {key[:40]!r} that nothing uses")
        if len(data) < 8:
            cause = "is truncated: a storage is missing"
            raise CheckpointError(outer.path, cause, "fetch it again")
        (numel,) = struct.unpack("<q", data[:8])
        if numel != storage.numel or storage.nbytes > len(data) - 8:
            raise CheckpointError(
                outer.path,
                f"is truncated: a storage needs {storage.nbytes} bytes, {len(data) - 8} are left",
                "fetch it again",
            )
        storage.view = data[8 : 8 + storage.nbytes]
        data = data[8 + storage.nbytes :]
    return root


def _collector(
    storages: dict[str, Storage], fetch: Callable[[str, int], memoryview] | None = None
) -> Callable[[Any], Storage | Global]:
    """Make the reader of storage identifiers; without ``fetch`` bytes are filled in later."""

    def persistent(identifier: Any) -> Storage | Global:
        if (named := _module(identifier)) is not None:
            return named
        dtype, key, numel = _identifier(identifier)
        if key not in storages:
            storage = storages[key] = Storage(dtype, numel)
            storage.fetch = fetch and partial(fetch, key, storage.nbytes)
        return _same_bytes(storages[key], dtype, numel)

    return persistent


def _module(identifier: Any) -> Global | None:
    """The class that ``torch.save`` of a whole module named with its source, before PyTorch 1.6."""
    if isinstance(identifier, tuple) and len(identifier) >= 2 and identifier[0] == "module":
        return identifier[1] if isinstance(identifier[1], Global) else None
    return None


def _identifier(identifier: Any) -> tuple[str, str, int]:
    """Take type, key and length out of a storage's identifier."""
    if not isinstance(identifier, tuple) or len(identifier) < 5 or identifier[0] != "storage":
        raise ValueError("an unknown reference to outside")
    kind, key, _, numel = identifier[1:5]
    if not isinstance(kind, Global) or kind.name not in STORAGES:
        raise ValueError("a storage of unknown type")
    if not isinstance(key, str) or type(numel) is not int or not 0 <= numel < 1 << 44:
        raise ValueError("a storage of impossible size")
    if len(identifier) > 5 and identifier[5] is not None:
        raise ValueError("a view of a storage, as torch 0.3 wrote it")
    return STORAGES[kind.name], key, numel


def _same_bytes(storage: Storage, dtype: str, numel: int) -> Storage:
    if numel * ITEM_BYTES[dtype] != storage.nbytes:
        raise ValueError("a storage of two sizes")
    return storage


def _open_safetensors(path: str | Path, view: memoryview, budget: Budget) -> dict[str, TensorRef]:
    found = safetensors_header.read(path)
    tensors = {}
    for name, entry in found.entries.items():
        dtype = safetensors_header.DTYPES[entry.dtype]
        data = view[found.data_start + entry.begin : found.data_start + entry.end]
        storage = Storage(dtype, len(data) // ITEM_BYTES[dtype])
        storage.view = data
        tensors[name] = TensorRef(storage, dtype, 0, entry.shape, dense(entry.shape), budget)
    return tensors
