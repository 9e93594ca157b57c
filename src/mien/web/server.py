"""The server: the page, the API and the guard before both, around one desk."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import logging
import os
import socket
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from mien.errors import InputError, MissingExtra
from mien.web.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from mien.studio.session import Studio
    from mien.web.desk import Desk
    from mien.web.sessions import Sessions

_STORED = 1 << 30
"""Bytes of the files that pages have sent and were shown."""

_MANY = 1000
"""Pictures that a server is thought to draw in its life; an engine is built for so many."""

_SWEEP_S = 30.0
"""Seconds after which idle sessions are looked for, though nobody asks."""

_WARM = "an old man with a white beard and glasses"
"""A sentence that needs all that sentences need: white beards are read by an encoder."""

_SSR = "SSR mode is not supported"
"""Gradio says so of any second page, also where nobody asked for it."""


def check_extra() -> None:
    """Refuse with MissingExtra, before anything is served, where the extra is not installed."""
    for package in ("gradio", "fastapi", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtra(package, "web", "the studio in a browser")


def import_lightly() -> None:
    """Import Gradio without the type stubs that it writes beside itself at every start.

    They are for editors, take more than half of its import, and no setting leaves them out.
    """

    class WithoutStubs(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
            if name != "gradio.component_meta":
                return None
            found = importlib.machinery.PathFinder.find_spec(name, path)
            assert found is not None
            assert found.loader is not None
            run = found.loader.exec_module

            def exec_module(module: Any) -> None:
                run(module)
                module.create_or_modify_pyi = lambda *_: None

            setattr(found.loader, "exec_module", exec_module)  # noqa: B010  # of this one loader
            return found

    if "gradio" in sys.modules:
        return
    finder = WithoutStubs()
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module("gradio")
    finally:
        sys.meta_path.remove(finder)


def build(settings: Settings, studio_factory: Callable[[], Studio] | None = None) -> FastAPI:
    """The whole application, guarded; its desk loads the studio once it is started.

    ``studio_factory`` makes the studio, as warm as it shall be; None for the one that the settings
    name, warmed up. Raises MissingExtra where the extra ``web`` is not installed.
    """
    check_extra()
    from mien.web.guard import Guard
    from mien.web.sessions import Sessions

    sessions = Sessions(settings.ttl_s, settings.sessions)
    app = _inside(settings, sessions, studio_factory)
    app.add_middleware(Guard, settings=settings, sessions=sessions)
    return app


def _inside(
    settings: Settings,
    sessions: Sessions,
    studio_factory: Callable[[], Studio] | None = None,
    app_id: int | None = None,
) -> FastAPI:
    """What the guard stands before."""
    import_lightly()
    import gradio
    from fastapi import FastAPI

    from mien.web.api import routes
    from mien.web.desk import Desk
    from mien.web.docs_page import document

    os.environ["GRADIO_TEMP_DIR"] = str(sessions.files)  # Read when blocks are made.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from mien.web.look import looks
    from mien.web.page import build_page

    opened = threading.Event()

    def make() -> Studio:
        opened.wait()  # Weights load behind the first page, not beside it.
        if studio_factory is not None:
            return studio_factory()
        from mien.studio.session import Studio

        return Studio(settings.model, settings.device, engine=settings.engine)

    desk = Desk(make, settings.waiting, _warm if studio_factory is None else None)

    app = FastAPI(
        title="mien", docs_url=None, redoc_url=None, lifespan=_lifespan(desk, sessions, opened)
    )
    app.state.desk, app.state.sessions, app.state.settings = desk, sessions, settings

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, Any]:
        return {"ok": True, "ready": desk.ready, "jobs": len(desk)}

    app.include_router(routes(desk, sessions, settings))
    document(app)
    page = build_page(desk, sessions, settings)
    page.app_id = page.app_id if app_id is None else app_id
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _SSR)
        gradio.mount_gradio_app(
            app,
            page,
            path="/",
            allowed_paths=[],
            max_file_size=settings.max_upload,
            show_error=False,
            ssr_mode=False,
            run_history=False,
            enable_monitoring=False,
            footer_links=[],
            **looks(),
        )
    return app


def _lifespan(
    desk: Desk, sessions: Sessions, opened: threading.Event
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    """What happens from the application's start to its end: models load, what is old goes."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        sweeper = threading.Thread(target=_sweep, args=(sessions, stop), daemon=True)
        sweeper.start()
        opened.set()
        try:
            yield
        finally:
            stop.set()
            desk.close()
            sessions.close()

    return lifespan


def _warm(studio: Studio) -> None:
    """Load what the first face of a sentence needs, and the engine that pays for many."""
    studio.drawer.engine(_MANY)
    studio.describe(_WARM, 1)


def _sweep(sessions: Sessions, stop: threading.Event) -> None:
    from mien.web.uploads import make_room

    while not stop.wait(_SWEEP_S):
        sessions.sweep()
        make_room(sessions.files, _STORED, sessions.ttl_s)


def worth_saying(record: logging.LogRecord) -> bool:
    """Whether uvicorn says more than that pages were open when the server ended."""
    fault = record.exc_info[1] if record.exc_info else None
    ends = isinstance(fault, asyncio.CancelledError) or "graceful shutdown" in record.getMessage()
    return not ends


def bind(settings: Settings) -> socket.socket:
    """Take the port; InputError if it is taken, or the address is none of this machine's."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((settings.host.strip("[]"), settings.port))
        taken.listen(128)
    except OSError as error:
        taken.close()
        where = f"{settings.host}:{settings.port}"
        reason = (error.strerror or str(error)).lower()
        remedy = "give another `port`, or 0 for any that is free"
        raise InputError(f"{where} cannot be served ({reason}); {remedy}") from None
    return taken


def serve(settings: Settings, taken: socket.socket) -> None:
    """Serve a bound socket until Ctrl-C or SIGTERM; the first answer comes at once.

    Raises what :func:`build` raised.
    """
    import uvicorn

    from mien.web.early import Early
    from mien.web.front import Front
    from mien.web.guard import Guard
    from mien.web.sessions import Sessions

    faults: list[BaseException] = []

    def failed(error: BaseException) -> None:
        faults.append(error)
        server.should_exit = True

    early, sessions = Early(settings), Sessions(settings.ttl_s, settings.sessions)

    def make() -> FastAPI:
        gc.disable()  # A quarter of the time that imports and the page take.
        try:
            return _inside(settings, sessions, app_id=early.app_id)
        finally:
            gc.enable()

    front = Front(make, failed, early)
    server = uvicorn.Server(
        uvicorn.Config(
            Guard(front, settings, sessions),
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
            ws="none",
            limit_concurrency=1000,
            lifespan="on",
        )
    )
    logging.getLogger("uvicorn.error").addFilter(worth_saying)
    with taken:
        server.run(sockets=[taken])
    if faults:
        raise faults[0]
