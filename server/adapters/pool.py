"""Blocking work off the event loop, with a limit on how much of it may wait."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from models.base.ports import Fate, PortError

T = TypeVar("T")


NICE: Final = 10  # so that the event loop goes first where there are not enough cores


class BoundedPool:
    """A few threads and a short queue; what finds the queue full is turned away at once."""

    def __init__(self, system: str, threads: int, waiting: int) -> None:
        self._system = system
        self._places = threading.BoundedSemaphore(threads + waiting)
        self._threads = ThreadPoolExecutor(threads, system, _stand_back)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, run in a thread. Raises `PortError` "busy" on a full queue."""
        if not self._places.acquire(blocking=False):
            raise PortError(self._system, "busy", Fate.FAILED, retry_after=1)
        try:
            job = self._threads.submit(work)
        except BaseException:
            self._places.release()
            raise
        # The place is given back when the thread is done, not when a caller stops waiting for it.
        job.add_done_callback(self._done)
        return await asyncio.wrap_future(job)

    def close(self) -> None:
        """Let running work end and drop what waits."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _done(self, _job: Future[Any]) -> None:
        self._places.release()


def _stand_back() -> None:
    """Lower this thread's priority; elsewhere than on Linux it would be the whole process's."""
    if sys.platform == "linux":
        os.nice(NICE)
