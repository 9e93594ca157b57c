"""How the page's events are bound: what counts while something runs, what a fill leaves alone."""

from __future__ import annotations

import asyncio
import threading
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


def answer_of(desk: Desk, sessions: Sessions, who: str, live: bool) -> Any:
    """What one output, bar, Cancel and state become after a job that needs no studio."""
    request: Any = SimpleNamespace(cookies={COOKIE: who})
    bench = Bench(desk, sessions, Settings(), Say("en"))
    task = _Task(lambda ask: "shown", 1, desk=False, live=live)

    async def answers() -> list[Any]:
        event = gr.EventData(None, None)
        return [one async for one in bench._answers(task, request, event, ())]

    answer = asyncio.run(answers())[-1]
    assert answer[0] == "shown"
    return answer


@pytest.mark.parametrize(("live", "left"), [(True, 3), (False, 0)])
def test_what_follows_leaves_the_bar_and_the_state_alone(desk: Desk, live: bool, left: int):
    sessions = Sessions()
    answer = answer_of(desk, sessions, sessions.new().id, live)
    assert sum(one == gr.skip() for one in answer) == left
    sessions.close()


def test_what_needs_no_studio_leaves_the_bar_to_what_runs(desk: Desk):
    sessions, done = Sessions(), threading.Event()
    who = sessions.new().id
    running = desk.submit(who, lambda studio: done.wait(30))
    _, *bar, state = answer_of(desk, sessions, who, live=False)
    assert bar == [gr.skip(), gr.skip()]
    assert state != gr.skip()
    done.set()
    assert running.result(30)
    sessions.close()
