"""Nothing is longer than a person reads in one go."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from house.sources import name_of, parse, python_files

FILE_LINES = 500
FUNCTION_LINES = 60
LOOP_LINES = 200
"""For a training loop: a function ``train...`` of ``training/`` or of a file ``train*.py``."""

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
            is_home = path.parent.name == "training" or path.stem.startswith("train")
            is_loop = is_home and node.name.startswith("train")
            limit = LOOP_LINES if is_loop else FUNCTION_LINES
            lines = function_lines(node, is_verb="cli" in path.parts)
            if lines > limit:
                found.append(f"{node.name}: {lines} lines, at most {limit}")
    return found


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES, f"{name_of(path)}: {lines} lines, at most {FILE_LINES}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_its_functions_are_short(path: Path) -> None:
    assert not long_functions(path, parse(path))


def test_a_long_function_is_found_and_named() -> None:
    body = "\n".join("    x = 1" for _ in range(60))
    source = f'def f():\n    """Says\n    much."""\n{body}\n'
    assert long_functions(Path("a/b.py"), ast.parse(source)) == ["f: 61 lines, at most 60"]
    loop = source.replace("def f", "def train_f")
    assert not long_functions(Path("portraits/train.py"), ast.parse(loop))
