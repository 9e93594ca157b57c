"""The weights that mien knows by name, as data. A published weight is one row.

Hashes were computed from the file itself, or the row's note says who stated them; no score stands
without the protocol that made it.
"""

from __future__ import annotations

from mien.errors import UnknownName
from mien.hub.row import Row, Score
from mien.hub.rows import ROWS

__all__ = ["ROWS", "Row", "Score", "find", "names"]


def names(kind: str | None = None) -> list[str]:
    """Names in the catalogue, of one kind or of all, in its order."""
    return [row.name for row in ROWS if kind is None or row.kind == kind]


def find(name: str, kind: str | None = None) -> Row:
    """Look up a row by its name.

    Args:
        name: As a user types it.
        kind: What it must be; any kind if ``None``.

    Raises:
        UnknownName: No such row; lists the names that there are.
    """
    for row in ROWS:
        if row.name == name and (kind is None or row.kind == kind):
            return row
    raise UnknownName("model", name, names(kind))
