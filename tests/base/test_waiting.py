"""Waiting lists: first come, first offered; nobody slips past, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.base import clockwork, waiting
from models.base.context import CLOCK, House
from models.base.store import Document, Store
from models.base.transitions import available, transition
from models.base.waiting import OFFER
from tests.base.stumbling import Stumble, stumbling
from tests.base.toys import SHOWS, Full, OfferOver, ToyBody, a_show, book, books_balance
from tests.machinery import MONDAY, MovingClock, a_context, a_house


async def states(store: Store) -> dict[str, str]:
    """Where each person's order stands."""
    return {order["owner"]: order["state"] for order in await store.find("orders", {})}


async def show(store: Store) -> Document:
    found = await store.get(SHOWS, "show_1")
    assert found is not None
    return found


async def a_full_show(house: House, *waiters: int) -> Document:
    """Two seats, both person 0's; then a waiter for each number of seats. Person 0's order."""
    await a_show(house.store, 2)
    full: Document = await book(house, 0, ToyBody(seats=2))
    for who, seats in enumerate(waiters, 1):
        order = await book(house, who, ToyBody(seats=seats, wait=True))
        assert order["state"] == "waiting"
    return full


async def step_of(house: House, who: int, name: str) -> Any:
    """A step of the order of person `who`."""
    order = await house.store.first("orders", {"owner": f"per_{who}"})
    assert order is not None
    return await transition(a_context(house, f"per_{who}"), order["_id"], name)


async def test_without_wait_a_full_show_is_refused_with_the_length_of_the_queue(
    store: Store,
) -> None:
    house = a_house(store)
    await a_full_show(house, 1, 1)
    answer = await book(house, 9)
    assert isinstance(answer, Full)
    assert answer.facts == {"queue": 2, "left": 0}
    assert await store.count("orders", {}) == 3
    assert (await show(store))["queue"] == [0, 1]


