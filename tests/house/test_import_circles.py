"""No file needs, by way of others, itself: each can be read, and taken out, after those it uses."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from house.sources import PACKAGE, for_types, imported, parse, python_files

FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in python_files("src/mien")
}
"""Dotted name -> file."""


def needed(
    module: str, tree: ast.Module, is_package: bool, known: Mapping[str, object]
) -> set[str]:
    """The known modules that a file imports, at its head or inside functions.

    Those that only a type checker sees are not needed.
    """
    types = for_types(tree)
    package = module if is_package else module.rpartition(".")[0]
    found = set()
    for line, name in imported(tree, package):
        if line not in types:
            found.add(name if name in known else name.rpartition(".")[0])
    return found & set(known)


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Files of which each needs the next, the last again the first; empty if there are none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_circle_between_files() -> None:
    graph = {
        module: needed(module, parse(path), path.stem == "__init__", FILES)
        for module, path in FILES.items()
    }
    assert sum(map(len, graph.values())) > len(FILES)
    assert not circle(graph)


@pytest.mark.parametrize(
    "back",
    [
        "import mien.b",
        "from mien import b",
        "from mien.b import something",
        "from . import b",
        "from .b import something",
        "def f():\n    from mien.b import something",
    ],
)
def test_a_circle_is_found(back: str) -> None:
    sources = {"mien.a": back, "mien.b": "from mien.c import x", "mien.c": "from mien.a import y"}
    graph = {name: needed(name, ast.parse(text), False, sources) for name, text in sources.items()}
    assert sorted(set(circle(graph))) == ["mien.a", "mien.b", "mien.c"]


def test_what_only_a_type_checker_sees_makes_none() -> None:
    types = "if TYPE_CHECKING:\n    from mien.b import B"
    sources = {"mien.a": types, "mien.b": "from mien.a import A\nimport torch"}
    graph = {name: needed(name, ast.parse(text), False, sources) for name, text in sources.items()}
    assert graph == {"mien.a": set(), "mien.b": {"mien.a"}}
    assert not circle(graph)
