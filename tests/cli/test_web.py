"""``mien web``: what it refuses before it serves, each in one line."""

from __future__ import annotations

import importlib.util
import json
import socket

import pytest

from mien.cli import main
from mien.web import server


@pytest.fixture
def served(monkeypatch):
    """What would have been served."""
    found = []

    def serve(settings, taken):
        found.append(settings)
        taken.close()

    monkeypatch.setattr(server, "serve", serve)
    return found


def call(capsys, *args):
    status = main(["web", *map(str, args)])
    return status, *capsys.readouterr()


def test_it_serves_this_machine_alone_and_says_where(served, capsys):
    status, out, err = call(capsys, "--port", 0, "--max-upload", 2, "--json")
    told = json.loads(out)
    assert (status, err) == (0, "")
    assert told["host"] == "127.0.0.1"
    assert told["url"] == f"http://127.0.0.1:{told['port']}/"
    assert served[0].max_upload == 2 << 20
    assert not served[0].guarded


def test_who_lets_others_in_says_to_whom(served, capsys):
    status, out, err = call(capsys, "--host", "0.0.0.0", "--port", 0)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "--host 0.0.0.0 lets others in; give --token or --auth" in err
    status, out, _ = call(capsys, "--host", "0.0.0.0", "--port", 0, "--token", "long-enough")
    assert status == 0
    assert "/?token=long-enough" in out
    status, _, _ = call(capsys, "--host", "0.0.0.0", "--port", 0, "--auth", "ann:secret")
    assert (status, served[-1].auth) == (0, ("ann", "secret"))


def test_a_taken_port_is_one_line(served, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, out, err = call(capsys, "--port", port)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"127.0.0.1:{port} cannot be served (address already in use)" in err
    assert "give another --port" in err
    assert served == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--port", "99999"], "--port is 99999, but must be from 0 to 65535"),
        (["--model", "nobody"], "unknown model 'nobody'"),
        (["--token", "short"], "--token has 5 characters"),
        (["--auth", "nobody"], "--auth is not NAME:PASSWORD"),
        (["--max-upload", "0"], "--max-upload is 0"),
        (["--max-upload", "nan"], "--max-upload"),
        (["--waiting", "0"], "--waiting is 0, but must be from 1 to 1000"),
        (["--host", "no.such.host.invalid", "--token", "long-enough"], "cannot be served"),
    ],
)
def test_refused_in_one_line(served, capsys, args, says):
    status, out, err = call(capsys, *args)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert served == []


def test_without_the_extra_it_says_how_to_get_it(served, capsys, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "gradio" else real(name)
    )
    status, _, err = call(capsys, "--port", 0)
    assert (status, err.count("\n")) == (2, 1)
    assert "the studio in a browser needs gradio" in err
    assert "pip install 'mien[web]'" in err
