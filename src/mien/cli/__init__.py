"""The command line: parses, calls, prints; holds no logic of its own.

To add a verb, write ``mien/cli/VERB.py`` and add its row to :data:`VERBS`. The file has a function
named like the verb, typed in Typer's manner, or a ``typer.Typer`` named ``app`` for ``mien VERB
SUBVERB``. Its docstrings are what ``--help`` and ``docs/cli.md`` say. At its head stand only light
imports; torch, numpy and the rooms of mien are imported inside the functions, so that ``mien
--help`` stays fast. A verb prints by :func:`mien.cli.common.emit` and ends by returning (status 0),
by ``typer.Exit(status)``, or by an error of :mod:`mien.errors` (one line on stderr, status 2).
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import inspect
import io
import os
import re
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from typer import Option
from typer.core import TyperCommand, TyperGroup

from mien.errors import FileError, MienError, UnknownName, in_dashes

VERBS: dict[str, str] = {
    verb: f"mien.cli.{verb}"
    for verb in (
        *("describe", "generate", "compose", "sketch", "photo", "anime", "invert"),
        *("edit", "mix", "grid", "walk", "directions", "show", "web", "run"),
        *("data", "train", "evaluate", "weights", "adopt", "bench", "doctor"),
    )
}
"""Verb -> the module that holds it, in the order in which ``mien --help`` lists them."""

USAGE_STATUS = 2
"""Exit status of every failure that the user can mend."""
INTERRUPT_STATUS = 130
"""Exit status after Ctrl-C, as shells count it."""


class VerbGroup(TyperGroup):
    """The root command: looks verbs up in :data:`VERBS` and imports only the one it needs."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all verbs, in the order of the table."""
        return list(VERBS)

    listing = False
    """Whether the page that lists all verbs is being written."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the list of verbs without importing any: one of them takes a second to import."""
        self.listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self.listing = False

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the module of one verb and build its command; None if there is no such verb."""
        if cmd_name not in VERBS:
            return None
        if self.listing and (text := summary(cmd_name)):
            return TyperCommand(cmd_name, callback=None, help=text)
        module = importlib.import_module(VERBS[cmd_name])
        verb = getattr(module, "app", None)
        if verb is None:
            verb = typer.Typer(add_completion=False, rich_markup_mode="markdown")
            verb.command(cmd_name)(getattr(module, cmd_name))
        verb.info.name = cmd_name
        # One look for all: completion is installed once, at the root.
        verb._add_completion = False
        verb.rich_markup_mode = "markdown"
        command = typer.main.get_command(verb)
        command.name = cmd_name
        command.no_args_is_help = False  # A page of help is no error message; one line is.
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Find the verb that the first argument names; UnknownName if there is no such."""
        name = args[0]
        if name not in VERBS and not name.startswith("-") and not ctx.resilient_parsing:
            raise UnknownName("verb", name, VERBS)
        return super().resolve_command(ctx, args)


def summary(verb: str) -> str | None:
    """What a verb does, read from the docstring in its module's source; None if there is none."""
    module = VERBS[verb]
    found = importlib.util.find_spec(module)
    source = getattr(found and found.loader, "get_source", lambda _: None)(module)
    # Not parsed: all sources together would take a tenth of the time that the page takes.
    text = re.search(rf'^def _?{verb}\(.*?:\n    """(.*?)"""', source or "", re.M | re.S)
    return None if text is None else inspect.cleandoc(text[1])


