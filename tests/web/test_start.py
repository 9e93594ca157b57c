"""What the page waits for before it is there."""

from __future__ import annotations

import ast
import asyncio
import logging

from house.sources import for_types, imported, parse
from house.test_import_circles import FILES
from mien.web.server import worth_saying


def head_imports(module: str) -> set[str]:
    """What a file imports as soon as it is imported itself."""
    tree = parse(FILES[module])
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    later = {line for one in functions for line in range(one.lineno, (one.end_lineno or 0) + 1)}
    package = module if FILES[module].stem == "__init__" else module.rpartition(".")[0]
    skipped = later | for_types(tree)
    return {name for line, name in imported(tree, package) if line not in skipped}


def reached(*modules: str) -> dict[str, set[str]]:
    """All of mien's files that importing some of them imports -> what each imports at its head."""
    waiting, found = list(modules), {}
    while waiting:
        module = waiting.pop()
        if module in found or module not in FILES:
            continue
        names = found[module] = head_imports(module)
        waiting += names | {name.rpartition(".")[0] for name in {*names, module}}
    return found


def heavy(found: dict[str, set[str]], *packages: str) -> list[str]:
    """Which of these files import one of some packages."""
    return [
        module
        for module, names in found.items()
        if any(name.partition(".")[0] in packages for name in names)
    ]


def test_ending_with_pages_open_is_no_error():
    def said(message: str, fault: BaseException | None = None) -> bool:
        told = {"msg": message, "exc_info": fault and (type(fault), fault, None)}
        return worth_saying(logging.makeLogRecord(told))

    assert not said("Cancel %s running task(s), timeout graceful shutdown exceeded")
    assert not said("Exception in ASGI application\n", asyncio.CancelledError("the end"))
    assert said("Exception in ASGI application\n", ValueError("a fault of ours"))


def test_no_panel_waits_for_torch():
    found = reached("mien.web.page", "mien.web.api", "mien.web.guard", "mien.web.docs_page")
    assert heavy(found, "torch") == []
    assert "mien.web.panels.anime" in found


def test_the_first_answer_waits_for_nothing_large():
    found = reached("mien.web.front", "mien.web.guard", "mien.web.early", "mien.web.sessions")
    assert heavy(found, "torch", "gradio", "fastapi", "pydantic", "pandas", "transformers") == []
    assert "mien.web.answers" in found
