"""Never oversold, never lost: takes, gives and waiting lists under contention."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from models.base import orders
from models.base.decisions import Clash, Occupied
from models.base.errors import Refusal
from models.base.holds import QUEUE_SIZE, Overloaded
from models.base.store import Store
from models.base.transitions import transition
from tests.base.toys import BOXES, Full, Move, ToyBody, a_show, book, books_balance
from tests.machinery import a_context, a_house


async def test_of_180_people_and_150_seats_exactly_150_are_booked(store: Store) -> None:
    await a_show(store, 150)
    house = a_house(store)
    answers = await asyncio.gather(*(book(house, who, ToyBody()) for who in range(180)))
    booked = [answer for answer in answers if isinstance(answer, dict)]
    assert len(booked) == 150
    assert {type(answer) for answer in answers if not isinstance(answer, dict)} == {Full}
    assert await books_balance(store) == 150


@pytest.mark.parametrize("processes", [2, 5])
async def test_processes_racing_for_the_same_seats_never_oversell_nor_give_up(
    store: Store, processes: int
) -> None:
    await a_show(store, 200)
    houses = [a_house(store) for _ in range(processes)]
    tries = [book(houses[who % processes], who, ToyBody()) for who in range(260)]
    answers = await asyncio.gather(*tries)
    assert sum(isinstance(answer, dict) for answer in answers) == 200
    assert {type(answer) for answer in answers if not isinstance(answer, dict)} == {Full}
    assert await books_balance(store) == 200


async def test_a_party_of_four_and_three_singles_for_three_seats_fill_them(store: Store) -> None:
    await a_show(store, 3)
    house = a_house(store)
    party = book(house, 0, ToyBody(seats=4))
    singles = [book(house, who, ToyBody()) for who in (1, 2, 3)]
    refused, *booked = await asyncio.gather(party, *singles)
    assert isinstance(refused, Full)
    assert [order["state"] for order in booked] == ["booked"] * 3
    assert await books_balance(store) == 3


async def test_the_same_key_many_times_at_once_is_one_order(store: Store) -> None:
    await a_show(store, 10)
    house = a_house(store)
    answers = await asyncio.gather(*(book(house, 1, ToyBody()) for _ in range(12)))
    assert len({answer["_id"] for answer in answers}) == 1
    assert await books_balance(store) == 1
    again = await book(a_house(store), 1, ToyBody())
    assert again["_id"] == answers[0]["_id"]


async def test_a_key_used_for_something_else_is_refused(store: Store) -> None:
    await a_show(store, 10)
    house = a_house(store)
    await book(house, 1, ToyBody())
    ctx = a_context(house, "per_1", "k-1".ljust(16, "0"), request_hash=b"other")
    with pytest.raises(orders.KeyReused):
        await orders.place(ctx, "toy", ToyBody(seats=2))
    assert await books_balance(store) == 1


async def test_one_members_clash_does_not_fail_the_others(store: Store) -> None:
    await a_show(store, 50)
    house = a_house(store)
    await book(house, 7, ToyBody(once="day"), "first")
    answers = await asyncio.gather(*(book(house, who, ToyBody(once="day")) for who in range(20)))
    clashes = [who for who, answer in enumerate(answers) if isinstance(answer, Clash)]
    assert clashes == [7]
    assert await books_balance(store) == 20


async def test_of_two_first_claims_at_the_same_moment_one_wins(store: Store) -> None:
    await a_show(store, 50)
    houses = [a_house(store), a_house(store)]
    tries = [book(houses[n % 2], 1, ToyBody(once="day"), f"key{n}") for n in range(6)]
    answers = await asyncio.gather(*tries)
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert sum(isinstance(answer, Clash) for answer in answers) == 5
    assert await books_balance(store) == 1


async def test_cancelling_many_times_at_once_gives_back_once(store: Store) -> None:
    await a_show(store, 5)
    house, other = a_house(store), a_house(store)
    order = await book(house, 1, ToyBody(seats=2, once="day"))
    cancels = [
        transition(a_context(each, "per_1"), order["_id"], "cancel") for each in [house, other] * 4
    ]
    answers = await asyncio.gather(*cancels)
    assert {answer["state"] for answer in answers} == {"cancelled"}
    stored = await store.get("orders", order["_id"])
    assert stored is not None
    assert [entry["transition"] for entry in stored["timeline"]] == ["place", "cancel"]
    assert await books_balance(store) == 0
    assert await store.count("claims", {}) == 0


async def test_a_move_takes_there_and_gives_back_here_or_does_neither(store: Store) -> None:
    await a_show(store, 1)
    await a_show(store, 1, "show_2")
    house = a_house(store)
    order = await book(house, 1, ToyBody())
    await book(house, 2, ToyBody(show="show_2"))
    with pytest.raises(Refusal) as refused:
        await transition(
            a_context(house, "per_1", if_match=1), order["_id"], "move", Move(show="show_2")
        )
    assert refused.value.code == "not-enough-left"
    assert await books_balance(store) == 1
    assert await books_balance(store, "show_2") == 1
    await a_show(store, 1, "show_3")
    moved = await transition(
        a_context(house, "per_1", if_match=1), order["_id"], "move", Move(show="show_3")
    )
    assert moved["version"] == 2
    assert await books_balance(store) == 0
    assert await books_balance(store, "show_3") == 1


async def test_overlapping_intervals_of_a_box_never_both_succeed(store: Store) -> None:
    await a_show(store, 500)
    await store.insert(BOXES, {"_id": "box_1", "enabled": True, "taken": []})
    houses = [a_house(store), a_house(store)]
    spans = [(start, start + 45) for start in range(480, 1080, 15)] * 2
    tries = [book(houses[n % 2], n, ToyBody(seats=0, box=span)) for n, span in enumerate(spans)]
    answers = await asyncio.gather(*tries)
    assert all(isinstance(answer, dict | Occupied) for answer in answers)
    box = await store.get(BOXES, "box_1")
    assert box is not None
    taken = sorted((entry["from"], entry["to"]) for entry in box["taken"])
    assert len(taken) == sum(isinstance(answer, dict) for answer in answers) >= 10
    assert all(one[1] <= two[0] for one, two in pairwise(taken))


async def test_a_group_order_takes_for_all_its_members_or_none(store: Store) -> None:
    await a_show(store, 4)
    house = a_house(store)
    parent = await book(house, 1, ToyBody(members=3))
    children = await store.find("orders", {"parent": parent["_id"]})
    assert [child["_id"] for child in children] == [f"{parent['_id']}.{n}" for n in (1, 2, 3)]
    refused = await book(house, 2, ToyBody(members=2))
    assert refused.code == "not-enough-left"
    assert await books_balance(store) == 3


async def test_a_full_queue_answers_at_once_and_the_rest_are_served(store: Store) -> None:
    await a_show(store, 1000)
    house = a_house(store)
    tries = [book(house, who, ToyBody()) for who in range(QUEUE_SIZE + 40)]
    answers = await asyncio.gather(*tries)
    overloaded = sum(isinstance(answer, Overloaded) for answer in answers)
    assert overloaded == 40
    assert await books_balance(store) == QUEUE_SIZE
