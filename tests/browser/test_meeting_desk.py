"""The desk of meetings: requests, set-ups, rooms and blocks; and the display at a door."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import ViewportSize, expect

from models.base.clock import CAMPUS
from scripts.campus import Campus
from scripts.demo_people import name_of
from tests.browser.conftest import Phones

pytestmark = pytest.mark.browser

DESK = "M0001"
TABLET: ViewportSize = {"width": 1024, "height": 600}


def a_room(campus: Campus, name: str, **rules: Any) -> str:
    """A room of the test's own, open every day."""
    room = {"name": name, "building": "北楼", "floor": 2, "seats": 20, "weekends": True, **rules}
    room_id = f"room_{name.encode().hex()}"
    campus.ask(DESK, "PUT", f"/meetings/rooms/{room_id}", room)
    return room_id


def at(campus: Campus, clock: str, ahead: int = 1) -> str:
    """A time of day on the campus, so many days from now."""
    return f"{campus.day(ahead)}T{clock}:00+08:00"


def book(campus: Campus, who: str, room: str, starts: str, ends: str, **body: Any) -> Any:
    """The order of a meeting that a person books."""
    wanted = {"subject": f"{who} 的会议", "attendees": 4, **body}
    wanted |= {"room_id": room, "starts_at": starts, "ends_at": ends}
    return campus.ask(who, "POST", "/meetings", wanted)


def as_it_is(campus: Campus, who: str, order: Any) -> Any:
    return campus.ask(who, "GET", f"/orders/{order['id']}")


