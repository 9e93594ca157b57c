"""What all verbs share: printing, what is wrong with a picture, a progress bar."""

from __future__ import annotations

import json as json_text
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mien.errors import InputError, counted, in_dashes

T = TypeVar("T")


_PIPE_WIDTH = 120
_PATIENCE = 1.0
"""Seconds before a progress bar appears."""


def plain(value: Any) -> Any:
    """A value as JSON can hold it: paths as text, arrays as lists, NaN and infinity as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)


def parse_box(text: str) -> tuple[float, float, float, float]:
    """Read ``--box``, four numbers between commas; InputError if it is not."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f"--box {text!r} is not X,Y,WIDTH,HEIGHT, such as 120,80,200,260"
        ) from None
    return x, y, width, height


def read_face(text: str | None, *words: str) -> Any:
    """Read ``--face``: a number, or one of these words; InputError if it is neither."""
    if text is None or text in words:
        return text
    if not text.isdecimal():
        raise InputError(f"--face {text!r} is none of: a number from 1, {', '.join(words)}")
    return int(text)


def read_sides(text: str) -> tuple[str, str]:
    """Read ``--sides``: two names with a comma between; InputError if they are not."""
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names):
        raise InputError(f"sides {text!r} are not two names with a comma between")
    return names[0], names[1]


def picture_problem(error: Exception, name: str, preview: Path) -> str:
    """What is wrong with a picture, its name first; several faces are numbered in a ``preview``."""
    from mien import images
    from mien.faces.choosing import SeveralFaces

    text = str(error) if str(error).startswith(name) else f"{name}: {error}"
    if isinstance(error, SeveralFaces):
        images.save(preview, error.preview, {"made": "numbered faces", "of": name}, force=True)
        text += f"; they are numbered in {preview}"
    return text


def emit(result: Mapping[str, Any], json: bool, text: object) -> None:
    """Print what a verb has found: ``result`` as one JSON object for a program, else ``text``.

    ``text`` is lines, or anything that Rich can draw.
    """
    if json:
        print(json_text.dumps(plain(result), allow_nan=False))
    elif isinstance(text, str):
        print(text)
    else:
        from rich.console import Console

        # Brackets in names are no markup, and a pipe has no width to break lines at.
        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        Console(markup=False, highlight=False, width=width).print(text)


def clip_told(
    provenance: Mapping[str, Any], frames: int, drawn: int, took: float, notes: Any, out: Path
) -> tuple[dict[str, Any], str]:
    """What is said of a clip that was written, for a program and for a person."""
    facts = {"frames": frames, "took_s": round(took, 3), "notes": notes, "file": out}
    text = f"{counted(drawn, 'frames')} in {took:.1f} s ({drawn / took:.1f} a second)\n{out}"
    return {**provenance, **facts}, text


def write_text(path: Path | None, text: str, force: bool) -> None:
    """Write a table, if a file was asked for, and say so."""
    if path is None:
        return
    from mien.files import replacing

    with replacing(path, force) as beside:
        beside.write_text(text, encoding="utf-8")
    note(f"wrote {path}")


def write_json(path: Path | None, result: Mapping[str, Any], force: bool) -> None:
    """Write a result as JSON, if a file was asked for."""
    if path is None:
        return
    from mien.files import replacing

    with replacing(path, force) as beside:
        beside.write_text(json_text.dumps(plain(result), indent=1), encoding="utf-8")


def note(text: str) -> None:
    """Tell the person something beside the result: one line on stderr."""
    print(f"mien: {in_dashes(text)}", file=sys.stderr)


def progress(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Pass ``items`` through, with a bar on stderr after a second, if it is a terminal.

    It says ``label`` and goes at the end; ``total`` None asks ``len`` if the items have one.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # pyright: ignore[reportArgumentType]
    with showing() as tell:
        for done, item in enumerate(items):
            tell(label, done, total)
            yield item


@contextmanager
def showing() -> Iterator[Callable[[str, int, int | None], None]]:
    """Inside, what is told is shown as a bar with the time left, as :func:`progress` shows it.

    Yields what to tell: what is being done, how many are done, of how many. With 0 of them, where
    nobody knows, it is shown at once, for nothing moves while it lasts.
    """
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    start = time.monotonic()
    tasks: dict[str, Any] = {}

    def tell(what: str, done: int, total: int | None) -> None:
        for name in [name for name in tasks if name != what]:
            bar.remove_task(tasks.pop(name))
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total or None)
        bar.update(tasks[what], completed=done)
        if total == 0 or time.monotonic() - start > _PATIENCE:
            bar.start()

    try:
        yield tell
    finally:
        bar.stop()


@contextmanager
def watching(studio: Any) -> Iterator[None]:
    """Inside, what a studio does is shown: refining, preparing an engine, drawing."""
    with showing() as tell:
        studio.watch = tell
        try:
            yield
        finally:
            del studio.watch
