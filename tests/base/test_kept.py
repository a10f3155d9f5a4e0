"""What a process keeps of the database is always as it is now, and costs what has changed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.base.kept import OVERLAP, WHOLE, Kept, Kind
from models.base.store import Document, Store
from tests.machinery import MovingClock

SECOND = timedelta(seconds=1)


def _open(thing: Document) -> str | None:
    return thing["name"] if thing["open"] else None


OPEN_THINGS = Kind("things", where={"open": True}, moved={}, made=_open)


class Things:
    """Things that are opened and closed, and what a process knows of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = MovingClock()
        self.kept = Kept(store, self.clock, OPEN_THINGS)

    async def put(self, key: str, **more: Any) -> None:
        usual = {"_id": key, "name": key, "open": True, "updated_at": self.clock()}
        await self.store.upsert("things", usual | more)

    async def known(self) -> set[str]:
        return set((await self.kept.now()).values())


@pytest.fixture
async def things(store: Store) -> Things:
    things = Things(store)
    await things.put("one")
    await things.put("two", open=False)
    return things


async def test_what_opens_changes_and_closes_is_known_at_once(things: Things) -> None:
    assert await things.known() == {"one"}
    things.clock.forward(minutes=5)
    await things.put("two")
    assert await things.known() == {"one", "two"}
    await things.put("two", name="second")
    assert await things.known() == {"one", "second"}
    things.clock.forward(minutes=1)
    await things.put("one", open=False)
    assert await things.known() == {"second"}


async def test_only_what_has_changed_is_read(things: Things) -> None:
    long_ago = things.clock()
    things.clock.forward(minutes=30)
    await things.known()
    await things.put("three", updated_at=long_ago)  # as nothing ever is: to see that it is not read
    assert await things.known() == {"one"}


async def test_a_change_of_a_clock_that_is_behind_is_not_missed(things: Things) -> None:
    things.clock.forward(minutes=30)
    await things.known()
    await things.put("three", updated_at=things.clock() - OVERLAP)
    assert await things.known() == {"one", "three"}


async def test_everything_is_read_anew_after_a_while(things: Things) -> None:
    assert await things.known() == {"one"}
    await things.store.delete("things", {"_id": "one"})
    things.clock.forward(seconds=WHOLE.total_seconds() - 1)
    assert await things.known() == {"one"}
    things.clock.forward(seconds=1)
    assert await things.known() == set()


async def test_a_clock_set_back_does_not_hide_what_changes(things: Things) -> None:
    things.clock.forward(hours=1)
    assert await things.known() == {"one"}
    things.clock.forward(hours=-1)
    await things.put("two")
    assert await things.known() == {"one", "two"}


async def test_who_asks_together_is_told_the_same(things: Things) -> None:
    await things.put("three")
    told = await asyncio.gather(*(things.known() for _ in range(5)))
    assert told == [{"one", "three"}] * 5
