"""The desk: one studio, one queue in front of it, every result to whoever asked for it.

    desk = Desk(lambda: Studio("portraits"))
    faces = desk.run("ann", lambda studio: studio.describe("an old man", 1))

One thread loads the studio and does all the work; whoever asks waits in a thread of his own. What
the studio tells (:mod:`mien.runtime.watching`) goes to the asker of the running job alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mien.errors import Busy, Cancelled
from mien.runtime.watching import Watch, quiet

if TYPE_CHECKING:
    from mien.studio.session import Studio

T = TypeVar("T")

WAITING = "waiting"
"""What a watch is told while others are served before; ``done`` is 0, ``total`` those before."""

LOADING = "loading the models"
"""What it is told while the studio is not there yet."""

CANCELLING = "cancelling"
"""What is being done once a running job was called off, until its next step."""

_CLOSING = "the server is closing"
_LOOK_S = 0.25
"""Seconds between two looks at one's place in the line."""

_USUAL_S = 2.0
"""What a job is thought to take before one has been seen."""

_log = logging.getLogger(__name__)


class Progress(NamedTuple):
    """How far a job is.

    Attributes:
        what: :data:`WAITING`, :data:`LOADING`, :data:`CANCELLING`, ``drawing``, ``refining``…
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
    future: Future[Any] = field(default_factory=Future)
    cancelled: bool = False
    progress: Progress | None = None
    begun: tuple[str, float] = ("", 0.0)

    def tell(self, what: str, done: int, total: int) -> None:
        """What the studio says of this job; raises Cancelled here if its asker called it off."""
        if self.cancelled:
            raise Cancelled("cancelled")
        now = time.monotonic()
        if what != self.begun[0] or not done:
            self.begun = what, now
        left = (now - self.begun[1]) / done * (total - done) if done and total else None
        self.progress = Progress(what, done, total, left)
        self.told(what, done, total)

    def end(self, error: Exception) -> None:
        """Tell the asker that it will not be done, unless the asker has gone."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Desk:
    """Runs jobs one after another on one studio.

    Args:
        studio_factory: Makes the studio; called once, in the desk's own thread, soon after start.
        waiting: How many may wait beside the one that runs.
        warm: Called with the studio before the first job, so that this finds everything loaded;
            what it raises is logged, and the first job says it again.
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
        future = self.submit(who, job, told)
        last: Progress | None = None
        while True:
            try:
                return future.result(_LOOK_S)
            except NotYet:
                if future.done():  # It is the job's own error.
                    raise
            place = self._place(future)
            if place is None or place == last or told is None:
                continue
            last = place
            try:
                told(place.what, place.done, place.total)
            except BaseException:  # The asker stops it, or is gone.
                self._take(lambda ticket: ticket.future is future)
                raise

    def submit(self, who: str, job: Callable[[Studio], T], told: Watch | None = None) -> Future[T]:
        """As :meth:`run` without waiting; what the job raises stands in the future."""
        ticket = _Ticket(who, job, told or quiet)
        with self._changed:
            if self._closed:
                raise Cancelled(_CLOSING)
            if len(self._line) >= self.waiting:
                raise Busy(len(self._line), max(1, round(self._usual_s)))
            self._line.append(ticket)
            self._changed.notify_all()
        return ticket.future

    def cancel(self, who: str) -> bool:
        """Call off an asker's jobs, the running one at its next step; whether there was any."""
        waited = self._take(lambda ticket: ticket.who == who)
        with self._changed:
            running = self._running
            runs = running is not None and running.who == who
            if running is not None and runs:
                running.cancelled = True
        for ticket in waited:
            ticket.end(Cancelled("cancelled"))
        return runs or bool(waited)

    def _take(self, which: Callable[[_Ticket], bool]) -> list[_Ticket]:
        """Take some of those that wait out of the line."""
        with self._changed:
            taken = [ticket for ticket in self._line if which(ticket)]
            for ticket in taken:
                self._line.remove(ticket)
        return taken

    def progress(self, who: str) -> Progress | None:
        """How far the foremost job of an asker is, with the time left; None if there is none."""
        with self._changed:
            if self._running is not None and self._running.who == who:
                if self._running.cancelled:
                    return Progress(CANCELLING, 0, 0, None)
                return self._running.progress
            mine = next((ticket.future for ticket in self._line if ticket.who == who), None)
        return None if mine is None else self._place(mine)

    def close(self) -> None:
        """Call everything off and stop; the running job ends at its next step."""
        with self._changed:
            self._closed = True
            if self._running is not None:
                self._running.cancelled = True
            self._changed.notify_all()
        for ticket in self._take(lambda ticket: True):
            ticket.end(Cancelled(_CLOSING))
        self._thread.join(timeout=5)

    def _place(self, future: Future[Any]) -> Progress | None:
        """Where a job that waits stands, or that the studio is loading; None once it runs."""
        with self._changed:
            line = [ticket.future for ticket in self._line]
            if future not in line:
                return None
            ahead = line.index(future) + (self._running is not None)
        if not self.ready:
            return Progress(LOADING, 0, 0, None)
        return Progress(WAITING, 0, ahead, ahead * self._usual_s)

    def _work(self) -> None:
        """The desk's thread: the studio first, then one job after the other."""
        self._load()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._line)
                if self._closed:
                    return
                ticket = self._running = self._line.popleft()
            if not ticket.future.set_running_or_notify_cancel():
                self._running = None
                continue
            start, result, fault = time.monotonic(), None, None
            try:
                result = self._do(ticket)
            except Exception as error:  # noqa: BLE001  # it belongs to the asker, who gets it whole
                fault = error
            with self._changed:
                self._running = None
            self._usual_s += 0.2 * (time.monotonic() - start - self._usual_s)
            if fault is None:
                ticket.future.set_result(result)
            else:
                ticket.future.set_exception(fault)
            del ticket, result, fault  # A result is nobody's but its asker's.

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
