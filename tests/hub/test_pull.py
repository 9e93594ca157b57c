"""Fetching weights: verified, resumed, stored once, and a plain word when it does not work."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from mien.errors import CheckpointError, InputError, OutputError, UnknownName, WeightsMissing
from mien.files import held, make_folder
from mien.hub import pull as pulling
from mien.hub.catalogue import Row
from mien.hub.pull import pull

DATA = np.random.RandomState(0).bytes(3_000_000)


class Server(ThreadingHTTPServer):
    """Serves ``DATA`` at any address and remembers what was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data = DATA
        self.breaks_after: int | None = None
        self.knows_ranges = True
        self.status = 0
        self.faults: list[str] = []
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/faces.safetensors"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if self.server.status:
            self.send_error(self.server.status)
            return
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault.isdecimal():
            self.send_response(int(fault))
            self.send_header("Retry-After", "0")
            self.send_header("Location", f"/again{len(self.server.faults)}")
            self.end_headers()
            return
        if fault == "hang up":
            return
        start = 0
        match = re.fullmatch(r"bytes=(\d+)-", asked or "")
        if match and self.server.knows_ranges:
            start = int(match[1])
            self.send_response(206)
            size = len(self.server.data)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        else:
            self.send_response(200)
        content = self.server.data[start:]
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault == "break":
            content = content[: len(content) // 2]
        if fault == "wrong":
            content = bytes(len(content))
        self.wfile.write(content[: self.server.breaks_after])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(pulling.time, "sleep", waited.append)
    return waited


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_fetched_verified_and_stored_once(
    server: Server, publish: Callable[..., Row], home: Path
) -> None:
    publish(DATA, url=server.url)
    seen: list[tuple[int, int]] = []
    path = pull("faces", lambda have, total: seen.append((have, total)))
    assert path == home / "weights" / "faces.safetensors"
    assert path.read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    assert pull("faces") == path
    assert server.asked == [None]
    assert [p.name for p in path.parent.iterdir()] == ["faces.safetensors"]


def test_what_broke_off_is_continued(
    server: Server, publish: Callable[..., Row], home: Path
) -> None:
    publish(DATA, url=server.url)
    server.breaks_after = 300_000
    with pytest.raises(WeightsMissing, match=r"of 3000000 bytes are kept and will be continued"):
        pull("faces")
    have = (home / "weights" / "faces.safetensors.part").stat().st_size
    assert 0 < have <= 1_200_000
    server.breaks_after = None
    assert pull("faces").read_bytes() == DATA
    assert server.asked[-1] == f"bytes={have}-"


def test_a_server_without_ranges_starts_over(
    server: Server, publish: Callable[..., Row], home: Path
) -> None:
    publish(DATA, url=server.url)
    server.knows_ranges = False
    (home / "weights").mkdir(parents=True)
    (home / "weights" / "faces.safetensors.part").write_bytes(b"x" * 1000)
    assert pull("faces").read_bytes() == DATA


def test_a_whole_part_is_only_verified(
    server: Server, publish: Callable[..., Row], home: Path
) -> None:
    publish(DATA, url=server.url)
    (home / "weights").mkdir(parents=True)
    (home / "weights" / "faces.safetensors.part").write_bytes(DATA)
    assert pull("faces").read_bytes() == DATA
    assert server.asked == []


@pytest.mark.parametrize("sent", [DATA[:-1] + b"x", DATA + b"more"])
def test_something_else_is_deleted(
    server: Server, publish: Callable[..., Row], home: Path, sent: bytes
) -> None:
    publish(DATA, url=server.url)
    server.data = sent
    with pytest.raises(CheckpointError, match=r"the catalogue says .* it was deleted"):
        pull("faces")
    assert list((home / "weights").iterdir()) == []


@pytest.mark.parametrize("status", [404, 416, 500])
def test_a_refusal_says_where_to_put_the_file(
    server: Server, publish: Callable[..., Row], home: Path, status: int
) -> None:
    row = publish(DATA, url=server.url)
    (home / "weights").mkdir(parents=True)
    (home / "weights" / "faces.safetensors.part").write_bytes(DATA[:10])
    server.status = status
    with pytest.raises(WeightsMissing) as caught:
        pull("faces")
    text = str(caught.value)
    assert text.startswith(str(home / "weights" / "faces.safetensors"))
    assert f"put faces.safetensors there by hand (sha256 {row.sha256})" in text
    assert "\n" not in text


def test_offline(server: Server, publish: Callable[..., Row]) -> None:
    publish(DATA, url=server.url.replace("127.0.0.1", "127.0.0.1.invalid"))
    with pytest.raises(WeightsMissing, match=r"could not be fetched from .* by hand"):
        pull("faces")


def test_names_that_cannot_be_fetched(publish: Callable[..., Row]) -> None:
    publish(b"abc")
    publish(b"abc", "local", url="file:///etc/passwd")
    for name in ("faces", "local"):
        with pytest.raises(InputError, match=r"has no address to fetch from: .*put"):
            pull(name)
    with pytest.raises(UnknownName):
        pull("nobody")


def test_a_store_that_cannot_be_written(
    server: Server, publish: Callable[..., Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(DATA, url=server.url)
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError):
        pull("faces")


@pytest.mark.parametrize(
    "faults", [["429"], ["503", "break"], ["break", "hang up", "302"], ["301", "307", "308"]]
)
def test_what_the_internet_does(
    server: Server, publish: Callable[..., Row], home: Path, faults: list[str]
) -> None:
    publish(DATA, url=server.url)
    server.faults = list(faults)
    assert pull("faces").read_bytes() == DATA
    assert [path.name for path in (home / "weights").iterdir()] == ["faces.safetensors"]


def test_fifty_faults_are_survived_or_named(
    server: Server, publish: Callable[..., Row], home: Path
) -> None:
    publish(DATA, url=server.url)
    kinds = ["429", "503", "404", "500", "302", "break", "hang up", "wrong"]
    chosen = np.random.RandomState(1).choice(kinds, 50).tolist()
    server.faults, told = chosen, []
    while True:
        try:
            path = pull("faces")
        except (WeightsMissing, CheckpointError) as error:
            told.append(str(error))
            continue
        if not server.faults:
            break
        assert path.read_bytes() == DATA
        path.unlink()
    assert path.read_bytes() == DATA
    assert told
    assert all("\n" not in text and "faces.safetensors" in text for text in told)


def test_a_busy_server_says_how_long(
    server: Server, publish: Callable[..., Row], no_waiting: list[float]
) -> None:
    publish(DATA, url=server.url)
    server.faults = ["429"] * 4
    with pytest.raises(WeightsMissing, match="Too Many Requests"):
        pull("faces")
    assert no_waiting == [0, 0, 0]


def test_a_licence_is_asked_for_once(server: Server, publish: Callable[..., Row]) -> None:
    publish(DATA, url=server.url, licence="not for sale", accept=True)
    publish(DATA, "more", url=server.url, licence="not for sale", accept=True)
    with pytest.raises(InputError, match="is: not for sale; its data: made up; if you accept it"):
        pull("faces")
    assert server.asked == []
    pull("faces", accept_licence=True)
    assert pull("more").read_bytes() == DATA


def test_what_others_stated(server: Server, publish: Callable[..., Row], home: Path) -> None:
    publish(DATA, url=server.url, bytes=0, stated="a public copy")
    server.faults = ["wrong"]
    with pytest.raises(CheckpointError, match=r"says any number .* \(stated by a public copy\)"):
        pull("faces")
    assert pull("faces").read_bytes() == DATA
    publish(DATA, "unknown", url=server.url, bytes=0, sha256="")
    assert pull("unknown").read_bytes() == DATA
    publish(DATA, "page", page="a page")
    with pytest.raises(
        InputError, match=r"put page.safetensors there by hand, from a page \(sha256 "
    ):
        pull("page")


def test_two_at_a_time(server: Server, publish: Callable[..., Row], home: Path) -> None:
    publish(DATA, url=server.url)
    part = make_folder(home / "weights") / "faces.safetensors.part"
    with held(part), pytest.raises(OutputError, match="another process is writing here"):
        pull("faces")
    assert not part.exists()
    assert pull("faces").read_bytes() == DATA
