"""One thread ahead, one behind, with bounded queues between: order kept, exceptions travel."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_PATIENCE = 0.1
"""Seconds between two looks at whether the other side has stopped."""


class _End:
    """The last thing in a queue: what stopped its filling, if anything did."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure


def ahead(items: Iterable[T], depth: int = 2) -> Iterator[T]:
    """Iterate in a thread of its own, at most ``depth`` items before the reader.

    For items that take time to produce outside Python's lock. What ``items`` raises is raised here,
    after the items before it. Closing this iterator stops the thread.
    """
    waiting: queue.Queue[T | _End] = queue.Queue(max(1, depth))
    stopped = threading.Event()

    def offer(item: T | _End) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=_PATIENCE)
                return True
            except queue.Full:
                continue
        return False

    def fill() -> None:
        end = _End()
        try:
            for item in items:
                if not offer(item):
                    break
        except BaseException as failure:  # noqa: BLE001  # travels to the reader
            end = _End(failure)
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        offer(end)

    thread = threading.Thread(target=fill, name="mien-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = waiting.get()
            if isinstance(item, _End):
                if item.failure is not None:
                    raise item.failure
                return
            yield item
    finally:
        stopped.set()
        thread.join()


class Behind(Generic[T]):
    """Work done in a thread of its own, at most ``depth`` items after they were put.

    ``finish`` is called at the end, in the same thread, with the argument of :meth:`close`.
    """

    def __init__(
        self, work: Callable[[T], None], finish: Callable[[bool], None], depth: int = 2
    ) -> None:
        self._work, self._finish = work, finish
        self._waiting: queue.Queue[T | _End] = queue.Queue(max(1, depth))
        self._failure: BaseException | None = None
        self._whole = False
        self._dropped = False
        self._thread = threading.Thread(target=self._run, name="mien-behind", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand over one item, waiting while ``depth`` wait; raises what ``work`` raised before."""
        while True:
            self._complain()
            try:
                self._waiting.put(item, timeout=_PATIENCE)
                return
            except queue.Full:
                continue

    def close(self, whole: bool = True) -> None:
        """Let the thread do what still waits, then ``finish(whole)``, and wait for it.

        A Ctrl-C while waiting is kept until the work is done; a second one gives up. Raises what
        ``work`` or ``finish`` raised.
        """
        self._whole = whole
        stopped: KeyboardInterrupt | None = None
        while self._thread.is_alive():
            try:
                self._waiting.put(_End(), timeout=_PATIENCE)
                break
            except queue.Full:
                continue
            except KeyboardInterrupt as interrupt:
                if stopped is not None:
                    raise
                stopped = interrupt
        while self._thread.is_alive():
            try:
                self._thread.join(_PATIENCE)
            except KeyboardInterrupt as interrupt:
                if stopped is not None:
                    raise
                stopped = interrupt
        self._complain()
        if stopped is not None:
            raise stopped

    def drop(self) -> None:
        """Stop after the item in work; what waits is thrown away and ``finish`` is not called."""
        self._dropped = True
        while self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._waiting.put(_End(), timeout=_PATIENCE)
            self._thread.join(_PATIENCE)

    def _complain(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not isinstance(item := self._waiting.get(), _End):
                if self._dropped:
                    return
                self._work(item)
            if not self._dropped:
                self._finish(self._whole)
        except BaseException as failure:  # noqa: BLE001  # travels to the next put or close
            self._failure = failure
