"""``mien web``: the studio in a browser, and its verbs over HTTP."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit
from mien.errors import InputError, WrongValue


def web(
    host: Annotated[
        str,
        Option(help="The address to serve; one that others reach demands `--token` or `--auth`."),
    ] = "127.0.0.1",
    port: Annotated[int, Option(metavar="N", help="TCP port; 0 for any free one.")] = 7860,
    token: Annotated[
        str | None,
        Option(
            metavar="TEXT",
            envvar="MIEN_WEB_TOKEN",
            help="A secret: the page's address carries it once, programs send it as a bearer.",
        ),
    ] = None,
    auth: Annotated[
        str | None,
        Option(metavar="NAME:PASSWORD", envvar="MIEN_WEB_AUTH", help="Ask for name and password."),
    ] = None,
    name: Annotated[
        list[str] | None,
        Option(metavar="HOST", help="Another name that the server answers to. Repeatable."),
    ] = None,
    model: opt.Model = "portraits",
    device: opt.Device = "auto",
    engine: opt.Engine = "auto",
    max_upload: Annotated[float, Option(metavar="MB", help="Megabytes of one request.")] = 16,
    waiting: Annotated[
        int, Option(metavar="N", help="Requests that may wait; more hear that it is busy.")
    ] = 16,
    json: opt.Json = False,
) -> None:
    """Open the studio in a browser, and its verbs over HTTP.

    Serves this machine alone unless `--host` says otherwise; Ctrl-C ends it. The page for programs
    is `/docs`. Needs the extra `web`.
    """
    from mien.hub.loading import resolve
    from mien.web.server import bind, check_extra, serve
    from mien.web.settings import Settings

    check_extra()
    user, colon, password = (auth or "").partition(":")
    if auth is not None and not (user and colon and password):
        raise InputError("--auth is not NAME:PASSWORD")
    if not 0.0625 <= max_upload <= 1024:
        raise WrongValue(f"--max-upload is {max_upload:g}, but must be from 0.0625 to 1024 MB")
    settings = Settings(
        host=host,
        port=port,
        model=model,
        device=device,
        engine=engine,
        token=token,
        auth=None if auth is None else (user, password),
        max_upload=round(max_upload * 2**20),
        waiting=waiting,
        names=tuple(name or ()),
    )
    resolve(model, "stylegan2-generator")
    taken = bind(settings)
    found = taken.getsockname()[1]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{found}/"
    url += f"?token={token}" if token else ""
    emit({"url": url, "host": host, "port": found}, json, f"{url}\nCtrl-C ends it.")
    sys.stdout.flush()
    serve(settings, taken)
