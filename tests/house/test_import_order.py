"""The rooms are read from top to bottom, and nothing runs code that came out of a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from house.sources import PACKAGE, imported, name_of, parse, python_files

ORDER = (
    *("errors", "files", "attributes", "images", "stylegan2", "runtime"),
    *("judges", "data", "metrics", "checkpoints", "hub", "video", "training"),
    *("faces", "portraits", "tagging", "text", "editing"),
    *("inversion", "sketch", "anime"),
    *("studio", "web", "cli"),
)
"""A file imports from its own room and from rooms that stand before it here."""

NETWORKS = {
    "checkpoints.formats.gans_n_roses": ("mien.anime.generator",),
    "checkpoints.formats.pix2pix": ("mien.sketch",),
    "checkpoints.kinds": (
        *("mien.text.directions", "mien.text.head", "mien.text.mapper", "mien.text.prior"),
        *("mien.portraits.codes", "mien.portraits.encoder"),
        *("mien.inversion.guide_encoder", "mien.inversion.head", "mien.inversion.text_image"),
    ),
}
"""File -> networks of the features that it builds from weights, imported when a file holds one."""

RANK = {room: rank for rank, room in enumerate((*ORDER, "__main__"))}
FRONT_DOOR = "__init__"
STRANGERS = {frozenset(("sketch", "anime"))}
"""Features that know nothing of one another, though one of them has to stand first."""

RUNS_CODE = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
UNWANTED = {"torchvision", "dlib"}
NETWORK = {"requests", "httpx", "urllib.request", "http.client", "ftplib"}
BARRED_CALLS = {"exec", "eval", "compile", "__import__"}


def room_of(path: Path) -> str:
    """The room that a file of the package belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def order_faults(room: str, tree: ast.Module, package: str, file: str = "") -> Iterator[str]:
    """Imports of rooms that stand below a file's own, and of the front door."""
    for line, name in imported(tree, package):
        parts = name.split(".")
        if parts[0] != "mien" or room == FRONT_DOOR:
            continue
        target = parts[1] if len(parts) > 1 else FRONT_DOOR
        if f"{name}.".startswith(tuple(f"{network}." for network in NETWORKS.get(file, ()))):
            continue
        if target not in RANK:
            yield f"line {line}: {room} imports {name} through the front door; name its room"
        elif RANK[target] > RANK[room]:
            yield f"line {line}: {room} imports {name}, but {target} stands below {room}"
        elif frozenset((room, target)) in STRANGERS:
            yield f"line {line}: {room} imports {name}, but the two know nothing of one another"


def is_true(node: ast.expr | None) -> bool:
    """Whether an expression is the literal True."""
    return isinstance(node, ast.Constant) and node.value is True


def call_faults(tree: ast.Module, may_print: bool) -> Iterator[str]:
    """Calls that run code, load pickles or print where nothing should."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        called = ast.unparse(node.func)
        if called in BARRED_CALLS:
            yield f"line {node.lineno}: {called}() runs code"
        if called == "print" and not may_print:
            yield f"line {node.lineno}: print outside cli"
        if called == "torch.load" and not is_true(keywords.get("weights_only")):
            yield f"line {node.lineno}: torch.load without weights_only=True"
        if "allow_pickle" in keywords and not (
            isinstance(keywords["allow_pickle"], ast.Constant)
            and keywords["allow_pickle"].value is False
        ):
            yield f"line {node.lineno}: allow_pickle"


def import_faults(tree: ast.Module, barred: set[str], package: str = "mien") -> Iterator[str]:
    """Imports of modules that are barred, or of anything inside them."""
    for line, name in imported(tree, package):
        for module in barred:
            if name == module or name.startswith(f"{module}."):
                yield f"line {line}: imports {name}"


FILES = python_files("src/mien")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_imports_only_from_rooms_above(path: Path) -> None:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    room = room_of(path)
    assert room == FRONT_DOOR or room in RANK, f"{name_of(path)} is in no room"
    package, file = ".".join(parts[:-1]), ".".join(parts[1:])
    assert not list(order_faults(room, parse(path), package, file))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_runs_nothing_that_it_read(path: Path) -> None:
    barred = UNWANTED | RUNS_CODE | (set() if room_of(path) == "hub" else NETWORK)
    faults = list(import_faults(parse(path), barred))
    faults += call_faults(parse(path), may_print=room_of(path) == "cli")
    assert not faults


@pytest.mark.parametrize("path", python_files("tests", "benchmarks", "recipes"), ids=name_of)
def test_nothing_beside_the_package_needs_what_has_no_wheel(path: Path) -> None:
    assert not list(import_faults(parse(path), UNWANTED))


def test_no_room_is_called_utils() -> None:
    assert not [name_of(path) for path in FILES if path.stem in ("utils", "util", "helpers")]


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("images", "from mien.text import captions"),
        ("judges", "def f():\n    import mien.studio"),
        ("errors", "from mien import files"),
        ("text", "from ..studio import session"),
        ("cli", "from mien import Studio"),
        ("training", "import mien"),
        ("anime", "from mien.sketch import losses"),
        ("sketch", "from mien.anime import generator"),
        ("editing", "from mien.studio import Studio"),
        ("hub", "if TYPE_CHECKING:\n    from mien.text.prior import Prior"),
    ],
)
def test_a_wrong_import_is_found(room: str, source: str) -> None:
    assert list(order_faults(room, ast.parse(source), f"mien.{room}"))


@pytest.mark.parametrize(
    "source",
    [
        "exec('1')",
        "eval(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=unsure)",
        "print(1)",
    ],
)
def test_a_wrong_call_is_found(source: str) -> None:
    assert list(call_faults(ast.parse(source), may_print=False))


def test_right_ones_are_let_through() -> None:
    source = "model.eval()\ntorch.load(p, weights_only=True)\nnp.load(p, allow_pickle=False)"
    assert not list(call_faults(ast.parse(source), may_print=False))
    above = "from mien.errors import MienError\nfrom . import ops\nimport torch"
    assert not list(order_faults("stylegan2", ast.parse(above), "mien.stylegan2"))
    assert list(import_faults(ast.parse("import pickle"), RUNS_CODE))
    assert list(import_faults(ast.parse("from torchvision.ops import nms"), UNWANTED))
