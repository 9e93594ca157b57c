"""The desk: one studio, one queue in front of it, every result to whoever asked for it.

    desk = Desk(lambda: Studio("portraits"))
    faces = desk.run("ann", lambda studio: studio.describe("an old man", 1))

A studio is not made for several threads: one thread loads it and does all the work, whoever asks
waits in a thread of his own. What the studio tells (:mod:`mien.runtime.watching`) goes to the asker
of the job that is running, and to nobody else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, cast

from mien.errors import Busy, Cancelled
from mien.runtime.watching import Watch, quiet
from mien.studio.session import Studio

T = TypeVar("T")

WAITING = "waiting"
"""What a watch is told while others are served before; ``done`` is 0, ``total`` those before."""

LOADING = "loading the models"
"""What it is told while the studio is not there yet."""

_USUAL_S = 2.0
"""What a job is thought to take before one has been seen."""

_log = logging.getLogger(__name__)


class Progress(NamedTuple):
    """How far a job is.

    Attributes:
        what: What is being done: :data:`WAITING`, :data:`LOADING`, ``drawing``, ``refining``…
        done: How many are done.
        total: Of how many, 0 where nobody knows; while waiting, how many are before this one.
        left_s: Seconds that this step will still take, None where nobody knows.
    """

    what: str
    done: int
    total: int
    left_s: float | None


@dataclass(eq=False)
class _Ticket:
    """One job on its way."""

    who: str
    job: Callable[[Studio], Any]
    told: Watch
    finished: threading.Event = field(default_factory=threading.Event)
    cancelled: bool = False
    result: Any = None
    error: BaseException | None = None
    progress: Progress | None = None
    begun: tuple[str, float] = ("", 0.0)

    def tell(self, what: str, done: int, total: int) -> None:
        """What the studio says of this job; stops it here if it was cancelled.

        Raises:
            Cancelled: The asker has called it off.
        """
        if self.cancelled:
            raise Cancelled("cancelled")
        now = time.monotonic()
        if what != self.begun[0] or not done:
            self.begun = what, now
        left = (now - self.begun[1]) / done * (total - done) if done and total else None
        self.progress = Progress(what, done, total, left)
        self.told(what, done, total)


class Desk:
    """Runs jobs one after another on one studio.

    Args:
        studio_factory: Makes the studio; called once, in the desk's own thread, soon after start.
        waiting: How many may wait beside the one that runs.
        warm: Called with the studio once it is there, before the first job, so that the first job
            finds everything loaded; what it raises is logged, and the first job says it again.
    """

    def __init__(
        self,
        studio_factory: Callable[[], Studio],
        waiting: int = 16,
        warm: Callable[[Studio], object] | None = None,
    ) -> None:
        self._factory, self._warm, self.waiting = studio_factory, warm, waiting
        self._line: deque[_Ticket] = deque()
        self._running: _Ticket | None = None
        self._studio: Studio | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._usual_s = _USUAL_S
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mien-desk", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether the studio is loaded."""
        return self._ready.is_set()

    def wait_ready(self, timeout_s: float | None = None) -> bool:
        """Wait until the studio was loaded; whether it was within the time."""
        return self._ready.wait(timeout_s)

    def __len__(self) -> int:
        """How many jobs run or wait."""
        return len(self._line) + (self._running is not None)

    def run(self, who: str, job: Callable[[Studio], T], told: Watch | None = None) -> T:
        """Wait for one's turn, do a job on the studio, and return what it returns.

        Args:
            who: The asker, such as a session's id; :meth:`cancel` and :meth:`progress` take it.
            job: What to do; runs in the desk's thread, so it must not call :meth:`run`.
            told: Told how far it is, in the desk's thread while it runs and in this one while it
                waits; may raise to stop the job.

        Raises:
            Busy: As many wait as may.
            Cancelled: Somebody called :meth:`cancel` with this ``who``, or the desk closed.
            MienError: As the job.
        """
        ticket = _Ticket(who, job, told or quiet)
        with self._changed:
            if self._closed:
                raise Cancelled("the server is closing")
            if len(self._line) >= self.waiting:
                raise Busy(len(self._line), self._retry_s())
            self._line.append(ticket)
            self._changed.notify_all()
        try:
            self._wait(ticket)
        except BaseException:
            ticket.cancelled = True  # Nobody is there any more to take the result.
            self._drop(ticket)
            raise
        if ticket.error is not None:
            raise ticket.error
        return cast(T, ticket.result)

    def cancel(self, who: str) -> bool:
        """Call off all jobs of an asker: those that wait at once, the running one at its next step.

        Returns:
            Whether there was any.
        """
        with self._changed:
            mine = [ticket for ticket in self._line if ticket.who == who]
            for ticket in mine:
                self._line.remove(ticket)
                ticket.error = Cancelled("cancelled")
                ticket.finished.set()
            running = self._running
            if running is not None and running.who == who:
                running.cancelled = True
                return True
            return bool(mine)

    def progress(self, who: str) -> Progress | None:
        """How far the foremost job of an asker is, with the time left; None if there is none."""
        with self._changed:
            if self._running is not None and self._running.who == who:
                return self._running.progress
            for before, ticket in enumerate(self._line):
                if ticket.who == who:
                    return self._place(before)
        return None

    def close(self) -> None:
        """Call everything off and stop; the running job ends at its next step."""
        with self._changed:
            self._closed = True
            for ticket in self._line:
                ticket.error = Cancelled("the server is closing")
                ticket.finished.set()
            self._line.clear()
            if self._running is not None:
                self._running.cancelled = True
            self._changed.notify_all()
        self._thread.join(timeout=30)

    def _place(self, before: int) -> Progress:
        """What is said to one that waits: the studio loads, or so many are before."""
        if not self.ready:
            return Progress(LOADING, 0, 0, None)
        ahead = before + (self._running is not None)
        return Progress(WAITING, 0, ahead, ahead * self._usual_s)

    def _retry_s(self) -> int:
        return max(1, round(self._usual_s))

    def _wait(self, ticket: _Ticket) -> None:
        """Until the job is done; tells its place in the line whenever that changes."""
        last: Progress | None = None
        while not ticket.finished.wait(0.25):
            with self._changed:
                waits = ticket in self._line
                place = self._place(self._line.index(ticket)) if waits else None
            if place is not None and place != last:
                last = place
                ticket.told(place.what, place.done, place.total)

    def _drop(self, ticket: _Ticket) -> None:
        with self._changed:
            if ticket in self._line:
                self._line.remove(ticket)

    def _work(self) -> None:
        """The desk's thread: the studio first, then one job after the other."""
        self._load()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._line)
                if self._closed:
                    return
                ticket = self._running = self._line.popleft()
            start = time.monotonic()
            try:
                ticket.result = self._do(ticket)
            except Exception as error:  # noqa: BLE001  # it belongs to the asker, who gets it whole
                ticket.error = error
            with self._changed:
                self._running = None
            self._usual_s += 0.2 * (time.monotonic() - start - self._usual_s)
            ticket.finished.set()
            del ticket  # A result is nobody's but its asker's.

    def _load(self) -> None:
        try:
            self._studio = self._factory()
            if self._warm is not None:
                self._warm(self._studio)
        except Exception as error:  # noqa: BLE001  # the first job tries again and says it
            _log.warning("the studio is not ready: %s", error)
        self._ready.set()

    def _do(self, ticket: _Ticket) -> Any:
        if self._studio is None:
            self._studio = self._factory()
        studio = self._studio
        studio.watch = ticket.tell
        try:
            ticket.tell("", 0, 0)
            return ticket.job(studio)
        finally:
            del studio.watch
