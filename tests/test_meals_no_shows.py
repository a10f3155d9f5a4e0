"""Who orders and does not come: what the clock notes, what follows, and how it is put right."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from models.base import clockwork
from models.base.context import CLOCK
from models.base.errors import Forbidden, NotFound
from models.base.shapes import PageQuery
from models.base.store import Document, Store
from models.base.transitions import WrongState
from models.base.views import inbox, one
from models.meals.lifecycle import Decision
from models.meals.no_shows import suspended_until
from models.meals.sittings import Reason
from tests.machinery import a_house
from tests.meals_house import (
    ANN,
    BOB,
    BOSS,
    CLOSES,
    DESK,
    ENDS,
    OVER,
    STARTS,
    WEST_DESK,
    Meals,
    a_sitting,
    open_house,
    west,
)

A_DAY = timedelta(days=1)
ILL = Reason(reason="临时外出开会")


def on(days: int, **fields: Any) -> Document:
    """Lunch so many days after Monday, in the east canteen."""
    later = timedelta(days=days)
    times = {"starts_at": STARTS + later, "ends_at": ENDS + later, "closes_at": CLOSES + later}
    day = (date(2026, 11, 23) + later).isoformat()
    return a_sitting(f"sit_{days}", **{"date": day, **times, **fields})


async def missed(store: Store) -> tuple[Meals, Document]:
    """A meal that Ann has not come to."""
    meals = await open_house(store, on(0), on(1), on(2), west("sit_w", date="2026-11-30"))
    order = await meals.book(ANN, sitting_id="sit_0")
    meals.clock.now = OVER
    await meals.work()
    return meals, await meals.order(order["_id"])


async def strikes(meals: Meals) -> list[str]:
    return [strike["_id"] for strike in await meals.store.find("strikes", {})]


async def test_half_an_hour_after_the_end_who_has_not_come_gets_a_strike(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    meals.clock.now = OVER - timedelta(milliseconds=1)
    await meals.work()
    assert (await meals.state(order), await strikes(meals)) == ("booked", [])
    meals.clock.now = OVER
    twin = a_house(store, meals.clock)
    await asyncio.gather(clockwork.tick(meals.house), clockwork.tick(twin))
    assert (await meals.state(order), await strikes(meals)) == ("missed", [order["_id"]])
    assert await meals.told(ANN) == ["meal-missed"]
    assert await meals.left() == 9


async def test_a_second_strike_suspends_for_a_week_at_that_canteen_alone(store: Store) -> None:
    meals, _ = await missed(store)
    second = await meals.book(ANN, "second", sitting_id="sit_1")
    meals.clock.now = OVER + A_DAY
    await meals.work()
    assert await meals.state(second) == "missed"
    refusal = await meals.refused(meals.book(ANN, "third", sitting_id="sit_2"))
    assert (refusal.code, refusal.facts) == ("suspended", {"until": "2026-12-01"})
    assert (await meals.book(BOB, "third", sitting_id="sit_2"))["state"] == "booked"
    await store.update("sittings", {"_id": "sit_w"}, {"$set": {"closes_at": OVER + 9 * A_DAY}})
    elsewhere = await meals.book(ANN, "west", sitting_id="sit_w")
    moved = meals.change(ANN, elsewhere, sitting_id="sit_2")
    assert (await meals.refused(moved)).code == "suspended"


RULE = {"limit": 2, "days": 10, "pause": 7}


@pytest.mark.parametrize(
    ("days", "rule", "until"),
    [
        ([], RULE, None),
        ([1], RULE, None),
        ([1, 10], RULE, date(2026, 11, 17)),
        ([1, 11], RULE, None),
        ([1, 3, 5], RULE, date(2026, 11, 12)),
        ([5, 3, 1], RULE, date(2026, 11, 12)),
        ([1, 2, 20], RULE, date(2026, 11, 9)),
        ([1, 2, 3], RULE | {"limit": 0}, None),
        ([4], RULE | {"limit": 1}, date(2026, 11, 11)),
    ],
)
def test_so_many_strikes_in_so_many_days_suspend_until_so_long_after_the_last(
    days: list[int], rule: Document, until: date | None
) -> None:
    sitting = a_sitting(no_show=rule)
    mine = [{"canteen": "ctn_1", "date": f"2026-11-{day:02}"} for day in days]
    others = [{"canteen": "ctn_2", "date": f"2026-11-{day:02}"} for day in range(1, 20)]
    assert suspended_until(sitting, mine + others) == until


async def test_an_appeal_waits_for_the_managers_who_decide_it(store: Store) -> None:
    meals, order = await missed(store)
    assert await meals.can(ANN, order) == ["appeal"]
    assert await meals.can(BOSS, order) == ["pardon"]
    assert await meals.can(DESK, order) == []
    appealed = await meals.step(ANN, order, "appeal", ILL)
    assert appealed["timeline"][-1]["note"] == "临时外出开会"
    waiting = await inbox(meals.ctx(BOSS), PageQuery())
    assert [(item.id, item.can) for item in waiting.items] == [(order["_id"], ["pardon", "uphold"])]
    assert await meals.can(ANN, order) == []
    early = meals.step(ANN, appealed, "pardon", Decision())
    assert type(await meals.refused(early)) is Forbidden
    west_desk = meals.step(WEST_DESK, appealed, "pardon", Decision())
    assert type(await meals.refused(west_desk)) is NotFound


async def test_a_pardon_removes_the_strike_and_is_on_record(store: Store) -> None:
    meals, order = await missed(store)
    appealed = await meals.step(ANN, order, "appeal", ILL)
    pardoned = await meals.step(BOSS, appealed, "pardon", Decision(note="情况属实"))
    assert pardoned["state"] == "pardoned"
    assert await strikes(meals) == []
    assert await meals.told(ANN) == ["meal-missed", "meal-pardoned"]
    assert (await inbox(meals.ctx(BOSS), PageQuery())).items == []
    [record] = await store.find("audit", {})
    assert (record["act"], record["object"]) == ("meals.pardon", order["_id"])
    assert record["actor"]["id"] == BOSS
    assert (record["before"], record["after"]) == ({"state": "appealed"}, {"note": "情况属实"})


async def test_a_pardon_ends_the_suspension(store: Store) -> None:
    meals, first = await missed(store)
    await meals.book(ANN, "second", sitting_id="sit_1")
    meals.clock.now = OVER + A_DAY
    await meals.work()
    assert (await meals.refused(meals.book(ANN, "x", sitting_id="sit_2"))).code == "suspended"
    await meals.step(BOSS, first, "pardon", Decision())
    assert (await meals.book(ANN, "x", sitting_id="sit_2"))["state"] == "booked"


async def test_an_appeal_that_fails_leaves_the_strike_and_says_why(store: Store) -> None:
    meals, order = await missed(store)
    appealed = await meals.step(ANN, order, "appeal", ILL)
    upheld = await meals.step(BOSS, appealed, "uphold", Decision(note="未说明原因"))
    assert (upheld["state"], await strikes(meals)) == ("upheld", [order["_id"]])
    assert upheld["timeline"][-1]["note"] == "未说明原因"
    assert await meals.told(ANN) == ["meal-missed", "meal-upheld"]
    late = meals.step(BOSS, upheld, "pardon", Decision())
    assert type(await meals.refused(late)) is WrongState
    [record] = await store.find("audit", {})
    assert (record["act"], record["after"]) == ("meals.uphold", {"note": "未说明原因"})


async def test_pardoned_and_upheld_at_once_end_in_one_of_the_two(store: Store) -> None:
    meals, order = await missed(store)
    appealed = await meals.step(ANN, order, "appeal", ILL)
    both = [meals.step(BOSS, appealed, n, Decision(), if_match=None) for n in ("pardon", "uphold")]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(answer, WrongState) for answer in answers) == 1
    pardoned = await meals.state(order) == "pardoned"
    assert await strikes(meals) == ([] if pardoned else [order["_id"]])


async def test_one_may_appeal_for_as_long_as_the_canteen_allows(store: Store) -> None:
    meals, order = await missed(store)
    meals.clock.now = ENDS + 7 * A_DAY + timedelta(milliseconds=1)
    refusal = await meals.refused(meals.step(ANN, order, "appeal", ILL))
    assert (refusal.code, refusal.facts) == ("appeal-too-late", {"days": 7})
    assert await meals.can(ANN, order) == []
    meals.clock.now = ENDS + 7 * A_DAY
    assert (await meals.step(ANN, order, "appeal", ILL))["state"] == "appealed"


async def test_nobody_but_the_clock_says_that_a_meal_was_missed(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    meals.clock.now = OVER
    for who in (ANN, DESK):
        assert type(await meals.refused(meals.step(who, order, "miss"))) is Forbidden
    assert type(await meals.refused(one(meals.ctx(BOSS), order["_id"]))) is NotFound
    assert await meals.can(CLOCK.id, order) == ["cancel", "miss", "call_off"]
