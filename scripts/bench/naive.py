"""The floor of the rush: what one would write first, straight at the driver.

For each of as many people at once: one guarded update of the sitting, and where that took a place
one insert of the order. The orders are copies of one the product has placed, in the same collection
with the same indexes and the same promise of durability. No HTTP, no session, no check of dishes or
of a second order, no claims; a kill between the two writes loses a place.

`python -m scripts.bench.naive`, with a `Plan` on standard input and a `Run` on standard output.
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
from models.meals.sittings import SITTINGS
from server.database import connected
from server.settings import REPOSITORY


class Plan(msgspec.Struct):
    """Who orders in which sitting, so many at once, after some orders in another one."""

    uri: str
    database: str
    sitting: str
    warm_up: str
    people: list[str]
    at_once: int


class Run(msgspec.Struct):
    """Time from the first write to the last, the client's own processor time, and the outcomes."""

    seconds: float
    cpu_seconds: float
    booked: int
    refused: int
    ms: list[float]

    @property
    def rate(self) -> float:
        """Orders per second, refused ones included."""
        return (self.booked + self.refused) / self.seconds


def drive(plan: Plan) -> Run:
    """Carry `plan` out in another process."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.naive"],
        cwd=REPOSITORY,
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Run)


class _Naive:
    """The naive way of ordering, and what it took."""

    def __init__(self, database: Any, sample: Document, sitting: str) -> None:
        self._orders, self._sittings = database[ORDERS], database[SITTINGS]
        self._sample = sample
        self._sitting = sitting
        self._where = {"_id": sitting, "enabled": True, "left": {"$gte": 1}, "queue": []}
        self.booked = self.refused = 0
        self.ms: list[float] = []

    async def serve(self, people: Iterator[str]) -> None:
        """One after the other, as long as somebody wants something."""
        for person in people:
            started = time.perf_counter()
            await self._order(person)
            self.ms.append((time.perf_counter() - started) * 1000)

    async def _order(self, person: str) -> None:
        taken = await self._sittings.update_one(self._where, {"$inc": {"left": -1}})
        if not taken.matched_count:
            self.refused += 1
            return
        order = self._sample | {
            "_id": new_id("ord"),
            "owner": person,
            "actor": person,
            "seen_by": [f"p:{person}", self._sample["seen_by"][-1]],
            "holds": [self._sample["holds"][0] | {"thing": self._sitting}],
        }
        await self._orders.insert_one(order)
        self.booked += 1


async def run(plan: Plan) -> Run:
    async with connected(plan.uri, plan.database) as store:
        sample = await store.first(ORDERS, {"kind": "meal"})
        assert sample is not None
        await _rush(
            _Naive(store.database, sample, plan.warm_up), plan.people[: plan.at_once], plan.at_once
        )
        naive = _Naive(store.database, sample, plan.sitting)
        started, cpu = time.perf_counter(), time.process_time()
        await _rush(naive, plan.people, plan.at_once)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        return Run(seconds, cpu, naive.booked, naive.refused, naive.ms)


async def _rush(naive: _Naive, people: Sequence[str], at_once: int) -> None:
    waiting = iter(people)
    await asyncio.gather(*(naive.serve(waiting) for _ in range(at_once)))


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run(given))))
