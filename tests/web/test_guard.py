"""Who is let in: hosts, origins, secrets, and the headers of every answer."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mien.web.front import Front
from mien.web.guard import Guard
from mien.web.sessions import COOKIE, Sessions
from mien.web.settings import Settings
from web.conftest import png

TOKEN = "a-long-secret"


async def echo(request):
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def sessions():
    sessions = Sessions()
    yield sessions
    sessions.close()


def guarded(sessions: Sessions, base: str = "http://127.0.0.1:7860", **how: object) -> TestClient:
    inner = Starlette(
        routes=[Route("/", echo), Route("/api/v1/echo", echo, methods=["POST", "GET"])]
    )
    guard = Guard(inner, Settings(**how), sessions, Path(sessions.folder))
    return TestClient(guard, base_url=base, follow_redirects=False)


def test_every_answer_says_that_nothing_comes_from_elsewhere(sessions):
    client = guarded(sessions)
    for path in ("/", "/nowhere", "/api/v1/echo"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


def test_a_page_that_is_opened_brings_a_session_that_no_script_reads(sessions):
    client = guarded(sessions)
    cookie = client.get("/").headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "set-cookie" not in client.get("/").headers
    assert len(sessions) == 1


@pytest.mark.parametrize(
    ("base", "names", "status"),
    [
        ("http://127.0.0.1:7860", (), 200),
        ("http://localhost:9000", (), 200),
        ("http://192.168.1.7:7860", (), 200),
        ("http://[::1]:7860", (), 200),
        ("http://rebound.example:7860", (), 421),
        ("http://studio.example.org", ("studio.example.org",), 200),
    ],
)
def test_only_names_of_ours_and_addresses_are_answered_to(sessions, base, names, status):
    assert guarded(sessions, base, names=names).get("/").status_code == status


def test_a_link_may_lead_here_and_nothing_else(sessions):
    client = guarded(sessions)
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200
    assert client.get("/api/v1/echo", headers=link).status_code == 403
    ours = {"origin": "http://127.0.0.1:7860", "sec-fetch-site": "same-origin"}
    assert client.post("/api/v1/echo", headers=ours).status_code == 200


def test_the_token_opens_by_address_cookie_or_header(sessions):
    client = guarded(sessions, token=TOKEN, host="0.0.0.0")
    assert client.get("/healthz").status_code == 404  # let through; there is none here
    answer = client.get("/")
    assert answer.status_code == 401
    assert "token" in answer.text
    assert client.get("/api/v1/echo").json()["kind"] == "Unauthorized"
    assert client.get("/?token=wrong").status_code == 401
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/api/v1/echo", headers=bearer).status_code == 200
    assert client.get("/api/v1/echo", headers={"authorization": "Bearer x"}).status_code == 401
    answer = client.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert TOKEN not in answer.headers["set-cookie"]
    assert client.get("/").status_code == 200


def test_name_and_password(sessions):
    client = guarded(sessions, auth=("ann", "secret"), host="0.0.0.0")
    answer = client.get("/")
    assert answer.headers["www-authenticate"].startswith("Basic")
    for told, status in (("ann:secret", 200), ("ann:", 401), ("", 401)):
        value = base64.b64encode(told.encode()).decode()
        answer = client.get("/", headers={"authorization": f"Basic {value}"})
        assert answer.status_code == status
    assert client.get("/", headers={"authorization": "Basic !"}).status_code == 401


def test_too_long_a_body_is_refused_whether_or_not_it_says_so(sessions):
    client = guarded(sessions, max_upload=1 << 16)
    exact = client.post("/api/v1/echo", content=b"x" * (1 << 16))
    assert (exact.status_code, exact.text) == (200, str(1 << 16))
    for content in (b"x" * (1 + (1 << 16)), (b"x" * 1024 for _ in range(65))):
        answer = client.post("/api/v1/echo", content=content)
        assert (answer.status_code, answer.json()["kind"]) == (413, "TooLarge")


def test_files_are_given_out_from_one_folder_alone(sessions, tmp_path):
    client = guarded(sessions)
    (sessions.folder / "escape").symlink_to(tmp_path)
    (tmp_path / "x").write_text("secret")
    for path in (f"{sessions.folder}/../x", f"{sessions.folder}/escape/x", "/etc/passwd", ""):
        assert client.get(f"/gradio_api/file={path}").status_code in (403, 404)
    inside = client.get(f"/gradio_api/file={sessions.folder}/a.png")
    assert (inside.status_code, inside.text) == (404, "Not Found")  # let through; nothing there


def test_the_front_answers_at_once_and_then_hands_over():
    go, faults = asyncio.Event(), []

    def make():
        return Starlette(routes=[Route("/", lambda request: PlainTextResponse("the studio"))])

    async def visit():
        front = Front(make, faults.append)
        with_lifespan = asyncio.Queue()
        said = []

        async def send(message):
            said.append(message)

        await with_lifespan.put({"type": "lifespan.startup"})
        life = asyncio.create_task(front({"type": "lifespan"}, with_lifespan.get, send))
        scope = {"type": "http", "path": "/", "method": "GET", "headers": [], "query_string": b""}
        first = []
        await front(scope, go.wait, lambda message: _kept(first, message))
        while front.app is None:
            await asyncio.sleep(0.01)
        second = []
        await front(scope, go.wait, lambda message: _kept(second, message))
        await with_lifespan.put({"type": "lifespan.shutdown"})
        await life
        return [b"".join(one.get("body", b"") for one in got) for got in (first, second)], said

    bodies, said = asyncio.run(visit())
    assert b"The studio is opening" in bodies[0]
    assert bodies[1] == b"the studio"
    assert [one["type"] for one in said] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert faults == []


async def _kept(messages, message):
    messages.append(message)


def test_several_good_files_go_up_at_once_and_lie_in_the_folder(client, app):
    files = [
        ("files", (f"a picture with a long name {i}.png", png(), "image/png")) for i in range(9)
    ]
    answer = client.post("/gradio_api/upload", files=files)
    assert answer.status_code == 200, answer.text
    folder = app.state.sessions.folder
    assert all(Path(path).is_relative_to(folder) for path in answer.json())
    shown = client.get(f"/gradio_api/file={answer.json()[0]}")
    assert shown.content == png()
