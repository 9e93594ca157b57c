"""What stands before every request: who may ask, from where, for what, and how much.

Pure ASGI, so that it sees a body before anything else reads it. What it refuses is answered with
one line of JSON: ``{"error": …, "kind": …}``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ipaddress
import json
import re
import secrets
import socket
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.errors import MienError
from mien.web.answers import failure, no_constant, refusal
from mien.web.early import PAGES
from mien.web.sessions import COOKIE, Sessions
from mien.web.settings import Settings
from mien.web.uploads import check_file, check_picture
from mien.web.words import spoken

TOKEN_COOKIE = "mien_key"
"""The cookie of those who have shown the token."""

LANGUAGE_COOKIE = "mien_language"
"""The cookie of the language that was chosen on the page."""

_OPEN = ("/healthz",)
"""Paths that no secret guards."""

_GRADIO = "/gradio_api/"
_FILE = f"{_GRADIO}file="
_UPLOAD = f"{_GRADIO}upload"

# Of Gradio's routes only those that its page needs; its proxy, its relay of other sites, its
# monitoring, run history and its editor are no business of ours.
_PATHS = re.compile(
    r"/|/vi|/healthz|/docs|/openapi\.json|/api/v1/.+|/made/.+"
    r"|/config/?|/assets/.+|/static/.+|/svelte/.+|/theme\.css|/favicon\.ico|/robots\.txt"
    r"|/manifest\.json|/pwa_icon(/\d+)?"
    r"|/gradio_api/(queue/join|queue/data|upload|upload_progress|file=.+|heartbeat/[\w-]+"
    r"|cancel|reset/?|startup-events|theme\.css|app_id/?|info/?|stream/.+|component_server/?)"
)
_BODIES = re.compile(r"/gradio_api/(queue/join|component_server/?|cancel|reset/?)")
"""Routes of Gradio whose bodies may name files."""

_PATIENCE_S = 30
"""Seconds between two parts of a body."""

_SAFE = ("GET", "HEAD", "OPTIONS")

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio's page is written with scripts and styles inside.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'self'",
        "object-src 'none'",
    )
)
"""Nothing is loaded from elsewhere, nothing is framed."""

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "content-security-policy": POLICY,
}


class Guard:
    """Wraps an application; a page that is opened gets a session of ``sessions``.

    Of all files only those in ``sessions.files`` are handed out or taken.
    """

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions) -> None:
        self.app, self.settings, self.sessions = app, settings, sessions
        self.files = sessions.files.resolve()
        self._limits = settings.limits
        self._key = secrets.token_urlsafe(32)
        own = {settings.host, socket.gethostname(), "localhost", *settings.names}
        self._names = {name.strip("[]").lower() for name in own}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        cookies = _cookies(headers.get("cookie", ""))
        answer = self._refused(scope, headers, path, cookies)
        if answer is not None:
            await answer(scope, receive, _dressed(send, path))
            return
        if path.startswith(_GRADIO):
            send = _answering(scope, receive, send)
        limited = _Limited(receive, self.settings.max_upload)
        if _BODIES.fullmatch(path) and scope["method"] == "POST":
            body = await limited.whole()
            fault = limited.fault or self._body_fault(body, cookies.get(COOKIE))
            if fault is not None:
                await fault(scope, receive, _dressed(send, path))
                return
            limited = _Limited(_replayed(body, receive), self.settings.max_upload)
        cookie = ""
        opens = path in PAGES and scope["method"] == "GET"
        if opens and not self.sessions.has(cookies.get(COOKIE)):
            cookie = f"{COOKIE}={self.sessions.new().id}; Path=/; HttpOnly; SameSite=Strict"
        dressed = _dressed(send, path, cookie)
        if path == _UPLOAD:
            dressed = self._checking(scope, receive, dressed)
            # What is looked at must not come compressed.
            plain = [pair for pair in scope["headers"] if pair[0].lower() != b"accept-encoding"]
            scope = {**scope, "headers": plain}
        await limited.run(self.app, scope, dressed)

    def _refused(
        self, scope: Scope, headers: Headers, path: str, cookies: Mapping[str, str]
    ) -> Response | None:
        """Why a request is not let in, from its head alone; None if it is."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return refusal(421, "WrongHost", f"{host[:80]!r} is no name of this server")
        if not _same_origin(headers, host, path, scope["method"]):
            return refusal(403, "WrongOrigin", "requests from other sites are refused")
        if path not in _OPEN and self.settings.guarded:
            answer = self._stranger(scope, headers, path, cookies)
            if answer is not None:
                return answer
        if path == "/" and scope["method"] == "GET" and _language(headers, cookies) == "vi":
            return RedirectResponse("/vi", 307)
        if not _PATHS.fullmatch(path):
            return refusal(404, "NotFound", "there is no such page")
        if path.startswith(_FILE) and not self.is_file_of_ours(path[len(_FILE) :]):
            return refusal(403, "WrongFile", "this file is not given out")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return refusal(400, "BadRequest", "content-length is no number")
        if int(length[:20]) > self.settings.max_upload:
            return _too_large(self.settings.max_upload)
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names us; an address cannot be rebound, a foreign name can."""
        match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?", host)
        if match is None:
            return False
        name = match[1].strip("[]").lower()
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _stranger(
        self, scope: Scope, headers: Headers, path: str, cookies: Mapping[str, str]
    ) -> Response | None:
        """The answer for those who have not shown the secret; None for those who have."""
        token, auth = self.settings.token, self.settings.auth
        shown = headers.get("authorization", "")
        kind, _, value = shown.partition(" ")
        if _same(cookies.get(TOKEN_COOKIE, ""), self._key):
            return None
        if token is not None and kind.lower() == "bearer" and _same(value.strip(), token):
            return None
        if auth is not None and kind.lower() == "basic" and _same(_basic(value), ":".join(auth)):
            return None
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if token is not None and path in PAGES and _same(given, token):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(TOKEN_COOKIE, self._key, httponly=True, samesite="strict")
            return answer
        asks = "Basic realm=mien" if auth is not None else "Bearer"
        text = "this studio asks for its token: open the address that `mien web` printed"
        if auth is not None:
            text = "this studio asks for name and password"
        if path in PAGES:
            return PlainTextResponse(text, 401, {"www-authenticate": asks})
        return refusal(401, "Unauthorized", text, {"www-authenticate": asks})

    def is_file_of_ours(self, path: str) -> bool:
        """Whether a path that a client names lies in the folder of what this server made."""
        try:
            return Path(unquote(path)).resolve().is_relative_to(self.files)
        except (OSError, ValueError, RuntimeError):
            return False

    def _body_fault(self, body: bytes, session: str | None) -> Response | None:
        """What is wrong with what a page sends: no JSON, no session, or files that are not ours."""
        try:
            told = json.loads(body, parse_constant=no_constant)
        except (ValueError, RecursionError):
            return refusal(400, "BadRequest", "the body is no JSON")
        if not isinstance(told, dict):
            return refusal(400, "BadRequest", "the body is no JSON object")
        if not self.sessions.has(session):
            return refusal(410, "SessionExpired", "this session has expired; load the page again")
        stack = [told]
        while stack:
            value = stack.pop()
            if isinstance(value, dict):
                fault = self._file_fault(value)
                if fault is not None:
                    return fault
                stack += value.values()
            elif isinstance(value, list):
                stack += value
        return None

    def _file_fault(self, value: Mapping[str, Any]) -> Response | None:
        """What is wrong with a file that a page names: it was not sent here, or is too large."""
        path, url = value.get("path"), value.get("url")
        if path is not None and not (isinstance(path, str) and self.is_file_of_ours(path)):
            return refusal(403, "WrongFile", "this file is not one that was sent here")
        if isinstance(url, str) and url.startswith("data:"):
            try:
                check_picture(base64.b64decode(url.partition(",")[2]), self._limits)
            except (MienError, binascii.Error) as error:
                return failure(error, self.files)
        return None

    def _checking(self, scope: Scope, receive: Receive, send: Send) -> Send:
        """Looks at the files that Gradio has stored before it says so; bad ones go again."""
        held: list[Message] = []

        async def sending(message: Message) -> None:
            held.append(message)
            if message["type"] != "http.response.body" or message.get("more_body"):
                return
            fault = None
            if held[0]["status"] == 200:
                body = b"".join(one.get("body", b"") for one in held)
                fault = await anyio.to_thread.run_sync(self._upload_fault, body)
            if fault is not None:
                await fault(scope, receive, send)
                return
            for one in held:
                await send(one)

        return sending

    def _upload_fault(self, body: bytes) -> Response | None:
        paths = [Path(path) for path in json.loads(body) if self.is_file_of_ours(path)]
        if not paths:
            return refusal(400, "BadRequest", "no file came")
        try:
            for path in paths:
                check_file(path, self._limits)
        except (MienError, OSError) as error:
            for path in paths:
                path.unlink(missing_ok=True)
            return failure(error, self.files)
        return None


class _Limited:
    """A body that ends with an error once it is longer than it may be."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit, self._seen, self._whole = receive, limit, 0, False
        self.fault: Response | None = None

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), _PATIENCE_S)
        except TimeoutError:
            self.fault = refusal(408, "TooSlow", f"nothing came for {_PATIENCE_S} s")
            return {"type": "http.disconnect"}
        self._whole = not message.get("more_body")
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            self.fault = _too_large(self._limit)
            return {"type": "http.disconnect"}
        return message

    async def whole(self) -> bytes:
        """The whole body, as far as it may go."""
        parts = []
        while True:
            message = await self()
            parts.append(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return b"".join(parts)

    async def run(self, app: ASGIApp, scope: Scope, send: Send) -> None:
        """Let an application answer; but once the body was too long, that is the answer."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if begun or self.fault is None:
                begun = True
                await send(message)

        try:
            await app(scope, self, sending)
        except Exception:
            if self.fault is None:
                raise
        if self.fault is not None and not begun:
            await self.fault(scope, self._receive, send)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, once more; then what comes after it."""
    rest = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return rest.pop() if rest else await receive()

    return again


def _dressed(send: Send, path: str, cookie: str = "") -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if not path.startswith(("/assets/", "/static/")):
                headers["cache-control"] = "no-store"
            if cookie:
                headers.append("set-cookie", cookie)
        await send(message)

    return sending


def _answering(scope: Scope, receive: Receive, send: Send) -> Send:
    """Gradio falls over what its page never sends; to whoever sent it that is a bad request."""
    fell = False

    async def sending(message: Message) -> None:
        nonlocal fell
        if message["type"] == "http.response.start" and message["status"] == 500:
            fell = True
            told = "the page's server cannot make sense of this"
            await refusal(400, "BadRequest", told)(scope, receive, send)
        elif not fell:
            await send(message)

    return sending


def _too_large(limit: int) -> Response:
    return refusal(413, "TooLarge", f"the request has more than {limit} bytes, which is the limit")


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())


def _basic(value: str) -> str:
    try:
        return base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _cookies(text: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(text).items()}
    except CookieError:
        return {}


def _language(headers: Headers, cookies: Mapping[str, str]) -> str:
    """The language of the page: as it was chosen there, else as the browser speaks."""
    return cookies.get(LANGUAGE_COOKIE) or spoken(headers.get("accept-language", ""))


def _same_origin(headers: Headers, host: str, path: str, method: str) -> bool:
    """Whether a page of ours, or no page at all, sends a request."""
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit_netloc(origin) == host.lower()
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        # A link on another site may lead here, and nothing else.
        return path in PAGES and method in _SAFE and headers.get("sec-fetch-mode") == "navigate"
    return True


def urlsplit_netloc(origin: str) -> str:
    """Host and port of an Origin header; empty for ``null`` and what is no address."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in ("http", "https") else ""
