"""Limits in the database: exact in moving windows, and right in a race."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from models.base.errors import TooMany
from models.base.quotas import QUOTAS, Rate, draw, spend
from models.base.store import Store
from tests.machinery import MONDAY, MovingClock

RATES = (Rate(1, timedelta(seconds=60)), Rate(3, timedelta(hours=1)))


async def test_every_rate_holds_and_says_when_it_opens_again(store: Store) -> None:
    clock = MovingClock()
    for _ in range(3):
        await spend(store, "key", RATES, clock())
        with pytest.raises(TooMany) as refusal:
            await spend(store, "key", RATES, clock())
        clock.forward(seconds=60)

    with pytest.raises(TooMany) as refusal:
        await spend(store, "key", RATES, clock())
    assert refusal.value.retry_after == 3600 - 180
    clock.forward(seconds=3600 - 180)
    await spend(store, "key", RATES, clock())

    known = await store.get(QUOTAS, "key")
    assert known is not None
    assert len(known["hits"]) == 3


async def test_a_refused_act_does_not_count(store: Store) -> None:
    clock = MovingClock()
    await spend(store, "key", RATES, clock())
    clock.forward(seconds=59)
    with pytest.raises(TooMany) as refusal:
        await spend(store, "key", RATES, clock())
    assert refusal.value.retry_after == 1
    clock.forward(seconds=1)

    await spend(store, "key", RATES, clock())


async def test_keys_are_counted_apart(store: Store) -> None:
    await spend(store, "one", RATES, MONDAY)
    await spend(store, "two", RATES, MONDAY)

    assert await store.count(QUOTAS, {}) == 2


async def test_of_a_race_no_more_than_allowed_get_through(store: Store) -> None:
    rates = (Rate(5, timedelta(hours=1)),)

    answers = await asyncio.gather(
        *(spend(store, "key", rates, MONDAY) for _ in range(20)), return_exceptions=True
    )

    assert sum(answer is None for answer in answers) == 5
    assert sum(isinstance(answer, TooMany) for answer in answers) == 15


async def test_a_ceiling_stands_for_one_campus_day(store: Store) -> None:
    clock = MovingClock()  # 09:00 on the campus
    answers = await asyncio.gather(
        *(draw(store, "day", 3, clock()) for _ in range(10)), return_exceptions=True
    )
    refusals = [answer for answer in answers if isinstance(answer, TooMany)]

    assert len(refusals) == 7
    assert {refusal.retry_after for refusal in refusals} == {15 * 3600}
    clock.forward(hours=15)
    await draw(store, "day", 3, clock())
