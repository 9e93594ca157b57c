"""The verbs of the studio over HTTP, for programs: ``POST /api/v1/VERB``.

A request waits at the same desk as the page; closing the connection calls it off.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from mien.errors import Cancelled
from mien.hub.catalogue import ROWS
from mien.hub.loading import find_file
from mien.web.answers import Bounds, Result, answer, failure, latents_of, plain, refusal, zipped
from mien.web.bodies import BODIES, Body, check_pictures, read_body
from mien.web.desk import Desk
from mien.web.sessions import Sessions
from mien.web.settings import Settings
from mien.web.uploads import known_name

PREFIX = "/api/v1"

_LOOK_S = 0.5
"""Seconds between two looks at whether the asker is still there."""


def routes(desk: Desk, sessions: Sessions, settings: Settings) -> APIRouter:
    """Everything below ``/api/v1``, and what a session has made below ``/made``."""
    router = APIRouter()
    bounds = Bounds(settings.limits, settings.max_count, sessions.folder)
    for name, model in BODIES.items():
        router.add_api_route(
            f"{PREFIX}/{name}",
            _guarded(_asked(desk, name, model, bounds), sessions.folder),
            methods=["POST"],
            name=name,
            summary=(model.__doc__ or "").strip(),
            tags=["verbs"],
            openapi_extra={"requestBody": _said(model)},
        )
    facts = {
        f"{PREFIX}/status": _status(desk, settings),
        f"{PREFIX}/models": _models,
        f"{PREFIX}/directions": _directions(settings),
        "/made/all.zip": _everything(sessions),
        "/made/{name}": _one(sessions),
    }
    for path, endpoint in facts.items():
        summary = (endpoint.__doc__ or "").strip()
        wrapped = _guarded(endpoint, sessions.folder)
        router.add_api_route(path, wrapped, methods=["GET"], summary=summary, tags=["facts"])
    return router


Endpoint = Callable[[Request], Awaitable[Response]]


def _guarded(endpoint: Endpoint, folder: Path) -> Endpoint:
    """An endpoint whose every error is one line of JSON with a status that fits."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Exception as error:  # noqa: BLE001  # what is not ours is logged and told as 500
            return failure(error, folder)

    return answered


def _asked(desk: Desk, name: str, model: type[Body], bounds: Bounds) -> Endpoint:
    def done(studio: Any, body: Body) -> Result:
        from mien.web.verbs import VERBS  # With torch, behind the first page.

        return VERBS[name](studio, body, bounds)

    async def ask(request: Request) -> Response:
        body = await read_body(request, model)
        await asyncio.to_thread(check_pictures, body, bounds.limits)
        begin = time.monotonic()
        result = await _done(request, desk, lambda studio: done(studio, body))
        seconds = time.monotonic() - begin
        if result.clip is not None:
            return Response(result.clip, media_type="video/mp4")
        return await asyncio.to_thread(answer, request, result.made, result.notes, seconds)

    return ask


async def _done(request: Request, desk: Desk, job: Callable[[Any], Result]) -> Result:
    """A job's result; calls it off when the asker goes away."""
    who = f"api-{secrets.token_hex(8)}"
    future = asyncio.wrap_future(desk.submit(who, job))
    try:
        while True:
            done, _ = await asyncio.wait({future}, timeout=_LOOK_S)
            if done:
                return future.result()
            if await request.is_disconnected():
                raise Cancelled("the asker has gone")
    finally:
        if not future.done():
            desk.cancel(who)
            future.add_done_callback(lambda one: one.cancelled() or one.exception())


def _said(model: type[Body]) -> dict[str, Any]:
    """What a verb takes, for the OpenAPI page: the same fields as JSON and as a form."""
    schema = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    kinds = ("application/json", "multipart/form-data")
    return {"required": True, "content": dict.fromkeys(kinds, schema)}


def _status(desk: Desk, settings: Settings) -> Endpoint:
    async def status(request: Request) -> Response:
        """Whether the models are loaded, how many jobs there are, and what the limits are."""
        limits = {
            name: getattr(settings, name) for name in ("max_upload", "max_pixels", "max_count")
        }
        jobs = {"ready": desk.ready, "jobs": len(desk), "waiting": desk.waiting}
        return JSONResponse({**jobs, "model": Path(settings.model).stem, **limits})

    return status


async def _models(request: Request) -> Response:
    """The models that mien knows: kind, licence, data, scores, and whether they are here."""

    def listed() -> list[dict[str, Any]]:
        said = ("name", "kind", "licence", "data", "resolution", "note")
        return [
            {name: getattr(row, name) for name in said}
            | {"here": find_file(row.file) is not None}
            | {"scores": [score._asdict() for score in row.scores]}
            for row in ROWS
        ]

    return JSONResponse(plain({"models": await asyncio.to_thread(listed)}))


def _directions(settings: Settings) -> Endpoint:
    async def directions(request: Request) -> Response:
        """What can be changed about a face: names and how far each was measured; ?of=anime."""
        of = request.query_params.get("of", Path(settings.model).stem)

        def listed() -> list[dict[str, Any]]:
            from mien.editing.sets import load_direction_set

            name = f"{of}-edits"
            if of != Path(settings.model).stem:
                known_name(name, "directions")
            found = load_direction_set(name).directions
            return [{"name": one.name, "space": one.space, "reach": one.reach} for one in found]

        return JSONResponse({"of": of, "directions": await asyncio.to_thread(listed)})

    return directions


def _everything(sessions: Sessions) -> Endpoint:
    async def everything(request: Request) -> Response:
        """All that this browser's session has made, as a zip."""
        session = sessions.of(request)
        clips = {one.id: session.clip(one) for one in session.made}
        data = await asyncio.to_thread(zipped, session.made, clips)
        name = {"content-disposition": "attachment; filename=mien.zip"}
        return Response(data, media_type="application/zip", headers=name)

    return everything


def _one(sessions: Sessions) -> Endpoint:
    async def one(request: Request) -> Response:
        """One picture of this browser's session: its id, and `.png`, `.npz` or `.mp4`."""
        stem, _, suffix = str(request.path_params["name"]).rpartition(".")
        session = sessions.of(request)
        made = session.find(stem)
        if suffix == "mp4" and session.clip(made).is_file():
            return FileResponse(session.clip(made), media_type="video/mp4")
        if suffix == "png":
            return Response(made.png(), media_type="image/png")
        data = latents_of([made])
        if suffix != "npz" or data is None:
            return refusal(404, "NotFound", "there is no such file")
        return Response(data, media_type="application/octet-stream")

    return one