def test_an_approval_shows_first_what_it_will_refuse(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    room = a_room(campus, "审批室", approval=True)
    first = book(campus, "S0260", room, at(campus, "09:00"), at(campus, "10:30"))
    rival = book(campus, "S0261", room, at(campus, "10:00"), at(campus, "11:00"))
    desk = phones(DESK, "desk/requests")
    expect(desk.find(f"request-{rival['id']}")).to_be_visible()
    listed = desk.page.locator('[data-testid^="request-"]').evaluate_all(
        "found => found.map((one) => one.dataset.testid)"
    )
    assert listed.index(f"request-{first['id']}") < listed.index(f"request-{rival['id']}")
    desk.tap(f"request-{first['id']}")
    expect(desk.find(f"rival-{rival['id']}")).to_contain_text(name_of("S0261"))

    late = book(campus, "S0262", room, at(campus, "09:30"), at(campus, "10:00"))
    expect_trouble.append(f"409 POST /api/v1/meetings/{first['id']}/approve")
    desk.tap("approve")
    expect(desk.find("rivals")).to_contain_text("冲突的申请刚有变化")
    expect(desk.find(f"rival-{late['id']}")).to_be_visible()
    assert as_it_is(campus, "S0260", first)["state"] == "requested"

    expect(desk.find("approve")).to_have_text("批准，并回绝 2 个申请")
    desk.tap("approve")
    expect(desk.find(f"request-{first['id']}")).to_have_count(0)
    asked = (("S0260", first), ("S0261", rival), ("S0262", late))
    states = [as_it_is(campus, who, order)["state"] for who, order in asked]
    assert states == ["booked", "refused", "refused"]


def test_a_series_is_approved_as_a_whole(phones: Phones, campus: Campus) -> None:
    room = a_room(campus, "系列室", approval=True)
    times = {"starts_at": at(campus, "09:00"), "ends_at": at(campus, "10:00")}
    weekly = {"repeat": {"frequency": "weekly", "count": 3}, "holidays": "keep"}
    meeting = {"room_id": room, "subject": "处务会", "attendees": 4, "on_conflict": "skip"}
    series = campus.ask("S0272", "POST", "/meetings/series", meeting | times | weekly)["order"]
    rival = book(campus, "S0273", room, at(campus, "09:30", 8), at(campus, "11:00", 8))
    desk = phones(DESK, "desk/requests")
    desk.tap(f"request-{series['id']}")
    expect(desk.find(f"rival-{rival['id']}")).to_contain_text(name_of("S0273"))
    expect(desk.find("sheet")).to_contain_text("3 次")
    desk.tap("approve")
    expect(desk.find(f"request-{series['id']}")).to_have_count(0)
    children = campus.ask("S0272", "GET", f"/meetings/series/{series['id']}")["children"]
    assert [each["state"] for each in children] == ["booked"] * 3
    assert as_it_is(campus, "S0273", rival)["state"] == "refused"


def test_a_refusal_tells_why(phones: Phones, campus: Campus) -> None:
    room = a_room(campus, "争用室", approval=True)
    order = book(campus, "S0263", room, at(campus, "14:00"), at(campus, "15:00"))
    desk = phones(DESK, f"desk/requests?id={order['id']}")
    desk.tap("refuse")
    desk.fill("refuse-reason", "当天有接待任务")
    desk.tap("refuse-confirm")
    expect(desk.find(f"request-{order['id']}")).to_have_count(0)
    assert as_it_is(campus, "S0263", order)["state"] == "refused"
    campus.told("S0263", "当天有接待任务")


def test_what_collides_with_a_block_is_settled_one_by_one(phones: Phones, campus: Campus) -> None:
    room = a_room(campus, "检修室")
    a_room(campus, "备用室")
    people = ("S0264", "S0265", "S0266")
    hours = (("09:00", "10:00"), ("10:00", "11:00"), ("11:00", "12:00"))
    moved, called_off, kept = (
        book(campus, who, room, at(campus, starts), at(campus, ends))
        for who, (starts, ends) in zip(people, hours, strict=True)
    )
    desk = phones(DESK, "desk/block-new")
    desk.tap("building-北楼")
    desk.tap(f"pick-{room}")
    desk.fill("block-reason", "空调检修")
    desk.tap("block-save")

    def collision(order: Any) -> Any:
        return desk.find(f"collision-{order['id']}")

    collision(moved).locator('[data-testid="collision-move"]').click()
    desk.tap("move-confirm")
    expect(collision(moved)).to_have_count(0)
    collision(called_off).locator('[data-testid="collision-cancel"]').click()
    desk.tap("cancel-confirm")
    expect(collision(called_off)).to_have_count(0)
    collision(kept).locator('[data-testid="collision-keep"]').click()
    desk.answer("保留")
    expect(desk.find("state")).to_contain_text("都处理完了")

    elsewhere = as_it_is(campus, "S0264", moved)
    assert elsewhere["state"] == "booked"
    assert elsewhere["data"]["room"]["id"] != room
    assert as_it_is(campus, "S0265", called_off)["state"] == "called_off"
    assert as_it_is(campus, "S0266", kept)["data"]["room"]["id"] == room
    desk.tap("block-lift")
    desk.answer("解除")
    expect(desk.page.get_by_text("已解除", exact=True).first).to_be_visible()
    book(campus, "S0265", room, at(campus, "10:00"), at(campus, "11:00"))


def test_a_room_is_taken_out_of_use_only_with_a_choice(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    room = a_room(campus, "停用室")
    order = book(campus, "S0267", room, at(campus, "09:00"), at(campus, "10:00"))
    desk = phones(DESK, f"desk/room?id={room}")
    expect_trouble.append(f"409 POST /api/v1/meetings/rooms/{room}/disable")
    desk.tap("room-disable")
    desk.fill("off-reason", "屋顶漏水")
    desk.tap("off-confirm")
    expect(desk.find("off-bookings")).to_contain_text("S0267 的会议")
    assert as_it_is(campus, "S0267", order)["state"] == "booked"
    desk.tap("off-cancel")
    desk.tap("off-confirm")
    expect(desk.find("room-off-reason")).to_have_text("已停用：屋顶漏水")
    assert as_it_is(campus, "S0267", order)["state"] == "called_off"
    desk.tap("room-enable")
    expect(desk.find("room-disable")).to_be_visible()


def test_a_room_is_set_up_on_the_phone(phones: Phones, campus: Campus) -> None:
    room = a_room(campus, "待改室")
    desk = phones(DESK, f"desk/room?id={room}")
    desk.fill("room-seats", "0")
    expect(desk.page.get_by_text("请填写 1 到 2000 的整数")).to_be_visible()
    desk.fill("room-seats", "36")
    desk.tap("equipment-video")
    desk.tap("room-save")
    desk.hear("已保存")
    after = campus.ask(DESK, "GET", f"/meetings/rooms/{room}")
    assert (after["seats"], after["equipment"], after["name"]) == (36, ["video"], "待改室")


def test_the_day_sheet_is_worked_off_and_printed(phones: Phones, campus: Campus) -> None:
    room = a_room(campus, "茶水室", layouts=["board"])
    tea = {"service": "tea", "quantity": 4, "note": "少放茶叶"}
    times = at(campus, "15:00"), at(campus, "16:00")
    order = book(campus, "S0268", room, *times, layout="board", services=[tea])
    desk = phones(DESK, "desk/day")
    desk.tap("day-next")
    desk.tap("building-北楼")
    expect(desk.find(f"meeting-{order['id']}")).to_contain_text("4 人 · 围桌式")
    service = desk.find(f"service-{order['id']}.1")
    expect(service).to_contain_text("少放茶叶")
    service.locator('[data-testid="prepare"]').click()
    service.locator('[data-testid="serve"]').click()
    expect(service).to_contain_text("已完成")
    with desk.page.expect_download() as sheet:
        desk.tap("day-download")
    assert sheet.value.suggested_filename.endswith(".xlsx")
    desk.page.emulate_media(media="print")
    expect(desk.find("print")).to_have_count(0)
    expect(desk.find(f"meeting-{order['id']}")).to_be_visible()


def test_the_display_at_a_door_needs_nobody_signed_in(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    room = a_room(campus, "门牌室")
    start = campus.stage.now().astimezone(CAMPUS).replace(second=0, microsecond=0)
    start += timedelta(minutes=2)
    book(campus, "S0269", room, *_from(start, 30), subject="碰头会")
    book(campus, "S0270", room, *_from(start + timedelta(hours=1), 30), private=True)
    campus.stage.forward(minutes=3)

    desk = phones(DESK, f"desk/room?id={room}")
    desk.tap("door-make")
    desk.answer("生成")
    address = desk.find("door-address").inner_text()
    tablet = phones()
    tablet.page.set_viewport_size(TABLET)
    tablet.page.goto(address)
    expect(tablet.find("door-state")).to_have_text("使用中")
    expect(tablet.find("door-now")).to_contain_text("碰头会")
    expect(tablet.find("door-now")).to_contain_text(name_of("S0269"))
    expect(tablet.find("door-next")).to_contain_text("已预订")
    expect(tablet.find("door")).not_to_contain_text("S0270 的会议")
    expect(tablet.find("door-qr")).to_be_visible()

    desk.tap("door-end")
    desk.answer("停用")
    expect(desk.find("door-address")).to_have_count(0)
    expect_trouble.append("404 GET /api/v1/meetings/displays/")
    tablet.page.reload()
    expect(tablet.find("door-ended")).to_be_visible()


def _from(start: datetime, minutes: int) -> tuple[str, str]:
    return start.isoformat(), (start + timedelta(minutes=minutes)).isoformat()


def test_the_use_of_rooms_is_counted(phones: Phones, campus: Campus) -> None:
    room = a_room(campus, "统计室")
    book(campus, "S0271", room, at(campus, "09:00"), at(campus, "11:00"))
    desk = phones(DESK, "desk/usage")
    expect(desk.find(f"usage-{room}")).to_contain_text("预订 2 小时")
    with desk.page.expect_download() as sheet:
        desk.tap("usage-download")
    assert sheet.value.suggested_filename.endswith(".xlsx")


def test_a_quota_is_added_on_the_phone(phones: Phones, campus: Campus) -> None:
    manager = phones("A0001", "manager/policies")
    manager.tap("policy-meetings")
    manager.tap("row-add")
    last = manager.page.locator('[data-testid^="rule-"]:visible').last
    last.locator('[data-testid="field-counts-meetings"]').click()
    last.locator('[data-testid="field-period-month"]').click()
    last.locator('[data-testid="field-limit"] input').fill("300")
    manager.tap("save-policy")
    expect(manager.find("policy-meetings")).to_be_visible()
    policies = campus.ask("A0001", "GET", "/policies")["items"]
    [rules] = [each["value"] for each in policies if each["name"] == "meetings"]
    added = rules["quotas"][-1]
    assert (added["per"], added["counts"], added["limit"]) == ("person", "meetings", 300)
