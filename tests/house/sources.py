"""Our own source files, parsed once, for the tests that read them."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "mien"


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of one file.

    Trees live as long as the tests do. The collector, which would search all of them again and
    again while they are made, is kept away: that was most of the time of these tests.
    """
    gc.disable()
    try:
        return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    finally:
        gc.enable()
        gc.freeze()


def python_files(*folders: str) -> list[Path]:
    """Every Python file of some folders of the repository, sorted."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    """A file's path inside the repository, for messages and test names."""
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything that a file imports, wherever it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def for_types(tree: ast.Module) -> set[int]:
    """Lines of the imports that only a type checker sees."""
    guards = (node for node in tree.body if isinstance(node, ast.If))
    guarded = (node for node in guards if ast.unparse(node.test) == "TYPE_CHECKING")
    return {inner.lineno for node in guarded for inner in node.body}
