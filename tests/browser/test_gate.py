"""The desk at a gate: scans, walk-ins, lists, notes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus
from scripts.demo_people import name_of
from tests.browser.conftest import Phones
from tests.browser.gate_desks import (
    EAST,
    GATE,
    GUARD,
    answered,
    at,
    at_desk,
    invite,
    rotating,
    scan,
    state_of,
    static,
)

pytestmark = pytest.mark.browser


def test_a_hand_scanner_is_heard_wherever_the_focus_is(phones: Phones, campus: Campus) -> None:
    visit = invite(campus, "S0462", "周扫枪")
    code = static(campus, "S0462", visit)
    desk = at_desk(phones)
    desk.fill("search", "周")
    expect(desk.find(f"visit-{visit['id']}")).to_be_visible()
    scan(desk, code)
    answered(desk, "ok", "请进")
    expect(desk.find("check-face")).to_have_text("请核对证件与本人")
    expect(desk.find("search").locator("input")).to_have_value("周")
    scan(desk, code)
    expect(desk.find("repeated")).to_be_visible()
    answered(desk, "ok", "请进")
    assert state_of(campus, "S0462", visit) == "inside"


def test_each_refusal_is_told_in_large_letters(phones: Phones, campus: Campus) -> None:
    usual = invite(campus, "S0463", "吴失效")
    old = static(campus, "S0463", usual)
    campus.ask(GUARD, "POST", f"/visitors/{usual['id']}/revoke", {"reason": "证件遗失"})
    away = invite(campus, "S0463", "郑走错", gate="gate_2")
    early = invite(campus, "S0463", "冯来早", starts_at=at(campus, "23:00"))
    inside = invite(campus, "S0463", "陈在园")
    again = static(campus, "S0463", inside)
    body = {"code": rotating(campus, "S0463", inside), "gate": GATE, "direction": "in"}
    campus.ask(EAST, "POST", "/visitors/scans", body)
    other = campus.ask(GUARD, "GET", "/visitors/gates")["items"][1]["name"]
    desk = at_desk(phones)
    scan(desk, old)
    answered(desk, "revoked", "凭证已失效")
    scan(desk, static(campus, "S0463", away))
    answered(desk, "wrong-gate", f"请走{other}")
    scan(desk, static(campus, "S0463", early))
    answered(desk, "too-early", "未到时间，22:30 起可入场")
    scan(desk, again)
    expect(desk.find("answer")).to_have_attribute("data-reason", "already-in")
    scan(desk, "QJS00000000000Z")
    answered(desk, "unknown", "无效的码")
    assert state_of(campus, "S0463", early) == "expected"


def test_two_desks_see_each_others_visitors_at_once(phones: Phones, campus: Campus) -> None:
    visit = invite(campus, "S0464", "蒋两台", visitor={"phone": "13900017788"})
    desk, guard = at_desk(phones), at_desk(phones, GUARD)
    for each in (desk, guard):
        each.fill("search", "7788")
        expect(each.find(f"visit-{visit['id']}")).to_contain_text("待到")
    desk.tap(f"visit-{visit['id']}")
    desk.fill("hand-note", "已看身份证")
    desk.tap("admit")
    answered(desk, "ok", "请进")
    expect(guard.find(f"visit-{visit['id']}")).to_contain_text("在园")
    guard.tap(f"visit-{visit['id']}")
    guard.tap("leave")
    expect(desk.find(f"visit-{visit['id']}")).to_contain_text("已离")


def test_a_name_is_unmasked_with_a_reason_and_a_badge_is_printed(
    phones: Phones, campus: Campus
) -> None:
    more = {"phone": "13900026655", "plate": "苏D66655"}
    visit = invite(campus, "S0465", "韩全名", visitor=more)
    desk = at_desk(phones)
    desk.fill("search", "66655")
    desk.tap(f"visit-{visit['id']}")
    expect(desk.find("visit-sheet")).to_contain_text("139****6655")
    expect(desk.find("visit-sheet")).not_to_contain_text("苏D66655")
    desk.tap("unmask")
    desk.fill("reason", "核对车辆")
    desk.tap("reason-save")
    expect(desk.find("visit-sheet")).to_contain_text("苏D66655")
    with desk.page.expect_download() as badge:
        desk.tap("badge")
    assert badge.value.suggested_filename == "访客标识.pdf"
    seen = campus.ask("A0001", "GET", "/audit")["items"]
    assert any(each["act"] == "visitors.unmask" for each in seen)


def test_a_walk_in_waits_until_the_host_has_said_yes_or_no(phones: Phones, campus: Campus) -> None:
    desk = at_desk(phones)
    calls = []
    for name in ("杨现场", "朱现场"):
        desk.tap("walk-in")
        desk.fill("walk-in-name", name)
        desk.fill("colleague", "S0466")
        desk.tap("colleague-S0466")
        desk.fill("walk-in-purpose", "送文件")
        desk.tap("walk-in-call")
        expect(desk.page.locator(f'[data-state="announced"]:has-text("{name[0]}")')).to_be_visible()
        calls.append(campus.ask("S0466", "GET", "/inbox")["items"][0]["id"])
    campus.told("S0466", "求见")
    first, second = calls
    campus.ask("S0466", "POST", f"/visitors/{first}/confirm", {})
    expect(desk.find(f"call-{first}")).to_contain_text("接待人同意")
    campus.ask("S0466", "POST", f"/visitors/{second}/decline", {"reason": "今天出差"})
    expect(desk.find(f"call-{second}")).to_contain_text("今天出差")
    desk.find(f"call-{first}").locator('[data-testid="call-open"]').click()
    desk.tap("admit")
    answered(desk, "ok", "请进")
    expect(desk.find(f"call-{first}")).to_contain_text("已入场")
    assert campus.ask("S0466", "GET", f"/orders/{first}")["state"] == "inside"


def test_one_shift_leaves_a_note_for_the_next(phones: Phones) -> None:
    desk = at_desk(phones)
    desk.tap("notes")
    desk.fill("note-text", "道闸临时维修，晚八点恢复")
    desk.tap("note-add")
    expect(desk.find("sheet")).to_contain_text(name_of(EAST))
    guard = at_desk(phones, GUARD)
    guard.tap("notes")
    expect(guard.find("sheet")).to_contain_text("道闸临时维修")
