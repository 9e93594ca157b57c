"""The own format: one ``.safetensors`` whose header carries the configuration as JSON.

Under the metadata key ``mien`` stand ``kind``, ``version`` (the layout of names and configuration),
``config`` (builds the network) and ``meta`` (how many images it saw, its data). No code is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.checkpoints import header as safetensors_header
from mien.checkpoints.sniff import file_size, name_family
from mien.errors import CheckpointError
from mien.files import replacing

if TYPE_CHECKING:
    from torch import Tensor

METADATA_KEY = "mien"
"""Where in the header the configuration stands."""

_LARGEST_HALF = 65504.0


@dataclass(frozen=True)
class Header:
    """What a file says about itself, as :class:`Native`; ``half``: stored in 16 bits."""

    kind: str
    version: int
    config: dict[str, Any]
    meta: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    half: bool = False


@dataclass(frozen=True)
class Native:
    """A file of weights in memory.

    ``kind`` is such as ``stylegan2-generator``, ``version`` the layout of names and configuration,
    from 1; ``config`` builds the network, ``meta`` is whatever else is worth knowing (kimg, data,
    licence). Tensors are on the CPU; what was stored in 16 bits to save room is float32.
    """

    kind: str
    version: int
    config: dict[str, Any]
    meta: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)


VERSIONS: dict[str, int] = {}
"""Kind -> the version that :func:`save` writes; 1 for every kind that is not listed."""

MIGRATIONS: dict[tuple[str, int], Callable[[Native], Native]] = {}
"""``(kind, version)`` -> the named function that turns such a file into version + 1."""


def sha256_file(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file; raises CheckpointError if it cannot be read."""
    file_size(path)
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})") from None


def save(
    path: str | Path,
    kind: str,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, Any],
    meta: Mapping[str, Any] | None = None,
    half: bool = False,
    force: bool = True,
) -> None:
    """Write a network's ``state_dict()`` with what is needed to build it again.

    ``config`` builds it and ``meta`` is whatever else is worth knowing, both as JSON can say it.
    With ``half`` floating tensors are stored in 16 bits; :func:`load` gives float32 back. The file
    is written beside and renamed.

    Raises CheckpointError if a value does not fit in 16 bits, OutputError if the file exists and
    ``force`` is false, or the disk refuses.
    """
    import safetensors.torch

    document = {
        "kind": kind,
        "version": VERSIONS.get(kind, 1),
        "config": dict(config),
        "meta": dict(meta or {}),
        "half": half,
    }
    ready = {name: _to_store(path, name, tensor, half) for name, tensor in tensors.items()}
    text = json.dumps(document, sort_keys=True, allow_nan=False)
    data = safetensors.torch.save(ready, metadata={METADATA_KEY: text})
    with replacing(path, force) as beside:
        beside.write_bytes(data)


def read_header(path: str | Path) -> Header:
    """What a file of ours says about itself; CheckpointError if another, truncated, or a lie."""
    found = safetensors_header.read(path)
    text = found.metadata.get(METADATA_KEY)
    if text is None:
        family = name_family(found.entries)
        what = f"looks like {family}" if family else "is a safetensors file of another program"
        raise CheckpointError(path, f"{what}: its header has no {METADATA_KEY!r} entry")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        cause = f"its {METADATA_KEY!r} entry is not JSON: {safetensors_header.quote(text)}"
        raise CheckpointError(path, cause) from None
    shapes = {name: entry.shape for name, entry in found.entries.items()}
    return _checked_header(path, document, shapes)


def load(path: str | Path, kind: str | None = None) -> Native:
    """Read a file of ours, of ``kind`` if given, in the current version; tensors on the CPU.

    Raises CheckpointError if it cannot be read, is of another kind or of a version not known here.
    """
    import safetensors
    import safetensors.torch
    import torch

    header = read_header(path)
    if kind is not None and header.kind != kind:
        cause = f"holds a {safetensors_header.quote(header.kind)}, a {kind!r} is wanted"
        raise CheckpointError(path, cause, "give another file")
    newest = VERSIONS.get(header.kind, 1)
    if header.version > newest:
        cause = f"is of version {header.version}, this mien knows {newest}"
        raise CheckpointError(path, cause, "upgrade mien")
    try:
        tensors = safetensors.torch.load_file(path, device="cpu")
    except (safetensors.SafetensorError, OSError, ValueError, RuntimeError) as error:
        cause = safetensors_header.quote(str(error), 80)
        raise CheckpointError(path, f"cannot be read ({cause})", "fetch it again") from None
    if header.half:
        tensors = {
            name: tensor.float() if tensor.dtype == torch.float16 else tensor
            for name, tensor in tensors.items()
        }
    native = Native(header.kind, header.version, header.config, header.meta, tensors)
    return _migrated(path, native, newest)


def _to_store(path: str | Path, name: str, tensor: Tensor, half: bool) -> Tensor:
    import torch

    tensor = tensor.detach().to("cpu")
    if half and tensor.is_floating_point() and tensor.numel():
        largest = tensor.abs().max().item()
        if not largest <= _LARGEST_HALF:
            cause = f"{name} holds {largest:g}, float16 ends at {_LARGEST_HALF:g}"
            raise CheckpointError(path, cause, "save it in 32 bits")
        tensor = tensor.to(torch.float16)
    return tensor.clone(memory_format=torch.contiguous_format)


def _checked_header(
    path: str | Path, document: object, shapes: dict[str, tuple[int, ...]]
) -> Header:
    wanted = (("kind", str), ("version", int), ("config", dict))
    if not isinstance(document, dict):
        raise CheckpointError(path, f"its {METADATA_KEY!r} entry is not a JSON object")
    for name, kind in wanted:
        if name not in document:
            raise CheckpointError(path, f"its {METADATA_KEY!r} entry has no {name}")
        if not isinstance(document[name], kind) or isinstance(document[name], bool):
            cause = f"its {name} is {safetensors_header.quote(document[name])}, not {kind.__name__}"
            raise CheckpointError(path, cause)
    meta = document.get("meta", {})
    if not isinstance(meta, dict):
        raise CheckpointError(path, "its meta is not a JSON object")
    if document["version"] < 1:
        raise CheckpointError(path, f"its version is {document['version']}, less than 1")
    kind, version, half = document["kind"], document["version"], document.get("half") is True
    return Header(kind, version, document["config"], meta, shapes, half)


def _migrated(path: str | Path, native: Native, newest: int) -> Native:
    while native.version < newest:
        migrate = MIGRATIONS.get((native.kind, native.version))
        if migrate is None:
            raise CheckpointError(
                path,
                f"is of version {native.version} of {native.kind!r}, which has no way to {newest}",
                "convert it with an older mien",
            )
        native = replace(migrate(native), version=native.version + 1)
    return native
