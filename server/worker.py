"""The loops of a process: outbox, messages, timers, waiting lists and the services' chores.

Any number of processes may run them on one database; every step is a conditional write.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from models.base.chores import chores
from models.base.clockwork import tick
from models.base.context import House
from models.base.delivery import hand_over, push
from models.base.store import StoreError
from models.base.waiting import promote

log = logging.getLogger(__name__)

POLL: Final = 1.0  # seconds between turns when nobody calls
PAUSE_AFTER_FAULT: Final = 3.0


class Worker:
    """Carries on what is due, at once when woken and otherwise every second."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def wake(self) -> None:
        """Something is due now."""
        self._woken.set()

    def start(self, house: House) -> None:
        """Run until `stop`; messages are pushed beside the rest, since the outside may be slow.

        Chores come before the clock: who was called off while nobody worked has not been missing.
        """
        self._tasks = [
            asyncio.create_task(self._loop(house, [hand_over, *chores(), tick, promote])),
            asyncio.create_task(self._loop(house, [push])),
        ]

    async def stop(self) -> None:
        """Stop after the step under way; the next process takes up what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _loop(self, house: House, jobs: list[Callable[[House], Awaitable[int]]]) -> None:
        while True:
            self._woken.clear()
            pause = POLL
            for job in jobs:
                pause = max(pause, await _run(house, job))
            try:
                await asyncio.wait_for(self._woken.wait(), pause)
            except TimeoutError:
                continue


async def _run(house: House, job: Callable[[House], Awaitable[int]]) -> float:
    """One job's turn; how long to wait before the next, if it wants more than the usual."""
    try:
        await job(house)
    except StoreError as fault:
        log.warning("%s waits for the database: %r", job.__name__, fault)
        return PAUSE_AFTER_FAULT
    except Exception:  # one job's fault must not stop the others, nor this one's next turn
        log.exception("%s failed", job.__name__)
        return PAUSE_AFTER_FAULT
    return 0.0
