"""Blocking work off the event loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from models.base.ports import Fate, PortError
from server.adapters.pool import BoundedPool


async def test_work_beyond_the_queue_is_turned_away_and_its_place_comes_back() -> None:
    pool = BoundedPool("toys", threads=1, waiting=1)
    gate = threading.Event()
    first = asyncio.create_task(pool.run(lambda: gate.wait(10)))
    second = asyncio.create_task(pool.run(lambda: "second"))
    await asyncio.sleep(0)
    with pytest.raises(PortError, match="toys: busy") as caught:
        await pool.run(lambda: "third")
    assert (caught.value.fate, caught.value.retry_after) == (Fate.FAILED, 1)
    gate.set()
    assert await first is True
    assert await second == "second"
    assert await pool.run(lambda: "third") == "third"
    pool.close()


async def test_a_caller_who_gives_up_keeps_the_place_until_the_thread_is_done() -> None:
    pool = BoundedPool("toys", threads=1, waiting=0)
    started, gate = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        gate.wait(10)

    task = asyncio.create_task(pool.run(work))
    while not started.is_set():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(PortError, match="toys: busy"):
        await pool.run(lambda: None)
    gate.set()
    pool.close()


async def test_a_fault_of_the_work_reaches_its_caller() -> None:
    pool = BoundedPool("toys", threads=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)
    pool.close()
