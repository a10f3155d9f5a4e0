"""Meetings on the phone: found, booked, changed, repeated, swapped, waited for, checked in to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from models.base.clock import CAMPUS
from scripts.campus import Campus
from scripts.demo_people import name_of
from scripts.phone import Phone, film
from tests.browser.conftest import Phones

pytestmark = pytest.mark.browser

BUILDING = "会展楼"
AFTERNOON = ("14:00", "15:00")


def a_room(campus: Campus, key: str, **more: Any) -> str:
    """A room of a building that only these stories know, booked without approval."""
    room = {"name": f"会展 {key}", "building": BUILDING, "floor": 1, "seats": 20, "weekends": True}
    path = f"/meetings/rooms/room_x{key}"
    campus.ask("A0001", "PUT", path, room | {"layouts": ["board"]} | more)
    return f"room_x{key}"


def a_meeting(campus: Campus, owner: str, room: str, day: str, times: tuple[str, str]) -> Any:
    """A meeting that somebody has booked already."""
    starts, ends = (f"{day}T{time}:00+08:00" for time in times)
    body = {"room_id": room, "starts_at": starts, "ends_at": ends, "subject": "例会"}
    return campus.ask(owner, "POST", "/meetings", body | {"attendees": 5})


def book_page(room: str, day: str, times: tuple[str, str] = AFTERNOON) -> str:
    return f"meetings/book?room={room}&date={day}&from={times[0]}&to={times[1]}"


def fill_in(phone: Phone, subject: str, attendees: int = 8) -> None:
    phone.fill("subject", subject)
    phone.fill("attendees", str(attendees))


def line(phone: Phone, words: str) -> Any:
    """What the page in front says somewhere."""
    return phone.page.locator("uni-page-body:visible").get_by_text(words)


def test_a_room_is_found_booked_with_tea_changed_and_cancelled(
    phones: Phones, campus: Campus
) -> None:
    room, day = a_room(campus, "1"), campus.day(1)
    phone = phones("S0301")
    phone.tap("service-meetings")
    phone.tap(f"day-{day}")
    phone.tap(f"building-{BUILDING}")
    expect(phone.find(f"room-{room}")).to_contain_text("空闲")
    phone.tap(f"room-{room}")
    starts = phone.find("when-from").inner_text()[-5:]
    fill_in(phone, "三季度例会")
    phone.tap("open-services")
    phone.find("extra-tea").get_by_text("茶水").click()
    phone.tap("sheet-done")
    phone.tap("submit")
    expect(phone.find("order-state")).to_have_text("已预订")
    expect(phone.find("meeting-services")).to_contain_text("茶水 8 份")

    phone.tap("act-change")
    phone.tap("length-120")
    phone.tap("submit")
    two_hours_later = f"{int(starts[:2]) + 2:02}{starts[2:]}"
    expect(line(phone, f"{starts}–{two_hours_later}").first).to_be_visible()
    phone.tap("act-cancel")
    phone.answer("确定")
    expect(phone.find("order-state")).to_have_text("已取消")
    [meeting] = [one for one in campus.orders("S0301") if one["kind"] == "meeting"]
    assert meeting["state"] == "cancelled"


def test_the_grid_offers_what_is_free_and_shows_what_is_mine(
    phones: Phones, campus: Campus
) -> None:
    room, day = a_room(campus, "2"), campus.day(1)
    a_meeting(campus, "S0302", room, day, AFTERNOON)
    phone = phones("S0302", "meetings/home")
    phone.tap(f"day-{day}")
    phone.tap("tab-grid")
    phone.tap(f"building-{BUILDING}")
    taken = phone.find(f"taken-{room}-{14 * 60}")
    expect(taken).to_have_class("q-grid-taken q-grid-mine")
    phone.tap(f"slot-{room}-10")
    expect(phone.find("chosen-room")).to_contain_text("会展 2")
    expect(phone.find("when-from")).to_contain_text("10:00")


def test_a_series_shows_its_conflicts_and_takes_a_date_back(phones: Phones, campus: Campus) -> None:
    room, first = a_room(campus, "3"), campus.day(1)
    second, third = campus.day(8), campus.day(15)
    other = a_meeting(campus, "S0304", room, second, AFTERNOON)
    phone = phones("S0303", book_page(room, first))
    fill_in(phone, "周例会")
    phone.tap("open-repeat")
    phone.tap("frequency-weekly")
    phone.find("times").locator('[data-testid="less"]').click()
    phone.tap("sheet-done")
    phone.tap("preview")
    expect(phone.find(f"date-{first}")).to_contain_text("可订")
    expect(phone.find(f"date-{second}")).to_contain_text("订不上")
    phone.tap(f"skip-{second}")
    expect(phone.find(f"date-{second}")).to_contain_text("跳过")
    phone.tap("submit")
    expect(phone.find("series-results")).to_contain_text("系列已提交")
    expect(phone.find(f"date-{third}")).to_contain_text("已订")

    campus.ask("S0304", "POST", f"/meetings/{other['id']}/cancel")
    phone.tap("open-series")
    expect(phone.find("order-state")).to_have_text("系列进行中")
    phone.tap(f"re-add-{second}")
    expect(phone.find(f"date-{second}")).to_contain_text("已预订")


def test_this_and_following_are_cancelled_together(phones: Phones, campus: Campus) -> None:
    room, day = a_room(campus, "4"), campus.day(2)
    phone = phones("S0305", book_page(room, day))
    fill_in(phone, "碰头会")
    phone.tap("open-repeat")
    phone.tap("frequency-daily")
    phone.tap("sheet-done")
    phone.tap("submit")
    phone.tap(f"date-{campus.day(3)}")
    expect(line(phone, "所属系列")).to_be_visible()
    phone.tap("act-cancel")
    phone.tap("form-scope-following")
    phone.tap("form-submit")
    expect(phone.find("order-state")).to_have_text("已取消")
    meetings = [one for one in campus.orders("S0305") if one["kind"] == "meeting"]
    by_day = {one["data"]["date"]: one["state"] for one in meetings}
    assert by_day[campus.day(2)] == "booked"
    assert {by_day[date] for date in by_day if date > campus.day(2)} == {"cancelled"}


def test_two_phones_swap_rooms_with_one_tap(phones: Phones, campus: Campus) -> None:
    small, large, day = a_room(campus, "5"), a_room(campus, "6", seats=60), campus.day(1)
    mine = a_meeting(campus, "S0306", small, day, AFTERNOON)
    theirs = a_meeting(campus, "S0307", large, day, AFTERNOON)
    asker = phones("S0306", f"meetings/room?id={large}&date={day}")
    asker.tap("busy-14:00")
    asker.tap("ask-swap")
    asker.tap(f"mine-{mine['id']}")
    asker.fill("message", "我们人多")
    asker.tap("submit")
    expect(asker.find("order-state")).to_have_text("等待答复")

    holder = phones("S0307", "inbox/inbox")
    holder.tap("tab-waiting")
    holder.page.get_by_text("有人想和您互换会议室").click()
    expect(line(holder, "我们人多")).to_be_visible()
    holder.tap("act-accept")
    holder.answer("确定")
    expect(asker.find("order-state")).to_have_text("已互换")
    rooms = [campus.ask("S0306", "GET", f"/orders/{mine['id']}")]
    rooms.append(campus.ask("S0307", "GET", f"/orders/{theirs['id']}"))
    assert [order["data"]["room"]["id"] for order in rooms] == [large, small]


def test_who_waits_for_a_room_is_offered_it(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    room, day = a_room(campus, "7"), campus.day(1)
    holder = a_meeting(campus, "S0308", room, day, AFTERNOON)
    phone = phones("S0309", book_page(room, day))
    fill_in(phone, "评审会")
    expect_trouble.append("409 POST /api/v1/meetings$")
    phone.tap("submit")
    expect(phone.find("sheet")).to_contain_text("这个时段有人订了")
    expect(phone.find("suggestion-0")).to_be_visible()
    phone.tap("refusal-act")
    expect(phone.find("order-state")).to_have_text("候补中")
    expect(line(phone, "第 1 位")).to_be_visible()

    campus.ask("S0308", "POST", f"/meetings/{holder['id']}/cancel")
    expect(phone.find("order-state")).to_have_text("等您确认")
    expect(phone.find("countdown")).to_contain_text("确认剩余")
    phone.tap("act-accept")
    expect(phone.find("order-state")).to_have_text("已预订")


def test_one_checks_in_by_the_code_at_the_door(
    phones: Phones, campus: Campus, camera: Path
) -> None:
    room = a_room(campus, "8", opens="00:00", closes="23:59", check_in={"before": 30, "within": 15})
    key = campus.ask("A0001", "POST", f"/meetings/rooms/{room}/display", {})["key"]
    start = campus.stage.now().astimezone(CAMPUS) + timedelta(minutes=10)
    times = (f"{start:%H:%M}", f"{start + timedelta(minutes=30):%H:%M}")
    a_meeting(campus, "S0310", room, campus.day(), times)
    display = phones()
    display.open(f"door/display?key={key}")
    film(display.find("door-qr").screenshot(), camera)

    phone = phones("S0310", "meetings/home?tab=mine")
    phone.tap("scan-door")
    expect(phone.find("door-state")).to_contain_text("会展 8")
    phone.tap("check-in")
    expect(phone.find("order-state")).to_have_text("进行中")
    phone.tap("act-finish")
    phone.answer("确定")
    expect(phone.find("order-state")).to_have_text("已结束")


def test_a_free_room_is_taken_by_the_code_that_was_typed(
    phones: Phones, campus: Campus, camera: Path
) -> None:
    room = a_room(campus, "b", opens="00:00", closes="23:59")
    key = campus.ask("A0001", "POST", f"/meetings/rooms/{room}/display", {})["key"]
    door = campus.ask("A0001", "GET", f"/meetings/displays/{key}")["door"]
    phone = phones("S0315", "meetings/home?tab=mine")
    film(phone.find("scan-door").screenshot(), camera)  # no code to be seen
    phone.tap("scan-door")
    phone.fill("scan-typed", door)
    phone.page.locator("uni-button:visible", has_text="确定").click()
    expect(phone.find("door-state")).to_contain_text("空闲")
    phone.tap("take")
    expect(phone.find("order-state")).to_have_text("已预订")
    [meeting] = [one for one in campus.orders("S0315") if one["kind"] == "meeting"]
    assert meeting["data"]["room"]["id"] == room


def test_a_room_out_of_use_is_not_offered_at_its_door(phones: Phones, campus: Campus) -> None:
    room = a_room(campus, "d", opens="00:00", closes="23:59")
    key = campus.ask("A0001", "POST", f"/meetings/rooms/{room}/display", {})["key"]
    door = campus.ask("A0001", "GET", f"/meetings/displays/{key}")["door"]
    campus.ask("A0001", "POST", f"/meetings/rooms/{room}/disable", {"reason": "投影检修"})
    phone = phones("S0316", f"meetings/door?door={quote(door)}")
    expect(phone.find("door-state")).to_contain_text("停用")
    expect(phone.find("door-state")).to_contain_text("投影检修")
    expect(phone.find("take")).to_have_count(0)


def test_a_deputy_cancels_for_whoever_is_away(phones: Phones, campus: Campus) -> None:
    room, day = a_room(campus, "9"), campus.day(1)
    order = a_meeting(campus, "S0311", room, day, AFTERNOON)
    away = phones("S0311", "me/deputies")
    away.tap("name-deputy")
    away.fill("colleague", "S0312")
    away.tap("colleague-S0312")
    away.tap("deputy-save")
    expect(away.find("deputy-S0312")).to_contain_text(name_of("S0312"))

    deputy = phones("S0312", "home/day")
    deputy.tap(f"day-{day}")
    deputy.tap(f"order-{order['id']}")
    deputy.tap("act-cancel")
    deputy.answer("确定")
    expect(deputy.find("order-state")).to_have_text("已取消")
    expect(deputy.find("timeline")).to_contain_text(f"取消 · {name_of('S0312')}")


def test_an_emergency_takes_a_room_and_says_where_the_others_went(
    phones: Phones, campus: Campus
) -> None:
    room, day = a_room(campus, "a"), campus.day(1)
    displaced = a_meeting(campus, "S0314", room, day, AFTERNOON)
    leader = phones("A0001", f"meetings/room?id={room}&date={day}")
    leader.tap("busy-14:00")
    leader.tap("preempt")
    fill_in(leader, "防汛调度会")
    leader.fill("reason", "强降雨预警")
    leader.tap("submit")
    leader.answer("征用")
    outcome = leader.find(f"displaced-{displaced['id']}")
    expect(outcome).to_contain_text("例会")
    expect(outcome).to_contain_text("换到")
    moved = campus.ask("S0314", "GET", f"/orders/{displaced['id']}")
    assert moved["state"] == "booked"
    assert moved["data"]["room"]["id"] != room


def test_a_calendar_address_is_shown_once(phones: Phones, campus: Campus) -> None:
    phone = phones("S0313", "meetings/calendar")
    phone.tap("make-feed")
    expect(phone.find("feed-url")).to_contain_text(f"{phone.house.server}/api/v1/meetings/")
    with urlopen(phone.find("feed-url").inner_text()) as reply:
        assert reply.read().startswith(b"BEGIN:VCALENDAR")
    phone.open("me/me")
    phone.tap("calendar")
    expect(phone.find("end-feed")).to_be_visible()
    expect(phone.find("feed-url")).to_have_count(0)
    assert campus.ask("S0313", "GET", "/meetings/calendar")["active"] is True
