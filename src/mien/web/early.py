"""The studio's page before its application is there: as it was rendered at the last start.

Gradio takes seconds to import, and its page is the same at every start, as long as neither it nor
mien nor the limits change. It is kept in the user's folder and served from there meanwhile; scripts
and styles are files of Gradio's. What the page asks for waits (:mod:`mien.web.front`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import random
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Scope

from mien.files import replacing
from mien.hub.store import home
from mien.web.settings import Settings, is_loopback

PAGES = ("/", "/vi")
"""Where the page is, in English and in Vietnamese."""

_STYLE = "/theme.css"
_KEPT = (*PAGES, _STYLE)
_FOLDERS = ("/assets", "/static")
_ORIGIN = "http://mien.invalid"
"""The address for which pages are kept; the asker's own is put in its place."""

_log = logging.getLogger(__name__)


class Early:
    """What is served early; pages of other limits are others.

    ``app_id`` is what the page's framework calls this run of the server; a page that comes back to
    another run loads itself again.
    """

    def __init__(self, settings: Settings) -> None:
        self.app_id = random.getrandbits(53)
        self._file = home() / "pages" / f"{_key(settings)}.json"
        self._texts = _read(self._file)
        found = importlib.util.find_spec("gradio")
        places = found.submodule_search_locations if found is not None else None
        frontend = Path(places[0] if places else "", "templates", "frontend")
        self._files = {
            name: StaticFiles(directory=frontend / name[1:], check_dir=False) for name in _FOLDERS
        }

    @property
    def is_there(self) -> bool:
        """Whether pages of these settings have been kept."""
        return bool(self._texts)

    def answer(self, scope: Scope) -> ASGIApp | None:
        """What answers a request; None if it has to wait for the application."""
        path, headers = scope["path"], Headers(scope=scope)
        if not self.is_there or scope["method"] != "GET":
            return None
        for folder, files in self._files.items():
            if path.startswith(f"{folder}/"):
                return lambda _, receive, send: files(
                    {**scope, "path": path[len(folder) :]}, receive, send
                )
        # Behind a proxy the page's address is the proxy's business; the application knows how.
        if path not in _KEPT or any(name.startswith("x-forwarded") for name in headers):
            return None
        text = self._texts[path].replace(_ORIGIN, f"http://{headers['host']}")
        text = text.replace(self._texts["app_id"], str(self.app_id))
        return Response(text, media_type="text/css" if path == _STYLE else "text/html")

    async def keep(self, app: ASGIApp) -> None:
        """Render the pages for the next start; where that fails, there are none."""
        if self.is_there:
            return
        texts = {"app_id": str(self.app_id)}
        try:
            for path in _KEPT:
                texts[path] = await _rendered(app, path)
            with replacing(self._file) as beside:
                beside.write_text(json.dumps(texts), "utf-8")
            for other in self._file.parent.glob("*.json"):
                if other != self._file:
                    other.unlink(missing_ok=True)
        except Exception as error:  # noqa: BLE001  # the studio does without
            _log.warning("the page is not kept for the next start: %s", error)


async def _rendered(app: ASGIApp, path: str) -> str:
    """What an application answers to a request of nobody's."""
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", 200) != 200:
            raise ValueError(f"{path} has status {message['status']}")
        parts.append(message.get("body", b""))

    host = _ORIGIN.partition("//")[2]
    scope: Scope = {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET"},
        **{"scheme": "http", "server": (host, 80), "client": None, "root_path": ""},
        **{"path": path, "raw_path": path.encode(), "query_string": b""},
        "headers": [(b"host", host.encode())],
    }
    await app(scope, receive, send)
    return b"".join(parts).decode()


def _key(settings: Settings) -> str:
    """What pages depend on: Gradio, everything of mien's that lays them out, and the limits."""
    web = Path(__file__).parent
    seen = hashlib.sha256(f"{version('gradio')} {version('mien')}".encode())
    for path in sorted([*web.rglob("*"), *(web.parent / "hub").rglob("*")]):
        if path.suffix in (".py", ".js", ".css", ".toml"):
            seen.update(path.read_bytes())
    limits = settings.max_count, settings.max_upload, is_loopback(settings.host)
    seen.update(repr(limits).encode())
    return seen.hexdigest()[:32]


def _read(path: Path) -> Mapping[str, str]:
    """The pages of a file; none if they are not all there."""
    try:
        texts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    whole = isinstance(texts, dict) and set(texts) == {"app_id", *_KEPT}
    return texts if whole and all(isinstance(one, str) for one in texts.values()) else {}
