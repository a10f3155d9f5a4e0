"""The floor of booking rooms: what one would write first, straight at the driver.

For each of as many people at once: one update of the room's day, guarded so that nothing stands in
the way, and one insert of the order. The orders are copies of one the product has placed, in the
same collection with the same indexes and the same promise of durability. No HTTP, no session, no
rules of the room; a kill between the two writes keeps a room taken for nobody.

`python -m scripts.bench.naive_rooms`, with a `Plan` on standard input and a `Run` on standard
output.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from models.base.ids import new_id
from models.base.orders import ORDERS
from models.base.store import Document
from models.meetings.days import ROOM_DAYS
from scripts.bench.naive import Run
from scripts.bench.seed_rooms import Slot, copied
from server.database import connected
from server.settings import REPOSITORY


class Plan(msgspec.Struct):
    """Slots to book for these people in turn, so many at once, after some others."""

    uri: str
    database: str
    slots: list[Slot]
    warm_up: list[Slot]
    people: list[str]
    at_once: int


def drive(plan: Plan) -> Run:
    """Carry `plan` out in another process."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.naive_rooms"],
        cwd=REPOSITORY,
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Run)


class _Naive:
    """The naive way of booking, and what it took."""

    def __init__(self, database: Any, sample: Document) -> None:
        self._orders, self._days = database[ORDERS], database[ROOM_DAYS]
        self._sample = sample
        self.booked = self.refused = 0
        self.ms: list[float] = []

    async def serve(self, wanted: Iterator[tuple[str, Slot]]) -> None:
        """One after the other, as long as somebody wants something."""
        for person, slot in wanted:
            started = time.perf_counter()
            await self._book(person, slot)
            self.ms.append((time.perf_counter() - started) * 1000)

    async def _book(self, person: str, slot: Slot) -> None:
        order = copied(self._sample, new_id("ord"), person, slot)
        entry = slot.entry(order["_id"])
        meets = {"from": {"$lt": entry["to"]}, "to": {"$gt": entry["from"]}}
        free = {"_id": slot.key, "enabled": True, "taken": {"$not": {"$elemMatch": meets}}}
        taken = await self._days.update_one(free, {"$push": {"taken": entry}})
        if not taken.matched_count:
            self.refused += 1
            return
        await self._orders.insert_one(order)
        self.booked += 1


async def run(plan: Plan) -> Run:
    async with connected(plan.uri, plan.database) as store:
        sample = await store.first(ORDERS, {"kind": "meeting"})
        assert sample is not None
        await _book_all(_Naive(store.database, sample), plan, plan.warm_up)
        naive = _Naive(store.database, sample)
        started, cpu = time.perf_counter(), time.process_time()
        await _book_all(naive, plan, plan.slots)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        return Run(seconds, cpu, naive.booked, naive.refused, naive.ms)


async def _book_all(naive: _Naive, plan: Plan, slots: Sequence[Slot]) -> None:
    wanted = zip(plan.people, slots, strict=False)
    await asyncio.gather(*(naive.serve(wanted) for _ in range(plan.at_once)))


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run(given))))
