"""``python -m mien.cli.reference``: the help of every verb as one page, ``docs/cli.md``."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from mien.cli import app
from mien.files import replacing

_WIDTH = 88
_HEAD = """# The command line

Written by `make docs` from what `mien VERB --help` says; edit the docstrings, not this page.

Every verb follows the same rules. `--json` prints one JSON object on stdout and everything else on
stderr. Nothing is overwritten without `--force`, and nothing is left half-written. Exit status: 0;
2 after an error, told in one line on stderr (`--traceback` shows where it arose); 130 after Ctrl-C.
"""


def render() -> str:
    """The page as Markdown, one section a command, the same on every machine and terminal."""
    sections = [_HEAD]
    for path, text in pages():
        depth = "#" * min(len(path.split()) + 1, 4)
        sections.append(f"{depth} {path}\n\n```text\n{text}\n```\n")
    return "\n".join(sections)


def pages() -> Iterator[tuple[str, str]]:
    """Each command, depth first: its name (``mien weights list``) and its plain help text."""
    yield from _walk(typer.main.get_command(app), "mien", None)


def _walk(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    command.rich_markup_mode = None
    ctx = command.make_context(
        name, [], parent=parent, resilient_parsing=True, terminal_width=_WIDTH
    )
    lines = [line.rstrip() for line in command.get_help(ctx).splitlines()]
    yield ctx.command_path, "\n".join(lines)
    if hasattr(command, "list_commands"):
        for child in command.list_commands(ctx):
            yield from _walk(command.get_command(ctx, child), child, ctx)


def main(argv: Sequence[str]) -> int:
    """Print the page, write it (``PATH``) or compare it (``--check PATH``; 1 if out of step)."""
    text = render()
    if not argv:
        print(text, end="")
        return 0
    path = Path(argv[-1])
    if "--check" not in argv:
        with replacing(path) as beside:
            beside.write_text(text, encoding="utf-8")
        return 0
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    if old == text:
        return 0
    sys.stderr.writelines(
        difflib.unified_diff(
            old.splitlines(True), text.splitlines(True), str(path), "what --help says"
        )
    )
    print(f"{path} is out of step; run: make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
