"""The day sheet of meeting services, and how the rooms are used."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.base.store import Store
from models.meetings import day_sheet, usage
from models.meetings.day_sheet import Contact, DayMeeting, DayQuery
from models.meetings.lifecycle import Parting, Reason
from models.meetings.periods import FarAway, PeriodWrong
from models.meetings.usage import Figures, Usage, UsageQuery
from models.meetings.wishes import ServiceWish
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
    guarded,
    on_approval,
    open_house,
)


async def sheet(m: Meetings, **said: Any) -> list[DayMeeting]:
    found = await day_sheet.day(m.ctx(DESK), DayQuery(**said))
    assert found.date == str(said.get("date", TODAY))
    return found.items


async def used(m: Meetings, **said: Any) -> Usage:
    return await usage.usage(m.ctx(DESK), UsageQuery(**said))


# --- the day sheet


async def test_the_day_sheet_lists_what_is_to_be_prepared_by_time(store: Store) -> None:
    m = await open_house(store, a_room(), on_approval("room_b"), a_room("room_c"))
    late = await m.book(BOB, "late", starts_at=ELEVEN, layout="board", note="两排")
    wishes = [ServiceWish(service="tea", quantity=6, note="绿茶"), ServiceWish(service="it")]
    early = await m.book(ANN, "early", room_id="room_c", private=True, services=wishes)
    await m.book(ANN, "asked", room_id="room_b")
    gone = await m.book(ANN, "gone", starts_at=NOON)
    await m.step(DESK, gone, "call_off", Reason(reason="维修"))
    await m.book(ANN, "tomorrow", starts_at=TEN + DAY)
    first, second = await sheet(m)
    assert (first.order_id, first.room.name, first.subject) == (early["_id"], "C室", "周会")
    assert [(s.service, s.quantity, s.note, s.state) for s in first.services] == [
        ("tea", 6, "绿茶", "ordered"), ("it", None, None, "ordered")
    ]  # fmt: skip
    assert (second.order_id, second.layout, second.note) == (late["_id"], "board", "两排")
    assert second.contact == Contact(name="bob", unit_name="unt_1")
    assert second.services == []


async def test_the_day_sheet_of_a_building_and_another_day(store: Store) -> None:
    m = await open_house(store, a_room(), a_room("room_b", building="2号楼"))
    await m.book(ANN, "one")
    other = await m.book(ANN, "two", room_id="room_b")
    tomorrow = await m.book(ANN, "three", starts_at=TEN + DAY)
    assert [each.order_id for each in await sheet(m, building="2号楼")] == [other["_id"]]
    assert [each.order_id for each in await sheet(m, date=date(2026, 11, 24))] == [tomorrow["_id"]]
    with pytest.raises(FarAway):
        await sheet(m, date=date(9999, 12, 31))


async def test_the_printed_day_sheet_has_a_line_per_meeting(store: Store) -> None:
    m = await open_house(store)
    wishes = [ServiceWish(service="tea", quantity=6, note="绿茶")]
    await m.book(ANN, layout="board", services=wishes)
    day, content = await day_sheet.sheet(m.ctx(DESK), DayQuery())
    assert day == TODAY
    assert content.decode().splitlines() == [
        "开始,结束,会议室,楼栋,主题,人数,布置,联系人,单位,服务",
        "10:00,11:00,A室,1号楼 1 层,周会,5,围桌式,ann,unt_1,茶水 6份（待准备）：绿茶",
    ]
    assert (await store.find("audit", {}))[0]["object"] == f"day:{TODAY}"


# --- use


async def test_use_tells_booked_from_present(store: Store) -> None:
    m = await open_house(store, guarded("room_a"))
    came = await m.book(ANN, "came")
    await m.book(BOB, "missed", starts_at=NOON)
    gone = await m.book(ANN, "gone", starts_at=NOON + 2 * HOUR)
    await m.step(ANN, gone, "cancel", Parting())
    m.clock.now = TEN + 5 * MINUTE
    came = await m.step(ANN, came, "check_in")
    m.clock.now = TEN + 45 * MINUTE
    await m.step(ANN, came, "finish")
    m.clock.now = NOON + 2 * HOUR
    await m.work()
    found = await used(m)
    expected = Figures(
        meetings=2, booked_minutes=120, present_minutes=40, no_shows=1, cancelled=1, share=0.154
    )
    assert found.totals == expected
    assert [(line.room.id, line.present_minutes) for line in found.items] == [("room_a", 40)]


async def test_where_nobody_checks_in_a_meeting_counts_as_held_once_it_is_over(
    store: Store,
) -> None:
    m = await open_house(store, a_room(), a_room("room_b", weekends=True))
    await m.book(ANN, "now")
    await m.book(ANN, "later", starts_at=NOON)
    m.clock.now = TEN + 30 * MINUTE
    period = {"from_": date(2026, 11, 21), "to": date(2026, 11, 23)}
    found = await used(m, **period)
    lines = {line.room.id: (line.booked_minutes, line.present_minutes, line.share)
             for line in found.items}  # fmt: skip
    assert lines == {"room_a": (120, 30, 0.154), "room_b": (0, 0, 0.0)}
    assert found.totals.share == round(120 / (13 * 60 * 4), 3)


async def test_the_printed_use_ends_with_totals(store: Store) -> None:
    m = await open_house(store)
    await m.book(ANN)
    content = await usage.sheet(m.ctx(DESK), UsageQuery())
    assert content.decode().splitlines() == [
        "会议室,楼栋,会议,预订（分钟）,到场（分钟）,未到,取消,使用率",
        "A室,1号楼,1,60,0,0,0,0.077",
        "合计,,1,60,0,0,0,0.077",
    ]
    assert (await store.find("audit", {}))[0]["object"] == f"usage:{TODAY}:{TODAY}"


async def test_a_report_covers_three_months_at_most(store: Store) -> None:
    m = await open_house(store)
    with pytest.raises(PeriodWrong):
        await used(m, to=date(2027, 2, 23))
    assert (await used(m, to=date(2027, 2, 22))).totals.meetings == 0
