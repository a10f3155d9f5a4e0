"""Rooms and their days: set up, made on first use, disabled with everything that is to come."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.base.clock import campus_time
from models.base.context import Context
from models.base.store import Document, Store
from models.meetings import days, rooms
from models.meetings.days import ROOM_DAYS
from models.meetings.rooms import ROOMS, CheckIn, RoomInput, RoomUnknown, RoomWrong
from server.database import connected
from tests.machinery import a_context, a_house

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
SHUT = {"enabled": False, "disabled_reason": "维修"}
OPEN = {"enabled": True, "disabled_reason": None}


def a_room(**said: Any) -> RoomInput:
    """A room of twenty seats in building 1."""
    usual: dict[str, Any] = {"name": "一号会议室", "building": "1号楼", "floor": 1, "seats": 20}
    return RoomInput(**usual | said)


async def a_turn(store: Store, room_id: str = "room_a", **said: Any) -> tuple[Context, Document]:
    """A turn in a house with one room, and the room."""
    ctx = a_context(a_house(store))
    await rooms.put(ctx, room_id, a_room(**said))
    return ctx, await rooms.find(ctx, room_id)


async def enabled(store: Store) -> dict[str, bool]:
    """Which days there are, and whether each can be booked."""
    return {day["_id"]: day["enabled"] for day in await store.find(ROOM_DAYS, {})}


async def test_a_room_is_set_up_as_it_was_said_and_can_be_booked_at_once(store: Store) -> None:
    ctx = a_context(a_house(store))
    made = await rooms.put(ctx, "room_a", a_room(check_in=CheckIn(before=10, within=5)))
    assert (made.id, made.seats, made.enabled) == ("room_a", 20, True)
    assert made.check_in == CheckIn(before=10, within=5)
    assert rooms.view(await rooms.find(ctx, "room_a")) == made
    assert [act["act"] for act in await store.find("audit", {})] == ["meetings.room"]


async def test_setting_a_room_up_again_leaves_its_days_and_whether_it_is_open(store: Store) -> None:
    ctx, room = await a_turn(store)
    await days.ensure(ctx.house, room, MONDAY)
    await days.turn(ctx, await rooms.find(ctx, "room_a"), SHUT)
    await rooms.put(ctx, "room_a", a_room(seats=30))
    found = await rooms.find(ctx, "room_a")
    kept = (found["seats"], found["enabled"], found["disabled_reason"], found["days"])
    assert kept == (30, False, "维修", 1)


async def test_setting_a_room_up_as_it_is_leaves_no_record(store: Store) -> None:
    ctx, _ = await a_turn(store)
    await rooms.put(ctx, "room_a", a_room())
    assert await store.count("audit", {}) == 1


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"opens": "21:00", "closes": "08:00"}, "/closes"),
        ({"equipment": ["video", "video"]}, "/equipment/1"),
        ({"layouts": ["board", "theatre", "board"]}, "/layouts/2"),
    ],
)
async def test_a_room_that_contradicts_itself_is_refused(
    store: Store, said: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(RoomWrong) as refusal:
        await rooms.put(a_context(a_house(store)), "room_a", a_room(**said))
    assert [at for at, _ in refusal.value.errors] == [pointer]
    assert await store.find(ROOMS, {}) == []


def test_a_meeting_takes_its_minutes_and_the_rooms_buffers_within_the_day() -> None:
    room = {"_id": "room_a", "setup_minutes": 15, "cleanup_minutes": 10}

    def span(starts: str, ends: str) -> tuple[int, int]:
        return days.span(room, campus_time(MONDAY, starts), campus_time(MONDAY, ends))

    assert span("09:00", "10:30") == (525, 640)
    assert span("00:10", "01:00") == (0, 70)
    assert span("23:00", "23:55") == (1365, 1440)


def test_the_day_of_a_meeting_is_the_campus_one() -> None:
    starts = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight on the campus
    room = {"_id": "room_a", "setup_minutes": 0, "cleanup_minutes": 0}
    hold = days.hold(room, starts, starts.replace(hour=17, minute=0))
    assert (hold.thing, hold.start, hold.end) == ("room_a:2026-11-23", 30, 60)


async def test_days_are_made_once_however_many_want_them(store: Store) -> None:
    ctx, room = await a_turn(store)
    wanted = [days.ensure(ctx.house, room, MONDAY, TUESDAY) for _ in range(5)]
    await asyncio.gather(*wanted)
    assert await enabled(store) == {"room_a:2026-11-23": True, "room_a:2026-11-24": True}


async def test_the_days_of_an_unknown_room_are_refused(store: Store) -> None:
    ctx, room = await a_turn(store)
    with pytest.raises(RoomUnknown):
        await days.ensure(ctx.house, room | {"_id": "room_b"}, MONDAY)
    assert await enabled(store) == {}


async def test_disabling_a_room_closes_today_and_what_is_to_come_but_not_the_past(
    store: Store,
) -> None:
    ctx, room = await a_turn(store)
    await days.ensure(ctx.house, room, date(2026, 11, 22), MONDAY, TUESDAY)
    await days.turn(ctx, room, SHUT)
    closed = {"room_a:2026-11-22": True, "room_a:2026-11-23": False, "room_a:2026-11-24": False}
    assert await enabled(store) == closed
    await days.turn(ctx, await rooms.find(ctx, "room_a"), OPEN)
    assert set((await enabled(store)).values()) == {True}


async def test_a_day_made_while_the_room_is_disabled_cannot_be_booked(
    store: Store, database_uri: str, database_name: str
) -> None:
    ctx, room = await a_turn(store)
    async with connected(database_uri, database_name) as other:
        elsewhere = a_house(other)
        for week in range(6):
            coming = [date(2026, 12, 1 + week * 4 + n) for n in range(4)]
            room = await rooms.find(ctx, "room_a")
            await asyncio.gather(
                days.turn(ctx, room, SHUT),
                *(days.ensure(elsewhere, room, day) for day in coming[:2]),
                *(days.ensure(ctx.house, room, day) for day in coming[2:]),
            )
            assert set((await enabled(store)).values()) == {False}
            await days.turn(ctx, await rooms.find(ctx, "room_a"), OPEN)
    found = await rooms.find(ctx, "room_a")
    assert (found["days"], await store.count(ROOM_DAYS, {})) == (24, 24)
