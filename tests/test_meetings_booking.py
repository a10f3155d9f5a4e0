"""Booking a room: what it takes, what each refusal names, one order however often it is asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from models.base import orders
from models.base.calendar import Decision
from models.base.errors import NotFound
from models.base.orders import KeyReused
from models.base.store import Document, Store
from models.base.views import full, one
from models.meetings.booking import Booking, Guest
from models.meetings.days import ROOM_DAYS
from server.commands import CommandCounter
from server.database import connect, disconnect
from tests.machinery import MONDAY, a_house
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
    moment,
    on_approval,
    open_house,
)

GUESTS = [Guest(name="李雷", phone="13812345678"), Guest(name="韩梅", phone="13912345678")]


async def test_a_meeting_takes_its_room_to_the_minute(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, starts_at=TEN + 7 * MINUTE, ends_at=ELEVEN + MINUTE)
    assert order["state"] == "booked"
    assert await meetings.taken() == [(607, 661)]
    assert order["due_at"] == TEN + 7 * MINUTE
    assert order["timers"] == [
        {"at": ELEVEN + MINUTE, "transition": "finish"},
        {"at": TEN - 8 * MINUTE, "transition": "remind"},
    ]
    view = await full(meetings.ctx(ANN), order)
    assert view.data == {
        "subject": "周会", "attendees": 5, "private": False, "invited": [], "guests": 0,
        "sequence": 0, "date": TODAY, "starts_at": TEN + 7 * MINUTE, "ends_at": ELEVEN + MINUTE,
        "room": {"id": "room_a", "name": "A室", "building": "1号楼", "floor": 1},
    }  # fmt: skip
    assert view.can == ["change", "cancel"]


async def test_what_touches_is_free_and_what_overlaps_by_a_minute_is_not(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN)
    await meetings.book(BOB, starts_at=ELEVEN)
    await meetings.book(CAT, starts_at=TEN - HOUR)
    for starts_at in (TEN - 59 * MINUTE, ELEVEN - MINUTE, ELEVEN + 59 * MINUTE):
        refusal = await meetings.refused(meetings.book(DAN, starts_at=starts_at))
        assert (refusal.code, refusal.facts) == ("room-taken", {"queue": 0})
    assert await meetings.taken() == [(540, 600), (600, 660), (660, 720)]


async def test_a_room_is_kept_free_before_and_after_each_meeting(store: Store) -> None:
    meetings = await open_house(store, a_room(setup_minutes=10, cleanup_minutes=20))
    await meetings.book(ANN)
    assert (await meetings.refused(meetings.book(BOB, starts_at=ELEVEN + 29 * MINUTE))).code == (
        "room-taken"
    )
    await meetings.book(BOB, starts_at=ELEVEN + 30 * MINUTE)
    await meetings.book(CAT, starts_at=moment(1, 8), ends_at=moment(1, 9))
    assert await meetings.taken() == [(590, 680), (680, 770)]
    assert await meetings.taken(day="2026-11-24") == [(470, 560)]


async def test_buffers_end_with_the_day(store: Store) -> None:
    room = a_room(opens="00:00", closes="23:59", setup_minutes=30, cleanup_minutes=30)
    meetings = await open_house(store, room)
    await meetings.book(ANN, "early", starts_at=moment(1, 0, 10))
    await meetings.book(ANN, "late", starts_at=moment(1, 22, 50))
    assert await meetings.taken(day="2026-11-24") == [(0, 100), (1340, 1440)]


REFUSED: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"ends_at": TEN}, "not-a-day", {}),
    ({"ends_at": TEN - MINUTE}, "not-a-day", {}),
    ({"ends_at": moment(1, 10)}, "not-a-day", {}),
    ({"starts_at": moment(1, 0) - HOUR, "ends_at": moment(1, 0) + MINUTE}, "not-a-day", {}),
    ({"starts_at": TEN + timedelta(seconds=1)}, "not-whole-minutes", {}),
    ({"starts_at": TEN, "ends_at": ELEVEN + timedelta(milliseconds=1)}, "not-whole-minutes", {}),
    ({"starts_at": moment(0, 8, 54)}, "in-the-past", {}),
    ({"starts_at": moment(-1, 10)}, "in-the-past", {}),
    ({"starts_at": moment(0, 9, 19)}, "too-short-notice", {"minutes": 20}),
    ({"starts_at": moment(31, 10)}, "beyond-horizon", {"days": 30}),
    ({"starts_at": moment(5, 10)}, "weekend-closed", {"date": "2026-11-28"}),
    ({"starts_at": moment(1, 7, 59)}, "outside-hours", {"opens": "08:00", "closes": "21:00"}),
    (
        {"starts_at": moment(1, 20, 30), "ends_at": moment(1, 21, 1)},
        "outside-hours",
        {"opens": "08:00", "closes": "21:00"},
    ),
    ({"ends_at": TEN + 2 * HOUR + MINUTE}, "too-long", {"minutes": 120}),
    ({"attendees": 21}, "room-too-small", {"seats": 20}),
    ({"layout": "u_shape"}, "layout-unknown", {}),
    ({"room_id": "room_none"}, "room-unknown", {}),
    ({"invite": ["S9999"]}, "colleague-unknown", {"employee_no": "S9999"}),
]


@pytest.mark.parametrize(("body", "code", "facts"), REFUSED, ids=lambda each: str(each)[:40])
async def test_a_rule_of_the_room_refuses_by_name(
    store: Store, body: dict[str, Any], code: str, facts: dict[str, Any]
) -> None:
    room = a_room(notice_minutes=20, horizon_days=30, max_minutes=120)
    meetings = await open_house(store, room)
    refusal = await meetings.refused(meetings.book(ANN, **body))
    assert (refusal.code, refusal.facts) == (code, facts)
    assert refusal.detail("zh")
    assert refusal.detail("en")


EDGES: list[dict[str, Any]] = [
    {"starts_at": moment(0, 9, 20), "ends_at": moment(0, 11, 20)},
    {"starts_at": moment(30, 10)},
    {"starts_at": moment(1, 8), "ends_at": moment(1, 9)},
    {"starts_at": moment(1, 20), "ends_at": moment(1, 21)},
    {"starts_at": moment(2, 10), "attendees": 20, "layout": "board"},
]


async def test_the_very_edge_of_each_rule_is_allowed(store: Store) -> None:
    room = a_room(notice_minutes=20, horizon_days=30, max_minutes=120)
    meetings = await open_house(store, room)
    for number, body in enumerate(EDGES):
        order = await meetings.book(ANN, f"edge-{number}", **body)
        assert order["state"] == "booked"


async def test_a_form_may_lie_open_for_five_minutes(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN, starts_at=moment(0, 8, 55))
    assert await meetings.taken() == [(535, 595)]


async def test_a_room_open_on_days_off_is_open_and_a_working_saturday_is_a_working_day(
    store: Store,
) -> None:
    meetings = await open_house(store, a_room(weekends=True), a_room("room_b", horizon_days=366))
    order = await meetings.book(ANN, "saturday", starts_at=moment(5, 10))
    assert order["state"] == "booked"
    saturday = moment(12, 10)
    await meetings.house.calendars.record([Decision(day=saturday.date(), kind="workday")])
    order = await meetings.book(ANN, "working", room_id="room_b", starts_at=saturday)
    assert order["state"] == "booked"


async def test_meeting_services_are_not_bound_by_notice_hours_or_length(store: Store) -> None:
    room = on_approval(notice_minutes=60, horizon_days=1, max_minutes=30)
    meetings = await open_house(store, room)
    order = await meetings.book(
        DESK, room_id="room_c", starts_at=moment(5, 22), ends_at=moment(5, 23)
    )
    assert order["state"] == "booked"
    refusal = await meetings.refused(meetings.book(DESK, "big", room_id="room_c", attendees=21))
    assert refusal.code == "room-too-small"


async def test_a_disabled_room_refuses_whatever_the_page_showed(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN)
    closed = {"enabled": False, "disabled_reason": "装修"}
    await store.update("rooms", {"_id": "room_a"}, {"$set": closed})
    refusal = await meetings.refused(meetings.book(BOB, starts_at=NOON))
    assert (refusal.code, refusal.facts) == ("room-disabled", {"reason": "装修"})


async def test_a_disabled_day_refuses_although_its_room_is_enabled(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN)
    await store.update(ROOM_DAYS, {"_id": f"room_a:{TODAY}"}, {"$set": {"enabled": False}})
    refusal = await meetings.refused(meetings.book(BOB, starts_at=NOON))
    assert refusal.code == "room-disabled"


async def test_a_block_refuses_with_its_reason(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN)
    block: Document = {"_id": "blk_1", "reason": "设备检修"}
    await store.insert("room_blocks", block)
    entry = {"order": "blk_1", "from": 720, "to": 780}
    await store.update(ROOM_DAYS, {"_id": f"room_a:{TODAY}"}, {"$push": {"taken": entry}})
    refusal = await meetings.refused(meetings.book(BOB, starts_at=NOON - MINUTE))
    assert (refusal.code, refusal.facts) == ("room-blocked", {"reason": "设备检修"})
    await meetings.book(BOB, "later", starts_at=NOON + HOUR)


async def test_a_repeat_is_the_same_meeting_and_another_request_with_its_key_is_refused(
    store: Store,
) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN)
    again = await meetings.book(ANN)
    assert again["_id"] == order["_id"]
    ctx = meetings.ctx(ANN, "meeting", request_hash=b"other")
    body = Booking(room_id="room_a", starts_at=TEN, ends_at=NOON, subject="周会", attendees=5)
    with pytest.raises(KeyReused):
        await orders.place(ctx, "meeting", body)
    assert await meetings.taken() == [(600, 660)]


async def test_those_who_race_for_overlapping_times_never_meet(store: Store) -> None:
    meetings = await open_house(store)
    others = Meetings(a_house(store, meetings.clock), meetings.clock, meetings.persons)
    starts = [TEN + 10 * n * MINUTE for n in range(8)]
    tries = [
        (meetings, others)[n % 2].book(who, f"race-{n}", starts_at=at)
        for n, (who, at) in enumerate((who, at) for who in (ANN, BOB, CAT) for at in starts)
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)
    placed = [result for result in results if isinstance(result, dict)]
    codes = {getattr(result, "code", result) for result in results if not isinstance(result, dict)}
    assert codes == {"room-taken"}
    assert len(await meetings.taken()) == len(placed)
    assert 1 <= len(placed) <= 2


async def test_colleagues_who_are_invited_are_told_and_see_it(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, invite=["S0004", "s0005", "S0004"])
    assert order["data"]["invited"] == [
        {"id": BOB, "employee_no": "S0004", "name": "bob"},
        {"id": CAT, "employee_no": "S0005", "name": "cat"},
    ]
    assert await meetings.told(BOB) == ["meeting-invited"]
    assert await meetings.told(CAT) == ["meeting-invited"]
    assert await meetings.told(ANN) == []
    assert (await one(meetings.ctx(BOB), order["_id"])).data["subject"] == "周会"
    with pytest.raises(NotFound):
        await one(meetings.ctx(DAN), order["_id"])


async def test_guests_stand_apart_and_only_the_owner_and_the_desk_read_their_names(
    store: Store,
) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, guests=GUESTS, invite=["S0004"])
    assert order["private"] == {
        "guests": [
            {"name": "李雷", "phone": "13812345678"},
            {"name": "韩梅", "phone": "13912345678"},
        ]
    }
    assert order["data"]["guests"] == 2
    for who in (ANN, DESK):
        shown = (await one(meetings.ctx(who), order["_id"])).data
        assert shown["guest_list"] == order["private"]["guests"]
    assert "guest_list" not in (await one(meetings.ctx(BOB), order["_id"])).data


async def test_a_day_is_made_once_and_only_where_somebody_could_book(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN)
    await meetings.book(ANN, "again", starts_at=NOON)
    await meetings.refused(meetings.book(ANN, "far", starts_at=moment(500, 10)))
    await meetings.refused(meetings.book(ANN, "past", starts_at=moment(-500, 10)))
    assert [day["_id"] for day in await store.find(ROOM_DAYS, {})] == [f"room_a:{TODAY}"]


async def test_a_room_with_check_in_is_released_unless_somebody_comes(store: Store) -> None:
    meetings = await open_house(store, guarded(remind_minutes=0))
    order = await meetings.book(ANN, room_id="room_b")
    assert order["data"]["check_in"] == {"from": TEN - 15 * MINUTE, "until": TEN + 10 * MINUTE}
    assert order["timers"] == [{"at": TEN + 10 * MINUTE, "transition": "release"}]


async def test_a_booking_costs_five_round_trips_and_seven_with_quotas(
    database_uri: str, database_name: str, store: Store
) -> None:
    registry = CollectorRegistry()
    counted = connect(database_uri, database_name, [CommandCounter(registry)])
    meetings = await open_house(counted)
    await meetings.book(ANN, "first")  # makes the day, which costs nothing from then on

    def sent() -> float:
        metrics = [each for each in registry.collect() if each.name == "database_commands"]
        return sum(s.value for m in metrics for s in m.samples if s.name.endswith("_total"))

    before = sent()
    await meetings.book(ANN, "second", starts_at=NOON)
    alone = sent() - before
    quota = {"per": "person", "counts": "hours", "limit": 9, "period": "week"}
    policies = meetings.house.policies
    await policies.decide("meetings", "", {"quotas": [quota]}, MONDAY.date(), "per_boss")
    await meetings.book(ANN, "third", starts_at=NOON + HOUR)
    before = sent()
    await meetings.book(ANN, "fourth", starts_at=NOON + 2 * HOUR)
    assert (alone, sent() - before) == (5, 7)
    disconnect(counted)
