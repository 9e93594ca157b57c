"""Who is let in: hosts, origins, secrets, and the headers of every answer."""

from __future__ import annotations

import asyncio
import base64
import threading
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mien.web.early import Early
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
    guard = Guard(inner, Settings(**how), sessions)
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
    client, folder = guarded(sessions), sessions.files
    (folder / "escape").symlink_to(tmp_path)
    (tmp_path / "x").write_text("secret")
    for path in (f"{folder}/../x", f"{folder}/escape/x", "/etc/passwd", ""):
        assert client.get(f"/gradio_api/file={path}").status_code in (403, 404)
    inside = client.get(f"/gradio_api/file={folder}/a.png")
    assert (inside.status_code, inside.text) == (404, "Not Found")  # let through; nothing there


def studio_of(early: Early) -> Starlette:
    """What renders pages as Gradio does: they name the asker's address and the run."""

    def page(request):
        return PlainTextResponse(f"the studio {request.base_url}x {early.app_id}")

    return Starlette(
        routes=[Route(path, page) for path in ("/", "/vi", "/theme.css", "/gradio_api/x")]
    )


async def a_start(wanted: list[str]) -> list[str]:
    """What a server answers from its start on to several requests; the last one comes later."""
    early, ready, faults = Early(Settings()), threading.Event(), []

    def make():
        ready.wait()
        return studio_of(early)

    front, life = Front(make, faults.append, early), asyncio.Queue()
    told, alive = [], None

    async def ask(path: str) -> str:
        head = [(b"host", b"127.0.0.1:7860")]
        scope = {"type": "http", "path": path, "method": "GET", "headers": head}
        got = []
        scope |= {"query_string": b"", "scheme": "http", "server": ("127.0.0.1", 7860)}
        await front(scope, life.get, lambda message: _kept(got, message))
        return b"".join(one.get("body", b"") for one in got).decode()

    await life.put({"type": "lifespan.startup"})
    alive = asyncio.create_task(
        front({"type": "lifespan"}, life.get, lambda message: _kept(told, message))
    )
    asked = [asyncio.create_task(ask(path)) for path in wanted]
    await asyncio.sleep(0.05)
    early_ones = [one.result() if one.done() else "held" for one in asked]
    ready.set()
    late = [await one for one in asked]
    while front.app is None:
        await asyncio.sleep(0.01)
    late += [await ask("/"), str(early.app_id)]
    await life.put({"type": "lifespan.shutdown"})
    await alive
    assert [one["type"] for one in told] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert faults == []
    return [*early_ones, *late]


def test_the_front_says_that_it_opens_and_then_hands_over():
    opening, busy, _, _, after, _ = asyncio.run(a_start(["/", "/api/v1/status"]))
    assert "The studio is opening" in opening
    assert "try again in a moment" in busy
    assert after.startswith("the studio http://127.0.0.1:7860/x")


def test_the_page_of_the_last_start_is_there_before_the_application(monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    asyncio.run(a_start([]))
    wanted = ["/", "/vi", "/theme.css", "/gradio_api/x", "/api/v1/status"]
    *said, after, app_id = asyncio.run(a_start(wanted))
    page = f"the studio http://127.0.0.1:7860/x {app_id}"
    assert said[:3] == [page] * 3  # As this run of the server would render it.
    assert said[3] == "held"
    assert "try again in a moment" in said[4]
    assert said[8] == page  # What was held is done.
    assert after == page


def test_kept_pages_are_of_these_limits_and_whole(monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    asyncio.run(a_start([]))
    assert Early(Settings()).is_there
    assert not Early(Settings(max_upload=1 << 20)).is_there
    (file,) = (tmp_path / "pages").iterdir()
    for broken in ('{"/": "x"}', "[]", "no json"):
        file.write_text(broken)
        assert not Early(Settings()).is_there


def test_a_page_behind_a_proxy_waits_for_who_knows_its_address(monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    asyncio.run(a_start([]))
    heads = [(b"host", b"a.example"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "path": "/", "method": "GET", "headers": heads}
    assert Early(Settings()).answer(scope) is None
    assert Early(Settings()).answer({**scope, "headers": heads[:1]}) is not None


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
