"""Foreign pickles read by a machine of our own that can build data and nothing else.

The standard unpickler allocates what a file tells it to and calls what a file names. This machine
interprets the published opcodes (protocols 0 to 5): names become records
(:mod:`mien.checkpoints.pickle_names`), lengths are checked against the bytes that are there, and a
:class:`Meter` bounds operations, memory and nesting, to a few seconds and a few hundred megabytes.
"""

from __future__ import annotations

import codecs
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mien.checkpoints import pickle_names
from mien.checkpoints.inert import ArrayRef, Budget, Global, Stub
from mien.errors import CheckpointError, UnsafeCheckpoint

MAX_OPERATIONS = 1_000_000
"""Most opcodes in one file, nested pickles included; published files stay far below."""

MAX_MEMORY = 400 << 20
"""Most bytes, roughly, of Python objects that one file may make beside its tensors."""

MAX_NESTING = 3
"""How deep pickles may lie inside pickles."""

_MAX_SECONDS = 30.0
_CHECKED = (1 << 12) - 1
_STOP = ord(".")
_MAX_TEXT = 16 << 20
_MAX_LINE = 1 << 16
_MAX_INTEGER_BYTES = 1 << 10
_COPIED = 1 << 12
_MAX_KEY = 1 << 60
_MAX_KEY_PARTS = 16

_MARK = object()
_BROKEN = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError),
    *(TypeError, ValueError, struct.error),
)


class Meter:
    """What reading one file has cost so far."""

    def __init__(self) -> None:
        self.operations = 0
        self.memory = 0
        self.start = time.thread_time()


