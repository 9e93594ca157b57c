"""What a foreign file's objects become: records that hold data and can do nothing.

Names stay names, classes become :class:`Stub`, tensors become :class:`TensorRef`, which knows where
its bytes lie and reads them only when asked, within a :class:`Budget`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.errors import CheckpointError

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

ITEM_BYTES: dict[str, int] = {
    **dict.fromkeys(("bool", "int8", "uint8", "float8_e4m3fn", "float8_e5m2"), 1),
    **dict.fromkeys(("float16", "bfloat16", "int16", "uint16"), 2),
    **dict.fromkeys(("float32", "int32", "uint32"), 4),
    **dict.fromkeys(("float64", "int64", "uint64", "complex64"), 8),
    "complex128": 16,
}
"""Element types that are read, by torch's names, and how many bytes one takes."""

_TENSOR_TYPES = {
    f"{name[0]}{size}": name
    for name, size in ITEM_BYTES.items()
    if not name.startswith(("bfloat", "float8"))
}
"""NumPy's number types that torch has."""

MAX_RANK = 16
"""Most dimensions that a tensor may have."""


def dense(shape: tuple[int, ...], fortran: bool = False) -> tuple[int, ...]:
    """The strides of a tensor without gaps; with ``fortran`` its first index varies fastest."""
    sides = shape if fortran else shape[::-1]
    strides = tuple(math.prod(sides[:rank]) for rank in range(len(sides)))
    if 0 in shape:
        return (0,) * len(shape)
    return strides if fortran else strides[::-1]


@dataclass(frozen=True)
class Global:
    """The name of something importable, never imported."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Stub:
    """An object of a class that is not loaded.

    ``name`` is ``module.class`` as the file has it, ``args`` what its constructor would have got,
    ``state`` its attributes, ``items`` and ``elements`` what it held as a dictionary and as a list.
    """

    __slots__ = ("args", "elements", "items", "name", "state")

    def __init__(self, name: str, args: Any = ()) -> None:
        self.name = name
        self.args = args
        self.state: Any = None
        self.items: dict[Any, Any] | None = None
        self.elements: list[Any] | None = None


class Budget:
    """How many bytes may still be read out of one file into memory."""

    def __init__(self, path: str | Path, limit: int) -> None:
        self.path = path
        self.limit = limit
        self.left = limit

    def take(self, count: int, what: str = "its tensors") -> None:
        """Count bytes; raises CheckpointError if they are more than the file can honestly hold."""
        self.left -= count
        if self.left < 0:
            cause = f"{what} would take more than the {self.limit} bytes that fit the file"
            raise CheckpointError(self.path, cause)


class Storage:
    """Numbers of one type (a key of :data:`ITEM_BYTES`) in a row, somewhere in a file.

    ``view`` are their bytes, once it is known where they lie; ``fetch`` finds and verifies them
    when they are first needed.
    """

    __slots__ = ("dtype", "fetch", "numel", "view")

    def __init__(
        self, dtype: str, numel: int, fetch: Callable[[], memoryview] | None = None
    ) -> None:
        self.dtype = dtype
        self.numel = numel
        self.fetch = fetch
        self.view: memoryview | None = None

    @property
    def nbytes(self) -> int:
        """How many bytes the numbers take."""
        return self.numel * ITEM_BYTES[self.dtype]

    def bytes(self) -> memoryview:
        """Return the bytes that are there, which may be fewer than there should be."""
        if self.view is None:
            self.view = self.fetch() if self.fetch else memoryview(b"")
        return self.view


@dataclass(frozen=True)
class TensorRef:
    """A tensor that has not been read: a strided window into a storage.

    ``offset`` and ``strides`` count elements of ``dtype``, a key of :data:`ITEM_BYTES`; reading is
    counted against ``budget``.
    """

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    budget: Budget

    def __post_init__(self) -> None:
        numbers = (self.offset, *self.shape, *self.strides)
        if not all(type(n) is int and 0 <= n < 1 << 48 for n in numbers):
            raise ValueError("a tensor with impossible sizes")
        if len(self.shape) != len(self.strides) or len(self.shape) > MAX_RANK:
            raise ValueError("a tensor with as many strides as it has no dimensions")
        if self.numel and (self.offset + self.extent) * self.itemsize > self.storage.nbytes:
            raise ValueError(
                f"a tensor that ends at byte {(self.offset + self.extent) * self.itemsize}"
                f" of a storage of {self.storage.nbytes}"
            )

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return ITEM_BYTES[self.dtype]

    @property
    def numel(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def extent(self) -> int:
        """Elements of the storage from its first to its last."""
        return 1 + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))

    def read(self) -> Tensor:
        """Read it dense, on the CPU, in memory of its own; CheckpointError if bytes are missing."""
        import torch

        dtype = getattr(torch, self.dtype)
        if self.numel == 0:
            return torch.empty(self.shape, dtype=dtype)
        size = self.itemsize
        self.budget.take((self.extent + self.numel) * size)
        view = self.storage.bytes()
        if len(view) < (self.offset + self.extent) * size:
            cause = (
                f"is truncated: a tensor needs {(self.offset + self.extent) * size} bytes of"
                f" storage, {len(view)} are there"
            )
            raise CheckpointError(self.budget.path, cause, "fetch it again")
        raw = bytearray(view[self.offset * size : (self.offset + self.extent) * size])
        if self.dtype == "bool":
            flat = torch.frombuffer(raw, dtype=torch.uint8) != 0
        else:
            flat = torch.frombuffer(raw, dtype=dtype)
        return flat.as_strided(self.shape, self.strides).contiguous()


@dataclass
class ArrayRef:
    """A NumPy array that has not been read.

    ``dtype`` is NumPy's name of a plain number type, such as ``<f4``, empty until it is known; with
    ``fortran`` the first index varies fastest.
    """

    dtype: str = ""
    shape: tuple[int, ...] = ()
    fortran: bool = False
    data: bytes | memoryview = b""

    def read(self) -> np.ndarray:
        """Read it into memory of its own; raises ValueError if its bytes do not make its shape."""
        import numpy as np

        flat = np.frombuffer(self.data, np.dtype(self.dtype))
        return flat.reshape(self.shape, order="F" if self.fortran else "C").copy()

    def tensor(self, path: str | Path) -> TensorRef | None:
        """The same numbers as a tensor that has not been read; None for types that torch lacks."""
        kind = _TENSOR_TYPES.get(self.dtype.lstrip("<>=|"))
        if kind is None:
            return None
        count = math.prod(self.shape)
        storage = Storage(kind, count, self._little)
        budget = Budget(path, 4 * count * ITEM_BYTES[kind] + (1 << 16))
        return TensorRef(storage, kind, 0, self.shape, dense(self.shape, self.fortran), budget)

    def _little(self) -> memoryview:
        if not self.dtype.startswith(">"):
            return memoryview(self.data)
        import numpy as np

        return memoryview(np.frombuffer(self.data, np.dtype(self.dtype)).byteswap().tobytes())
