"""Waiting for an interval: nobody takes a minute that somebody before them wants."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from models.base import clockwork, waiting
from models.base.context import CLOCK, House
from models.base.decisions import Occupied
from models.base.errors import Refusal
from models.base.store import Document, Store
from models.base.transitions import transition
from models.base.waiting import OFFER, place_in_queue
from tests.base.boxes import Boxing, Other, box, boxes, taken
from tests.base.stumbling import Stumble, stumbling
from tests.base.toys import BOXES
from tests.machinery import MONDAY, MovingClock, a_context, a_house

NINE, TEN, ELEVEN = (540, 600), (600, 660), (660, 720)


async def queue(store: Store) -> list[tuple[int, int, int]]:
    """The waiting list of the box; assert that it is what waiting orders want."""
    found = await store.get(BOXES, "box_1")
    assert found is not None
    waits = [o["waits"] for o in await store.find("orders", {"state": "waiting"})]
    entries = sorted((e["rank"], e["from"], e["to"]) for e in found["queue"])
    assert entries == sorted((each["rank"], each["from"], each["to"]) for each in waits)
    assert "left" not in found
    return entries


async def of(house: House, who: int) -> Document:
    found = await house.store.first("orders", {"owner": f"per_{who}"})
    assert found is not None
    return found


async def step(house: House, who: int, name: str, body: Any = None) -> Any:
    """The order of person `who` after a step, or the refusal."""
    order = await of(house, who)
    ctx = a_context(house, f"per_{who}", if_match=order["version"])
    try:
        return await transition(ctx, order["_id"], name, body)
    except Refusal as refusal:
        return refusal


async def a_taken_box(house: House, *waits: tuple[int, int]) -> None:
    """Person 0 has the box from nine to eleven; then one waiter for each interval."""
    await boxes(house.store, 2)
    await box(house, 0, Boxing(at=(540, 660)))
    for who, at in enumerate(waits, 1):
        order = await box(house, who, Boxing(at=at, wait=True))
        assert order["state"] == "waiting"


async def test_who_waits_stands_in_the_list_with_the_interval(store: Store) -> None:
    house = a_house(store)
    await a_taken_box(house, NINE, (570, 630))
    assert await queue(store) == [(0, 540, 600), (1, 570, 630)]
    assert (await of(house, 2))["waits"] == {
        "in": BOXES,
        "thing": "box_1",
        "rank": 1,
        "from": 570,
        "to": 630,
    }
    found = await store.get(BOXES, "box_1")
    assert found is not None
    assert (found["ranks"], found["queued"]) == (2, True)


async def test_only_those_who_want_the_same_minutes_are_before_one(store: Store) -> None:
    house = a_house(store)
    await a_taken_box(house, NINE, TEN, (570, 630))
    ctx = a_context(house, "per_1")
    places = [await place_in_queue(ctx, await of(house, who)) for who in (1, 2, 3)]
    assert places == [1, 1, 3]
    waiter = await of(house, 1)
    await step(house, 1, "leave")
    assert await queue(store) == [(1, 600, 660), (2, 570, 630)]
    assert await place_in_queue(ctx, await of(house, 3)) == 2
    assert await place_in_queue(ctx, waiter) == 0


async def test_what_is_waited_for_is_refused_to_others_and_the_rest_is_not(store: Store) -> None:
    house = a_house(store)
    await a_taken_box(house, NINE)
    await step(house, 0, "cancel")
    assert isinstance(await box(house, 8, Boxing(at=(590, 620))), Occupied)
    assert (await box(house, 8, Boxing(at=TEN)))["state"] == "booked"
    assert isinstance(await step(house, 8, "change", Boxing(at=(570, 630))), Occupied)
    assert await waiting.promote(house) == 1
    assert (await of(house, 1))["state"] == "offered"
    assert {span[1:] for span in (await taken(store))["box_1"]} == {NINE, TEN}


async def test_who_has_the_box_may_shorten_although_others_wait_but_not_stretch(
    store: Store,
) -> None:
    house = a_house(store)
    await a_taken_box(house, (630, 690))
    assert isinstance(await step(house, 0, "change", Boxing(at=(540, 690))), Occupied)
    assert (await step(house, 0, "change", Boxing(at=(510, 660))))["version"] == 2
    assert (await step(house, 0, "change", Boxing(at=(510, 600))))["version"] == 3
    assert await waiting.promote(house) == 1
    assert {span[1:] for span in (await taken(store))["box_1"]} == {(510, 600), (630, 690)}


async def test_the_first_whose_interval_is_free_is_offered_it(store: Store) -> None:
    house = a_house(store)
    await a_taken_box(house, (540, 630), NINE, (580, 590), TEN)
    await step(house, 0, "change", Boxing(at=TEN))
    assert await waiting.promote(house) == 1
    states = [(await of(house, who))["state"] for who in (1, 2, 3, 4)]
    assert states == ["waiting", "offered", "waiting", "waiting"]
    order = await of(house, 2)
    assert order["holds"] == [{"in": BOXES, "thing": "box_1", "from": 540, "to": 600}]
    assert order["data"]["offer_until"] == MONDAY + OFFER
    assert "waits" not in order
    assert await queue(store) == [(0, 540, 630), (2, 580, 590), (3, 600, 660)]
    assert await waiting.promote(house) == 0


async def test_an_offer_that_lapses_goes_to_the_next_and_an_accepted_one_is_theirs(
    store: Store,
) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    await a_taken_box(house, NINE, NINE)
    await step(house, 0, "cancel")
    assert await waiting.promote(house) == 1
    clock.now += OFFER
    await clockwork.tick(house)
    assert (await of(house, 1))["state"] == "lapsed"
    assert await waiting.promote(house) == 1
    assert (await step(house, 2, "accept"))["state"] == "booked"
    assert await waiting.promote(house) == 0
    found = await store.get(BOXES, "box_1")
    assert found is not None
    assert "queued" not in found
    assert (await box(house, 8, Boxing(at=TEN)))["state"] == "booked"
    assert await queue(store) == []


@pytest.mark.parametrize("why", ["closed", "too late"])
async def test_a_closed_box_is_not_offered_and_nothing_after_the_cut_off(
    store: Store, why: str
) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    await a_taken_box(house, NINE)
    await step(house, 0, "cancel")
    if why == "closed":
        await store.update(BOXES, {"_id": "box_1"}, {"$set": {"enabled": False}})
    else:
        clock.now += timedelta(hours=2)
    assert await waiting.promote(house) == 0
    assert await queue(store) == [(0, *NINE)]


async def test_who_joins_in_a_group_after_a_take_and_before_another_is_between_them(
    store: Store,
) -> None:
    house = a_house(store)
    await boxes(store)
    tries = [
        box(house, 0, Boxing(at=NINE)),
        box(house, 1, Boxing(at=(570, 630), wait=True)),
        box(house, 2, Boxing(at=TEN)),
        box(house, 3, Boxing(at=ELEVEN)),
    ]
    first, second, third, fourth = await asyncio.gather(*tries)
    assert [order["state"] for order in (first, second, fourth)] == ["booked", "waiting", "booked"]
    assert isinstance(third, Occupied)
    assert await queue(store) == [(0, 570, 630)]


async def test_480_takes_racing_with_waiters_never_jump_the_queue(store: Store) -> None:
    houses = [a_house(store), a_house(store)]
    await a_taken_box(houses[0], (540, 570), (570, 600), (555, 585), (600, 660))
    await step(houses[0], 0, "cancel")
    minutes = range(480, 720, 5)
    for part in range(10):
        takes = [
            box(houses[n % 2], 100 + n, Boxing(at=(start, start + 5)), f"{part}")
            for n, start in enumerate(minutes)
        ]
        promoters = [waiting.promote(house) for house in houses]
        await asyncio.gather(*takes, *promoters)
        await queue(store)
    states = [(await of(houses[0], who))["state"] for who in (1, 2, 3, 4)]
    assert states == ["offered", "offered", "waiting", "offered"]
    spans = [span[1:] for span in (await taken(store))["box_1"]]
    spans.sort()
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert {(540, 570), (570, 600), (600, 660)} <= set(spans)
    assert len(spans) == 3 + 24  # eight o'clock to nine, eleven to twelve: five minutes each


async def test_many_promoters_offer_each_interval_once_and_in_turn(store: Store) -> None:
    houses = [a_house(store) for _ in range(4)]
    await a_taken_box(houses[0], NINE, TEN, NINE, TEN)
    await step(houses[0], 0, "cancel")
    await asyncio.gather(*(waiting.promote(house) for house in houses))
    states = [(await of(houses[0], who))["state"] for who in (1, 2, 3, 4)]
    assert states == ["offered", "offered", "waiting", "waiting"]
    assert await queue(store) == [(2, *NINE), (3, *TEN)]
    await taken(store)


async def test_an_exchange_takes_no_turn_from_those_who_wait(store: Store) -> None:
    house = a_house(store)
    await a_taken_box(house, NINE, TEN)
    await box(house, 7, Boxing(box="box_2", at=(540, 660)))
    other = Other(order=(await of(house, 7))["_id"])
    assert (await step(house, 0, "swap", other))["version"] == 2
    assert await queue(store) == [(0, *NINE), (1, *TEN)]
    assert {len(spans) for spans in (await taken(store)).values()} == {1}


async def test_an_exchange_for_longer_than_the_other_had_does_not_pass_who_waits_for_the_rest(
    store: Store,
) -> None:
    house = a_house(store)
    await a_taken_box(house, (630, 690))
    await box(house, 7, Boxing(box="box_2", at=(540, 690)))
    other = Other(order=(await of(house, 7))["_id"])
    assert isinstance(await step(house, 0, "swap", other), Occupied)
    assert set(await taken(store)) == {"box_1", "box_2"}


async def test_who_drives_another_out_passes_those_who_wait_only_where_it_says_so(
    store: Store,
) -> None:
    house = a_house(store)
    await a_taken_box(house, NINE)
    await step(house, 0, "change", Boxing(at=(570, 660)))
    urgent = Boxing(at=NINE, displaces=[((await of(house, 0))["_id"], 2)])
    assert isinstance(await box(house, 8, urgent), Occupied)
    assert (await of(house, 0))["state"] == "booked"
    urgent.passes = True
    order = await box(house, 8, urgent)
    assert await taken(store) == {"box_1": [(order["_id"], *NINE)]}
    assert await queue(store) == [(0, *NINE)]


@pytest.mark.parametrize("at", ["group.read", "group.written", "group.committed"])
@pytest.mark.parametrize("act", ["join", "leave", "offer"])
async def test_a_crash_leaves_list_and_orders_agreeing_and_a_repeat_mends_it(
    store: Store, at: str, act: str
) -> None:
    house = a_house(store)
    await a_taken_box(house, NINE)
    await step(house, 0, "cancel")
    with pytest.raises(Stumble):
        await done(stumbling(house, at), act)
    await queue(store)
    await taken(store)
    order = await done(house, act)
    assert order["state"] == {"join": "waiting", "leave": "left", "offer": "offered"}[act]
    assert len(order["timeline"]) == order["version"]
    await queue(store)
    await taken(store)


async def done(house: House, act: str) -> Any:
    """Person 5 joins the list, or the order of person 1 takes a step."""
    if act == "join":
        return await box(house, 5, Boxing(at=NINE, wait=True))
    order = await of(house, 1)
    ctx = a_context(house, "per_1") if act == "leave" else a_context(house, actor=CLOCK)
    return await transition(ctx, order["_id"], act)
