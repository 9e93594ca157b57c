"""The studio in a real Chromium: one server, one browser, and what a person sees there."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from PIL import Image

_FOUND = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
CHROMIUM = os.environ.get("MIEN_CHROMIUM") or next(filter(None, _FOUND), "")
NO_CHROMIUM = "needs Chromium, and none is installed (apt-get install chromium)"

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""Chromium that asks for nothing but the page."""

PATIENCE_S = int(os.environ.get("MIEN_PATIENCE_S", "180"))
"""Until something is given up; machines that test may be busy."""


CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""Chromium's own camera, which shows a green field, and leave to look through it."""

FETCHED, WEIGHTS = "inception-fid", np.random.RandomState(0).bytes(300_000)
"""A row of the catalogue that is fetched from loopback while a browser looks, and what comes."""

_REPUBLISHED = """
import sys
from dataclasses import replace
from mien.cli import main
from mien.hub import catalogue
_, name, url, sha256, size, *rest = sys.argv
told = {"url": url, "sha256": sha256, "bytes": int(size)}
catalogue.ROWS = [replace(row, **told) if row.name == name else row for row in catalogue.ROWS]
sys.argv = ["mien", *rest]
sys.exit(main())
"""


class _Weights(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(WEIGHTS)))
        self.end_headers()
        self.wfile.write(WEIGHTS)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def publishing() -> Iterator[list[str]]:
    """A command of mien for which a row of the catalogue is fetched from this machine."""
    weights = ThreadingHTTPServer(("127.0.0.1", 0), _Weights)
    thread = threading.Thread(target=weights.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{weights.server_port}/weights.pth"
    sha256 = hashlib.sha256(WEIGHTS).hexdigest()
    yield [sys.executable, "-c", _REPUBLISHED, FETCHED, url, sha256, str(len(WEIGHTS))]
    weights.shutdown()
    thread.join()
    weights.server_close()


@contextmanager
def served(mien: Sequence[str] = (sys.executable, "-m", "mien")) -> Iterator[str]:
    """A server with the models that ship; gives its address.

    It draws without compiling anything, which would take longer than all that is drawn.
    """
    server = subprocess.Popen(
        [*mien, "web", "--port", "0", "--json", "--engine", "eager"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    try:
        assert server.stdout is not None
        address = json.loads(server.stdout.readline())["url"].rstrip("/")
        _until_ready(address)
        yield address
    finally:
        server.terminate()
        try:
            server.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def _until_ready(address: str) -> None:
    """Wait until the models are loaded."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError), urlopen(f"{address}/healthz") as answer:
            if json.load(answer).get("ready"):
                return
        time.sleep(1)
    raise AssertionError(f"the studio is not ready after {PATIENCE_S} s")


class Person:
    """Somebody before the page; hears whatever goes wrong there.

    Args:
        browser: Playwright's.
        address: Of the server.
        width: Of the window.
    """

    def __init__(self, browser: Any, address: str, width: int = 1280, **more: Any) -> None:
        self.address = address
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        self.page = context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE_S)
        self.faults: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _request(self, request: Any) -> None:
        """Nothing is fetched from elsewhere."""
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"asked for {request.url}")

    def visit(self, path: str = "/") -> None:
        """Open the page."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("#describe-go")

    def panel(self, name: str) -> Any:
        """Open a panel."""
        self.page.click(f"#panel-{name}-button")
        return self.page.wait_for_selector(f"#panel-{name}")

    def until(self, script: str) -> None:
        """Wait until the page says so and nothing is running."""
        self.page.wait_for_function(
            f"({script}) && !document.querySelector('#bar .what')", timeout=1000 * PATIENCE_S
        )

    def hand(self) -> None:
        """Have a face at hand."""
        if not self.page.locator(".hand img").count():
            self.page.click("#hand-dice")
            self.until("document.querySelector('.hand img')")

    def fetch(self, selector: str) -> bytes:
        """What a picture or a link of the page leads to."""
        one = self.page.locator(selector).first
        address = one.get_attribute("src") or one.get_attribute("href")
        answer = self.page.request.get(self.address + address)
        assert answer.ok, (address, answer.status)
        return answer.body()

    def pixels(self, selector: str) -> np.ndarray:
        """What is seen in a place, uint8 ``[h, w, 3]``."""
        shot = self.page.locator(selector).first.screenshot()
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))

    def changed(self, selector: str, before: np.ndarray, least: float = 2) -> np.ndarray:
        """Wait until a place looks different, by so much of 255 on average."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            now = self.pixels(selector)
            if now.shape == before.shape and np.abs(now.astype(int) - before).mean() > least:
                return now
            self.page.wait_for_timeout(200)
        raise AssertionError(f"{selector} does not change")

    def check(self, name: str) -> None:
        """Nothing went wrong, and axe finds no serious fault in a panel."""
        from axe_playwright_python.sync_playwright import Axe

        self.page.wait_for_timeout(300)
        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response
        grave = [
            f"{one['id']}: {one['help']}: {node['html'][:200]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert not grave, f"{name}: " + "\n".join(grave)
        assert not self.faults, self.faults


def opened(data: bytes) -> Image.Image:
    """A picture that was fetched."""
    return Image.open(io.BytesIO(data))


def members(data: bytes) -> list[str]:
    """The files of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def photo_of(face: Image.Image, path: Path) -> Path:
    """A face in a larger picture that says nothing of its making."""
    page = Image.new("RGB", (640, 560), (150, 160, 170))
    page.paste(face.convert("RGB").resize((400, 400), Image.Resampling.BICUBIC), (120, 80))
    page.save(path)
    return path
