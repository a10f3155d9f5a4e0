"""The loops of a process: at once when called, and undeterred by one that fails."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from models.base import orders
from models.base.context import House
from models.base.messages import DELIVERIES
from models.base.store import Document, Store, Unreachable
from models.base.transitions import transition
from server.worker import Worker
from tests.base.toys import ToyBody, a_show
from tests.machinery import a_context, a_house

TEMPLATES = {"toy-cancelled": "tmpl-1"}
PATIENCE = 5.0  # seconds; far more than it takes


async def delivered(store: Store) -> Document:
    """The first message there is, pushed."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = await store.first(DELIVERIES, {})
            if message is not None and "push_at" not in message:
                return message


async def a_cancelled_ticket(house: House) -> str:
    await a_show(house.store, 5)
    order = await orders.place(a_context(house, key="worker-order-001"), "toy", ToyBody())
    await transition(a_context(house), order["_id"], "cancel")
    return str(order["_id"])


async def test_what_a_step_promises_is_carried_out_and_pushed(store: Store) -> None:
    worker = Worker()
    house = replace(a_house(store), wake=worker.wake, post=worker.post, wechat_templates=TEMPLATES)
    worker.start(house)
    order = await a_cancelled_ticket(house)
    message = await delivered(store)
    await worker.stop()
    assert (message["order"], message["to"]) == (order, "per_ann")
    kept = await store.get("orders", order)
    assert kept is not None
    assert "outbox_at" not in kept


async def test_a_job_that_fails_stops_neither_the_others_nor_itself(
    store: Store, expect_log: object
) -> None:
    assert callable(expect_log)
    expect_log("waits for the database")
    house = replace(a_house(store), wechat_templates=TEMPLATES)
    worker = Worker()
    failures = [Unreachable("gone")]

    def step(name: str) -> None:
        if failures:
            raise failures.pop()

    order = await a_cancelled_ticket(house)
    worker.start(replace(house, step=step, wake=worker.wake, post=worker.post))
    message = await delivered(store)
    await worker.stop()
    assert message["order"] == order
    assert failures == []


async def test_a_loop_that_ends_by_itself_is_said_in_the_log(
    store: Store, expect_log: object
) -> None:
    assert callable(expect_log)
    expect_log("CRITICAL .* has ended")
    ended = asyncio.Event()

    def step(name: str) -> None:
        ended.set()
        raise asyncio.CancelledError

    worker = Worker()
    house = a_house(store)
    await a_cancelled_ticket(house)
    worker.start(replace(house, step=step))
    await asyncio.wait_for(ended.wait(), PATIENCE)
    await worker.stop()
