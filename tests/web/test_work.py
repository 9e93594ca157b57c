"""How the page's events are bound: what counts while something runs, what a fill leaves alone."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from mien.web.desk import Desk
from mien.web.page import build_page
from mien.web.sessions import COOKIE, Sessions
from mien.web.settings import Settings
from mien.web.words import Say
from mien.web.work import Bench, _Task


@pytest.fixture
def desk():
    nothing: Any = SimpleNamespace
    desk = Desk(nothing)
    yield desk
    desk.close()


def test_no_press_on_a_picture_and_no_change_is_skipped(desk: Desk):
    modes: dict[str, set[str]] = {}
    for one in build_page(desk, Sessions(), Settings()).fns.values():
        for _, event in one.targets:
            modes.setdefault(event, set()).add(one.trigger_mode)
    assert modes["select"] == {"multiple"}
    assert modes["load"] == modes["change"] == {"always_last"}
    assert modes["click"] == {"once"}


@pytest.mark.parametrize(("live", "left"), [(True, 3), (False, 0)])
def test_what_follows_leaves_the_bar_and_the_state_alone(desk: Desk, live: bool, left: int):
    sessions = Sessions()
    request: Any = SimpleNamespace(cookies={COOKIE: sessions.new().id})
    bench = Bench(desk, sessions, Settings(), Say("en"))
    task = _Task(lambda ask: "shown", 1, desk=False, live=live)

    async def answers() -> list[Any]:
        event = gr.EventData(None, None)
        return [one async for one in bench._answers(task, request, event, ())]

    (answer,) = asyncio.run(answers())
    assert answer[0] == "shown"
    assert sum(one == {"__type__": "update"} for one in answer) == left
    sessions.close()
