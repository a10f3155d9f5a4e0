"""What is read from the database once for everybody, and again a moment later."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from models.base.context import House
from models.base.recent import Recent
from models.base.store import Store
from tests.machinery import MovingClock, a_house


class Source:
    """Counts how often it is read; while it is `broken` it fails."""

    def __init__(self) -> None:
        self.reads = 0
        self.broken = False
        self.may_go = asyncio.Event()
        self.may_go.set()

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await self.may_go.wait()
        if self.broken:
            raise ConnectionError
        return number


async def test_who_asks_together_shares_a_read_that_is_made_anew_after_its_time() -> None:
    clock, source = MovingClock(), Source()
    recent = Recent(source.read, clock, timedelta(seconds=1))

    together = await asyncio.gather(recent.get(), recent.get(), recent.get())
    assert list(together) == [1, 1, 1]
    clock.forward(seconds=0.9)
    assert await recent.get() == 1
    clock.forward(seconds=0.1)
    assert list(await asyncio.gather(recent.get(), recent.get())) == [2, 2]
    assert source.reads == 2


async def test_a_clock_set_back_does_not_keep_it_for_ever() -> None:
    clock, source = MovingClock(), Source()
    recent = Recent(source.read, clock, timedelta(seconds=1))
    assert await recent.get() == 1
    clock.forward(seconds=-60)
    assert await recent.get() == 2


async def test_a_failed_read_fails_those_who_wait_and_nobody_after_them() -> None:
    source = Source()
    recent = Recent(source.read, MovingClock(), timedelta(seconds=1))
    source.broken = True
    answers = await asyncio.gather(recent.get(), recent.get(), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ConnectionError, ConnectionError]
    source.broken = False
    assert await recent.get() == 2


async def test_who_goes_away_does_not_take_the_read_along() -> None:
    source = Source()
    source.may_go.clear()
    recent = Recent(source.read, MovingClock(), timedelta(seconds=1))
    one, other = asyncio.create_task(recent.get()), asyncio.create_task(recent.get())
    await asyncio.sleep(0)
    one.cancel()
    source.may_go.set()
    assert await other == 1
    with pytest.raises(asyncio.CancelledError):
        await one


async def test_what_is_forgotten_is_read_anew_also_while_it_is_being_read() -> None:
    source = Source()
    source.may_go.clear()
    recent = Recent(source.read, MovingClock(), timedelta(seconds=1))
    before = asyncio.create_task(recent.get())
    await asyncio.sleep(0)
    recent.forget()
    after = asyncio.create_task(recent.get())
    await asyncio.sleep(0)
    source.may_go.set()
    assert [await before, await after] == [1, 2]
    assert await recent.get() == 2


async def test_a_house_keeps_what_everybody_asks_for_a_second(store: Store) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    asked: list[str] = []

    async def gates(house: House) -> int:
        asked.append("gates")
        return await house.store.count("gates", {})

    assert await house.recent(gates).get() == 0
    await store.insert("gates", {"_id": "gate_1"})
    assert await house.recent(gates).get() == 0
    clock.forward(seconds=1)
    assert await house.recent(gates).get() == 1
    house.recent(gates).forget()
    assert await house.recent(gates).get() == 1
    assert len(asked) == 3
    assert await replace(house, clock=clock).recent(gates).get() == 1  # another house, its own
    assert len(asked) == 4
