"""Which importable names a foreign pickle may mention, and what becomes of each.

Names with a meaning here (:data:`ACTIONS`) make records, those of :data:`INERT_NAMES` and
:data:`INERT_TREES` inert stubs; all others are refused as soon as they are mentioned. Nothing is
ever imported or called by name.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from mien.checkpoints.inert import ITEM_BYTES, ArrayRef, Budget, Global, Storage, Stub, TensorRef


@runtime_checkable
class Reader(Protocol):
    """What an action may ask of the machine that reads the file; :mod:`~.safe_pickle` is one."""

    budget: Budget

    def spend(self, memory: int) -> None:
        """Count bytes that a record takes; raises when the file asks for too many."""
        ...

    def put(self, target: dict[Any, Any], key: Any, value: Any) -> None:
        """Set an item of a dict, if the key is one that a file may use."""
        ...

    def nested(self, data: memoryview) -> Any:
        """The value of a pickle inside the pickle."""
        ...


Action = Callable[[Reader, tuple[Any, ...]], Any]

_LISTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

STORAGES: dict[str, str] = _LISTS["storages"]
"""torch's storage classes and the element type of each."""

INERT_NAMES = frozenset(
    (module, name) for module in _LISTS["names"] for name in _LISTS["names"][module]
)
"""Names outside the trees below whose objects become stubs."""

INERT_TREES: tuple[str, ...] = tuple(_LISTS["trees"])
"""Packages of published training code: everything in them becomes a stub."""

_RENAMED = {
    "copy_reg": "copyreg",
    "__builtin__": "builtins",
    "exceptions": "builtins",
    "numpy._core": "numpy.core",
}
_PACKAGED = frozenset({"dnnlib", "torch_utils"})
_TRAINERS = frozenset(
    {
        *("__main__", "cyclegan", "discriminator", "gan", "gans", "generator", "model", "models"),
        *("nets", "network", "networks", "pix2pix", "stylegan", "stylegan2", "training"),
    }
)
"""Files of training programs, and the program itself: what they define becomes a stub too."""
_LIBRARIES = frozenset({"numpy", "torch"})
_PERSISTENT = "_reconstruct_persistent_obj"
_NUMBER = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|c8|c16|\?)\Z")
_TEXT = re.compile(r"[<>|=]?(?:[SU]\d{1,6}|[mM]8)\Z")
"""Element types of arrays that lie beside weights: text and times."""
_UNREAD = re.compile(r"[<>|=]?(?:V\d{1,6}|O8?|f1[26]|c24|c32)\Z")
"""Element types of arrays that are not read: records, objects, numbers of no fixed size."""
_OF_METHODS = frozenset(
    {
        ("torch._C", "_VariableFunctions"),
        ("torch._C", "_VariableFunctionsClass"),
        ("zoneinfo", "ZoneInfo"),
    }
)
"""What ``getattr`` may be asked of: PyTorch's functions and the standard library's time zones."""
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}\Z")


def resolve(module: str, name: str) -> Any:
    """Turn a name into an inert :class:`Global`; PermissionError with its text if on no list."""
    for old, new in _RENAMED.items():
        if module == old or module.startswith(old + "."):
            module = new + module[len(old) :]
    known = (module, name) in INERT_NAMES
    if not _IDENTIFIER.match(name) or (name.startswith("__") and not known):
        raise PermissionError(f"{module}.{name}")
    found = Global(module, name)
    is_type = module == "torch" and name in ITEM_BYTES
    is_storage = module in ("torch", "torch.cuda", "torch.storage") and name in STORAGES
    in_tree = any(module == tree or module.startswith(tree + ".") for tree in INERT_TREES)
    if (module, name) in ACTIONS or known or is_type or is_storage:
        return found
    # NVlabs' code wherever somebody put it: the same records, whatever the package is called.
    if name == _PERSISTENT:
        return Global("torch_utils.persistence", name)
    parts = module.split(".")
    ours = parts[0] not in sys.stdlib_module_names and parts[0] not in _LIBRARIES
    if name == "EasyDict" and ours:
        return found
    if _PACKAGED.intersection(parts) or (ours and _TRAINERS.intersection(parts)):
        return found
    if in_tree:
        return found
    raise PermissionError(f"{module}.{name}")


