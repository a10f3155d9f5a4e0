"""The floor of reporting: the same insert, straight at the driver.

For each of as many people at once, one insert of a ticket: a copy of one the product has placed, in
the same collection with the same indexes and the same promise of durability. No HTTP, no session,
no rules, no repeat of a request.

`python -m scripts.bench.naive_reports`, with a `Plan` on standard input and a `Run` on standard
output.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from models.base.ids import new_id
from models.base.orders import ORDERS
from models.base.store import Document
from models.repairs.parties import KIND
from scripts.bench.seed_repairs import copied
from server.database import connected
from server.settings import REPOSITORY


class Plan(msgspec.Struct):
    """A ticket for each of these people, so many at once, after `warm_up` others."""

    uri: str
    database: str
    people: list[str]
    warm_up: int
    at_once: int


class Run(msgspec.Struct):
    """Time from the first insert to the last, and the client's own processor time."""

    seconds: float
    cpu_seconds: float
    ms: list[float]

    @property
    def rate(self) -> float:
        """Tickets per second."""
        return len(self.ms) / self.seconds


def drive(plan: Plan) -> Run:
    """Carry `plan` out in another process."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.naive_reports"],
        cwd=REPOSITORY,
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Run)


async def run(plan: Plan) -> Run:
    async with connected(plan.uri, plan.database) as store:
        sample = await store.first(ORDERS, {"kind": KIND, "state": "reported"})
        assert sample is not None
        await _insert_all(store.database, sample, plan.people[: plan.warm_up], plan.at_once)
        started, cpu = time.perf_counter(), time.process_time()
        ms = await _insert_all(store.database, sample, plan.people, plan.at_once)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        return Run(seconds, cpu, ms)


async def _insert_all(
    database: Any, sample: Document, people: Sequence[str], at_once: int
) -> list[float]:
    """How long each took, ms."""
    waiting, ms = iter(people), list[float]()

    async def serve() -> None:
        for person in waiting:
            started = time.perf_counter()
            await database[ORDERS].insert_one(copied(sample, new_id("ord"), person))
            ms.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(serve() for _ in range(at_once)))
    return ms


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run(given))))
