"""``import mien``: explicit, sorted, documented, and it costs nothing until something is used."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

import mien
from house.sources import PACKAGE, ROOT, parse

SECONDS = 0.3
NAMES = 24


def in_fresh_python(script: str) -> str:
    """What a script prints in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def names_for_type_checkers() -> set[str]:
    """Names that the front door imports under TYPE_CHECKING."""
    tree = parse(PACKAGE / "__init__.py")
    guards = [node for node in tree.body if isinstance(node, ast.If)]
    assert [ast.unparse(guard.test) for guard in guards] == ["TYPE_CHECKING"]
    imports = [node for node in guards[0].body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_names_are_sorted_and_few() -> None:
    assert mien.__all__ == sorted(set(mien.__all__))
    assert len(mien.__all__) <= NAMES


def test_every_list_of_names_is_the_same() -> None:
    names = set(mien.__all__)
    assert set(mien._HOMES) == names
    assert names_for_type_checkers() == names
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### `(\w+)`$", page, flags=re.MULTILINE)
    assert len(headings) == len(set(headings))
    assert set(headings) == names


@pytest.mark.parametrize("name", mien.__all__)
def test_every_name_leads_somewhere_and_says_what_it_is(name: str) -> None:
    thing = getattr(mien, name)
    assert callable(thing)
    assert thing.__module__.startswith("mien.")
    assert (thing.__doc__ or "").strip()
    assert getattr(mien, name) is thing


def test_what_is_exported_is_what_is_promised() -> None:
    script = "from mien import *; print(sorted(n for n in globals() if n[0] != '_'))"
    assert ast.literal_eval(in_fresh_python(script)) == mien.__all__
    assert set(mien.__all__) <= set(dir(mien))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Studoi"):
        _ = mien.Studoi  # pyright: ignore[reportAttributeAccessIssue]


def test_the_version_is_the_installed_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", mien.__version__)


def test_import_is_fast() -> None:
    script = "import time; t = time.process_time(); import mien; print(time.process_time() - t)"
    assert min(float(in_fresh_python(script)) for _ in range(3)) < SECONDS


def test_import_loads_nothing_heavy() -> None:
    script = (
        "import sys, mien; from mien import MienError;"
        "print([m for m in ('torch', 'numpy', 'PIL', 'rich', 'typer') if m in sys.modules])"
    )
    assert in_fresh_python(script) == "[]"
