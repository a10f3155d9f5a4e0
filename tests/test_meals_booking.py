"""Ordering for oneself: what it costs, what is refused, and one order however often it is asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.base import orders
from models.base.clock import campus_time
from models.base.errors import Forbidden, NotFound
from models.base.orders import KeyMissing, KeyReused
from models.base.store import Document, Store
from models.base.views import full, one
from models.meals import repeats
from models.meals.booking import Booking, DishChoice
from models.meals.refusals import AlreadyBooked, OrderingClosed, SittingFull
from tests.base.stumbling import Stumble, stumbling
from tests.machinery import MONDAY, a_context, a_house
from tests.meals_house import (
    ANN,
    BOB,
    BOSS,
    CLERK,
    CLOSES,
    DESK,
    DINNER,
    HALL,
    OVER,
    STARTS,
    WEST_DESK,
    Meals,
    a_dish,
    a_sitting,
    code_of,
    dinner,
    more_people,
    open_house,
    west,
)

MEAT, GREENS = DishChoice(dish_id="dsh_1", count=2), DishChoice(dish_id="dsh_2")
A_DAY = timedelta(days=1)


async def test_a_meal_holds_its_portions_and_costs_what_the_server_says(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN, portions=2, dishes=[MEAT, GREENS], deliver_to="plc_1")
    assert order["state"] == "booked"
    assert order["price"] == 2 * 1500 + 2 * 800 + 300
    assert order["due_at"] == STARTS
    assert order["timers"] == [{"at": OVER, "transition": "deliver"}]
    view = await full(meals.ctx(ANN), order)
    assert view.data["dishes"] == [
        {"id": "dsh_1", "name": "红烧肉", "count": 2, "price": 800},
        {"id": "dsh_2", "name": "青菜", "count": 1, "price": 300},
    ]
    assert view.data["deliver_to"] == HALL
    assert view.data["payment"] == "counter"
    assert view.data["code"] == code_of(meals, order)
    assert {"kid", "code_version", "no_show"}.isdisjoint(view.data)
    assert await meals.left() == 8


async def test_the_same_dish_chosen_twice_is_counted_together(store: Store) -> None:
    meals = await open_house(store)
    refusal = await meals.refused(meals.book(ANN, dishes=[GREENS, GREENS, GREENS]))
    assert (refusal.code, refusal.facts) == ("dish-limit", {"dish": "青菜", "limit": 2})


async def test_another_price_than_the_page_showed_is_refused_and_told(store: Store) -> None:
    meals = await open_house(store)
    refusal = await meals.refused(meals.book(ANN, expected_price=1400))
    assert (refusal.code, refusal.facts) == ("price-changed", {"price": 1500})
    assert (await meals.book(ANN, expected_price=1500))["price"] == 1500


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str, dict[str, Any]]] = [
    ({}, {"sitting_id": "sit_9"}, "sitting-unknown", {}),
    ({"state": "cancelled", "enabled": False}, {}, "sitting-cancelled", {}),
    ({"state": "closed", "enabled": False}, {}, "sitting-closed", {}),
    ({"state": "closed", "enabled": False}, {"wait": True}, "sitting-closed", {}),
    ({"closes_at": MONDAY}, {}, "ordering-closed", {"closed_at": "11-23 09:00"}),
    ({"closes_at": MONDAY}, {"wait": True}, "ordering-closed", {"closed_at": "11-23 09:00"}),
    ({"left": 1}, {"portions": 2}, "sitting-full", {"remaining": 1, "queue": 0}),
    ({}, {"dishes": [DishChoice(dish_id="dsh_9")]}, "dish-unknown", {}),
    (
        {"dishes": [a_dish(2, "青菜", 300, sold_out=True)]},
        {"dishes": [GREENS]},
        "dish-sold-out",
        {"dish": "青菜"},
    ),
    ({}, {"portions": 5}, "portion-limit", {"limit": 4}),
    ({}, {"deliver_to": "plc_9"}, "delivery-place-unknown", {}),
]


@pytest.mark.parametrize(("sitting", "body", "code", "facts"), REFUSED)
async def test_what_cannot_be_ordered_is_refused_and_changes_nothing(
    store: Store, sitting: Document, body: Document, code: str, facts: Document
) -> None:
    meals = await open_house(store, a_sitting(**sitting))
    refusal = await meals.refused(meals.book(ANN, **body))
    assert (refusal.code, refusal.facts) == (code, facts)


async def test_a_weekly_cut_off_before_new_year_is_the_moment_the_sitting_says(
    store: Store,
) -> None:
    thursday = campus_time(MONDAY.date().replace(month=12, day=31), "17:00")
    new_year = a_sitting(closes_at=thursday, starts_at=thursday + 4 * A_DAY, date="2027-01-04")
    meals = await open_house(store, new_year)
    meals.clock.now = thursday - timedelta(milliseconds=1)
    assert (await meals.book(ANN))["state"] == "booked"
    meals.clock.now = thursday
    assert type(await meals.refused(meals.book(BOB))) is OrderingClosed


async def test_a_second_meal_of_the_period_is_refused_and_says_where_the_first_is(
    store: Store,
) -> None:
    meals = await open_house(store, a_sitting(), west(), dinner())
    first = await meals.book(ANN)
    refusal = await meals.refused(meals.book(ANN, "other", sitting_id="sit_2"))
    assert type(refusal) is AlreadyBooked
    assert refusal.facts["canteen"] == "东食堂"
    assert refusal.facts["order_id"] == first["_id"]
    assert refusal.detail() == "您已在东食堂预订了2026-11-23的午餐，每餐只能预订一次。"
    assert (await meals.book(ANN, "dinner", sitting_id="sit_3"))["state"] == "booked"


async def test_of_two_canteens_at_the_same_moment_one_has_the_person(store: Store) -> None:
    meals = await open_house(store, a_sitting(), west())
    tries = [meals.book(ANN, f"key{n}", sitting_id=f"sit_{n % 2 + 1}") for n in range(8)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert sum(isinstance(answer, AlreadyBooked) for answer in answers) == 7
    assert await meals.left() + await meals.left("sit_2") == 19


async def test_the_kth_of_k_places_can_be_sold_and_no_more(store: Store) -> None:
    meals = await open_house(store, a_sitting(places=20))
    everyone = await more_people(meals, 25)
    answers = await asyncio.gather(*(meals.book(p) for p in everyone), return_exceptions=True)
    assert sum(isinstance(answer, dict) for answer in answers) == 20
    refusals = [answer for answer in answers if isinstance(answer, SittingFull)]
    assert [refusal.facts for refusal in refusals] == [{"remaining": 0, "queue": 0}] * 5
    assert await meals.left() == 0


async def test_a_party_of_four_leaves_three_places_to_three_singles(store: Store) -> None:
    meals = await open_house(store, a_sitting(places=3))
    one_, two, three, four = await more_people(meals, 4)
    party = meals.book(one_, portions=4)
    singles = [meals.book(person) for person in (two, three, four)]
    refused, *booked = await asyncio.gather(party, *singles, return_exceptions=True)
    assert isinstance(refused, SittingFull)
    assert [isinstance(answer, dict) for answer in booked] == [True] * 3
    assert await meals.left() == 0


async def test_the_same_key_at_once_through_two_processes_is_one_order(store: Store) -> None:
    meals = await open_house(store)
    twin = Meals(a_house(store, meals.clock), meals.clock, meals.persons)
    answers = await asyncio.gather(*((meals, twin)[n % 2].book(ANN) for n in range(8)))
    assert len({answer["_id"] for answer in answers}) == 1
    assert await meals.left() == 9


async def test_a_repeat_after_a_lost_reply_and_after_the_cut_off_gets_the_same_order(
    store: Store,
) -> None:
    meals = await open_house(store, a_sitting(places=1))
    whole, meals.house = meals.house, stumbling(meals.house, "group.committed")
    with pytest.raises(Stumble):
        await meals.book(ANN)
    meals.house = whole
    again = await meals.book(ANN)
    meals.clock.now = CLOSES
    late = await meals.book(ANN)
    assert late == again == await meals.order(again["_id"])
    assert await meals.left() == 0


async def test_a_key_used_for_another_request_or_left_out_is_refused(store: Store) -> None:
    meals = await open_house(store)
    await meals.book(ANN)
    booking = Booking(sitting_id="sit_1")
    other = meals.ctx(ANN, "lunch", request_hash=b"other")
    assert type(await meals.refused(orders.place(other, "meal", booking))) is KeyReused
    without = a_context(meals.house)
    assert type(await meals.refused(orders.place(without, "meal", booking))) is KeyMissing


async def test_a_cancelled_meal_gives_back_its_places_and_the_period(store: Store) -> None:
    meals = await open_house(store, a_sitting(), west())
    order = await meals.book(ANN, portions=3)
    meals.clock.now = CLOSES - timedelta(milliseconds=1)
    assert (await meals.step(ANN, order, "cancel"))["state"] == "cancelled"
    assert await meals.left() == 10
    assert (await meals.book(ANN, "again", sitting_id="sit_2"))["state"] == "booked"
    assert await meals.told(ANN) == []
    assert (await meals.refused(meals.scan(code_of(meals, order)))).code == "code-unknown"


async def test_after_the_cut_off_nothing_is_cancelled(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    meals.clock.now = CLOSES
    refusal = await meals.refused(meals.step(ANN, order, "cancel"))
    assert (refusal.code, refusal.facts) == ("ordering-closed", {"closed_at": "11-23 10:00"})
    assert await meals.can(ANN, order) == ["hand_over"]


async def test_buttons_are_what_each_party_may_do_and_others_see_nothing(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN, deliver_to="plc_1")
    assert await meals.can(ANN, order) == ["change", "cancel"]
    assert await meals.can(DESK, order) == ["call_off"]
    meals.clock.now = STARTS
    assert await meals.can(ANN, order) == ["hand_over"]
    assert await meals.can(DESK, order) == ["redeem", "deliver", "call_off"]
    for stranger in (BOB, CLERK, WEST_DESK, BOSS):
        assert await meals.can(stranger, order) == []
        assert type(await meals.refused(one(meals.ctx(stranger), order["_id"]))) is NotFound
        assert type(await meals.refused(meals.step(stranger, order, "cancel"))) is NotFound
    assert type(await meals.refused(meals.step(DESK, order, "cancel"))) is Forbidden
    assert "code" not in (await one(meals.ctx(DESK), order["_id"])).data


async def test_the_last_meal_is_shown_to_order_it_again(store: Store) -> None:
    meals = await open_house(store, a_sitting(), dinner())
    assert (await meals.refused(repeats.last(meals.ctx(ANN)))).code == "nothing-yet"
    await meals.book(ANN, portions=2, dishes=[MEAT], deliver_to="plc_1")
    meals.clock.forward(minutes=1)
    await meals.book(ANN, "dinner", sitting_id="sit_3", portions=3)
    last = await repeats.last(meals.ctx(ANN))
    assert (last.meal, last.sitting_id, last.portions) == (DINNER, "sit_3", 3)
    assert (last.dishes, last.deliver_to) == ([], None)
    [dinners] = await meals.store.find("orders", {"data.sitting_id": "sit_3"})
    await meals.step(ANN, dinners, "cancel")
    assert (await repeats.last(meals.ctx(ANN))).portions == 2  # nobody wants again what they undid