app = typer.Typer(
    name="mien",
    cls=VerbGroup,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> bool:
    if wanted:
        from importlib.metadata import version

        print(f"mien {version('mien')}")
        raise typer.Exit
    return wanted


@app.callback()
def _root(
    show_traceback: Annotated[
        bool, Option("--traceback", help="After an error, show where it arose. May stand anywhere.")
    ] = False,
    version: Annotated[
        bool, Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Faces in latent space: describe a face, get a face.

    Every verb has `--json` for one JSON object on stdout; `mien VERB --help` says the rest.
    """
    del show_traceback, version


def one_line(text: str) -> str:
    """A message with its line breaks taken out."""
    return " ".join(part.strip() for part in text.splitlines() if part.strip())


def _usage_text(error: typer.TyperException) -> str:
    """What was wrong with the command, and where its options are listed."""
    text = one_line(error.format_message()).rstrip(".")
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "mien"
    return f"{text} (see '{path} --help')"


def _system_error(error: OSError) -> MienError:
    """An operating-system error that no room caught, as an error of our own."""
    from mien.files import output_error

    path = error.filename if isinstance(error.filename, str) else "output"
    if error.errno == errno.ENOENT:
        return FileError(path, "does not exist", "check the path")
    if error.errno == errno.EISDIR:
        return FileError(path, "is a folder, not a file", "give a file")
    if error.errno == errno.EACCES and os.path.exists(path) and not os.access(path, os.R_OK):
        return FileError(path, "no permission to read it", "change its permissions")
    return output_error(path, error)


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Inside, a warning is one line on stderr that names neither file nor source line."""
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"mien: warning: {one_line(str(message))}\n"
    try:
        yield
    finally:
        warnings.formatwarning = usual


def _close_quietly() -> None:
    """Whoever read our output has gone: leave nothing that a last flush could trip over."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _split_traceback(args: Sequence[str]) -> tuple[list[str], bool]:
    """Take ``--traceback`` out of the arguments, wherever it stands before a bare ``--``."""
    end = list(args).index("--") if "--" in args else len(args)
    kept = [arg for arg in args[:end] if arg != "--traceback"]
    return [*kept, *args[end:]], len(kept) < end


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; None takes the arguments of this process.

    Returns the exit status: 0; 2 after an error of the user's or of a file's, told in one line on
    stderr; 130 after Ctrl-C; 1 if the reader of our output went away.
    """
    args, with_traceback = _split_traceback(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with _plain_warnings():
            status = _run(args)
        sys.stdout.flush()
        return status
    except typer.TyperException as error:
        failure, text = error, _usage_text(error)
    except MienError as error:
        failure, text = error, str(error)
    except KeyboardInterrupt:
        print("mien: interrupted", file=sys.stderr)
        return INTERRUPT_STATUS
    except BrokenPipeError:
        _close_quietly()
        return 1
    except OSError as error:
        if error.filename is None:  # It may have been stdout itself that failed.
            _close_quietly()
        failure, text = error, str(_system_error(error))
    if with_traceback:
        traceback.print_exception(failure)
    print(f"mien: error: {one_line(in_dashes(text))}", file=sys.stderr)
    return USAGE_STATUS


def _help_page(command: Any, args: Sequence[str]) -> str | None:
    """The page that ``--help`` asks for; None if nothing does.

    Typer imports pydantic to read any argument, which takes as long as all the rest of the page.
    """
    end = list(args).index("--") if "--" in args else len(args)
    if not {"--help", "-h"} & set(args[:end]):
        return None
    names: Any = {"help_option_names": ["--help", "-h"]}
    ctx = command.context_class(command, info_name="mien", **names)
    while hasattr(command, "list_commands"):
        if args[0] in ("--help", "-h"):
            break
        if args[0].startswith("-"):
            return None
        name, command, args = command.resolve_command(ctx, list(args))
        ctx = command.context_class(command, info_name=name, parent=ctx, **names)
    return command.get_help(ctx)


def _run(args: list[str]) -> int:
    """Hand the arguments to Typer; its exits become a status."""
    command = typer.main.get_command(app)
    args = args or ["--help"]
    page = _help_page(command, args)
    if page is not None:
        if page:
            print(page)
        return 0
    try:
        outcome = command.main(args, prog_name="mien", standalone_mode=False)
    except SystemExit as exit_:
        outcome = exit_.code
    except typer.Abort:
        raise KeyboardInterrupt from None
    if outcome == INTERRUPT_STATUS:
        raise KeyboardInterrupt
    return outcome if isinstance(outcome, int) else 0
