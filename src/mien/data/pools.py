"""Where bulk work runs: processes of this machine, or the nodes of a Ray cluster.

Both hand out one function call at a time to ``places`` processes and tell a process that died
(None) from an error of the work, which is raised.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from mien.errors import InputError, MissingExtra


class LocalPool:
    """Processes of this machine, one thread each; one that dies is replaced. InputError below 1."""

    def __init__(self, places: int) -> None:
        if places < 1:
            raise InputError(f"processes is {places}, and must be 1 or more")
        self.places = places
        self._free: list[ProcessPoolExecutor] = []
        self._busy: dict[Future[Any], ProcessPoolExecutor] = {}

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        """Begin a call in a free process."""
        # A pool of one each: a death must not take the others' work with it.
        context = multiprocessing.get_context("spawn")
        pool = self._free.pop() if self._free else ProcessPoolExecutor(1, context, _one_thread)
        future = pool.submit(work, *args)
        self._busy[future] = pool
        return future

    def wait(self, futures: list[Future[Any]]) -> list[Future[Any]]:
        """Those that are done, at least one."""
        return list(wait(futures, return_when=FIRST_COMPLETED).done)

    def result(self, future: Future[Any]) -> Any:
        """What a call gave; None if its process died. Raises what the call raised."""
        pool = self._busy.pop(future)
        try:
            found = future.result()
        except BrokenProcessPool:
            pool.shutdown()
            return None
        except BaseException:
            self._free.append(pool)
            raise
        self._free.append(pool)
        return found

    def close(self) -> None:
        """End the processes, whatever they do."""
        for pool in (*self._free, *self._busy.values()):
            pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


class RayPool:
    """The processes of a Ray cluster; all nodes see the output under one name.

    ``auto`` takes the cluster that runs here, else one is started on this machine. Raises
    MissingExtra without Ray, InputError if there is no cluster at this address.
    """

    def __init__(self, address: str) -> None:
        try:
            import ray  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise MissingExtra("ray", "cluster", "work on a cluster") from None
        self._ray, self._ours = ray, not ray.is_initialized()
        try:
            if self._ours:
                where = None if address == "auto" else address
                ray.init(
                    where, log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR
                )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InputError(f"no Ray cluster at {address!r}: {str(error)[:120]}") from None
        self._calls: dict[Callable[..., Any], Any] = {}

    @property
    def places(self) -> int:
        """Cores of all nodes that live; nodes may come and go."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def submit(self, work: Callable[..., Any], *args: Any) -> Any:
        """Begin a call on any node."""
        if work not in self._calls:  # deaths are counted by who hands out the work
            self._calls[work] = self._ray.remote(max_retries=0, num_cpus=1)(work)
        return self._calls[work].remote(*args)

    def wait(self, futures: list[Any]) -> list[Any]:
        """Those that are done, at least one."""
        return list(self._ray.wait(futures, num_returns=1)[0])

    def result(self, future: Any) -> Any:
        """What a call gave; None if its process or node died. Raises what the call raised."""
        failed = self._ray.exceptions
        try:
            return self._ray.get(future)
        except failed.RayTaskError as error:
            raise error.cause from None
        except (failed.RaySystemError, failed.WorkerCrashedError, failed.RayError):
            return None

    def close(self) -> None:
        """Leave the cluster, if this pool entered it."""
        if self._ours:
            self._ray.shutdown()
