"""Finding a room: what suits, what is free, what else there is, and what is planned in each."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from models.base.calendar import Decision
from models.base.errors import Refusal
from models.base.store import Document, Store
from models.meetings import blocks, days, grid, schedules, search
from models.meetings.blocks import NewBlock
from models.meetings.days import ROOM_DAYS
from models.meetings.grid import GridQuery
from models.meetings.periods import FarAway, PeriodWrong
from models.meetings.refusals import InThePast, NotADay
from models.meetings.rooms import RoomUnknown
from models.meetings.schedules import ScheduleLine, ScheduleQuery
from models.meetings.search import RoomQuery, SuggestionQuery
from tests.machinery import MONDAY
from tests.meals_house import ANN, BOB
from tests.meetings_house import (
    DAY,
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    TODAY,
    Meetings,
    a_room,
    on_approval,
    open_house,
)

TIMES: dict[str, Any] = {"starts_at": TEN, "ends_at": ELEVEN}


async def find(m: Meetings, **said: Any) -> list[tuple[str, bool]]:
    """The rooms found, and whether each is free."""
    page = await search.find(m.house, RoomQuery(**said), "zh")
    return [(room.id, room.free is True) for room in page.items]


async def names(m: Meetings, **said: Any) -> list[str]:
    return [room for room, _ in await find(m, **said)]


async def suggested(m: Meetings, **said: Any) -> list[tuple[str, int, int]]:
    """(room, minutes later, minutes long) of each suggestion for room A from ten to eleven."""
    query = SuggestionQuery(**{"room_id": "room_a", **TIMES, **said})
    found = await search.suggest(m.ctx(ANN), query)
    return [
        (each.room.id, (each.starts_at - query.starts_at) // MINUTE,
         (each.ends_at - each.starts_at) // MINUTE)
        for each in found.items
    ]  # fmt: skip


# --- finding


async def test_rooms_are_found_by_building_seats_and_equipment(store: Store) -> None:
    rooms = [
        a_room("room_a", seats=10),
        a_room("room_b", seats=30, equipment=["projector", "video"]),
        a_room("room_c", seats=50, building="2号楼", equipment=["video", "sound"]),
    ]
    m = await open_house(store, *rooms)
    assert await names(m) == ["room_a", "room_b", "room_c"]
    assert await names(m, building="1号楼") == ["room_a", "room_b"]
    assert await names(m, seats=30) == ["room_b", "room_c"]
    assert await names(m, equipment="video") == ["room_b", "room_c"]
    assert await names(m, equipment="video,sound", seats=30) == ["room_c"]


async def test_with_times_free_rooms_come_first_and_others_say_why_not(store: Store) -> None:
    rooms = [
        a_room("room_a", seats=40),
        a_room("room_b", seats=10),
        a_room("room_c", seats=20),
        a_room("room_d", enabled=False, disabled_reason="维修"),
        a_room("room_e", opens="11:00"),
    ]
    m = await open_house(store, *rooms)
    await m.book(ANN, room_id="room_c", starts_at=TEN + 30 * MINUTE)
    page = await search.find(m.house, RoomQuery(**TIMES), "zh")
    assert [(room.id, room.free) for room in page.items] == [
        ("room_b", True), ("room_a", True), ("room_c", False), ("room_d", False), ("room_e", False)
    ]  # fmt: skip
    assert [room.why for room in page.items[2:]] == [
        "该时段会议室已被预订（候补 0 人），可以换个时间、换间会议室或加入候补。",
        "该会议室已停用（维修），请选择其他会议室。",
        "该会议室的开放时间为 11:00–21:00。",
    ]
    english = await search.find(m.house, RoomQuery(**TIMES), "en")
    assert english.items[4].why == "The room is open from 11:00 to 21:00."


async def test_a_rooms_buffers_count_when_it_is_searched(store: Store) -> None:
    m = await open_house(store, a_room(setup_minutes=10, cleanup_minutes=10))
    await m.book(ANN)
    at_once, later = ELEVEN + 19 * MINUTE, ELEVEN + 20 * MINUTE
    assert await find(m, starts_at=at_once, ends_at=NOON) == [("room_a", False)]
    assert await find(m, starts_at=later, ends_at=NOON) == [("room_a", True)]


async def test_what_a_search_calls_free_can_be_booked(store: Store) -> None:
    m = await open_house(store, *(a_room(f"room_{n}", notice_minutes=60 * n) for n in range(4)))
    for room, free in await find(m, **TIMES):
        act = m.book(ANN, room, room_id=room)
        if free:
            assert (await act)["state"] == "booked"
        else:
            await m.refused(act)
    assert await store.count("orders", {}) == 2


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"starts_at": TEN}, NotADay),
        ({"ends_at": TEN}, NotADay),
        ({"starts_at": ELEVEN, "ends_at": TEN}, NotADay),
        ({"starts_at": TEN, "ends_at": TEN + DAY}, NotADay),
        ({"starts_at": TEN - DAY, "ends_at": ELEVEN - DAY}, InThePast),
        ({"starts_at": TEN.replace(year=1), "ends_at": TEN.replace(year=1)}, FarAway),
        ({"starts_at": TEN.replace(year=9999), "ends_at": TEN.replace(year=9999)}, FarAway),
    ],
)
async def test_times_that_make_no_sense_are_refused(
    store: Store, said: dict[str, Any], kind: type[Refusal]
) -> None:
    m = await open_house(store)
    with pytest.raises(kind):
        await find(m, **said)


async def test_rooms_come_in_pages(store: Store) -> None:
    m = await open_house(store, *(a_room(f"room_{n}") for n in range(5)))
    seen: list[str] = []
    after = None
    for expected in (2, 2, 1):
        page = await search.find(m.house, RoomQuery(limit=2, after=after), "zh")
        assert len(page.items) == expected
        seen += [room.id for room in page.items]
        after = page.next
    assert (seen, after) == ([f"room_{n}" for n in range(5)], None)


# --- suggestions


async def test_the_same_room_is_suggested_at_the_nearest_other_times(store: Store) -> None:
    m = await open_house(store)
    await m.book(ANN, starts_at=TEN + 40 * MINUTE, ends_at=ELEVEN)
    assert await suggested(m) == [
        ("room_a", -20, 60), ("room_a", -30, 60), ("room_a", -40, 60), ("room_a", -50, 60),
        ("room_a", 0, 40),
    ]  # fmt: skip


async def test_no_other_time_lies_further_off_than_two_hours(store: Store) -> None:
    m = await open_house(store)
    await m.book(ANN, starts_at=MONDAY + 30 * MINUTE, ends_at=MONDAY + 225 * MINUTE)
    found = await suggested(m, starts_at=ELEVEN, ends_at=NOON)
    assert found == [("room_a", 110, 60), ("room_a", 120, 60)]


async def test_other_rooms_are_suggested_the_smallest_that_fits_first(store: Store) -> None:
    others = [
        a_room("room_b", seats=50),
        a_room("room_c", seats=4),
        a_room("room_d", seats=12, equipment=["video"]),
        a_room("room_e", seats=14, enabled=False),
        a_room("room_f", seats=16),
    ]
    m = await open_house(store, a_room(opens="10:00", closes="11:00"), *others)
    await m.book(ANN)
    assert [room for room, _, _ in await suggested(m, attendees=6)] == [
        "room_d",
        "room_f",
        "room_b",
    ]
    assert [room for room, _, _ in await suggested(m, equipment="video")] == ["room_d"]


async def test_nothing_is_suggested_that_a_booking_would_be_refused(store: Store) -> None:
    m = await open_house(store, a_room(max_minutes=60), on_approval("room_b", weekends=True))
    saturday = {"starts_at": TEN + 5 * DAY, "ends_at": ELEVEN + 5 * DAY}
    assert await suggested(m, **saturday) == [("room_b", 0, 60)]
    with pytest.raises(RoomUnknown):
        await suggested(m, room_id="room_x")


# --- the grid


async def test_the_grid_shows_what_is_taken_but_not_by_whom(store: Store) -> None:
    m = await open_house(store, a_room(setup_minutes=10), a_room("room_b"), a_room("room_c"))
    await m.book(ANN, "one", subject="密谈", private=True)
    await m.book(BOB, "two", starts_at=TEN + DAY)
    body = NewBlock(rooms=["room_b"], starts_at=ELEVEN, ends_at=NOON, reason="检修")
    await blocks.add(m.ctx(DESK), body)
    found = await grid.grid(m.house, GridQuery())
    assert (found.from_, found.days, [room.id for room in found.rooms]) == (
        TODAY, 7, ["room_a", "room_b", "room_c"]
    )  # fmt: skip
    assert found.busy == {
        "room_a": {"2026-11-23": [(590, 660, 0)], "2026-11-24": [(590, 660, 0)]},
        "room_b": {"2026-11-23": [(660, 720, 1)]},
        "room_c": {},
    }
    assert "密谈" not in msgspec.json.encode(found).decode()


async def test_the_grid_of_a_building_shows_that_building(store: Store) -> None:
    m = await open_house(store, a_room(), a_room("room_b", building="2号楼"))
    await m.book(ANN)
    found = await grid.grid(m.house, GridQuery(building="2号楼", from_=date(2026, 11, 23), days=1))
    assert ([room.id for room in found.rooms], found.busy) == (["room_b"], {"room_b": {}})
    with pytest.raises(FarAway):
        await grid.grid(m.house, GridQuery(from_=date(1, 1, 1)))


async def test_the_grid_is_two_reads_however_large(store: Store) -> None:
    m = await open_house(store, *(a_room(f"room_{n}") for n in range(3)))
    full = [_full_day(f"room_{n}", d) for n in range(3) for d in range(7)]
    await store.insert(ROOM_DAYS, *full)
    found = await grid.grid(m.house, GridQuery())
    assert sum(len(spans) for room in found.busy.values() for spans in room.values()) == 3 * 7 * 40
    assert [len(room) for room in found.busy.values()] == [7, 7, 7]


def _full_day(room: str, number: int) -> Document:
    """A day of forty meetings."""
    day = days.fresh({"_id": room, "enabled": True}, date(2026, 11, 23 + number))
    entries = [{"order": f"ord_{n}", "from": 60 + n * 30, "to": 90 + n * 30} for n in range(40)]
    return day | {"taken": entries}


# --- the schedule


async def schedule(m: Meetings, who: str, **said: Any) -> list[ScheduleLine]:
    return (await schedules.of_room(m.ctx(who), "room_a", ScheduleQuery(**said))).items


async def test_a_private_meeting_shows_others_only_that_the_room_is_busy(store: Store) -> None:
    m = await open_house(store)
    order = await m.book(ANN, private=True, subject="谈话", invite=["S0005"])
    bare: dict[str, Any] = {"starts_at": TEN, "ends_at": ELEVEN, "state": "booked", "busy": True}
    assert await schedule(m, BOB) == [ScheduleLine(**bare)]
    full: dict[str, Any] = {
        "order_id": order["_id"],
        "subject": "谈话",
        "owner_name": "ann",
        "unit_name": "unt_1",
    }
    assert await schedule(m, ANN) == [ScheduleLine(**bare, **full, mine=True)]
    for who in ("per_cat", DESK):
        assert await schedule(m, who) == [ScheduleLine(**bare, **full)]


async def test_a_schedule_shows_requests_and_blocks_as_such(store: Store) -> None:
    m = await open_house(store, on_approval("room_a"))
    await m.book(ANN)
    body = NewBlock(rooms=["room_a"], starts_at=NOON, ends_at=NOON + HOUR, reason="检修")
    await blocks.add(m.ctx(DESK), body)
    lines = await schedule(m, BOB)
    assert [(line.state, line.busy, line.block) for line in lines] == [
        ("requested", False, msgspec.UNSET), ("blocked", True, "检修")
    ]  # fmt: skip


async def test_a_schedule_covers_its_days_and_at_most_a_month(store: Store) -> None:
    m = await open_house(store)
    for number in range(3):
        await m.book(ANN, f"day {number}", starts_at=TEN + number * DAY)
    period: dict[str, Any] = {"from_": date(2026, 11, 24), "to": date(2026, 11, 25)}
    assert len(await schedule(m, BOB)) == 1
    assert len(await schedule(m, BOB, **period)) == 2
    for wrong in ({"to": date(2026, 11, 22)}, {"to": date(2026, 12, 24)}):
        with pytest.raises(PeriodWrong):
            await schedule(m, BOB, **wrong)


async def test_a_day_off_counts_as_the_administration_decided(store: Store) -> None:
    m = await open_house(store)
    day_off = Decision(day=date(2026, 11, 24), kind="holiday", note="", source="")
    await m.house.calendars.record([day_off])
    tomorrow = {"starts_at": TEN + DAY, "ends_at": ELEVEN + DAY}
    assert await find(m, **tomorrow) == [("room_a", False)]