class Machine:
    """Interprets one pickle, the bytes of ``view``; what follows its end is not touched.

    ``persistent`` says what a persistent identifier stands for and ``open_nested`` reads a pickle
    inside this one; ``None`` refuses them. ``meter`` holds the costs so far and ``nesting`` counts
    the pickles that this one lies in. Reading tensors is counted against ``budget``.
    """

    def __init__(
        self,
        path: str | Path,
        view: memoryview,
        budget: Budget,
        persistent: Callable[[Any], Any] | None = None,
        open_nested: Callable[[Machine, memoryview], Any] | None = None,
        meter: Meter | None = None,
        nesting: int = 0,
    ) -> None:
        self.path = path
        self.view = view
        self.budget = budget
        self.persistent = persistent
        self.open_nested = open_nested
        self.meter = meter or Meter()
        self.nesting = nesting
        self.position = 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Interpret up to the STOP opcode; afterwards ``position`` is one past it.

        Returns plain values, dicts, lists and tuples, and the records of
        :mod:`mien.checkpoints.inert`. Raises UnsafeCheckpoint if it mentions a name that is on no
        list or nests too deep, CheckpointError if it is no pickle, truncated, or costs too much.
        """
        opcode = -1
        meter, view, end = self.meter, self.view, len(self.view)
        try:
            while self.position < end:
                meter.operations += 1
                if meter.operations & _CHECKED == 0:
                    self._check()
                opcode = view[self.position]
                self.position += 1
                if opcode == _STOP:
                    return self._pop()
                _OPERATIONS[opcode](self)
            raise ValueError("ends too early")
        except PermissionError as error:
            cause = f"mentions {str(error)[:100]!r}, which could run code; nothing was run"
            remedy = "get the weights as .safetensors or from their authors"
            raise UnsafeCheckpoint(self.path, cause, remedy) from None
        except _BROKEN as error:
            cause = _phrase(error, opcode)
            cause = f"is no usable pickle: byte {self.position}: {cause}"
            raise CheckpointError(self.path, cause, "fetch it again") from None

    def spend(self, memory: int) -> None:
        """Count bytes of objects about to be made; raises CheckpointError if they are too many."""
        self.meter.memory += memory
        if self.meter.memory > MAX_MEMORY:
            cause = f"its pickle builds more than {MAX_MEMORY >> 20} MB of objects"
            raise CheckpointError(self.path, cause)

    def put(self, target: dict[Any, Any], key: Any, value: Any) -> None:
        """Set an entry of a dictionary whose key cannot be made to cost more than it should."""
        if isinstance(key, int) and abs(key) >= _MAX_KEY:
            raise ValueError("a dictionary key of many digits")
        if not _is_key(key) and not (isinstance(key, tuple) and _is_short(key)):
            raise ValueError(f"a dictionary key that is a {type(key).__name__}")
        target[key] = value

    def nested(self, data: memoryview) -> Any:
        """Read a pickle inside this one; raises PermissionError too deep, or where none belongs."""
        if self.open_nested is None or self.nesting >= MAX_NESTING:
            raise PermissionError("a pickle inside a pickle")
        return self.open_nested(self, data)

    def _check(self) -> None:
        """Count what the last operations cost, and stop if it is too much."""
        self.spend(100 * (_CHECKED + 1))
        if self.meter.operations > MAX_OPERATIONS:
            raise CheckpointError(self.path, f"its pickle has over {MAX_OPERATIONS:,} operations")
        if time.thread_time() - self.meter.start > _MAX_SECONDS:
            raise CheckpointError(self.path, f"its pickle takes over {_MAX_SECONDS:g} s to read")

    def _take(self, count: int) -> memoryview:
        if count < 0 or count > len(self.view) - self.position:
            raise ValueError(f"{count} bytes announced, {len(self.view) - self.position} are left")
        start, self.position = self.position, self.position + count
        return self.view[start : self.position]

    def _number(self, layout: str) -> int:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))[0]

    def _line(self) -> bytes:
        piece = bytes(self.view[self.position : self.position + _MAX_LINE])
        end = piece.find(b"\n")
        if end < 0:
            raise ValueError("a line without an end")
        self.position += end + 1
        return piece[:end]

    def _text(self, layout: str) -> None:
        count = self._number(layout)
        if count > _MAX_TEXT:
            raise ValueError(f"a text of {count} bytes")
        self.spend(4 * count)
        self.stack.append(str(self._take(count), "utf-8", "surrogatepass"))

    def _bytes(self, layout: str) -> None:
        data = self._take(self._number(layout))
        self.stack.append(data if len(data) > _COPIED else bytes(data))

    def _latin(self, layout: str) -> None:
        count = self._number(layout)
        if count > _MAX_TEXT:
            raise ValueError(f"a text of {count} bytes")
        self.spend(count)
        self.stack.append(str(self._take(count), "latin1"))

    def _long(self, layout: str) -> None:
        count = self._number(layout)
        if count > _MAX_INTEGER_BYTES:
            raise ValueError(f"a whole number of {count} bytes")
        self.stack.append(int.from_bytes(self._take(count), "little", signed=True))

    def _pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value belongs")
        return value

    def _top(self) -> Any:
        if self.stack[-1] is _MARK:
            raise ValueError("a mark where a value belongs")
        return self.stack[-1]

    def _pop_mark(self) -> list[Any]:
        """Return what lies above the last mark, and take it and the mark off the stack."""
        start = len(self.stack) - 1
        while self.stack[start] is not _MARK:
            start -= 1
            if start < 0:
                raise ValueError("no mark")
        found = self.stack[start + 1 :]
        del self.stack[start:]
        return found

    def _global(self) -> None:
        module, name = self._line().decode("ascii"), self._line().decode("ascii")
        self.stack.append(pickle_names.resolve(module, name))

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise ValueError("a name that is no text")
        self.stack.append(pickle_names.resolve(module, name))

    def _reduce(self) -> None:
        args, function = self._pop(), self._pop()
        self.stack.append(pickle_names.call(self, function, args))

    def _inst(self) -> None:
        module, name = self._line().decode("ascii"), self._line().decode("ascii")
        function = pickle_names.resolve(module, name)
        self.stack.append(pickle_names.call(self, function, tuple(self._pop_mark())))

    def _obj(self) -> None:
        function, *args = self._pop_mark()
        self.stack.append(pickle_names.call(self, function, tuple(args)))

    def _newobj_ex(self) -> None:
        self._pop()
        self._reduce()

    def _build(self) -> None:
        state, target = self._pop(), self._top()
        if isinstance(target, Stub):
            target.state = state
        elif isinstance(target, ArrayRef):
            pickle_names.fill_array(target, state)
        elif not isinstance(target, dict):
            raise ValueError(f"attributes for a {type(target).__name__}")

    def _set_items(self, items: list[Any]) -> None:
        target = self._top()
        if isinstance(target, Stub):
            target.items = {} if target.items is None else target.items
            target = target.items
        if not isinstance(target, dict) or len(items) % 2:
            raise ValueError("entries for what is no dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.put(target, key, value)

    def _append(self, items: list[Any]) -> None:
        target = self._top()
        if isinstance(target, Stub):
            target.elements = [] if target.elements is None else target.elements
            target = target.elements
        if not isinstance(target, list):
            raise ValueError("elements for what is no list")
        target.extend(items)

    def _dict_of_mark(self) -> None:
        items = self._pop_mark()
        self.stack.append({})
        self._set_items(items)

    def _tuple(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self.stack.append(tuple(values[::-1]))

    def _put(self, key: int) -> None:
        self.memo[key] = self._top()

    def _persistent(self, identifier: Any) -> None:
        if self.persistent is None:
            raise ValueError("a reference to outside")
        self.stack.append(self.persistent(identifier))

    def _quoted(self) -> None:
        line = self._line().strip()
        if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
            raise ValueError("text without quotes")
        self.stack.append(codecs.escape_decode(line[1:-1])[0].decode("latin1"))  # type: ignore[union-attr]

    def _integer_line(self) -> None:
        line = self._line()
        if line in (b"00", b"01"):
            self.stack.append(line == b"01")
        else:
            self.stack.append(int(line))

    def _protocol(self) -> None:
        if self._number("<B") > 5:
            raise ValueError("a protocol that is not known")


def _is_key(key: Any) -> bool:
    return key is None or isinstance(key, str | bytes | int | float | Global | Stub)


def _is_short(key: tuple[Any, ...]) -> bool:
    """Whether a tuple is flat and of few and small parts, so that hashing it costs little."""
    small = (abs(part) < _MAX_KEY for part in key if isinstance(part, int))
    return len(key) <= _MAX_KEY_PARTS and all(map(_is_key, key)) and all(small)


def _phrase(error: BaseException, opcode: int) -> str:
    """Say in a few words what was wrong at an opcode."""
    if isinstance(error, KeyError) and opcode not in _OPERATIONS:
        return f"unknown operation {opcode:#04x}"
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
        return " ".join(str(error).split())[:120]
    return f"operation {opcode:#04x} does not work here ({type(error).__name__})"


def _push(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.stack.append(value)


_OPCODES: dict[bytes, Callable[[Machine], object]] = {
    # Values.
    b"N": _push(None),
    b"\x88": _push(True),
    b"\x89": _push(False),
    b"I": Machine._integer_line,
    b"L": lambda m: m.stack.append(int(m._line().rstrip(b"L"))),
    b"F": lambda m: m.stack.append(float(m._line())),
    b"G": lambda m: m.stack.append(struct.unpack(">d", m._take(8))[0]),
    b"J": lambda m: m.stack.append(m._number("<i")),
    b"K": lambda m: m.stack.append(m._number("<B")),
    b"M": lambda m: m.stack.append(m._number("<H")),
    b"\x8a": lambda m: m._long("<B"),
    b"\x8b": lambda m: m._long("<i"),
    # Text and bytes.
    b"S": Machine._quoted,
    b"T": lambda m: m._latin("<i"),
    b"U": lambda m: m._latin("<B"),
    b"V": lambda m: m.stack.append(str(m._line(), "raw-unicode-escape")),
    b"X": lambda m: m._text("<I"),
    b"\x8c": lambda m: m._text("<B"),
    b"\x8d": lambda m: m._text("<Q"),
    b"B": lambda m: m._bytes("<I"),
    b"C": lambda m: m._bytes("<B"),
    b"\x8e": lambda m: m._bytes("<Q"),
    b"\x96": lambda m: m._bytes("<Q"),
    # Collections; a set becomes a list.
    b"]": lambda m: m.stack.append([]),
    b"}": lambda m: m.stack.append({}),
    b")": _push(()),
    b"\x8f": lambda m: m.stack.append([]),
    b"l": lambda m: m.stack.append(m._pop_mark()),
    b"d": Machine._dict_of_mark,
    b"t": lambda m: m.stack.append(tuple(m._pop_mark())),
    b"\x85": lambda m: m._tuple(1),
    b"\x86": lambda m: m._tuple(2),
    b"\x87": lambda m: m._tuple(3),
    b"\x91": lambda m: m.stack.append(m._pop_mark()),
    b"a": lambda m: m._append([m._pop()]),
    b"e": lambda m: m._append(m._pop_mark()),
    b"\x90": lambda m: m._append(m._pop_mark()),
    b"s": lambda m: m._set_items([m._pop(), m._pop()][::-1]),
    b"u": lambda m: m._set_items(m._pop_mark()),
    # The stack and the memo.
    b"(": _push(_MARK),
    b"0": lambda m: m.stack.pop(),
    b"1": lambda m: m._pop_mark(),
    b"2": lambda m: m.stack.append(m._top()),
    b"p": lambda m: m._put(int(m._line())),
    b"q": lambda m: m._put(m._number("<B")),
    b"r": lambda m: m._put(m._number("<I")),
    b"\x94": lambda m: m._put(len(m.memo)),
    b"g": lambda m: m.stack.append(m.memo[int(m._line())]),
    b"h": lambda m: m.stack.append(m.memo[m._number("<B")]),
    b"j": lambda m: m.stack.append(m.memo[m._number("<I")]),
    # Names and objects: records only.
    b"c": Machine._global,
    b"\x93": Machine._stack_global,
    b"R": Machine._reduce,
    b"\x81": Machine._reduce,
    b"\x92": Machine._newobj_ex,
    b"i": Machine._inst,
    b"o": Machine._obj,
    b"b": Machine._build,
    b"P": lambda m: m._persistent(m._line().decode("ascii")),
    b"Q": lambda m: m._persistent(m._pop()),
    # Framing.
    b"\x80": Machine._protocol,
    b"\x95": lambda m: m._number("<Q"),
}
"""Opcode -> what it does. Extension codes and out-of-band buffers are missing on purpose."""

_OPERATIONS = {code[0]: operation for code, operation in _OPCODES.items()}
