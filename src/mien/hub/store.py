"""Folders where weights lie, and which of their files have been verified already."""

from __future__ import annotations

import json
import os
from pathlib import Path

from mien.checkpoints.native import sha256_file
from mien.errors import OutputError
from mien.files import replacing

_VERIFIED = "verified.json"
_REMEMBERED = 1000


def shipped() -> Path:
    """Folder of the weights that are installed with mien."""
    return Path(__file__).parent / "weights"


def home() -> Path:
    """Folder of this user: ``$MIEN_HOME``, or ``~/.cache/mien``; it need not exist."""
    named = os.environ.get("MIEN_HOME")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "mien"


def store() -> Path:
    """Folder of the weights that this user fetched or put there; it need not exist."""
    return home() / "weights"


def engine_cache() -> Path:
    """Folder of compiled networks and of what was measured of them; it need not exist."""
    return home() / "engines"


def known_sha256(path: Path) -> str:
    """SHA-256 of a file, remembered by path, size and time of change.

    A home folder that cannot be written to costs time, nothing else; CheckpointError if the file
    cannot be read.
    """
    try:
        status = path.stat()
        key, stamp = str(path.resolve()), [status.st_size, status.st_mtime_ns]
    except OSError:
        return sha256_file(path)
    table = _read_table()
    entry = table.get(key)
    if isinstance(entry, list) and entry[:2] == stamp and isinstance(entry[-1], str):
        return entry[-1]
    found = sha256_file(path)
    table.pop(key, None)
    table[key] = [*stamp, found]
    _write_table(table)
    return found


def _read_table() -> dict[str, object]:
    try:
        table = json.loads((home() / _VERIFIED).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _write_table(table: dict[str, object]) -> None:
    recent = dict(list(table.items())[-_REMEMBERED:])
    try:
        with replacing(home() / _VERIFIED) as beside:
            beside.write_text(json.dumps(recent, indent=0), "utf-8")
    except OutputError:
        return
