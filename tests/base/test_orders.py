"""Placing an order: one key, one order, whatever happens on the way."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from models.base import orders
from models.base.decisions import Clash
from models.base.errors import NotFound
from models.base.orders import KeyMissing, KeyReused
from models.base.store import Store
from models.base.transitions import transition
from tests.base.stumbling import Stumble, stumbling
from tests.base.toys import SHOWS, Full, ToyBody, a_show, book, books_balance
from tests.machinery import MONDAY, MovingClock, a_context, a_house

KEY = "key-of-one-request"
PLACED = {"at": MONDAY, "by": "per_1", "transition": "place", "from": None, "to": "booked"}
PLACED |= {"version": 1}


async def test_an_order_holds_what_it_is_made_of_and_nothing_empty(store: Store) -> None:
    await a_show(store, 5, starts_at=MONDAY + timedelta(hours=1))
    ctx = a_context(a_house(store), "per_1", KEY)
    order = await orders.place(ctx, "toy", ToyBody(seats=2, once="day"))
    assert order == {
        "_id": orders.id_of(ctx),
        "kind": "toy",
        "state": "booked",
        "version": 1,
        "owner": "per_1",
        "actor": "per_1",
        "request_hash": b"same",
        "unit": "",
        "data": {"show": "show_1"},
        "seen_by": ["p:per_1", "desk:hall"],
        "found_by": ["toy:booked_for:show_1"],
        "holds": [{"in": SHOWS, "thing": "show_1", "n": 2}],
        "claims": ["day:per_1"],
        "timeline": [PLACED],
        "created_at": MONDAY,
        "updated_at": MONDAY,
        "due_at": MONDAY + timedelta(hours=1),
        "timers": [{"at": MONDAY + timedelta(hours=1), "transition": "expire"}],
        "wake_at": MONDAY + timedelta(hours=1),
    }
    assert await store.find("orders", {}) == [order]
    assert await store.find("claims", {}) == [{"_id": "day:per_1", "order": order["_id"]}]


async def test_without_a_key_nothing_is_placed(store: Store) -> None:
    await a_show(store, 5)
    with pytest.raises(KeyMissing):
        await orders.place(a_context(a_house(store), "per_1"), "toy", ToyBody())
    assert await books_balance(store) == 0


async def test_the_same_key_of_two_people_is_two_orders(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    one = await orders.place(a_context(house, "per_1", KEY), "toy", ToyBody())
    two = await orders.place(a_context(house, "per_2", KEY), "toy", ToyBody())
    assert one["_id"] != two["_id"]
    assert await books_balance(store) == 2


async def test_a_repeat_gets_its_order_although_all_is_sold_out_or_over_by_now(
    store: Store,
) -> None:
    await a_show(store, 1)
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    assert isinstance(await book(house, 2), Full)
    assert await book(house, 1) == order
    clock.forward(days=30)
    await store.update(SHOWS, {"_id": "show_1"}, {"$set": {"enabled": False}})
    assert await book(house, 1) == order
    assert await books_balance(store) == 1


async def test_a_repeat_of_a_cancelled_order_gets_it_as_it_is_and_books_nothing(
    store: Store,
) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    cancelled = await transition(a_context(house, "per_1"), order["_id"], "cancel")
    assert await book(house, 1) == cancelled
    assert await books_balance(store) == 0


async def test_a_refused_request_may_succeed_later_with_the_same_key(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    first = await book(house, 1)
    assert isinstance(await book(house, 2), Full)
    await transition(a_context(house, "per_1"), first["_id"], "cancel")
    assert (await book(house, 2))["state"] == "booked"


async def test_a_key_for_two_different_requests_at_once_is_one_order_and_one_refusal(
    store: Store,
) -> None:
    await a_show(store, 5)
    house = a_house(store)
    one = a_context(house, "per_1", KEY, request_hash=b"one")
    two = a_context(house, "per_1", KEY, request_hash=b"two")
    both = [orders.place(one, "toy", ToyBody()), orders.place(two, "toy", ToyBody(seats=2))]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [type(answer) for answer in answers] == [dict, KeyReused]
    assert await books_balance(store) == 1


async def test_a_claim_names_the_order_that_has_it(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 1, ToyBody(once="day"), "one")
    clash = await book(house, 1, ToyBody(once="day"), "two")
    assert isinstance(clash, Clash)
    assert (clash.key, clash.order) == ("day:per_1", order["_id"])


@pytest.mark.parametrize("at", ["group.read", "group.written", "group.committed"])
async def test_after_a_crash_the_same_key_gets_the_one_order(store: Store, at: str) -> None:
    await a_show(store, 5)
    house = a_house(store)
    with pytest.raises(Stumble):
        await book(stumbling(house, at), 1, ToyBody(seats=2, once="day"))
    assert await books_balance(store) == (2 if at == "group.committed" else 0)
    order = await book(house, 1, ToyBody(seats=2, once="day"))
    assert order["version"] == 1
    assert await books_balance(store) == 2
    assert await store.count("orders", {}) == await store.count("claims", {}) == 1


@pytest.mark.parametrize("at", ["group.read", "group.written", "group.committed"])
async def test_a_crash_in_a_crowd_leaves_every_repeat_with_its_one_order(
    store: Store, at: str
) -> None:
    await a_show(store, 20)
    house = a_house(store)
    shaky = stumbling(house, at, passing=2)
    crowd = [book(shaky, who) for who in range(30)]
    await asyncio.gather(*crowd, return_exceptions=True)
    await books_balance(store)
    answers = await asyncio.gather(*(book(house, who) for who in range(30)))
    booked = [answer["_id"] for answer in answers if isinstance(answer, dict)]
    assert len(booked) == len(set(booked)) == 20
    assert await books_balance(store) == 20


async def test_an_order_is_there_only_for_those_who_may_see_it(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 1)
    assert await orders.seen(a_context(house, "per_1"), order["_id"]) == order
    for stranger in (a_context(house, "per_2"), a_context(house, "")):
        with pytest.raises(NotFound):
            await orders.seen(stranger, order["_id"])
    with pytest.raises(NotFound):
        await orders.seen(a_context(house, "per_1"), "ord_nowhere")


async def test_the_members_of_a_group_order_know_their_parent(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    parent = await book(house, 1, ToyBody(members=2))
    assert await book(house, 1, ToyBody(members=2)) == parent
    children = await store.find("orders", {"parent": parent["_id"]})
    assert sorted(child["_id"] for child in children) == [
        f"{parent['_id']}.1",
        f"{parent['_id']}.2",
    ]
    assert await books_balance(store) == 2
