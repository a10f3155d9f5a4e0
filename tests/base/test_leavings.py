"""What services do when somebody leaves is done at least once, each for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from models.base import leavings
from models.base.context import CLOCK, Context
from models.base.leavings import LEAVINGS, leaving, on_leaving, say_farewell
from models.base.store import Store
from tests.machinery import MovingClock, a_house


@pytest.fixture(autouse=True)
def farewells() -> Iterator[None]:
    """Only what a test registers itself."""
    kept = dict(leavings._FAREWELLS)
    leavings._FAREWELLS.clear()
    yield
    leavings._FAREWELLS.clear()
    leavings._FAREWELLS.update(kept)


async def test_each_service_is_told_once_and_the_errand_is_then_gone(store: Store) -> None:
    house, told = a_house(store), []

    @on_leaving
    async def cancel_meals(ctx: Context, person: str) -> None:
        told.append(("meals", person, ctx.actor))

    @on_leaving
    async def cancel_rooms(ctx: Context, person: str) -> None:
        told.append(("rooms", person, ctx.actor))

    await store.insert(LEAVINGS, leaving("per_ann", 2, house.clock()))

    assert await say_farewell(house) == 1
    assert await say_farewell(house) == 0
    assert told == [("meals", "per_ann", CLOCK), ("rooms", "per_ann", CLOCK)]
    assert await store.count(LEAVINGS, {}) == 0


async def test_a_fault_of_one_is_tried_again_without_the_others(
    store: Store, expect_log: Callable[[str], None]
) -> None:
    expect_log("breaks failed for per_ann")
    clock = MovingClock()
    house, told, faults = a_house(store, clock), [], [ValueError("once")]

    @on_leaving
    async def breaks(ctx: Context, person: str) -> None:
        if faults:
            raise faults.pop()
        told.append("breaks")

    @on_leaving
    async def works(ctx: Context, person: str) -> None:
        told.append("works")

    await store.insert(LEAVINGS, leaving("per_ann", 2, house.clock()))

    await say_farewell(house)
    assert (told, await say_farewell(house)) == (["works"], 0)
    clock.forward(minutes=1)
    await say_farewell(house)

    assert told == ["works", "breaks"]
    assert await store.count(LEAVINGS, {}) == 0
