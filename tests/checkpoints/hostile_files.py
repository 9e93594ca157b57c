"""Files made to do harm: run code, crash, or eat memory and time. None may succeed.

Every file that could run code would leave ``MARKER`` beside itself. The pickles are written opcode
by opcode, so that making them runs nothing either.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from checkpoints.foreign_networks import rosinality_generator

MARKER = "code_was_run"

Maker = Callable[[Path], bytes]


def name(module: str, attribute: str) -> bytes:
    return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    data = value.to_bytes(9, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def call(module: str, attribute: str, *args: bytes) -> bytes:
    return name(module, attribute) + b"(" + b"".join(args) + b"tR"


def whole(body: bytes, protocol: int = 2) -> bytes:
    return b"\x80" + bytes([protocol]) + body + b"."


def touch(folder: Path) -> bytes:
    return text(f"touch {folder / MARKER}")


def python(folder: Path) -> bytes:
    return text(f"open({str(folder / MARKER)!r}, 'w').close()")


def in_a_network(body: bytes) -> bytes:
    """The harm stands where a network's tensor should."""
    return whole(b"}" + text("g_ema") + b"}" + text("to_rgb1.conv.weight") + body + b"ss")


def torch_zip(data_pkl: bytes, members: dict[str, bytes] | None = None, method: int = 0) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        archive.writestr("archive/data.pkl", data_pkl)
        for member, data in (members or {}).items():
            archive.writestr(f"archive/{member}", data)
    return content.getvalue()


def storage(numel: int, key: str = "0", kind: str = "FloatStorage") -> bytes:
    parts = text("storage") + name("torch", kind) + text(key) + text("cpu") + number(numel)
    return b"(" + parts + b"tQ"


def numbers(*values: int) -> bytes:
    return b"(" + b"".join(number(value) for value in values) + b"t"


