"""Taking a room out of use: what is booked there is settled, told, and never forgotten."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.base.errors import Conflict, Refusal
from models.base.store import Store
from models.meetings import closures
from models.meetings.closures import Closure, RoomHasBookings
from models.meetings.days import ROOM_DAYS
from models.meetings.refusals import RoomDisabled
from models.meetings.rooms import ROOMS, Room
from server.database import connected
from tests.machinery import a_house
from tests.meals_house import ANN, BOB, BOSS, CAT
from tests.meetings_house import (
    DAY,
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    Meetings,
    a_room,
    on_approval,
    open_house,
)


async def disable(m: Meetings, affected: Any = None, who: str = DESK, room: str = "room_a") -> Room:
    return await closures.disable(m.ctx(who), room, Closure(reason="维修", affected=affected))


async def resolving(m: Meetings) -> Any:
    room = await m.store.get(ROOMS, "room_a")
    return room and room["resolving"]


async def test_a_room_without_bookings_is_disabled_at_once(store: Store) -> None:
    m = await open_house(store)
    room = await disable(m)
    assert (room.enabled, room.disabled_reason) == (False, "维修")
    refusal = await m.refused(m.book(ANN))
    assert isinstance(refusal, RoomDisabled)
    assert refusal.facts == {"reason": "维修"}


async def test_a_room_with_bookings_is_disabled_only_by_a_choice(store: Store) -> None:
    m = await open_house(store)
    await m.book(ANN)
    await m.book(BOB, "later", starts_at=TEN + 7 * DAY)
    refusal = await m.refused(disable(m))
    assert isinstance(refusal, RoomHasBookings)
    assert refusal.facts == {"bookings": 2}


async def test_kept_bookings_stand_but_nothing_new_is_booked(store: Store) -> None:
    m = await open_house(store)
    order = await m.book(ANN)
    await disable(m, "keep")
    assert await m.state(order) == "booked"
    assert isinstance(await m.refused(m.book(BOB, "new", starts_at=ELEVEN)), RoomDisabled)
    room = await closures.enable(m.ctx(DESK), "room_a")
    assert (room.enabled, room.disabled_reason) == (True, None)
    assert (await m.book(BOB, "new", starts_at=ELEVEN))["state"] == "booked"


@pytest.mark.parametrize("who", [DESK, BOSS])
async def test_bookings_are_cancelled_whatever_their_state_and_their_people_told(
    store: Store, who: str
) -> None:
    m = await open_house(store, on_approval("room_a"))
    booked = await m.book(DESK, "booked", starts_at=TEN)
    asked = await m.book(ANN, "asked", starts_at=ELEVEN)
    waits = await m.book(BOB, "waits", wait=True)
    await disable(m, "cancel", who)
    states = [await m.state(order) for order in (booked, asked, waits)]
    assert states == ["called_off", "refused", "called_off"]
    assert await m.taken() == []
    assert await resolving(m) is None
    assert len(await m.told(ANN)) == 1
    assert len(await m.told(BOB)) == 1


async def test_bookings_are_moved_where_a_room_is_free_and_cancelled_where_none_is(
    store: Store,
) -> None:
    m = await open_house(store, a_room(), a_room("room_b", seats=8), a_room("room_c", seats=9))
    moved = await m.book(ANN, "moved", attendees=8)
    farther = await m.book(BOB, "farther", attendees=9, starts_at=ELEVEN)
    nowhere = await m.book(CAT, "nowhere", attendees=10, starts_at=NOON)
    await disable(m, "move")
    found = [await m.order(order["_id"]) for order in (moved, farther, nowhere)]
    assert [(order["state"], order["data"]["room"]["id"]) for order in found] == [
        ("booked", "room_b"), ("booked", "room_c"), ("called_off", "room_a")
    ]  # fmt: skip
    assert await m.taken("room_b") == [(600, 660)]
    assert await m.taken("room_c") == [(660, 720)]
    assert await m.taken() == []


async def test_a_meeting_that_has_begun_ends_in_peace(store: Store) -> None:
    m = await open_house(store)
    begun = await m.book(ANN)
    m.clock.forward(minutes=75)
    await disable(m)
    assert await m.state(begun) == "booked"
    m.clock.forward(hours=1)
    await m.work()
    assert await m.state(begun) == "finished"


async def test_what_a_crash_has_left_unsettled_is_settled_by_the_workers(store: Store) -> None:
    m = await open_house(store)
    order = await m.book(ANN)
    await disable(m, "keep")
    left = {"resolving": {"choice": "cancel", "reason": "维修", "by": DESK}}
    await store.update(ROOMS, {"_id": "room_a"}, {"$set": left})
    await m.work()
    assert await m.state(order) == "called_off"
    assert await resolving(m) is None


async def test_every_closure_is_on_record(store: Store) -> None:
    m = await open_house(store)
    await disable(m)
    await closures.enable(m.ctx(BOSS), "room_a")
    await closures.enable(m.ctx(BOSS), "room_a")
    acts = await store.find("audit", {"act": "meetings.room"})  # of one moment, in no order
    turned = sorted((act["before"]["enabled"], act["after"]["enabled"]) for act in acts)
    assert turned == [(False, True), (True, False)]


async def test_a_booking_races_a_closure_in_two_processes_and_one_of_them_yields(
    store: Store, database_uri: str, database_name: str
) -> None:
    m = await open_house(store)
    async with connected(database_uri, database_name) as other:
        n = Meetings(a_house(other, m.clock), m.clock, m.persons)
        for week in range(4):
            starts = [TEN + (7 * week + day) * DAY + HOUR for day in range(4)]
            race = [
                at.book(who, f"{week}-{place}", starts_at=start)
                for place, start in enumerate(starts)
                for at, who in ((m, ANN), (n, BOB))
            ]
            shut, *answers = await asyncio.gather(disable(m), *race, return_exceptions=True)
            booked = [each for each in answers if isinstance(each, dict)]
            assert all(isinstance(each, dict | Refusal) for each in answers), answers
            if isinstance(shut, Room):
                assert booked == []
            else:
                assert isinstance(shut, Conflict), shut
            await disable(m, "cancel")
            assert {day["enabled"] for day in await store.find(ROOM_DAYS, {})} <= {False}
            assert [await m.state(order) for order in booked] == ["called_off"] * len(booked)
            await closures.enable(m.ctx(DESK), "room_a")
    await m.balance()
    assert (await m.book(CAT, "after", starts_at=NOON + MINUTE))["state"] == "booked"
