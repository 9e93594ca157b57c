"""What answers from the first second on, while Gradio and torch are imported.

It serves the page of the last start at once (:mod:`mien.web.early`), or one that waits, and hands
over to the application that is built behind it. What a page asks for meanwhile is held.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mien.web.early import PAGES, Early

_LOOK_S = 1
"""Seconds after which a page that waits looks again."""

_HELD = ("/gradio_api/", "/manifest.json", "/favicon.ico")
"""How the paths begin of what the page itself asks for."""

_SWITCH_S = 0.0005
"""Seconds for which the thread that builds keeps the interpreter while others want to answer."""

_PAGE = f"""<!doctype html><html lang=en><meta charset=utf-8><title>mien</title>
<meta name=viewport content="width=device-width"><meta http-equiv=refresh content={_LOOK_S}>
<link rel=icon href="data:,"><style>
:root{{color-scheme:light dark}}body{{font:18px/1.6 system-ui,sans-serif;display:grid;
min-height:90vh;place-content:center;text-align:center}}</style>
<main><h1>mien</h1><p role=status>The studio is opening…<br><span lang=vi>Xưởng đang mở…</span>
<br><span lang=fr>Le studio ouvre…</span><br><span lang=ja>スタジオを開いています…</span></main>"""


class Front:
    """An application that is there before the one it stands for.

    ``make`` builds that one, in a thread; it has a ``router`` with a lifespan. ``failed`` is told
    what ``make`` raised; the server should stop. ``early`` is the page until then.
    """

    def __init__(
        self, make: Callable[[], ASGIApp], failed: Callable[[BaseException], None], early: Early
    ) -> None:
        self._make, self._failed, self._early = make, failed, early
        self.app: ASGIApp | None = None
        self._stop, self._opened = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand over."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self.app is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._early.answer(scope)
            if answer is None and self._early.is_there and scope["path"].startswith(_HELD):
                await self._opened.wait()
            await (self.app or answer or _waiting(scope["path"]))(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1013})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._task = asyncio.create_task(self._open())
                await send({"type": "lifespan.startup.complete"})
            else:
                self._stop.set()
                if self._task is not None:
                    await self._task
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _open(self) -> None:
        """Build the application and keep its own lifespan open until the end."""
        usual = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        try:
            app = await asyncio.to_thread(self._make)
            router = getattr(app, "router")  # noqa: B009  # FastAPI's; ASGI knows of none
            async with router.lifespan_context(app):
                self.app = app
                self._opened.set()
                sys.setswitchinterval(usual)
                await self._early.keep(app)
                await self._stop.wait()
        except Exception as error:  # noqa: BLE001  # whoever serves says it and stops
            self._failed(error)
        finally:
            self._opened.set()


def _waiting(path: str) -> Response:
    headers = {"retry-after": str(_LOOK_S), "cache-control": "no-store"}
    if path in PAGES:
        return HTMLResponse(_PAGE, headers=headers)
    if path == "/healthz":
        return JSONResponse({"ok": True, "ready": False, "jobs": 0})
    told = {"error": "the studio is opening; try again in a moment", "kind": "Busy"}
    return JSONResponse(told, 503, headers)
