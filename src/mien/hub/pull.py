"""Fetch a published weight by its URL: resumed, verified, stored once.

The only place in mien that reaches for the network, and only when somebody asks for it. Bytes go
into ``NAME.part`` beside the target; what is there is continued from, and the file gets its name
only after its SHA-256 is the catalogue's.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from mien.errors import CheckpointError, InputError, WeightsMissing
from mien.files import make_folder, output_error
from mien.hub import catalogue
from mien.hub.catalogue import Row
from mien.hub.loading import check_row, find_file
from mien.hub.store import store

_CHUNK = 1 << 20
_TIMEOUT_SECONDS = 30
_FAILURES = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError)

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes that there will be."""


def pull(name: str, progress: Progress | None = None) -> Path:
    """Fetch the weights of a catalogue name into the user's store.

    Args:
        name: As in the catalogue.
        progress: Called after every chunk.

    Returns:
        The file; nothing is fetched if it is there already.

    Raises:
        UnknownName: No such row.
        InputError: The row has nothing to fetch from.
        WeightsMissing: The server cannot be reached, or broke off; says which file to put where.
        CheckpointError: What came is not what the catalogue says; it is deleted.
        OutputError: The store cannot be written to.
    """
    row = catalogue.find(name)
    found = find_file(row.file)
    if found is not None:
        check_row(row, found)
        return found
    if not row.url.startswith(("https://", "http://")):
        raise InputError(f"{name!r} has no address to fetch from; put {row.file} into {store()}")
    target = make_folder(store()) / row.file
    part = target.with_name(target.name + ".part")
    try:
        _fetch(row, part, progress)
        return _finish(row, part, target)
    except _FAILURES as error:
        raise _unreachable(row, target, part, error) from None
    except OSError as error:
        raise output_error(target, error) from None


def _fetch(row: Row, part: Path, progress: Progress | None) -> None:
    """Continue ``part`` until it is as long as the row says, or the server stops."""
    have = part.stat().st_size if part.exists() else 0
    if have > row.bytes:
        part.unlink()
        have = 0
    if have == row.bytes:
        return
    request = urllib.request.Request(row.url, headers={"User-Agent": "mien"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        part.unlink(missing_ok=True)
        raise ConnectionError("it refused to continue; run the command again") from None
    with answer:
        continues = (answer.headers.get("Content-Range") or "").startswith(f"bytes {have}-")
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT or not continues:
            have = 0
        with part.open("ab" if have else "wb") as file:
            for chunk in _chunks(answer):
                file.write(chunk[: row.bytes + 1 - have])
                have += len(chunk)
                if progress is not None:
                    progress(min(have, row.bytes), row.bytes)
                if have > row.bytes:
                    break
            file.flush()
            os.fsync(file.fileno())
    if have < row.bytes:
        raise ConnectionError(f"it broke off after {have} of {row.bytes} bytes")


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while chunk := answer.read(_CHUNK):
        yield chunk


def _finish(row: Row, part: Path, target: Path) -> Path:
    """Verify what came and give it its name."""
    size = part.stat().st_size
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if size != row.bytes or found != row.sha256:
        part.unlink()
        raise CheckpointError(
            target,
            f"what {row.url} sent has sha256 {found[:16]}…, the catalogue says"
            f" {row.sha256[:16]}…; it was deleted",
            "try again, or tell whoever keeps the catalogue",
        )
    os.replace(part, target)
    return target


def _unreachable(row: Row, target: Path, part: Path, error: BaseException) -> WeightsMissing:
    reason = getattr(error, "reason", None) or error
    kept = ""
    with contextlib.suppress(OSError):
        kept = f" ({part.stat().st_size} of {row.bytes} bytes are kept and will be continued)"
    return WeightsMissing(
        target,
        f"could not be fetched from {row.url}: {' '.join(str(reason).split())}{kept}",
        f"run again, or put {row.file} there by hand (sha256 {row.sha256})",
    )
