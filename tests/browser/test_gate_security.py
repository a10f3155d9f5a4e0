"""What security sets up, sees and hears."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route, expect

from scripts.campus import Campus
from tests.browser.conftest import Phones
from tests.browser.gate_desks import (
    EAST,
    GATE,
    GUARD,
    answered,
    at_desk,
    invite,
    scan,
    state_of,
    static,
)

pytestmark = pytest.mark.browser


def test_a_blacklisted_visitor_is_asked_to_wait_and_security_alone_hears_why(
    phones: Phones, campus: Campus
) -> None:
    visit = invite(campus, "S0471", "魏黑名", visitor={"phone": "13900033221"})
    guard = phones(GUARD, "gate/blacklist")
    guard.tap("block-add")
    guard.fill("block-name", "魏黑名")
    guard.fill("block-phone", "13900033221")
    guard.fill("block-reason", "曾在大厅滋事")
    guard.tap("block-save")
    expect(guard.page.get_by_text("曾在大厅滋事")).to_be_visible()
    expect(guard.page.locator("body")).not_to_contain_text("13900033221")
    desk = at_desk(phones)
    scan(desk, static(campus, "S0471", visit))
    answered(desk, "blacklisted", "请稍候，正在核实")
    expect(desk.page.locator("body")).not_to_contain_text("黑名单")
    campus.told(GUARD, "魏**")
    watch = at_desk(phones, GUARD)
    expect(watch.find("alarm-count")).to_be_visible()
    watch.tap("alarms")
    expect(watch.page.get_by_text("黑名单到访").first).to_be_visible()
    watch.tap("alarm-seen")
    watch.page.go_back()
    expect(watch.find("alarm-count")).to_have_count(0)
    assert state_of(campus, "S0471", visit) == "expected"


def test_security_revokes_the_pass_of_somebody_inside_and_they_get_out_but_not_in(
    phones: Phones, campus: Campus
) -> None:
    visit = invite(campus, "S0472", "窦在内")
    code = static(campus, "S0472", visit)
    desk = at_desk(phones)
    scan(desk, code)
    answered(desk, "ok", "请进")
    guard = at_desk(phones, GUARD)
    guard.tap("tab-inside")
    guard.tap(f"visit-{visit['id']}")
    guard.tap("act-revoke")
    expect(guard.find("visit-sheet")).to_contain_text("访客还在园区内")
    guard.fill("reason", "身份存疑")
    guard.tap("reason-save")
    guard.hear("凭证已撤销")
    campus.told("S0472", "请其从出入口离开。原因：身份存疑")
    campus.told(EAST, "请其从出入口离开。原因：身份存疑")
    desk.tap("tab-inside")
    expect(desk.find(f"visit-{visit['id']}")).to_contain_text("已撤销，请其离开")
    guard.open("gate/evacuation")
    expect(guard.find(f"inside-{visit['id']}")).to_be_visible()
    visitor = phones()
    visitor.page.goto(campus.stage.server + visit["data"]["link"])
    expect(visitor.find("pass-state")).to_have_text("请尽快离开")

    scan(desk, code)
    answered(desk, "revoked", "凭证已失效")
    desk.tap("way-out")
    scan(desk, code)
    answered(desk, "ok", "请慢走")
    assert state_of(campus, "S0472", visit) == "revoked"
    expect(guard.find(f"inside-{visit['id']}")).to_have_count(0)
    desk.tap("way-in")
    scan(desk, code)
    answered(desk, "revoked", "凭证已失效")


def gate_called(campus: Campus, name: str) -> Any:
    gates = campus.ask(GUARD, "GET", "/visitors/gates")["items"]
    [found] = [each for each in gates if each["name"] == name]
    return found


def lost(route: Route) -> None:
    """The request arrives, and its reply does not."""
    route.fetch()
    route.abort("internetdisconnected")


def test_a_gate_of_which_something_else_is_changed_stays_where_it_is_on_the_map(
    phones: Phones, campus: Campus
) -> None:
    body = {"name": "后门", "zone": "北区", "side": "north"}
    made = campus.ask(GUARD, "PUT", "/visitors/gates/gate_back", body)
    guard = phones(GUARD, "gate/gate?id=gate_back")
    guard.fill("gate-way", "地铁口出")
    guard.tap("gate-save")
    guard.hear("已保存")
    assert gate_called(campus, "后门") == {**made, "way": "地铁口出"}


def test_a_gate_saved_again_after_a_lost_reply_is_one_gate(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    guard = phones(GUARD, "gate/gate")
    guard.fill("gate-name", "侧门")
    guard.fill("gate-zone", "南区")
    guard.page.route("**/visitors/gates/*", lost, times=1)
    guard.tap("gate-save")
    expect_trouble.append("ERR_INTERNET_DISCONNECTED")
    guard.hear("网络未连接，请检查网络后重试。")
    guard.tap("gate-save")
    guard.hear("已保存")
    assert gate_called(campus, "侧门")["side"] == "south"


def test_security_sets_up_a_gate_a_type_and_a_turnstile(phones: Phones, campus: Campus) -> None:
    guard = phones(GUARD, "gate/gate")
    guard.fill("gate-name", "临时门")
    guard.fill("gate-zone", "南区")
    guard.fill("gate-buildings", "7号楼、8号楼")
    guard.tap("side-west")
    guard.tap("gate-save")
    guard.hear("已保存")
    made = gate_called(campus, "临时门")
    assert (made["buildings"], made["side"]) == (["7号楼", "8号楼"], "west")

    guard.open("gate/type")
    guard.fill("type-name", "考察团")
    guard.tap("approval-security")
    guard.tap("approval-leader")
    expect(guard.find("approval-words")).to_have_text("安保 → 单位负责人")
    guard.tap("type-save")
    guard.hear("已保存")
    types = campus.ask(GUARD, "GET", "/visitors/types")["items"]
    [kind] = [each for each in types if each["name"] == "考察团"]
    assert kind["approval"] == ["security", "leader"]

    guard.open("gate/devices")
    guard.tap("device-add")
    guard.fill("device-name", "南门一号闸机")
    guard.tap("device-save")
    expect(guard.find("device-key")).to_be_visible()
    assert len(guard.find("device-key").inner_text()) == 64


def test_a_vehicle_of_the_house_passes_by_its_plate(phones: Phones, campus: Campus) -> None:
    guard = phones(GUARD, "gate/vehicles")
    guard.tap("vehicle-add")
    guard.fill("vehicle-plate", "苏d 00931")
    guard.fill("vehicle-label", "公务用车")
    guard.tap("vehicle-save")
    expect(guard.find("vehicle-苏D00931")).to_contain_text("公务用车")
    desk = at_desk(phones)
    desk.fill("code-input", "苏D00931")
    desk.tap("code-take")
    expect(desk.find("answer-who")).to_contain_text("公务用车")
    guard.open("gate/log")
    guard.tap("tab-events")
    expect(guard.find("log")).to_contain_text("苏D***31")


def test_the_log_shows_what_was_refused_and_is_exported(phones: Phones, campus: Campus) -> None:
    body = {"code": "QJS00000000000Y", "gate": GATE, "direction": "in"}
    campus.ask(EAST, "POST", "/visitors/scans", body)
    guard = phones(GUARD, "gate/log")
    guard.tap("decision-refuse")
    expect(guard.find("line-unknown").first).to_contain_text("无效的码")
    expect(guard.find("line-ok")).to_have_count(0)
    guard.tap("log-export")
    with guard.page.expect_download() as sheet:
        guard.tap("log-download")
    assert sheet.value.suggested_filename.endswith(".xlsx")
