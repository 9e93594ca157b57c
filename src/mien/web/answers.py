"""What programs get: pictures with what made them, as JSON, PNG or zip; errors with a status."""

from __future__ import annotations

import base64
import binascii
import io
import json
import logging
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic_core import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mien import images
from mien.errors import (
    Busy,
    Cancelled,
    MienError,
    MissingExtra,
    SessionExpired,
    UnknownName,
    WeightsMissing,
)
from mien.web.sessions import Made
from mien.web.uploads import Limits, TooLarge, WrongKind, without_paths


@dataclass(frozen=True)
class Bounds:
    """What one request may take: ``count`` pictures, files in ``folder`` while it is answered."""

    limits: Limits
    count: int
    folder: Path


@dataclass(frozen=True)
class Result:
    """What came of a request: pictures and notes, or ``clip``, the bytes of an MP4, instead."""

    made: Sequence[Made] = ()
    notes: Sequence[str] = ()
    clip: bytes | None = None


STATUS: Mapping[type[Exception], int] = {
    SessionExpired: 410,
    UnknownName: 404,
    WeightsMissing: 404,
    TooLarge: 413,
    WrongKind: 415,
    Busy: 503,
    Cancelled: 409,
    MissingExtra: 501,
    MienError: 422,
}
"""Error -> HTTP status, the nearest first."""

_LONGEST = 600
"""Characters of a message."""

_log = logging.getLogger(__name__)


def refusal(
    status: int, kind: str, error: str, headers: Mapping[str, str] | None = None
) -> Response:
    """One line of JSON that says what is wrong: ``{"error": …, "kind": …}``."""
    return JSONResponse({"error": error, "kind": kind}, status, dict(headers or {}))


def plain(value: Any) -> Any:
    """A provenance as JSON takes it: no numpy, no NaN."""
    return json.loads(json.dumps(value, default=images.json_default), parse_constant=lambda _: None)


def no_constant(name: str) -> Any:
    """Refuses NaN and Infinity, which Python reads as numbers and JSON has not."""
    raise ValueError(f"{name} is no number of JSON")


def answer(
    request: Request, made: Sequence[Made], notes: Sequence[str], seconds: float
) -> Response:
    """Pictures (at least one) in the form that ``Accept`` names.

    ``application/json``, else ``image/png`` (the first picture alone) or ``application/zip`` (all
    of them and ``latents.npz``).
    """
    accepts = request.headers.get("accept", "")
    latents = latents_of(made)
    if "image/png" in accepts:
        return Response(made[0].png(), media_type="image/png")
    if "application/zip" in accepts:
        return Response(zipped(made), media_type="application/zip")
    pictures = [
        {"png": _text(one.png()), "verb": one.verb, "provenance": plain(one.provenance)}
        for one in made
    ]
    said = {"pictures": pictures, "notes": list(notes), "seconds": round(seconds, 3)}
    return JSONResponse({**said, "latents": None if latents is None else _text(latents)})


def latents_of(made: Sequence[Made]) -> bytes | None:
    """The latents of several pictures as one ``.npz``; None if one has none."""
    ws = [one.latents for one in made if one.latents is not None]
    if not made or len(ws) < len(made) or len({one.shape[1:] for one in ws}) != 1:
        return None
    stream = io.BytesIO()
    np.savez(stream, w=np.concatenate(ws))
    return stream.getvalue()


def zipped(made: Sequence[Made], clips: Mapping[str, Path] | None = None) -> bytes:
    """All pictures, their latents, clips and recipes in one archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, one in enumerate(made):
            name = f"{number:04d}-{one.verb}"
            archive.writestr(f"{name}.png", one.png())
            archive.writestr(f"{name}.json", json.dumps(plain(one.provenance), indent=1))
            if one.latents is not None:
                archive.writestr(f"{name}.npz", one.npz())
            clip = (clips or {}).get(one.id)
            if clip is not None and clip.is_file():
                archive.write(clip, f"{name}.mp4")
    return stream.getvalue()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def failure(error: Exception, folder: Path) -> Response:
    """One line of JSON about an error; what is our own fault is logged and not told.

    No message names ``folder``, where the server keeps its files.
    """
    kind = type(error).__name__
    if isinstance(error, MienError):
        status = next(STATUS[one] for one in type(error).__mro__ if one in STATUS)
        wait = {"retry-after": str(error.retry_s)} if isinstance(error, Busy) else None
        return refusal(status, kind, _shortened(_named(without_paths(error, folder))), wait)
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        said = "; ".join(f"{_place(one['loc'])}: {one['msg']}" for one in faults[:5])
        return refusal(422, "Invalid", _shortened(said))
    if isinstance(error, binascii.Error):
        return refusal(400, "BadRequest", "a data URL is no base64")
    if isinstance(error, HTTPException):
        return refusal(error.status_code, "BadRequest", _shortened(str(error.detail)))
    _log.error("a request failed", exc_info=error)
    return refusal(500, "Failed", "something went wrong here; the server's log says what")


def _named(text: str) -> str:
    """A message that names fields where the library's names options of the command line."""
    return re.sub(r"(?<![\w-])--([a-z][a-z_-]*)", r"`\1`", text)


def _shortened(text: str) -> str:
    """One line, without the middle of what somebody sent by the megabyte."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}"


def _place(where: Sequence[int | str]) -> str:
    return ".".join(str(part)[:40] for part in where) or "the body"
