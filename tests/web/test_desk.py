"""The one queue: in order, bounded, called off, and to each their own."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from mien.errors import Busy, Cancelled, InputError
from mien.web.desk import CANCELLING, LOADING, WAITING, Desk


class Toy:
    """Enough of a studio for the desk."""

    watch = staticmethod(lambda *said: None)


@pytest.fixture
def desk():
    desk = Desk(Toy, waiting=2)
    yield desk
    desk.close()


def held(desk, who="first"):
    """A job that runs until the event is set, and the thread that waits for it."""
    begun, go = threading.Event(), threading.Event()

    def job(studio):
        begun.set()
        while not go.wait(0.01):
            studio.watch("holding", 0, 0)
        return who

    future = desk.submit(who, job)
    assert begun.wait(5)
    return SimpleNamespace(future=future, go=go)


def test_jobs_run_in_order_and_results_are_their_askers(desk):
    hold, order = held(desk), []
    futures = {
        name: desk.submit(name, lambda studio, name=name: order.append(name) or name)
        for name in ("ann", "bob")
    }
    hold.go.set()
    assert {name: future.result(5) for name, future in futures.items()} == {
        "ann": "ann",
        "bob": "bob",
    }
    assert order == ["ann", "bob"]
    assert len(desk) == 0


def test_more_than_may_wait_is_busy(desk):
    hold = held(desk)
    waiting = [desk.submit("ann", lambda studio: 1) for _ in range(2)]
    with pytest.raises(Busy, match="2 requests are waiting") as caught:
        desk.run("bob", lambda studio: 1)
    assert caught.value.retry_s >= 1
    hold.go.set()
    assert [future.result(5) for future in waiting] == [1, 1]
    assert desk.run("bob", lambda studio: 2) == 2


def test_what_is_told_reaches_the_asker_alone(desk):
    told = {"ann": [], "bob": []}

    def job(studio):
        for done in range(3):
            studio.watch("drawing", done, 2)

    for who in told:
        desk.run(who, job, lambda *said, who=who: told[who].append((who, *said)))
    for who, said in told.items():
        assert [one for one in said if one[1] == "drawing"] == [
            (who, "drawing", done, 2) for done in range(3)
        ]


def test_cancelling_stops_only_the_askers_own(desk):
    hold = held(desk, "ann")
    waits = desk.submit("bob", lambda studio: "bob's")
    assert desk.cancel("ann")
    with pytest.raises(Cancelled):
        hold.future.result(5)
    assert waits.result(5) == "bob's"
    assert not desk.cancel("ann")
    assert "watch" not in vars(desk._studio)


def test_what_was_called_off_says_so_until_its_next_step(desk):
    begun, go = threading.Event(), threading.Event()

    def job(studio):
        begun.set()
        go.wait()
        studio.watch("drawing", 1, 2)

    future = desk.submit("ann", job)
    begun.wait(5)
    desk.cancel("ann")
    progress = desk.progress("ann")
    assert progress is not None
    assert progress.what == CANCELLING
    go.set()
    with pytest.raises(Cancelled):
        future.result(5)
    assert desk.progress("ann") is None


def test_cancelling_one_that_waits_takes_it_out_at_once(desk):
    hold, ran = held(desk), []
    waits = desk.submit("bob", lambda studio: ran.append(1))
    assert desk.cancel("bob")
    with pytest.raises(Cancelled):
        waits.result(1)
    hold.go.set()
    hold.future.result(5)
    assert ran == []


def test_who_has_gone_holds_up_nobody(desk):
    hold, ran = held(desk), []
    assert desk.submit("ann", lambda studio: ran.append(1)).cancel()
    hold.go.set()
    assert desk.run("bob", lambda studio: 3) == 3
    assert ran == []


def test_a_failing_job_fails_alone(desk):
    def broken(studio):
        raise InputError("no such thing")

    with pytest.raises(InputError, match="no such thing"):
        desk.run("ann", broken)
    with pytest.raises(TimeoutError):
        desk.run("ann", lambda studio: (_ for _ in ()).throw(TimeoutError("its own")))
    assert desk.run("ann", lambda studio: 4) == 4


def test_progress_says_place_and_time_left(desk):
    places, seen = [], []
    hold = held(desk)

    def job(studio):
        for done in range(3):
            time.sleep(0.01)
            studio.watch("drawing", done, 2)
            seen.append(desk.progress("ann"))

    thread = threading.Thread(
        target=lambda: desk.run("ann", job, lambda *said: places.append(said))
    )
    thread.start()
    while not places:
        time.sleep(0.01)
    assert desk.progress("ann")[:3] == (WAITING, 0, 1)
    hold.go.set()
    thread.join(5)
    assert places[0] == (WAITING, 0, 1)
    assert [one.left_s is None for one in seen] == [True, False, False]
    assert seen[1].left_s > 0
    assert seen[2].left_s == 0
    assert desk.progress("ann") is None


def test_the_studio_is_loaded_behind_and_a_failure_is_said_to_the_asker():
    tries = []

    def factory():
        tries.append(1)
        if len(tries) == 1:
            raise InputError("no weights yet")
        return Toy()

    desk = Desk(factory)
    assert desk.wait_ready(5)
    assert desk.run("ann", lambda studio: len(tries)) == 2
    desk.close()
    with pytest.raises(Cancelled, match="closing"):
        desk.run("ann", lambda studio: 1)


def test_closing_calls_off_what_waits_and_what_runs(desk):
    hold = held(desk)
    waits = desk.submit("bob", lambda studio: 1)
    desk.close()
    for future in (hold.future, waits):
        with pytest.raises(Cancelled):
            future.result(5)


def test_while_it_loads_that_is_what_is_said():
    go = threading.Event()
    desk = Desk(lambda: go.wait(5) and Toy())
    future = desk.submit("ann", lambda studio: 1)
    assert desk.progress("ann").what == LOADING
    go.set()
    assert future.result(5) == 1
    desk.close()
