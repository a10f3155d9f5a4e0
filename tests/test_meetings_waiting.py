"""Waiting for a taken room: first come, first offered, with time to decide; then the next."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from models.base.store import Document, Store
from models.base.views import one
from models.base.waiting import OFFER
from models.meetings.days import ROOM_DAYS
from models.meetings.lifecycle import Parting, Reason
from tests.machinery import a_house
from tests.meetings_house import (
    ANN,
    BOB,
    CAT,
    DAN,
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    TODAY,
    Meetings,
    a_room,
    guarded,
    on_approval,
    open_house,
)


async def wait(meetings: Meetings, who: str, **body: Any) -> Document:
    """A meeting of somebody who waits for room A."""
    order: Document = await meetings.book(who, **{"wait": True, **body})
    assert order["state"] == "waiting"
    return order


async def a_full_hour(store: Store, *rooms: Document) -> tuple[Meetings, Document]:
    """Room A, which Ann has from ten to eleven."""
    meetings = await open_house(store, *(rooms or (a_room(),)))
    return meetings, await meetings.book(ANN)


async def test_who_waits_takes_nothing_and_knows_their_place(store: Store) -> None:
    meetings, _ = await a_full_hour(store)
    first, second = await wait(meetings, BOB), await wait(meetings, CAT)
    apart = await wait(meetings, DAN, starts_at=ELEVEN - MINUTE, ends_at=NOON)
    assert await meetings.taken() == [(600, 660)]
    assert first["timers"] == [{"at": TEN, "transition": "lapse"}]
    places = [
        (await one(meetings.ctx(order["owner"]), order["_id"])).data["place_in_queue"]
        for order in (first, second, apart)
    ]
    assert places == [1, 2, 3]
    assert await meetings.can(BOB, first) == ["cancel"]


async def test_a_free_room_is_booked_although_one_would_wait(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, wait=True)
    assert order["state"] == "booked"


async def test_who_does_not_wait_is_told_how_many_do(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    await wait(meetings, BOB)
    refusal = await meetings.refused(meetings.book(CAT))
    assert (refusal.code, refusal.facts) == ("room-taken", {"queue": 1})
    await meetings.step(ANN, order, "cancel", Parting())
    refusal = await meetings.refused(meetings.book(CAT, starts_at=TEN + 59 * MINUTE))
    assert (refusal.code, refusal.facts) == ("room-taken", {"queue": 1})
    await meetings.book(CAT, starts_at=ELEVEN)


async def test_the_first_is_offered_the_room_and_has_ten_minutes(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    first, second = await wait(meetings, BOB), await wait(meetings, CAT)
    await meetings.step(ANN, order, "cancel", Parting())
    await meetings.work()
    offered = await meetings.order(first["_id"])
    assert offered["state"] == "offered"
    assert offered["data"]["offer_until"] == meetings.clock() + OFFER
    assert await meetings.state(second) == "waiting"
    assert await meetings.taken() == [(600, 660)]
    assert await meetings.told(BOB) == ["meeting-offered"]
    assert (await one(meetings.ctx(BOB), first["_id"])).data["offer_until"]
    taken = await meetings.step(BOB, offered, "accept")
    assert (taken["state"], taken["waits_for"]) == ("booked", [])
    assert taken["timers"] == [
        {"at": ELEVEN, "transition": "finish"},
        {"at": TEN - 15 * MINUTE, "transition": "remind"},
    ]
    assert await meetings.taken() == [(600, 660)]


async def test_who_does_not_decide_in_time_leaves_it_to_the_next(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    first, second = await wait(meetings, BOB), await wait(meetings, CAT)
    await meetings.step(ANN, order, "cancel", Parting())
    await meetings.work()
    offered = await meetings.order(first["_id"])
    meetings.clock.now += OFFER
    refusal = await meetings.refused(meetings.step(BOB, offered, "accept"))
    assert refusal.code == "offer-gone"
    await meetings.work()
    assert [await meetings.state(each) for each in (first, second)] == ["lapsed", "offered"]
    assert await meetings.told(BOB) == ["meeting-offered", "meeting-lapsed"]
    assert await meetings.taken() == [(600, 660)]


async def test_an_offer_is_given_up_for_the_next(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    first, second = await wait(meetings, BOB), await wait(meetings, CAT)
    await meetings.step(ANN, order, "cancel", Parting())
    await meetings.work()
    offered = await meetings.order(first["_id"])
    left = await meetings.step(BOB, offered, "cancel", Parting())
    assert (left["state"], left["holds"]) == ("left", [])
    await meetings.work()
    assert await meetings.state(second) == "offered"


async def test_who_leaves_the_list_is_passed_over(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    first, second = await wait(meetings, BOB), await wait(meetings, CAT)
    assert (await meetings.step(BOB, first, "cancel", Parting()))["state"] == "left"
    await meetings.step(ANN, order, "cancel", Parting())
    await meetings.work()
    assert await meetings.state(second) == "offered"


async def test_a_shorter_wish_behind_is_offered_what_the_first_cannot_use(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    await meetings.book(ANN, "second", starts_at=ELEVEN)
    long = await wait(meetings, BOB, ends_at=NOON)
    short = await wait(meetings, CAT)
    await meetings.step(ANN, order, "cancel", Parting())
    await meetings.work()
    assert [await meetings.state(each) for each in (long, short)] == ["waiting", "offered"]


async def test_no_offer_outlasts_the_start_and_who_waits_lapses_then(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    waiting = await wait(meetings, BOB)
    meetings.clock.now = TEN - 4 * MINUTE
    await meetings.step(ANN, order, "cancel", Parting())
    await meetings.work()
    assert (await meetings.order(waiting["_id"]))["data"]["offer_until"] == TEN
    meetings.clock.now = TEN
    await meetings.work()
    assert await meetings.state(waiting) == "lapsed"
    assert await meetings.taken() == []


async def test_a_released_room_goes_to_those_who_wait_for_later(store: Store) -> None:
    meetings = await open_house(store, guarded())
    await meetings.book(ANN, room_id="room_b", ends_at=NOON)
    waiting = await wait(meetings, BOB, room_id="room_b", starts_at=ELEVEN)
    meetings.clock.now = TEN + 10 * MINUTE
    await meetings.work()
    assert await meetings.state(waiting) == "offered"


async def test_what_is_left_of_an_early_end_goes_to_those_who_wait(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, ends_at=NOON)
    waiting = await wait(meetings, BOB, starts_at=ELEVEN)
    meetings.clock.now = TEN + 30 * MINUTE
    await meetings.step(ANN, order, "finish")
    await meetings.work()
    assert await meetings.state(waiting) == "offered"
    assert await meetings.taken() == [(600, 630), (660, 720)]


async def test_the_holder_may_change_within_their_own_time_although_others_wait(
    store: Store,
) -> None:
    meetings, order = await a_full_hour(store)
    await wait(meetings, BOB)
    order = await meetings.change(ANN, order, ends_at=ELEVEN - 10 * MINUTE)
    assert await meetings.taken() == [(600, 650)]
    refusal = await meetings.refused(meetings.change(ANN, order, ends_at=ELEVEN))
    assert (refusal.code, refusal.facts) == ("room-taken", {"queue": 1})


async def test_the_invited_are_told_when_the_offer_is_taken_up(store: Store) -> None:
    meetings, first = await a_full_hour(store)
    order = await wait(meetings, BOB, invite=["S0005"])
    await meetings.step(ANN, first, "cancel", Parting())
    await meetings.work()
    assert await meetings.told(CAT) == []
    await meetings.step(BOB, await meetings.order(order["_id"]), "accept")
    assert await meetings.told(CAT) == ["meeting-invited"]


async def test_in_a_room_on_approval_an_offer_taken_up_is_a_request(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    order = await meetings.book(DESK, room_id="room_c")
    waiting = await wait(meetings, BOB, room_id="room_c")
    await meetings.step(DESK, order, "cancel", Parting())
    await meetings.work()
    offered = await meetings.order(waiting["_id"])
    asked = await meetings.step(BOB, offered, "accept")
    assert (asked["state"], asked["waits_for"]) == ("requested", ["desk:meetings"])
    assert asked["timers"] == [{"at": TEN, "transition": "lapse"}]
    assert await meetings.taken("room_c") == []


async def test_nothing_is_offered_in_a_room_out_of_use(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    waiting = await wait(meetings, BOB)
    await store.update(ROOM_DAYS, {"_id": f"room_a:{TODAY}"}, {"$set": {"enabled": False}})
    await meetings.step(ANN, order, "cancel", Parting())
    await meetings.work()
    assert await meetings.state(waiting) == "waiting"
    called = await meetings.step(DESK, waiting, "call_off", Reason(reason="装修"))
    assert called["state"] == "called_off"
    assert await meetings.taken() == []


async def test_a_place_in_the_list_counts_for_the_quota(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    quota = {"per": "person", "counts": "meetings", "limit": 1, "period": "day"}
    policies = meetings.house.policies
    await policies.decide("meetings", "", {"quotas": [quota]}, date(2026, 11, 23), "per_boss")
    waiting = await wait(meetings, BOB)
    key = f"person-meetings-day:{BOB}:{TODAY}"
    assert await meetings.left(key) == 0
    refusal = await meetings.refused(meetings.book(BOB, "second", starts_at=NOON))
    assert refusal.code == "quota-exceeded"
    await meetings.step(ANN, order, "cancel", Parting())
    await meetings.work()
    assert await meetings.left(key) == 0
    await meetings.balance()
    await meetings.step(BOB, await meetings.order(waiting["_id"]), "cancel", Parting())
    assert await meetings.left(key) == 1
    await meetings.balance()


async def test_two_processes_offer_once_and_nobody_jumps_the_queue(store: Store) -> None:
    meetings, order = await a_full_hour(store)
    others = Meetings(a_house(store, meetings.clock), meetings.clock, meetings.persons)
    first = await wait(meetings, BOB)
    race = (
        meetings.step(ANN, order, "cancel", Parting()),
        meetings.book(CAT, "jump"),
        others.book(DAN, "jump"),
        meetings.work(),
        others.work(),
    )
    results = await asyncio.gather(*race, return_exceptions=True)
    assert [getattr(each, "code", None) for each in results[1:3]] == ["room-taken"] * 2
    await asyncio.gather(meetings.work(), others.work())
    assert await meetings.state(first) == "offered"
    assert await meetings.taken() == [(600, 660)]
    steps = [entry["transition"] for entry in (await meetings.order(first["_id"]))["timeline"]]
    assert steps == ["place", "offer"]


async def test_who_waits_an_hour_later_is_not_in_the_way(store: Store) -> None:
    meetings, _ = await a_full_hour(store)
    await wait(meetings, BOB)
    await meetings.book(CAT, starts_at=ELEVEN, ends_at=ELEVEN + HOUR)
    assert await meetings.taken() == [(600, 660), (660, 720)]
