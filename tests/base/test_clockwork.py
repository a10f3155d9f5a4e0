"""What is due is done once, however many workers look, and what comes too late is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from models.base import clockwork
from models.base.context import CLOCK
from models.base.holds import PATIENCE
from models.base.store import Document, Store
from models.base.transitions import transition
from tests.base.toys import a_show, book, books_balance
from tests.machinery import MONDAY, MovingClock, a_context, a_house

STARTS = MONDAY + timedelta(hours=1)


async def only_order(store: Store) -> Document:
    [order] = await store.find("orders", {})
    return order


def steps(order: Document) -> list[str]:
    return [entry["transition"] for entry in order["timeline"]]


async def test_nothing_happens_before_it_is_due(store: Store) -> None:
    await a_show(store, 1, starts_at=STARTS)
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    clock.now = STARTS - timedelta(milliseconds=1)
    assert await clockwork.tick(house) == 0
    assert await only_order(store) == order


async def test_a_timer_has_one_effect_with_many_workers(store: Store) -> None:
    await a_show(store, 3, starts_at=STARTS)
    clock = MovingClock()
    houses = [a_house(store, clock) for _ in range(5)]
    for who in range(3):
        await book(houses[0], who)
    clock.now = STARTS
    await asyncio.gather(*(clockwork.tick(house) for house in houses))
    for order in await store.find("orders", {}):
        assert steps(order) == ["place", "expire"]
        assert (order["state"], order["version"]) == ("expired", 2)
        assert "timers" not in order
        assert "wake_at" not in order
        assert order["timeline"][-1]["by"] == "clock"
    assert await books_balance(store) == 0
    assert await clockwork.tick(houses[0]) == 0


async def test_a_timer_whose_state_has_passed_goes_with_the_step(store: Store) -> None:
    await a_show(store, 1, starts_at=STARTS)
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    cancelled = await transition(a_context(house, "per_1"), order["_id"], "cancel")
    assert "timers" not in cancelled
    clock.now = STARTS
    assert await clockwork.tick(house) == 0
    assert await only_order(store) == cancelled


async def test_a_timer_that_can_never_happen_is_dropped_and_nothing_else(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    timers = [{"at": MONDAY, "transition": "lapse"}, {"at": STARTS, "transition": "expire"}]
    await store.update(
        "orders", {"_id": order["_id"]}, {"$set": {"timers": timers, "wake_at": MONDAY}}
    )
    assert await clockwork.tick(house) == 1
    assert await only_order(store) == {**order, "timers": timers[1:], "wake_at": STARTS}
    assert await clockwork.tick(house) == 0


async def test_a_reminder_leaves_the_order_where_it_is_and_comes_once(store: Store) -> None:
    await a_show(store, 1, starts_at=STARTS, remind_at=STARTS - timedelta(minutes=10))
    clock = MovingClock()
    houses = [a_house(store, clock) for _ in range(4)]
    await book(houses[0], 1)
    clock.now = STARTS - timedelta(minutes=10)
    await asyncio.gather(*(clockwork.tick(house) for house in houses))
    order = await only_order(store)
    assert steps(order) == ["place", "remind"]
    assert order["timers"] == [{"at": STARTS, "transition": "expire"}]
    assert [entry["template"] for entry in order["outbox"]] == ["toy-soon"]
    assert await clockwork.tick(houses[0]) == 0


async def test_two_timers_missed_in_a_long_stop_are_both_made_up_for(store: Store) -> None:
    await a_show(store, 1, starts_at=STARTS, remind_at=STARTS - timedelta(minutes=10))
    clock = MovingClock()
    house = a_house(store, clock)
    await book(house, 1)
    clock.now = STARTS + timedelta(days=2)
    while await clockwork.tick(house):
        pass
    assert steps(await only_order(store)) == ["place", "remind", "expire"]
    assert await books_balance(store) == 0


class HurryingClock(MovingClock):
    """Every look at it is after the patience of those who wait in a queue."""

    def __call__(self) -> datetime:
        self.forward(seconds=2 * PATIENCE.total_seconds())
        return self.now


async def test_a_process_too_busy_to_take_a_timer_leaves_it_for_later(store: Store) -> None:
    await a_show(store, 1, starts_at=STARTS)
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    clock.now = STARTS
    assert await clockwork.tick(a_house(store, HurryingClock(STARTS))) == 1
    assert await only_order(store) == order
    await clockwork.tick(house)
    assert (await only_order(store))["state"] == "expired"
    assert await books_balance(store) == 0


async def test_one_orders_fault_does_not_stop_the_clock_for_others(
    store: Store, expect_log: Callable[[str], None]
) -> None:
    expect_log("expire of ord_.* failed")
    await a_show(store, 2, starts_at=STARTS)
    clock = MovingClock()
    house = a_house(store, clock)
    await book(house, 1)
    await book(house, 2)
    clock.now = STARTS
    await store.update("orders", {"owner": "per_1"}, {"$unset": {"data": ""}})
    assert await clockwork.tick(house) == 2
    assert await store.count("orders", {"state": "expired"}) == 1
    assert await books_balance(store) == 1


async def test_the_clock_sees_every_order(store: Store) -> None:
    await a_show(store, 1, starts_at=STARTS)
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    await store.update("orders", {"_id": order["_id"]}, {"$set": {"seen_by": []}})
    expired = await transition(a_context(house, actor=CLOCK), order["_id"], "expire")
    assert expired["state"] == "expired"