def tensor(numel: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    args = storage(numel), number(offset), numbers(*shape), numbers(*strides), b"\x89", b"}"
    return call("torch._utils", "_rebuild_tensor_v2", *args)


def network_of(body: bytes) -> bytes:
    return whole(b"}" + text("g_ema") + b"}" + text("to_rgb1.conv.weight") + body + b"ss")


CALLS: dict[str, tuple[str, str, Callable[[Path], tuple[bytes, ...]]]] = {
    "os.system": ("os", "system", lambda f: (touch(f),)),
    "posix.system": ("posix", "system", lambda f: (touch(f),)),
    "nt.system": ("nt", "system", lambda f: (touch(f),)),
    "os.popen": ("os", "popen", lambda f: (touch(f),)),
    "os.execv": ("os", "execv", lambda f: (text("/bin/sh"), b"]" + touch(f) + b"a")),
    "subprocess.Popen": ("subprocess", "Popen", lambda f: (touch(f), b"K\x00", b"N")),
    "subprocess.check_output": ("subprocess", "check_output", lambda f: (touch(f),)),
    "pty.spawn": ("pty", "spawn", lambda f: (touch(f),)),
    "builtins.eval": ("builtins", "eval", lambda f: (python(f),)),
    "builtins.exec": ("builtins", "exec", lambda f: (python(f),)),
    "py2 eval": ("__builtin__", "eval", lambda f: (python(f),)),
    "builtins.compile": ("builtins", "compile", lambda f: (python(f), text("x"), text("exec"))),
    "builtins.open": ("builtins", "open", lambda f: (text(str(f / MARKER)), text("w"))),
    "io.open": ("io", "open", lambda f: (text(str(f / MARKER)), text("w"))),
    "builtins.__import__": ("builtins", "__import__", lambda f: (text("antigravity"),)),
    "importlib.import_module": ("importlib", "import_module", lambda f: (text("antigravity"),)),
    "runpy.run_path": ("runpy", "run_path", lambda f: (text(str(f / "x.py")),)),
    "shutil.rmtree": ("shutil", "rmtree", lambda f: (text(str(f / "nothing")),)),
    "webbrowser.open": ("webbrowser", "open", lambda f: (text("http://127.0.0.1/"),)),
    "socket.create_connection": ("socket", "create_connection", lambda f: (text("127.0.0.1"),)),
    "ctypes.CDLL": ("ctypes", "CDLL", lambda f: (text("libc.so.6"),)),
    "code.interact": ("code", "interact", lambda f: ()),
    "functools.partial": ("functools", "partial", lambda f: (name("os", "system"), touch(f))),
    "operator.methodcaller": ("operator", "methodcaller", lambda f: (text("system"), touch(f))),
    "operator.attrgetter": ("operator", "attrgetter", lambda f: (text("system"),)),
    "types.FunctionType": ("types", "FunctionType", lambda f: (b"N", b"}")),
    "marshal.loads": ("marshal", "loads", lambda f: (b"C\x01N",)),
    "pickle.loads": ("pickle", "loads", lambda f: (b"C\x02N.",)),
    "_pickle.loads": ("_pickle", "loads", lambda f: (b"C\x02N.",)),
    "dill.loads": ("dill", "loads", lambda f: (b"C\x02N.",)),
    "joblib.load": ("joblib", "load", lambda f: (text("x"),)),
    "torch.load": ("torch", "load", lambda f: (text(str(f / "x.pt")),)),
    "torch.serialization.load": ("torch.serialization", "load", lambda f: (text("x"),)),
    "torch.hub.load": ("torch.hub", "load", lambda f: (text("a/b"), text("c"))),
    "torch.jit.load": ("torch.jit", "load", lambda f: (text("x"),)),
    "torch load_inline": ("torch.utils.cpp_extension", "load_inline", lambda f: (text("x"),)),
    "numpy.load": ("numpy", "load", lambda f: (text("x"),)),
    "numpy runstring": ("numpy.testing._private.utils", "runstring", lambda f: (python(f), b"}")),
    "copyreg.add_extension": ("copyreg", "add_extension", lambda f: (text("os"), text("system"))),
    "copyreg.__newobj__": ("copyreg", "__newobj__", lambda f: (name("os", "system"),)),
    "copyreg.__reduce_ex__": ("copyreg", "__reduce_ex__", lambda f: (b"N", b"K\x02")),
    "copyreg._reconstructor": (
        "copyreg",
        "_reconstructor",
        lambda f: (name("os", "system"), name("builtins", "object"), touch(f)),
    ),
    "builtins.setattr": ("builtins", "setattr", lambda f: (b"N", text("a"), b"N")),
    "builtins.vars": ("builtins", "vars", lambda f: ()),
    "builtins.type": ("builtins", "type", lambda f: (text("X"), b")", b"}")),
    "sys.exit": ("sys", "exit", lambda f: ()),
    "os._exit": ("os", "_exit", lambda f: (b"K\x00",)),
    "faulthandler._sigsegv": ("faulthandler", "_sigsegv", lambda f: ()),
    "threading.Thread": ("threading", "Thread", lambda f: ()),
    "an own class": ("mien.files", "replacing", lambda f: (text(str(f / MARKER)),)),
}


def callers() -> Iterator[tuple[str, Maker]]:
    """One file a function, in changing wrappers."""
    for i, (label, (module, attribute, args)) in enumerate(CALLS.items()):

        def make(folder: Path, i: int = i, m: str = module, a: str = attribute, g=args) -> bytes:
            body = call(m, a, *g(folder))
            if i % 3 == 0:
                return whole(body)
            return in_a_network(body) if i % 3 == 1 else torch_zip(in_a_network(body))

        yield f"calls {label}", make


class _Exploit:
    """What ``__reduce_ex__`` can ask for; its pickle is written, never read by pickle."""

    def __init__(self, folder: Path, protocol: int) -> None:
        self.command = f"touch {folder / MARKER}"
        self.protocol = protocol

    def __reduce_ex__(self, protocol: Any) -> Any:
        import os

        return os.system, (self.command,)


class _SetsState:
    """A state setter, the sixth thing that ``__reduce_ex__`` may return."""

    def __init__(self, folder: Path) -> None:
        self.command = f"touch {folder / MARKER}"

    def __reduce_ex__(self, protocol: Any) -> Any:
        import os

        return list, (), None, None, None, lambda_free(os.system, self.command)


def lambda_free(function: Any, argument: str) -> Any:
    import functools

    return functools.partial(function, argument)


def tricks() -> Iterator[tuple[str, Maker]]:
    """Other ways to get a name called."""
    for protocol in range(6):
        yield (
            f"__reduce_ex__ at protocol {protocol}",
            lambda f, p=protocol: pickle.dumps(_Exploit(f, p), p),
        )
    yield "a state setter", lambda f: pickle.dumps(_SetsState(f), 4)
    get = name("builtins", "getattr") + b"("
    chain = get + get + name("os", "path") + text("os") + b"tR" + text("system") + b"tR"
    yield "a chain of getattr", lambda f: whole(chain + b"(" + touch(f) + b"tR")
    yield "INST", lambda f: b"(S'touch " + str(f / MARKER).encode() + b"'\nios\nsystem\n."
    yield "OBJ", lambda f: whole(b"(" + name("os", "system") + touch(f) + b"o")
    yield "NEWOBJ", lambda f: whole(name("os", "system") + b"(" + touch(f) + b"t\x81")
    yield "NEWOBJ_EX", lambda f: whole(name("subprocess", "Popen") + b"(" + touch(f) + b"t}\x92", 4)
    for path in (("os", "path.os.system"), ("torch.nn.modules", "module.torch.os.system")):
        body = text(path[0]) + text(path[1]) + b"\x93"
        yield f"a dotted name {path[1]}", lambda f, b=body: whole(b + b"(" + touch(f) + b"tR", 4)
    dunder = text("training.networks") + text("__builtins__") + b"\x93"
    yield "a name of two underscores", lambda f: whole(dunder, 4)
    yield "a registered extension", lambda f: whole(b"\x82\x01" + b"(" + touch(f) + b"tR")
    poison = name("training.networks", "Generator") + b"}" + text("__class__") + b"Nsb"
    yield "attributes for a class", lambda f: whole(poison)
    source = call(
        "torch_utils.persistence",
        "_reconstruct_persistent_obj",
        b"}"
        + b"".join(
            text(key) + value + b"s"
            for key, value in {
                "type": text("class"),
                "class_name": text("Generator"),
                "module_src": text("import os; os.abort()"),
                "state": b"}",
            }.items()
        ),
    )
    yield (
        "a network with source text and no tensors",
        lambda f: whole(b"}" + text("G_ema") + source + b"s"),
    )
    inner = whole(call("os", "system", text("true")))
    yield (
        "a storage that is a pickle of its own",
        lambda f: whole(
            call("torch.storage", "_load_from_bytes", b"B" + struct.pack("<I", len(inner)) + inner)
        ),
    )


def numpy_files() -> Iterator[tuple[str, Maker]]:
    def array(value: np.ndarray) -> bytes:
        content = io.BytesIO()
        np.save(content, value, allow_pickle=True)
        return content.getvalue()

    objects = np.array([{"a": 1}, None], dtype=object)
    yield "a .npy of objects", lambda f: array(np.array([_Exploit(f, 4)], dtype=object))
    yield "a pickled array of objects", lambda f: pickle.dumps(objects, 4)
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n"
    yield "a .npy of 4 TB", lambda f: npy
    npz = io.BytesIO()
    with zipfile.ZipFile(npz, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", npy + bytes(64 << 20))
    yield "a .npz that unfolds", lambda f: npz.getvalue()
    deep = b"{'descr': " + b"[" * 4000 + b"]" * 4000 + b"}"
    yield (
        "a .npy header that nests",
        lambda f: b"\x93NUMPY\x01\x00" + struct.pack("<H", len(deep)) + deep,
    )


def broken_pickles() -> Iterator[tuple[str, Maker]]:
    """Sizes and references that lie."""
    good = whole(b"}" + text("a") + b"]" + b"K\x01as")
    bodies = {
        "nothing but a mark": b"(.",
        "an empty stack": b".",
        "a missing memo entry": b"h\x07.",
        "an unknown opcode": b"\x80\x02\xff.",
        "an unknown protocol": b"\x80\x63}.",
        "a reference to outside": b"\x80\x02" + text("x") + b"Q.",
        "bytes of 2**62": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"x.",
        "text of 2**62 bytes": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"x.",
        "a bytearray of 2**40": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"x.",
        "a whole number of 2 GB": b"\x80\x02\x8b\xff\xff\xff\x7fx.",
        "a whole number of many digits": b"I" + b"9" * 60_000 + b"\n.",
        "a line without an end": b"(I" + b"1" * (1 << 20),
        "a frame longer than the file": b"\x80\x04\x95" + b"\xff" * 8 + b"K\x01.",
        "out-of-band buffers": b"\x80\x05\x97\x98.",
        "a truncated pickle": good[:-3],
        "text that is not UTF-8": b"\x80\x02X\x02\x00\x00\x00\xff\xfe.",
        "entries for a number": b"\x80\x02K\x01K\x01K\x01s.",
        "an odd count of entries": b"\x80\x02}(K\x01u.",
    }
    for label, data in bodies.items():
        yield label, lambda f, d=data: d


def bombs() -> Iterator[tuple[str, Maker]]:
    """Small files that would grow without limits."""
    yield (
        "memo indices of 2**32",
        lambda f: whole(
            b"".join(b"Nr" + struct.pack("<I", 0xFFFFFFFF - i) + b"0" for i in range(100_000))
            + b"N"
        ),
    )
    laugh = b"(K\x01t" + b"".join(b"q%c0(h%ch%ct" % (i, i, i) for i in range(200))
    yield "tuples of tuples as a value", lambda f: in_a_network(laugh)
    yield "tuples of tuples as a key", lambda f: whole(b"}" + laugh + b"Ns")
    yield "lists in lists, a million deep", lambda f: whole(b"]" * 1_000_000 + b"a" * 999_999)
    yield "three million marks", lambda f: whole(b"(" * 3_000_000)
    yield "three million sets", lambda f: b"\x80\x04" + b"\x8f" * 3_000_000 + b"."
    yield "five million operations", lambda f: b"\x80\x02" + b"N0" * 2_500_000 + b"N."
    keys = b"".join(number(i * ((1 << 61) - 1) % (1 << 70)) + b"N" for i in range(1, 120_000))
    yield "keys of one hash", lambda f: whole(b"}(" + keys + b"u")
    same = b"".join(number(i << 40) + b"N" for i in range(1, 120_000))
    yield "keys of equal low bits", lambda f: whole(b"}(" + same + b"u")
    pairs = b"](" + b"".join(b"K%c" % (i % 256) + b"N\x86" for i in range(50_000)) + b"eq\x01"
    again = b"".join(call("collections", "OrderedDict", b"h\x01") + b"0" for _ in range(2_000))
    yield "one list copied into many dictionaries", lambda f: whole(pairs + again)
    big = b"X" + struct.pack("<I", 8 << 20) + b"a" * (8 << 20) + b"q\x01"
    coded = b"".join(call("_codecs", "encode", b"h\x01", text("latin1")) for _ in range(200))
    yield "one text encoded many times", lambda f: whole(big + coded)
    names = b"".join(b"}" + b"h\x01" + b"Ns" for _ in range(200))
    yield "one long name used many times", lambda f: whole(big + b"0](" + names + b"e")

    def nest(depth: int) -> bytes:
        inner = whole(b"N")
        for _ in range(depth):
            inner = whole(
                call(
                    "torch.storage",
                    "_load_from_bytes",
                    b"B" + struct.pack("<I", len(inner)) + inner,
                )
            )
        return inner

    yield "pickles in pickles, a hundred deep", lambda f: nest(100)
    itself = call(
        "torch_utils.persistence",
        "_reconstruct_persistent_obj",
        b"}q\x01"
        + b"".join(
            (
                text("class_name") + text("G") + b"s",
                text("state") + b"}q\x02" + text("_modules") + b"}q\x03" + b"ss",
            )
        ),
    )
    loop = itself + b"q\x04" + b"0h\x03" + text("self") + b"h\x04s0h\x04"
    yield "a network inside itself", lambda f: whole(b"}" + text("G_ema") + loop + b"s")
    yield "a dictionary inside itself", lambda f: whole(b"}q\x01" + text("a") + b"h\x01s")


def tensor_lies() -> Iterator[tuple[str, Maker]]:
    """Tensors that claim more than the file has."""
    four = struct.pack("<4f", 1, 2, 3, 4)

    def held(body: bytes, data: bytes = four) -> bytes:
        return torch_zip(network_of(body), {"data/0": data})

    yield "a tensor of 4 TB", lambda f: held(tensor(4, 0, (1_000_000, 1_000_000), (1_000_000, 1)))
    yield "a tensor repeated to 400 GB", lambda f: held(tensor(4, 0, (10**6, 10**5), (0, 0)))
    yield "a negative offset", lambda f: held(tensor(4, -4, (4,), (1,)))
    yield "a negative stride", lambda f: held(tensor(4, 0, (4,), (-1,)))
    yield "more strides than sides", lambda f: held(tensor(4, 0, (4,), (1, 1)))
    yield "a tensor past its storage", lambda f: held(tensor(4, 1, (4,), (1,)))
    yield "a storage of 400 GB", lambda f: held(tensor(10**11, 0, (10**11,), (1,)))
    yield "a storage shorter than it says", lambda f: held(tensor(64, 0, (64,), (1,)))
    yield "a storage that is not there", lambda f: torch_zip(network_of(tensor(4, 0, (4,), (1,))))
    yield "a storage of no known type", lambda f: held(storage(4, kind="EvilStorage"))
    wide = rosinality_generator() | {"style.1.weight": torch.zeros(1, 1 << 20)}
    yield "a mapping network a million wide", lambda f: saved({"g_ema": wide})
    many = {f"style.{i}.weight": torch.zeros(1) for i in range(1, 4_000)}
    many |= {f"to_rgbs.{i}.bias": torch.zeros(1) for i in range(4_000)}
    yield (
        "a network of 4,000 layers",
        lambda f: saved({"to_rgb1.conv.weight": torch.zeros(1), **many}),
    )
    yield (
        "a block of 10**300 pixels",
        lambda f: saved(
            {
                "synthesis.b4.const": torch.zeros(1),
                f"synthesis.b{10**250}.conv1.weight": torch.zeros(1),
            }
        ),
    )
    yield (
        "names of several lines",
        lambda f: saved(
            {"synthesis.b4.const": torch.zeros(1), "a\nmien: all is well\n": torch.zeros(1)}
        ),
    )

    def amplified(folder: Path) -> bytes:
        body = b"".join(
            text(f"style.{i}.weight") + tensor(1 << 18, 0, (1 << 18,), (1,)) + b"s"
            for i in range(1, 4000)
        )
        body += text("to_rgb1.conv.weight") + tensor(1 << 18, 0, (1 << 18,), (1,)) + b"s"
        return torch_zip(whole(b"}" + body), {"data/0": bytes(1 << 20)})

    yield "one storage used by 4,000 tensors", amplified


def saved(value: Any, modern: bool = True) -> bytes:
    content = io.BytesIO()
    torch.save(value, content, _use_new_zipfile_serialization=modern)
    return content.getvalue()


def all_pickles() -> dict[str, Maker]:
    """Label -> what makes the file's bytes, given the folder that it will lie in."""
    parts = (callers, tricks, numpy_files, broken_pickles, bombs, tensor_lies)
    return {label: make for part in parts for label, make in part()}