async def test_an_ordinary_take_is_refused_while_anybody_waits(store: Store) -> None:
    house = a_house(store)
    full = await a_full_show(house, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    assert (await show(store))["left"] == 2
    assert isinstance(await book(house, 9), Full)
    assert await books_balance(store) == 0


async def test_the_first_in_the_list_are_offered_first(store: Store) -> None:
    house = a_house(store)
    full = await a_full_show(house, 1, 1, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    assert await waiting.promote(house) == 2
    assert await states(store) == {
        "per_0": "cancelled",
        "per_1": "offered",
        "per_2": "offered",
        "per_3": "waiting",
    }
    assert (await show(store))["queue"] == [2]
    assert await books_balance(store) == 2


async def test_the_first_whose_number_fits_is_offered(store: Store) -> None:
    house = a_house(store)
    await a_show(store, 3)
    for who in (8, 9):
        await book(house, who)
    await book(house, 7)
    await book(house, 1, ToyBody(seats=2, wait=True))
    await book(house, 2, ToyBody(wait=True))
    await step_of(house, 8, "cancel")
    assert await waiting.promote(house) == 1
    assert (await states(store))["per_1"] == "waiting"
    assert (await states(store))["per_2"] == "offered"
    assert (await show(store))["queue"] == [0]


async def test_an_offer_holds_the_places_and_is_told_by_sms(store: Store) -> None:
    house = a_house(store)
    full = await a_full_show(house, 2)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    await waiting.promote(house)
    order = await store.first("orders", {"owner": "per_1"})
    assert order is not None
    assert order["holds"] == [{"in": SHOWS, "thing": "show_1", "n": 2}]
    assert order["data"]["offer_until"] == MONDAY + OFFER
    assert order["timers"] == [{"at": MONDAY + OFFER, "transition": "lapse"}]
    assert "waits" not in order
    assert [(e["template"], e["to"], e["sms"]) for e in order["outbox"]] == [
        ("toy-offered", "per_1", True)
    ]


async def test_an_offer_never_outlasts_the_cut_off(store: Store) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    full = await a_full_show(house, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    clock.forward(hours=1, minutes=55)  # toys are waited for two hours at most
    await waiting.promote(house)
    order = await store.first("orders", {"owner": "per_1"})
    assert order is not None
    assert order["data"]["offer_until"] == MONDAY + timedelta(hours=2)


async def test_nobody_is_offered_anything_after_the_cut_off(store: Store) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    full = await a_full_show(house, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    clock.forward(hours=2)
    assert await waiting.promote(house) == 0
    assert (await states(store))["per_1"] == "waiting"
    assert await books_balance(store) == 0


async def test_an_accepted_offer_is_a_booking(store: Store) -> None:
    house = a_house(store)
    full = await a_full_show(house, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    await waiting.promote(house)
    accepted = await step_of(house, 1, "accept")
    assert accepted["state"] == "booked"
    assert "timers" not in accepted
    assert await books_balance(store) == 1


async def test_an_offer_that_lapses_goes_to_the_next(store: Store) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    full = await a_full_show(house, 2, 2)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    assert await waiting.promote(house) == 1
    clock.forward(minutes=10)
    await clockwork.tick(house)
    assert await waiting.promote(house) == 1
    assert await states(store) == {"per_0": "cancelled", "per_1": "lapsed", "per_2": "offered"}
    assert await books_balance(store) == 2


async def test_an_expired_offer_cannot_be_accepted_although_no_worker_ran(store: Store) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    full = await a_full_show(house, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    await waiting.promote(house)
    clock.forward(minutes=10)
    with pytest.raises(OfferOver):
        await step_of(house, 1, "accept")
    order = await store.first("orders", {"owner": "per_1"})
    assert order is not None
    assert (order["state"], order["version"]) == ("offered", 2)
    assert available(order, a_context(house, "per_1").actor, clock.now) == ["leave"]


async def test_who_leaves_the_list_makes_room_for_those_behind(store: Store) -> None:
    house = a_house(store)
    full = await a_full_show(house, 1, 1)
    left = await step_of(house, 1, "leave")
    assert left["state"] == "left"
    assert "waits" not in left
    assert (await show(store))["queue"] == [1]
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    await waiting.promote(house)
    assert await states(store) == {"per_0": "cancelled", "per_1": "left", "per_2": "offered"}


async def test_who_leaves_an_offer_gives_its_places_to_the_next(store: Store) -> None:
    house = a_house(store)
    full = await a_full_show(house, 2, 2)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    await waiting.promote(house)
    await step_of(house, 1, "leave")
    assert (await show(store))["left"] == 2
    await waiting.promote(house)
    assert (await states(store))["per_2"] == "offered"
    assert await books_balance(store) == 2


async def test_when_the_list_is_empty_ordinary_takes_go_on(store: Store) -> None:
    house = a_house(store)
    full = await a_full_show(house, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    await waiting.promote(house)
    assert (await book(house, 9))["state"] == "booked"
    await waiting.promote(house)
    assert "queued" not in await show(store)
    assert await books_balance(store) == 2


async def test_many_who_join_at_once_have_distinct_ranks_in_order_of_arrival(
    store: Store,
) -> None:
    house = a_house(store)
    await a_full_show(house)
    tries = [book(house, who, ToyBody(wait=True)) for who in range(1, 41)]
    orders = await asyncio.gather(*tries)
    assert [order["waits"]["rank"] for order in orders] == list(range(40))
    assert (await show(store))["queue"] == list(range(40))


async def test_two_processes_whose_people_join_at_once_share_no_rank(store: Store) -> None:
    houses = [a_house(store), a_house(store)]
    await a_full_show(houses[0])
    tries = [book(houses[who % 2], who, ToyBody(wait=True)) for who in range(1, 41)]
    orders = await asyncio.gather(*tries)
    assert sorted(order["waits"]["rank"] for order in orders) == list(range(40))
    assert (await show(store))["queue"] == list(range(40))


async def test_several_promoters_at_once_offer_each_place_once_and_in_turn(store: Store) -> None:
    clock = MovingClock()
    houses = [a_house(store, clock) for _ in range(4)]
    full = await a_full_show(houses[0], 1, 1, 1, 1)
    await transition(a_context(houses[0], "per_0"), full["_id"], "cancel")
    await asyncio.gather(*(waiting.promote(house) for house in houses))
    got = await states(store)
    assert [got[f"per_{who}"] for who in (1, 2, 3, 4)] == [
        "offered",
        "offered",
        "waiting",
        "waiting",
    ]
    assert (await show(store))["queue"] == [2, 3]
    assert await books_balance(store) == 2


async def test_a_closed_show_is_not_offered(store: Store) -> None:
    house = a_house(store)
    full = await a_full_show(house, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    await store.update(SHOWS, {"_id": "show_1"}, {"$set": {"enabled": False}})
    assert await waiting.promote(house) == 0
    assert (await states(store))["per_1"] == "waiting"


@pytest.mark.parametrize("at", ["group.read", "group.written", "group.committed"])
@pytest.mark.parametrize(
    ("act", "state"),
    [("join", "waiting"), ("leave", "left"), ("offer", "offered"), ("lapse", "lapsed")],
)
async def test_a_crash_leaves_rank_and_order_agreeing_and_a_repeat_mends_it(
    store: Store, at: str, act: str, state: str
) -> None:
    house = a_house(store)
    full = await a_full_show(house, 1)
    await transition(a_context(house, "per_0"), full["_id"], "cancel")
    if act == "lapse":
        await waiting.promote(house)
    with pytest.raises(Stumble):
        await done(stumbling(house, at), act)
    await agree(store)
    order = await done(house, act)
    assert order["state"] == state
    assert len(order["timeline"]) == order["version"]
    assert [entry["transition"] for entry in order["timeline"]].count(act) == (act != "join")
    await agree(store)


async def done(house: House, act: str) -> Any:
    """Person 5 joins the list, or the order of person 1 takes a step."""
    if act == "join":
        return await book(house, 5, ToyBody(wait=True))
    order = await house.store.first("orders", {"owner": "per_1"})
    assert order is not None
    ctx = a_context(house, "per_1") if act == "leave" else a_context(house, actor=CLOCK)
    return await transition(ctx, order["_id"], act)


async def agree(store: Store) -> None:
    """Assert that the queue is the ranks of those who wait, and that the books balance."""
    orders = await store.find("orders", {})
    ranks = [order["waits"]["rank"] for order in orders if order["state"] == "waiting"]
    assert (await show(store))["queue"] == sorted(ranks)
    await books_balance(store)
