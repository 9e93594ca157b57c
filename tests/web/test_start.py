"""What the page waits for before it is there."""

from __future__ import annotations

import ast

from house.sources import for_types, imported, parse
from house.test_import_circles import FILES


def head_imports(module: str) -> set[str]:
    """What a file imports as soon as it is imported itself."""
    tree = parse(FILES[module])
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    later = {line for one in functions for line in range(one.lineno, (one.end_lineno or 0) + 1)}
    package = module if FILES[module].stem == "__init__" else module.rpartition(".")[0]
    skipped = later | for_types(tree)
    return {name for line, name in imported(tree, package) if line not in skipped}


def test_no_panel_waits_for_torch():
    waiting, seen = ["mien.web.page", "mien.web.api", "mien.web.guard", "mien.web.docs_page"], set()
    while waiting:
        module = waiting.pop()
        if module in seen or module not in FILES:
            continue
        seen.add(module)
        names = head_imports(module)
        assert not {name for name in names if name.partition(".")[0] == "torch"}, module
        parents = {name.rpartition(".")[0] for name in names} | {module.rpartition(".")[0]}
        waiting += names | parents
    assert "mien.web.panels.anime" in seen
