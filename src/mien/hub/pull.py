"""Fetch a published weight by its URL: resumed, verified, stored once.

The only place in mien that reaches for the network, and only when asked. Bytes go into
``NAME.part`` beside the target; the file gets its name once its SHA-256 is the catalogue's.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from mien.errors import CheckpointError, InputError, WeightsMissing
from mien.files import held, make_folder, output_error, replacing
from mien.hub import catalogue
from mien.hub.catalogue import Row
from mien.hub.loading import by_hand, check_row, find_file
from mien.hub.store import home, store

_CHUNK = 1 << 20
_TIMEOUT_SECONDS = 30
_TRIES = 4
_LONGEST_WAIT = 60.0
_ACCEPTED = "accepted.json"
_BUSY = (http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.SERVICE_UNAVAILABLE)
_FAILURES = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError)

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes that there will be; 0 where nobody knows."""


def pull(name: str, progress: Progress | None = None, accept_licence: bool = False) -> Path:
    """Fetch the weights of a catalogue name into the user's store, unless they are there already.

    A server that is busy or breaks off is asked again, from where it broke off.

    Args:
        name: As in the catalogue.
        progress: Called after every chunk.
        accept_licence: Whether the user accepts the licence, where the row asks for it; that is
            remembered for all rows of this licence.

    Raises:
        UnknownName: No such row.
        InputError: The row has nothing to fetch from, or its licence is not accepted.
        WeightsMissing: The server cannot be reached, or broke off; says which file to put where.
        CheckpointError: What came is not what the catalogue says; it is deleted.
        OutputError: The store cannot be written to, or another process fetches the same file.
    """
    row = catalogue.find(name)
    found = find_file(row.file)
    if found is not None:
        check_row(row, found)
        return found
    target = store() / row.file
    if not row.url.startswith(("https://", "http://")):
        raise InputError(f"{name!r} has no address to fetch from: {target}: {by_hand(row)}")
    _check_licence(row, accept_licence)
    make_folder(store())
    part = target.with_name(target.name + ".part")
    try:
        with held(part):
            _fetch_patiently(row, part, progress)
            return _finish(row, part, target)
    except _FAILURES as error:
        raise _unreachable(row, target, part, error) from None
    except OSError as error:
        raise output_error(target, error) from None


def _check_licence(row: Row, accept: bool) -> None:
    """Ask for a licence once: what was accepted is remembered in the user's folder."""
    if not row.accept:
        return
    path = home() / _ACCEPTED
    try:
        accepted = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        accepted = []
    if isinstance(accepted, list) and row.licence in accepted:
        return
    if not accept:
        raise InputError(
            f"the licence of {row.name!r} is: {row.licence}; its data: {row.data}; "
            "if you accept it, give `accept_licence=True`"
        )
    kept = accepted if isinstance(accepted, list) else []
    with replacing(path) as beside:
        beside.write_text(json.dumps([*kept, row.licence], indent=1), "utf-8")


def _fetch_patiently(row: Row, part: Path, progress: Progress | None) -> None:
    """Ask again after a broken connection and where a server says that it is busy."""
    for left in reversed(range(_TRIES)):
        try:
            return _fetch(row, part, progress)
        except _FAILURES as error:
            wait = _wait(error, _TRIES - left)
            if not left or wait is None:
                raise
            time.sleep(wait)


def _wait(error: BaseException, tried: int) -> float | None:
    """Seconds until the next try; None where another would give the same."""
    if isinstance(error, urllib.error.HTTPError):
        if error.code not in _BUSY:
            return None
        said = str(error.headers.get("Retry-After") or "")
        return min(float(said), _LONGEST_WAIT) if said.isdecimal() else 2.0**tried
    if isinstance(error, urllib.error.URLError):  # no such host, no route, refused
        return None
    return 0.5 * tried


def _fetch(row: Row, part: Path, progress: Progress | None) -> None:
    """Continue ``part`` until it is as long as the row says, or the server stops."""
    have = part.stat().st_size if part.exists() else 0
    if row.bytes and have > row.bytes:
        have = 0
    if row.bytes and have == row.bytes:
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
        part.write_bytes(b"")
        raise ConnectionError("it refused to continue; run the command again") from None
    with answer:
        continues = (answer.headers.get("Content-Range") or "").startswith(f"bytes {have}-")
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT or not continues:
            have = 0
        sent = answer.headers.get("Content-Length") or ""
        total = row.bytes or (have + int(sent) if sent.isdecimal() else 0)
        _store(answer, part, have, total, progress)


def _store(
    answer: http.client.HTTPResponse, part: Path, have: int, total: int, progress: Progress | None
) -> None:
    """Append what comes; of a file of ``total`` bytes one more at most, which shows it is wrong."""
    with part.open("r+b" if part.exists() else "wb") as file:
        file.truncate(have)
        file.seek(have)
        for chunk in _chunks(answer):
            kept = chunk[: total + 1 - have] if total else chunk
            file.write(kept)
            have += len(kept)
            if progress is not None:
                progress(min(have, total or have), total)
            if total and have > total:
                break
        file.flush()
        os.fsync(file.fileno())
    if have < total:
        raise ConnectionError(f"it broke off after {have} of {total} bytes")


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while chunk := answer.read(_CHUNK):
        yield chunk


def _finish(row: Row, part: Path, target: Path) -> Path:
    size = part.stat().st_size
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if (row.bytes and size != row.bytes) or (row.sha256 and found != row.sha256):
        part.unlink()
        stated = f" (stated by {row.stated})" if row.stated else ""
        raise CheckpointError(
            target,
            f"what {row.url} sent has {size} bytes and sha256 {found}, the catalogue says"
            f" {row.bytes or 'any number of'} bytes and {row.sha256}{stated}; it was deleted",
            "try again, or tell whoever keeps the catalogue",
        )
    os.replace(part, target)
    return target


def _unreachable(row: Row, target: Path, part: Path, error: BaseException) -> WeightsMissing:
    reason = getattr(error, "reason", None) or error
    kept = ""
    with contextlib.suppress(OSError):
        if have := part.stat().st_size:
            kept = f" ({have} of {row.bytes or 'some'} bytes are kept and will be continued)"
    return WeightsMissing(
        target,
        f"could not be fetched from {row.url}: {' '.join(str(reason).split())}{kept}",
        f"run again, or {by_hand(row)}",
    )
