"""The loops of a process: outbox, messages, timers, waiting lists and the services' chores.

Any number of processes may run them on one database; every step is a conditional write.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from models.base.chores import chores, seldom_chores
from models.base.clockwork import tick
from models.base.context import House
from models.base.delivery import hand_over, push
from models.base.expiry import remove_expired
from models.base.store import StoreError
from models.base.waiting import promote
from server.database import follow_up

log = logging.getLogger(__name__)

Job = Callable[[House], Awaitable[int]]

MANY: Final = 100  # things done in one turn: the batch was full
MANY_SELDOM: Final = 50  # the same, of chores that are looked at seldom
BREATH: Final = 0.2  # seconds before the next such turn
POLL: Final = 1.0  # seconds between turns when nobody calls
SELDOM: Final = 10.0  # seconds between two looks at what nobody waits for
UPGRADE: Final = 600.0  # seconds between two looks for what an older version has written
SWEEP: Final = 60.0  # seconds between two looks for what has expired
PAUSE_AFTER_FAULT: Final = 3.0
URGENT: Final = (hand_over, push)  # whoever waits for a place can wait for the next second, too


class Worker:
    """Carries on what is due, at once when woken and otherwise every second."""

    def __init__(self) -> None:
        self._call = asyncio.Event()
        self._posted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def wake(self) -> None:
        """An order has something due now."""
        self._call.set()

    def post(self) -> None:
        """A message may be pushed now."""
        self._posted.set()

    def start(self, house: House) -> None:
        """Run until `stop`; messages are pushed beside the rest, since the outside may be slow.

        Chores come before the clock: who was called off while nobody worked has not been missing.
        Neither is ever so urgent that it cannot wait for the next second: at a busy gate somebody
        calls fifty times in each.
        """
        loops = (
            _loop(house, [hand_over, *chores(), tick, promote], POLL, self._call),
            _loop(house, [push], POLL, self._posted),
            _loop(house, seldom_chores(), SELDOM, asyncio.Event(), many=MANY_SELDOM),
            _loop(house, [_sweep], SWEEP, asyncio.Event()),
            _loop(house, [_follow_up], UPGRADE, asyncio.Event()),
        )
        self._tasks = [asyncio.create_task(each) for each in loops]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Stop after the step under way; the next process takes up what is left."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A loop that ends by itself would be missed much later, by what no longer happens."""
        if task in self._tasks:
            fault = None if task.cancelled() else task.exception()
            log.critical("a loop of the worker has ended", exc_info=fault)


async def _sweep(house: House) -> int:
    return await remove_expired(house.store, house.clock())


async def _follow_up(house: House) -> int:
    await follow_up(house.store, house.clock)
    return 0


async def _loop(
    house: House,
    jobs: list[Job],
    poll: float,
    call: asyncio.Event,
    many: int = MANY,
) -> None:
    """Run the jobs in turn: all after `poll` seconds or with `many` things to do; the urgent when
    called.
    """
    clock = asyncio.get_running_loop().time
    whole, pause = float("-inf"), 0.0
    while True:
        call.clear()
        due = pause == BREATH or clock() - whole >= poll
        whole = clock() if due else whole
        turns = [await _run(house, job) for job in jobs if due or job in URGENT]
        if None in turns:
            await asyncio.sleep(PAUSE_AFTER_FAULT)
        pause = BREATH if max((done or 0 for done in turns), default=0) >= many else poll
        with suppress(TimeoutError):
            await asyncio.wait_for(call.wait(), pause)
            await asyncio.sleep(BREATH)  # who calls is seldom alone


async def _run(house: House, job: Job) -> int | None:
    """One job's turn: how much there was to do, or None where it failed."""
    try:
        return await job(house)
    except StoreError as fault:
        log.warning("%s waits for the database: %r", job.__name__, fault)
    except Exception:  # one job's fault must not stop the others, nor this one's next turn
        log.exception("%s failed", job.__name__)
    return None
