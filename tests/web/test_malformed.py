"""Whatever is sent: one line, no traceback, nothing written outside, and the server lives."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from web.malformed import SECRET, Case, cases

CASES = cases()
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Opened:
    """Which files this process opens, and for what."""

    def __init__(self) -> None:
        self.on, self.written, self.read = False, set[str](), set[str]()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if not self.on or event != "open" or not isinstance(args[0], str | bytes):
            return
        mode, flags = args[1], args[2]
        writes = bool(set(mode) & set("wax+")) if isinstance(mode, str) else False
        writes = writes or (isinstance(flags, int) and bool(flags & _WRITING))
        (self.written if writes else self.read).add(os.fsdecode(args[0]))


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    opened = Opened()
    opened.on = True
    yield opened
    opened.on = False


def sent(client, case: Case) -> httpx.Response:
    """Send one case, with the session's cookie or with its own."""
    kept = dict(client.cookies)
    if not case.session:
        client.cookies.clear()
    try:
        return client.request(case.method, case.path, **case.sent)
    finally:
        client.cookies.clear()
        client.cookies.update(kept)


def test_there_are_as_many_as_were_promised():
    assert len(CASES) >= 200
    assert len({(case.name, case.path, case.method) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[f"{i}" for i in range(len(CASES))])
def test_refused_in_one_line(client, opened, case):
    try:
        answer = sent(client, case)
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError):
        pytest.skip("the client does not even send it")
    refused = 400 <= answer.status_code < 500 or answer.status_code == 503
    assert refused or answer.status_code in case.status, (case.name, answer.status_code)
    for mark in ("Traceback", 'File "/', "site-packages", "root:x:", "/tmp/"):
        assert mark not in answer.text or answer.status_code == 200, (case.name, answer.text[:300])
    assert answer.text.count("\n") <= 1
    assert len(answer.text) < 3000


def test_nothing_was_written_outside_and_nothing_secret_was_read(client, app, opened):
    ours = [str(app.state.sessions.folder), os.environ["MIEN_HOME"], os.devnull]
    # Forms beyond a megabyte are spooled to files without a name in the temporary folder itself.
    outside = [
        path
        for path in opened.written
        if not path.startswith(tuple(ours))
        and "__pycache__" not in path
        and path != tempfile.gettempdir()
    ]
    assert outside == []
    assert any(path.startswith(ours[0]) for path in opened.written)
    assert SECRET not in opened.read
    assert not Path("pwned").exists()
    assert not [path for path in opened.read if path.endswith(("win.ini", ".bashrc", "environ"))]


def test_the_server_lives_and_keeps_no_refused_file(client, app):
    assert client.get("/healthz").json() == {"ok": True, "ready": True, "jobs": 0}
    assert client.post("/api/v1/generate", json={"count": 1}).status_code == 200
    kept = [path for path in app.state.sessions.folder.rglob("*") if path.is_file()]
    assert not [path for path in kept if path.read_bytes()[:4] in (b"<svg", b"%PDF", b"\x7fELF")]
