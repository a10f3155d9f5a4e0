"""Changing a meal before the cut-off, and handing it over after."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.base.errors import Forbidden, VersionNeeded
from models.base.store import Document, Store
from models.base.transitions import StaleVersion
from models.base.views import full, one
from models.meals.booking import DishChoice
from models.meals.refusals import ColleagueUnknown, CutOffAhead, MealOver
from tests.base.stumbling import Stumble, stumbling
from tests.machinery import MONDAY
from tests.meals_house import (
    ANN,
    BOB,
    CAT,
    CLOSES,
    DESK,
    DINNER,
    ENDS,
    HALL,
    HOUR,
    LUNCH,
    OVER,
    STARTS,
    WEST,
    WEST_DESK,
    Meals,
    a_dish,
    a_sitting,
    code_of,
    dinner,
    open_house,
    west,
)

MEAT = DishChoice(dish_id="dsh_1")
GREENS = DishChoice(dish_id="dsh_2")


async def test_more_and_fewer_portions_take_and_give_exactly_the_difference(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN, portions=2, dishes=[MEAT])
    order = await meals.change(ANN, order, portions=4)
    assert (order["price"], await meals.left()) == (4 * 1500 + 800, 6)
    order = await meals.change(ANN, order, portions=1)
    assert (order["price"], await meals.left()) == (1500 + 800, 9)
    assert order["data"]["dishes"][0]["id"] == "dsh_1"
    assert order == await meals.order(order["_id"])


async def test_other_dishes_are_priced_anew_by_the_server(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN, dishes=[MEAT])
    await store.update("sittings", {"_id": "sit_1"}, {"$set": {"price": 1600}})
    order = await meals.change(ANN, order, dishes=[GREENS])
    assert order["price"] == 1600 + 300
    assert [dish["name"] for dish in order["data"]["dishes"]] == ["青菜"]


async def test_a_dish_once_chosen_is_kept_though_it_be_sold_out_but_no_more_of_it(
    store: Store,
) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN, dishes=[MEAT])
    sold_out = [a_dish(1, "红烧肉", 800, sold_out=True), a_dish(2, "青菜", 300)]
    await store.update("sittings", {"_id": "sit_1"}, {"$set": {"dishes": sold_out}})
    order = await meals.change(ANN, order, portions=2, dishes=[MEAT, GREENS])
    assert order["price"] == 2 * 1500 + 800 + 300
    two = [DishChoice(dish_id="dsh_1", count=2)]
    refusal = await meals.refused(meals.change(ANN, order, dishes=two))
    assert (refusal.code, refusal.facts) == ("dish-sold-out", {"dish": "红烧肉"})


async def test_a_meal_moved_to_the_other_canteen_is_seen_and_redeemed_there_alone(
    store: Store,
) -> None:
    meals = await open_house(store, a_sitting(), west(price=1200))
    order = await meals.book(ANN)
    order = await meals.change(ANN, order, sitting_id="sit_2")
    assert (order["data"]["canteen"], order["price"]) == (WEST, 1200)
    assert (await meals.left(), await meals.left("sit_2")) == (10, 9)
    meals.clock.now = STARTS
    assert await meals.can(WEST_DESK, order) == ["redeem", "call_off"]
    assert (await meals.refused(one(meals.ctx(DESK), order["_id"]))).code == "not-found"
    code = code_of(meals, order)
    assert (await meals.refused(meals.scan(code))).code == "code-unknown"
    assert (await meals.scan(code, WEST_DESK)).order.state == "eaten"


async def test_a_meal_moved_to_dinner_frees_lunch_and_waits_for_dinner(store: Store) -> None:
    meals = await open_house(store, a_sitting(), west(), dinner())
    order = await meals.book(ANN)
    order = await meals.change(ANN, order, sitting_id="sit_3")
    assert (order["data"]["meal"], order["due_at"]) == (DINNER, STARTS + 6 * HOUR)
    assert order["timers"] == [{"at": OVER + 6 * HOUR, "transition": "miss"}]
    second = await meals.book(ANN, "again", sitting_id="sit_2")
    assert second["data"]["meal"] == LUNCH
    refusal = await meals.refused(meals.change(ANN, second, sitting_id="sit_3"))
    assert (refusal.code, refusal.facts["order_id"]) == ("already-booked", order["_id"])
    assert [await meals.left(s) for s in ("sit_1", "sit_2", "sit_3")] == [10, 9, 9]


async def test_a_meal_that_is_to_be_brought_arrives_and_is_never_missed(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    order = await meals.change(ANN, order, deliver_to="plc_1")
    assert order["data"]["deliver_to"] == HALL
    meals.clock.now = OVER
    await meals.work()
    assert await meals.state(order) == "eaten"
    assert await store.find("strikes", {}) == []


async def test_a_meal_no_longer_brought_is_missed_by_who_does_not_come(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN, deliver_to="plc_1")
    order = await meals.change(ANN, order, deliver_to=None)
    meals.clock.now = OVER
    await meals.work()
    assert await meals.state(order) == "missed"


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str, dict[str, Any]]] = [
    ({}, {"sitting_id": "sit_9"}, "sitting-unknown", {}),
    ({"state": "cancelled", "enabled": False}, {"sitting_id": "sit_2"}, "sitting-cancelled", {}),
    ({"state": "closed", "enabled": False}, {"sitting_id": "sit_2"}, "sitting-closed", {}),
    (
        {"closes_at": MONDAY},
        {"sitting_id": "sit_2"},
        "ordering-closed",
        {"closed_at": "11-23 09:00"},
    ),
    ({"left": 1}, {"sitting_id": "sit_2"}, "sitting-full", {"remaining": 1, "queue": 0}),
    ({"dishes": []}, {"sitting_id": "sit_2"}, "dish-unknown", {}),
    ({}, {"portions": 5}, "portion-limit", {"limit": 4}),
    ({}, {"portions": 4}, "sitting-full", {"remaining": 1, "queue": 0}),
    ({}, {"deliver_to": "plc_9"}, "delivery-place-unknown", {}),
]


@pytest.mark.parametrize(("other", "body", "code", "facts"), REFUSED)
async def test_a_change_that_cannot_be_is_refused_and_leaves_the_meal_as_it_was(
    store: Store, other: Document, body: Document, code: str, facts: Document
) -> None:
    meals = await open_house(store, a_sitting(places=3), west(**other))
    order = await meals.book(ANN, portions=2, dishes=[MEAT])
    refusal = await meals.refused(meals.change(ANN, order, **body))
    assert (refusal.code, refusal.facts) == (code, facts)


async def test_in_a_closed_sitting_one_may_still_take_less_but_not_more(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN, portions=3)
    await store.update("sittings", {"_id": "sit_1"}, {"$set": {"enabled": False}})
    order = await meals.change(ANN, order, portions=2)
    assert await meals.left() == 8
    assert (await meals.refused(meals.change(ANN, order, portions=3))).code == "sitting-closed"


async def test_a_change_says_which_version_it_is_of_and_a_stale_one_is_refused(
    store: Store,
) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    without = meals.step(ANN, order, "change", None, if_match=None)
    assert type(await meals.refused(without)) is VersionNeeded
    newer = await meals.change(ANN, order, portions=2)
    assert await meals.change(ANN, order, portions=2) == newer
    newest = await meals.change(ANN, newer, portions=3)
    stale = meals.step(ANN, order, "cancel")
    assert type(await meals.refused(stale)) is StaleVersion
    assert newest["version"] == 3


async def test_two_changes_at_once_end_in_one_of_the_two(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    both = [meals.change(ANN, order, portions=n) for n in (2, 4)]
    answers = await asyncio.gather(*both)
    stored = await meals.order(order["_id"])
    assert stored["version"] == 2
    assert {answer["version"] for answer in answers} == {2}
    assert await meals.left() == 10 - stored["data"]["portions"]


async def test_a_change_repeated_after_a_lost_reply_happens_once(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    whole, meals.house = meals.house, stumbling(meals.house, "group.committed")
    with pytest.raises(Stumble):
        await meals.change(ANN, order, portions=3)
    meals.house = whole
    assert (await meals.change(ANN, order, portions=3))["version"] == 2
    assert await meals.left() == 7


async def test_after_the_cut_off_nothing_is_changed(store: Store) -> None:
    meals = await open_house(store, a_sitting(), dinner())
    order = await meals.book(ANN)
    meals.clock.now = CLOSES
    refusal = await meals.refused(meals.change(ANN, order, sitting_id="sit_3"))
    assert refusal.code == "ordering-closed"


async def given(store: Store) -> tuple[Meals, Document, Document]:
    """A meal of Ann's, and as Bob's after she gave it away past the cut-off."""
    meals = await open_house(store, a_sitting(), west(closes_at=STARTS))
    order = await meals.book(ANN)
    meals.clock.now = CLOSES
    return meals, order, await meals.give(ANN, order, BOB)


async def test_a_portion_handed_over_is_the_colleagues_with_a_code_of_their_own(
    store: Store,
) -> None:
    meals, order, after = await given(store)
    old, new = code_of(meals, order), code_of(meals, after)
    assert old != new
    assert (await full(meals.ctx(BOB), after)).data["code"] == new
    assert "code" not in (await one(meals.ctx(ANN), order["_id"])).data
    assert (after["owner"], after["timeline"][-1]["note"]) == (BOB, "bob")
    assert await meals.told(BOB) == ["meal-handed-over"]
    assert await meals.can(ANN, after) == []
    meals.clock.now = STARTS
    assert (await meals.refused(meals.scan(old))).code == "code-unknown"
    assert (await meals.scan(new)).name == "bob"
    assert await meals.left() == 9


async def test_who_gave_a_portion_away_may_order_again_and_who_got_it_may_not(
    store: Store,
) -> None:
    meals, _, after = await given(store)
    refusal = await meals.refused(meals.book(BOB, "west", sitting_id="sit_2"))
    assert (refusal.code, refusal.facts["order_id"]) == ("already-booked", after["_id"])
    assert (await meals.book(ANN, "west", sitting_id="sit_2"))["state"] == "booked"


async def test_handing_over_twice_after_a_lost_reply_happens_once(store: Store) -> None:
    meals, order, after = await given(store)
    assert await meals.give(ANN, order, BOB) == after
    assert type(await meals.refused(meals.give(ANN, after, CAT))) is Forbidden
    assert await meals.told(BOB) == ["meal-handed-over"]


async def test_a_colleague_who_has_a_meal_of_the_period_gets_no_second(store: Store) -> None:
    meals = await open_house(store, a_sitting(), west())
    order = await meals.book(ANN)
    await meals.book(BOB, sitting_id="sit_2")
    meals.clock.now = CLOSES
    refusal = await meals.refused(meals.give(ANN, order, BOB))
    assert refusal.code == "already-booked"
    assert refusal.detail() == "该同事已预订2026-11-23的午餐，每餐只能预订一次。"
    assert refusal.facts == {"date": "2026-11-23", "meal": "午餐"}


async def test_a_portion_is_handed_over_between_the_cut_off_and_the_end_alone(
    store: Store,
) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    assert type(await meals.refused(meals.give(ANN, order, BOB))) is CutOffAhead
    meals.clock.now = CLOSES
    assert type(await meals.refused(meals.give(ANN, order, ANN))) is ColleagueUnknown
    await store.update("people", {"_id": CAT}, {"$set": {"active": False}})
    assert type(await meals.refused(meals.give(ANN, order, CAT))) is ColleagueUnknown
    assert type(await meals.refused(meals.give(DESK, order, BOB))) is Forbidden
    meals.clock.now = ENDS
    assert type(await meals.refused(meals.give(ANN, order, BOB))) is MealOver


async def test_a_portion_nobody_came_for_counts_against_who_ordered_it(store: Store) -> None:
    meals, _, after = await given(store)
    await meals.give(BOB, after, CAT)
    meals.clock.now = OVER
    await meals.work()
    missed = await meals.order(after["_id"])
    assert (missed["state"], missed["owner"], missed["unit"]) == ("missed", ANN, "unt_1")
    assert [strike["who"] for strike in await store.find("strikes", {})] == [ANN]
    assert await meals.can(ANN, missed) == ["appeal"]
    assert await meals.can(CAT, missed) == []
    assert (await meals.told(ANN), await meals.told(CAT)) == (["meal-missed"], ["meal-handed-over"])
