"""Finding networks in an opened file: every group of named tensors in it, wherever it lies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mien.checkpoints.inert import ArrayRef, Stub, TensorRef
from mien.checkpoints.torch_files import Document
from mien.errors import CheckpointError

_MAX_DEPTH = 4
_MAX_NODES = 20_000
_MAX_MODULES = 5_000
_MAX_TENSORS = 100_000
_MAX_NAME = 300


@dataclass(frozen=True)
class Group:
    """Tensors with names, as one network's ``state_dict()`` has them.

    ``where`` are the keys that lead to it from the root, joined by dots. For a pickled module,
    ``attributes`` are its others (``_init_kwargs`` among them) and ``kind`` its class as the file
    says it.
    """

    where: str
    tensors: dict[str, TensorRef]
    attributes: dict[str, Any] = field(default_factory=dict)
    kind: str = ""


def groups(document: Document) -> list[Group]:
    """Every dictionary of tensors and pickled module near the root; CheckpointError if endless."""
    found: list[Group] = []
    seen: set[int] = set()
    waiting: deque[tuple[str, Any, int]] = deque([("", document.root, 0)])
    while waiting and len(seen) < _MAX_NODES:
        where, value, depth = waiting.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Stub) and _is_module(value):
            tensors = dict(_module_tensors(document, value))
            found.append(Group(where, tensors, dict(value.state), value.name))
            continue
        if isinstance(value, Stub):
            value = value.items if value.items is not None else value.state
        children = _children(value)
        tensors = _tensors(document, children)
        if tensors:
            found.append(Group(where, tensors))
        if depth < _MAX_DEPTH:
            waiting += [
                (f"{where}.{name}" if where else name, part, depth + 1)
                for name, part in children
                if isinstance(part, dict | list | tuple | Stub)
            ]
    return found


def tensor_names(found: list[Group]) -> list[str]:
    """All names in a file, each with the keys that lead to it."""
    return [f"{group.where}.{name}".strip(".") for group in found for name in group.tensors]


def plain(value: Any) -> Any:
    """A dictionary out of a dictionary or a namespace; anything else as it is."""
    if isinstance(value, Stub) and isinstance(value.state, dict):
        return value.state
    if isinstance(value, Stub) and isinstance(value.items, dict):
        return value.items
    return value


def _tensors(document: Document, children: list[tuple[str, Any]]) -> dict[str, TensorRef]:
    """Those children that are tensors, or arrays of numbers, which are the same to us."""
    found: dict[str, TensorRef] = {}
    for name, part in children:
        ref = part.tensor(document.path) if isinstance(part, ArrayRef) else part
        if isinstance(ref, TensorRef):
            found[name] = ref
    return found


def _children(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        # What no network is called is passed over.
        named = ((key, part) for key, part in value.items() if isinstance(key, str))
        return [(k, part) for k, part in named if len(k) <= _MAX_NAME and k.isprintable()]
    if isinstance(value, list | tuple):
        return [(str(i), part) for i, part in enumerate(value)]
    return []


def _is_module(stub: Stub) -> bool:
    state = stub.state
    return isinstance(state, dict) and isinstance(plain(state.get("_modules")), dict)


def _module_tensors(document: Document, module: Stub) -> Iterator[tuple[str, TensorRef]]:
    """Parameters and lasting buffers of a pickled module and of the modules in it."""
    waiting: deque[tuple[str, Stub]] = deque([("", module)])
    modules = tensors = 0
    while waiting:
        prefix, stub = waiting.popleft()
        modules += 1
        passing = stub.state.get("_non_persistent_buffers_set") or ()
        for table in ("_parameters", "_buffers"):
            for name, value in _children(plain(stub.state.get(table))):
                if isinstance(value, TensorRef) and name not in passing[:_MAX_NAME]:
                    tensors += 1
                    yield prefix + name, value
        for name, child in _children(plain(stub.state.get("_modules"))):
            if isinstance(child, Stub) and _is_module(child):
                waiting.append((f"{prefix}{name}.", child))
        deep = prefix.count(".") > 32
        if deep or modules + len(waiting) > _MAX_MODULES or tensors > _MAX_TENSORS:
            cause = f"its network has more than {_MAX_MODULES} modules, or itself in it"
            raise CheckpointError(document.path, cause)
