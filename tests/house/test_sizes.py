"""Nothing is longer than a person reads in one go."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from house.sources import name_of, parse, python_files

FILE_LINES = 500
FUNCTION_LINES = 60
ARGUMENTS = 15
VERBS_WITH_MORE = {
    *("anime", "compare", "compose", "describe", "edit", "fit", "score", "sketch", "walk"),
}
"""Verbs whose options are still written one by one; others are made of a dataclass."""

FILES = python_files("src", "benchmarks", "recipes", "tests")


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef, is_verb: bool = False) -> int:
    """Lines of a function from ``def`` to its end, without its docstring.

    The signature of a verb is the table of its options, so that only its body is counted.
    """
    first = node.body[0].lineno if is_verb else node.lineno
    lines = (node.end_lineno or first) - first + 1
    if ast.get_docstring(node) is not None:
        said = node.body[0]
        lines -= (said.end_lineno or said.lineno) - said.lineno + 1
    return lines


def long_functions(path: Path, tree: ast.Module) -> list[str]:
    """Names and lengths of the functions that are too long."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = function_lines(node, is_verb="cli" in path.parts)
            if lines > FUNCTION_LINES:
                found.append(f"{node.name}: {lines} lines, at most {FUNCTION_LINES}")
    return found


def wide_functions(path: Path, tree: ast.Module) -> list[str]:
    """Names of the functions that take too much."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args
            count = len([*given.posonlyargs, *given.args, *given.kwonlyargs])
            if count > ARGUMENTS and not ("cli" in path.parts and node.name in VERBS_WITH_MORE):
                found.append(f"{node.name}: {count} arguments, at most {ARGUMENTS}")
    return found


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES, f"{name_of(path)}: {lines} lines, at most {FILE_LINES}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_its_functions_are_short_and_take_little(path: Path) -> None:
    tree = parse(path)
    assert not long_functions(path, tree)
    assert not wide_functions(path, tree)


def test_a_long_function_is_found_and_named() -> None:
    body = "\n".join("    x = 1" for _ in range(60))
    source = f'def f():\n    """Says\n    much."""\n{body}\n'
    assert long_functions(Path("a/b.py"), ast.parse(source)) == ["f: 61 lines, at most 60"]


def test_a_function_that_takes_much_is_found_and_named() -> None:
    tree = ast.parse(f"def walk({', '.join(f'a{i}' for i in range(16))}): ...")
    assert wide_functions(Path("editing/a.py"), tree) == ["walk: 16 arguments, at most 15"]
    assert not wide_functions(Path("cli/walk.py"), tree)
