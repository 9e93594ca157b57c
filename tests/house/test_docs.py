"""The documentation cannot rot: what exists is documented, what is documented exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from house.sources import ROOT, name_of, parse, python_files
from mien.cli import VERBS, reference

README_LINES = 120
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#]+)(#[^)]*)?\)|!\[[^\]]*\]\(([^)]+)\)")


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Names of public modules, classes, functions and methods without a docstring."""
    if ast.get_docstring(tree) is None:
        yield "the module"
    queue: list[tuple[str, ast.AST]] = [("", tree)]
    while queue:
        prefix, parent = queue.pop()
        for node in ast.iter_child_nodes(parent):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_"):
                continue
            if ast.get_docstring(node) is None and not is_overload(node):
                yield f"{prefix}{node.name} (line {node.lineno})"
            if isinstance(node, ast.ClassDef):
                queue.append((f"{node.name}.", node))


def is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether a definition is one of several signatures, or a setter, of a documented name."""
    marks = [ast.unparse(mark) for mark in node.decorator_list]
    return any(mark.endswith(("overload", ".setter", "override")) for mark in marks)


@pytest.mark.parametrize("path", python_files("src/mien"), ids=name_of)
def test_every_public_name_has_a_docstring(path: Path) -> None:
    assert not list(undocumented(parse(path)))


def test_a_name_without_docstring_is_found() -> None:
    source = '"""M."""\nclass A:\n    """A."""\n    def b(self): ...\n    def _c(self): ...\n'
    assert list(undocumented(ast.parse(source))) == ["A.b (line 4)"]


def test_cli_page_is_in_step() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == reference.render(), "docs/cli.md is out of step; run: make docs"


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    page = reference.render()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert reference.render() == page


def test_every_verb_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [verb for verb in VERBS if f"`mien {verb}" not in readme]


def test_the_readme_is_read_in_one_go() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= README_LINES
    assert readme.index("](docs/images/") < readme.index("## ")


def test_every_page_of_the_site_is_there() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    pages = re.findall(r": (\S+\.md)$", nav, flags=re.MULTILINE)
    assert pages
    assert not [page for page in pages if not (ROOT / "docs" / page).is_file()]


def test_the_workflow_runs_the_word_that_everybody_runs() -> None:
    workflow = (ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
    assert re.findall(r"run: (.*)", workflow) == ["make check", "make release FULL=1"]
    assert "\nmake check\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_readme_names_no_verb_that_does_not_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`mien ([a-z]+)", readme)) <= set(VERBS)


@pytest.mark.parametrize(
    ("path", "text"), [page for page in reference.pages() if "\nCommands:\n" not in page[1]]
)
def test_every_command_can_speak_json_and_says_what_it_does(path: str, text: str) -> None:
    assert "--json" in text, path
    assert text.splitlines()[2].startswith("  "), f"{path} has no docstring"


def test_reference_writes_and_compares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "cli.md"
    assert reference.main(["--check", str(page)]) == 1
    assert "make docs" in capsys.readouterr().err
    assert reference.main([str(page)]) == 0
    assert reference.main(["--check", str(page)]) == 0
    assert reference.main([]) == 0
    assert capsys.readouterr().out == page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))], ids=name_of
)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    targets = [a or b for a, _, b in LINK.findall(page.read_text(encoding="utf-8"))]
    inside = [target for target in targets if "://" not in target and not target.startswith("#")]
    assert not [target for target in inside if not (page.parent / target).exists()]