def call(machine: Reader, function: Any, args: Any) -> Any:
    """What a pickle gets when it calls a name, a record or a stub; ValueError for no name."""
    if not isinstance(function, Global) or not isinstance(args, tuple):
        raise ValueError("calls something that is not a name")
    action = ACTIONS.get((function.module, function.name))
    if action is not None:
        return action(machine, args)
    if function.name == "EasyDict":
        return _ordered_dict(machine, args)
    return Stub(str(function), args)


def _ordered_dict(machine: Reader, args: tuple[Any, ...]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    if args:
        pairs = args[0].items() if isinstance(args[0], dict) else args[0]
        machine.spend(200 * len(pairs))
        for key, value in pairs:
            machine.put(found, key, value)
    return found


def _elements(machine: Reader, args: tuple[Any, ...]) -> list[Any]:
    if not args:
        return []
    if not isinstance(args[0], list | tuple):
        raise ValueError("a collection of what is no collection")
    machine.spend(16 * len(args[0]))
    return list(args[0])


def _size(machine: Reader, args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_elements(machine, args))


def _bytes(machine: Reader, args: tuple[Any, ...]) -> Any:
    if not args:
        return b""
    if isinstance(args[0], bytes | memoryview) and len(args) == 1:
        return args[0]
    if isinstance(args[0], list) and len(args) == 1:
        machine.spend(len(args[0]))
        return bytes(args[0])
    return _encode(machine, args)


def _encode(machine: Reader, args: tuple[Any, ...]) -> bytes:
    text, *encoding = args
    if not isinstance(text, str) or encoding[:1] not in ([], ["latin1"], ["latin-1"]):
        raise ValueError("text in an encoding other than latin1")
    machine.spend(len(text))
    return text.encode("latin1")


def _reconstructor(machine: Reader, args: tuple[Any, ...]) -> Any:
    kind, _, state = args
    made = call(machine, kind, ())
    if isinstance(made, dict) and isinstance(state, dict):
        return _ordered_dict(machine, (state,))
    if isinstance(made, Stub) and isinstance(state, dict):
        made.items = state
    return made


def _persistent(machine: Reader, args: tuple[Any, ...]) -> Stub:
    (meta,) = args
    if not isinstance(meta, dict):
        raise ValueError("a persistent object without its table")
    stub = Stub(f"persistent.{meta.get('class_name')}")
    stub.state = meta.get("state")
    return stub


def _tensor(machine: Reader, args: tuple[Any, ...]) -> TensorRef:
    storage, offset, shape, strides = args[:4]
    return _window(machine, storage, offset, shape, strides, None)


def _typed_tensor(machine: Reader, args: tuple[Any, ...]) -> Any:
    storage, offset, shape, strides = args[:4]
    kind = args[6]
    if (
        isinstance(kind, Global)
        and kind.module == "torch"
        and kind.name in _LISTS["unread_elements"]
    ):
        return Stub(f"a tensor of {kind.name}")  # Not read, and missed only where it is wanted.
    return _window(machine, storage, offset, shape, strides, _element_type(args[6]))


def _window(
    machine: Reader, storage: Any, offset: Any, shape: Any, strides: Any, dtype: str | None
) -> TensorRef:
    if not isinstance(storage, Storage):
        raise ValueError("a tensor without a storage")
    machine.spend(200)
    return TensorRef(
        storage, dtype or storage.dtype, offset, tuple(shape), tuple(strides), machine.budget
    )


def _element_type(value: Any) -> str:
    if not isinstance(value, Global) or value.module != "torch" or value.name not in ITEM_BYTES:
        raise ValueError("a tensor of an unknown element type")
    return value.name


def _parameter(machine: Reader, args: tuple[Any, ...]) -> Any:
    if not isinstance(args[0], TensorRef):
        raise ValueError("a parameter that is no tensor")
    return args[0]


def _from_type(machine: Reader, args: tuple[Any, ...]) -> Any:
    """A tensor with attributes of its own: the tensor, the attributes left out."""
    function, _, inner = args[:3]
    return call(machine, function, inner)


def _storage_bytes(machine: Reader, args: tuple[Any, ...]) -> Any:
    (data,) = args
    if not isinstance(data, bytes | memoryview):
        raise ValueError("a storage that is no bytes")
    return machine.nested(memoryview(data))


def _dtype(machine: Reader, args: tuple[Any, ...]) -> Stub:
    name = args[0]
    if isinstance(name, bytes):
        name = name.decode("latin1")
    if isinstance(name, Global) and name.name in ("record", "void"):
        name = "V0"
    if not isinstance(name, str) or not any(kind.match(name) for kind in (_NUMBER, _TEXT, _UNREAD)):
        raise ValueError(f"an array of {str(name)[:20]!r}, which are no plain numbers")
    return Stub("numpy.dtype", (name,))


def _array(machine: Reader, args: tuple[Any, ...]) -> ArrayRef:
    return ArrayRef()


def _array_of_buffer(machine: Reader, args: tuple[Any, ...]) -> ArrayRef:
    data, dtype, shape, order = args
    array = ArrayRef()
    fill_array(array, (1, shape, dtype, order == "F", data))
    return array


def _scalar(machine: Reader, args: tuple[Any, ...]) -> Any:
    array = ArrayRef()
    machine.spend(4 * len(args[1]))
    fill_array(array, (1, (), args[0], False, args[1]))
    return array.read().item() if array.dtype else Stub("numpy.void")


def _method(machine: Reader, args: tuple[Any, ...]) -> Global:
    """A function that is reached through a class; of any other class it is refused."""
    holder, name = args
    known = isinstance(holder, Global) and (holder.module, holder.name) in _OF_METHODS
    if not known or not isinstance(name, str) or name.startswith("__"):
        raise PermissionError("builtins.getattr")
    return Global(str(holder), name)


def _type_of(machine: Reader, args: tuple[Any, ...]) -> Stub:
    """The type of a constant such as None, as the standard library writes it."""
    if len(args) != 1 or isinstance(args[0], str):
        raise PermissionError("builtins.type")
    return Stub(f"type of {str(args[0])[:20]}")


def fill_array(array: ArrayRef, state: Any) -> None:
    """Give an array its state ``(version, shape, dtype, fortran, bytes)``, in place.

    Raises ValueError if the bytes do not make the shape, or hold Python objects.
    """
    _, shape, dtype, fortran, data = state
    if isinstance(dtype, Stub) and dtype.name == "numpy.dtype" and _UNREAD.match(dtype.args[0]):
        return  # Missed only where it is wanted.
    if isinstance(data, str):
        data = data.encode("latin1")
    if not isinstance(dtype, Stub) or dtype.name != "numpy.dtype":
        raise ValueError("an array without an element type")
    if not isinstance(data, bytes | memoryview):
        raise ValueError("an array of Python objects")
    order = dtype.state[1] if isinstance(dtype.state, tuple) and len(dtype.state) > 1 else "="
    letter = dtype.args[0].lstrip("<>|=")
    name = ("b1" if letter == "?" else letter) if order in ("=", "|") else order + letter
    size = 1
    for side in shape:
        if type(side) is not int or not 0 <= side < 1 << 48:
            raise ValueError("an array with an impossible shape")
        size *= side
    width = 1 if letter == "?" else int(letter[1:]) * (4 if letter[0] == "U" else 1)
    if len(shape) > 16 or size * width != len(data):
        raise ValueError(f"an array that needs {size * width} bytes and has {len(data)}")
    array.dtype, array.shape = name, tuple(shape)
    array.fortran, array.data = bool(fortran), data


ACTIONS: dict[tuple[str, str], Action] = {
    ("_codecs", "encode"): _encode,
    ("builtins", "bytearray"): _bytes,
    ("builtins", "bytes"): _bytes,
    ("builtins", "dict"): _ordered_dict,
    ("builtins", "frozenset"): _elements,
    ("builtins", "getattr"): _method,
    ("builtins", "list"): _elements,
    ("builtins", "set"): _elements,
    ("builtins", "tuple"): _size,
    ("builtins", "type"): _type_of,
    ("collections", "OrderedDict"): _ordered_dict,
    ("copyreg", "_reconstructor"): _reconstructor,
    ("numpy", "dtype"): _dtype,
    ("numpy.core.multiarray", "_reconstruct"): _array,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _array_of_buffer,
    ("torch", "Size"): _size,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _typed_tensor,
    ("torch.storage", "_load_from_bytes"): _storage_bytes,
    ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
    ("torch._tensor", "_rebuild_from_type"): _from_type,
    ("torch_utils.persistence", _PERSISTENT): _persistent,
}
"""Names that have a meaning, and the record that each makes."""
