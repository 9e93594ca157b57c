"""The words by which people describe a face: one table a language, to be read and extended.

A table is ``words/CODE.toml``. Its ``says`` holds the phrases that mean something wherever they
stand; English words whose meaning depends on the noun that they belong to are explained in
:mod:`mien.text.wordclasses`. The left cell of a row is what its phrases say, in a notation of four
marks: ``column=value`` asserts, ``!column=value`` denies, a trailing ``?`` makes it an implication
that yields to anything said outright (``laughing`` implies an open mouth), an empty cell swallows
the phrase (``hooded eyes`` is no hood). The longest phrase wins.

Phrases are in lower case without hyphens (a hyphen counts as a space) and separated by commas.
Where a word is used loosely, it says what written captions of the training part meant by it most of
the time, and says nothing if no value reaches a clear majority: *frowning* is sad as often as
angry, so it only denies a smile.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "words"


@cache
def table(code: str) -> dict[str, Any]:
    """The table of a language's code: strings without line ends, ``says`` as pairs."""
    found = tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    rows = [row for row in found.pop("says").splitlines() if row and not row.startswith("#")]
    says = tuple(tuple(map(str.strip, row.split("|"))) for row in rows)
    return {**_joined(found), "says": says}


def _joined(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _joined(item) for key, item in value.items()}
    return " ".join(value.split()) if isinstance(value, str) else value


SAYS: tuple[tuple[str, str], ...] = table("en")["says"]
"""What each English phrase says."""
