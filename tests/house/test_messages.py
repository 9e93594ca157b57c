"""The library's messages name arguments as Python does; only the command line has dashes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.sources import PACKAGE, name_of, parse, python_files

_STYLE = re.compile(r"style=\"--[^\"]*\"")  # of a page
_OPTION = re.compile(r"(?:^|[\s('\"`])--[a-z]")
_COMMAND = re.compile(r"\b(?:mien [a-z]+|pip install) ")


def _spoken(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is no docstring; an f-string as one."""
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            silent |= {id(part) for part in node.values}
            parts = (str(part.value) for part in node.values if isinstance(part, ast.Constant))
            yield node.lineno, "".join(parts)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
        ):
            yield node.lineno, node.value


def test_no_message_of_the_library_names_an_option() -> None:
    found = [
        f"{name_of(path)}:{line}: {text}"
        for path in python_files("src/mien")
        if PACKAGE / "cli" not in path.parents
        for line, text in _spoken(parse(path))
        # Whole commands are written as they are typed.
        if _OPTION.search(_STYLE.sub("", text)) and not _COMMAND.search(text)
    ]
    assert not found, "\n".join(found)
