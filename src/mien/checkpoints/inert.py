"""What a foreign file's objects become: records that hold data and can do nothing.

Names stay names, classes become :class:`Stub`, tensors become :class:`TensorRef`, which knows where
its bytes lie and reads them only when asked, within a :class:`Budget`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.errors import CheckpointError

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

ITEM_BYTES: dict[str, int] = {
    "float64": 8,
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "complex64": 8,
    "complex128": 16,
}
"""Element types that are read, by torch's names, and how many bytes one takes."""

_TENSOR_TYPES = {
    "f8": "float64",
    "f4": "float32",
    "f2": "float16",
    "i8": "int64",
    "i4": "int32",
    "i2": "int16",
    "i1": "int8",
    "u1": "uint8",
    "u2": "uint16",
    "u4": "uint32",
    "u8": "uint64",
    "b1": "bool",
    "c8": "complex64",
    "c16": "complex128",
}
"""NumPy's number types that torch has."""

MAX_RANK = 16
"""Most dimensions that a tensor may have."""


@dataclass(frozen=True)
class Global:
    """The name of something importable, never imported."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Stub:
    """An object of a class that is not loaded.

    Attributes:
        name: ``module.class`` as the file names it.
        args: What its constructor would have got.
        state: Its attributes, if it had any.
        items: What it held as a dictionary.
        elements: What it held as a list.
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
        """Count ``count`` bytes.

        Raises:
            CheckpointError: More would be read than the file can honestly hold.
        """
        self.left -= count
        if self.left < 0:
            raise CheckpointError(
                self.path, f"{what} would take more than the {self.limit} bytes that fit the file"
            )


class Storage:
    """Numbers of one type in a row, somewhere in a file.

    Attributes:
        dtype: Element type, a key of :data:`ITEM_BYTES`.
        numel: How many numbers.
        view: Their bytes, once it is known where they lie.
        fetch: Finds and verifies the bytes when they are first needed.
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

    Attributes:
        storage: Where its numbers lie.
        dtype: Element type, a key of :data:`ITEM_BYTES`.
        offset: First element, in elements of ``dtype``.
        shape: Its shape.
        strides: Elements from one index to the next, for each dimension.
        budget: What reading it is counted against.
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
        count = 1
        for side in self.shape:
            count *= side
        return count

    @property
    def extent(self) -> int:
        """Elements of the storage from its first to its last."""
        return 1 + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))

    def read(self) -> Tensor:
        """Read it: dense, on the CPU, with memory of its own.

        Raises:
            CheckpointError: The bytes are missing, or reading would take more than the budget.
        """
        import torch

        dtype = getattr(torch, self.dtype)
        if self.numel == 0:
            return torch.empty(self.shape, dtype=dtype)
        size = self.itemsize
        self.budget.take((self.extent + self.numel) * size)
        view = self.storage.bytes()
        if len(view) < (self.offset + self.extent) * size:
            raise CheckpointError(
                self.budget.path,
                f"is truncated: a tensor needs {(self.offset + self.extent) * size} bytes of"
                f" storage, {len(view)} are there",
                "fetch it again",
            )
        raw = bytearray(view[self.offset * size : (self.offset + self.extent) * size])
        if self.dtype == "bool":
            flat = torch.frombuffer(raw, dtype=torch.uint8) != 0
        else:
            flat = torch.frombuffer(raw, dtype=dtype)
        return flat.as_strided(self.shape, self.strides).contiguous()


@dataclass
class ArrayRef:
    """A NumPy array that has not been read.

    Attributes:
        dtype: NumPy's name of a plain number type, such as ``<f4``; empty until it is known.
        shape: Its shape.
        fortran: Whether the first index varies fastest.
        data: Its bytes.
    """

    dtype: str = ""
    shape: tuple[int, ...] = ()
    fortran: bool = False
    data: bytes | memoryview = b""

    def read(self) -> np.ndarray:
        """Read it into memory of its own.

        Raises:
            ValueError: Its bytes do not make its shape.
        """
        import numpy as np

        flat = np.frombuffer(self.data, np.dtype(self.dtype))
        return flat.reshape(self.shape, order="F" if self.fortran else "C").copy()

    def tensor(self, path: str | Path) -> TensorRef | None:
        """The same numbers as a tensor that has not been read; None for types that torch lacks.

        Args:
            path: The file, for errors.
        """
        kind = _TENSOR_TYPES.get(self.dtype.lstrip("<>=|"))
        if kind is None:
            return None
        strides, step = [], 1
        for side in self.shape if self.fortran else reversed(self.shape):
            strides.append(step)
            step *= side
        if not self.fortran:
            strides.reverse()
        if step == 0:
            strides = [0] * len(strides)
        storage = Storage(kind, step, self._little)
        budget = Budget(path, 4 * step * ITEM_BYTES[kind] + (1 << 16))
        return TensorRef(storage, kind, 0, self.shape, tuple(strides), budget)

    def _little(self) -> memoryview:
        """Its bytes, the lowest first."""
        if not self.dtype.startswith(">"):
            return memoryview(self.data)
        import numpy as np

        return memoryview(np.frombuffer(self.data, np.dtype(self.dtype)).byteswap().tobytes())
