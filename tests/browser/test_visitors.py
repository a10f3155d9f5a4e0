"""Visitors on the phone: invited, approved, called for; and their own page, without an account."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import expect

from scripts.campus import Campus
from tests.browser.conftest import Phones
from tests.browser.visit_pages import agree, id_in, line, look, read

pytestmark = pytest.mark.browser

TYPE_ON_APPROVAL = "vty_project"  # of the demo: the unit's leader decides
TYPE_IN_TWO_STAGES = "vty_builder"  # the leader, then security
LEADER, OF_THE_LEADER = "S0351", "S0371"
UNKNOWN = "/p/" + "A" * 26


def invited(campus: Campus, host: str, number: str, **more: Any) -> Any:
    """A visit of tomorrow morning that somebody has invited to already."""
    day = campus.day(1)
    times = {"starts_at": f"{day}T09:00:00+08:00", "ends_at": f"{day}T11:00:00+08:00"}
    visitor = {"name": "李玥", "phone": number}
    return campus.ask(
        host, "POST", "/visitors", {"visitor": visitor, "purpose": "洽谈"} | times | more
    )


def walk_in(campus: Campus, host: str) -> str:
    """The id of the visit of somebody who stands at the south gate and asks for `host`."""
    body = {"visitor": {"name": "吴玥"}, "host": host, "gate": "gate_1", "purpose": "送文件"}
    return str(campus.ask("F0001", "POST", "/visitors/walk-ins", body)["id"])


def data_of(campus: Campus, host: str, visit: str) -> Any:
    return campus.ask(host, "GET", f"/orders/{visit}")["data"]


def test_a_list_is_looked_through_and_its_faulty_line_left_out(
    phones: Phones, campus: Campus
) -> None:
    host = phones("S0322", "visitors/group")
    host.fill("pasted", "姓名 手机号\n王玥 13911000311\n李昇 1391100031\n张喆，苏B28K66")
    host.tap("check")
    expect(host.find("errors")).to_contain_text("第 3 行")
    expect(host.find("errors")).to_contain_text("手机号应为 11 位")
    expect(host.find("members")).to_contain_text("苏B28K66")
    host.fill("purpose", "考察调研")
    host.tap("submit")
    host.answer("确定")
    expect(host.find("group-results")).to_contain_text("已邀请 2 人")
    host.tap("open-group")
    expect(host.find("members").locator(".cell")).to_have_count(2)
    [group] = [one for one in campus.orders("S0322") if one["kind"] == "visit_group"]
    names = [m["data"]["visitor"]["name"] for m in members(campus, "S0322", group["id"])]
    assert names == ["王玥", "张喆"]

    host.tap("act-cancel")
    host.answer("确定")
    expect(host.find("order-state")).to_have_text("已取消")
    assert {m["state"] for m in members(campus, "S0322", group["id"])} == {"cancelled"}


def test_a_group_has_a_lead_who_sees_who_has_come_and_desks_see_whose_it_is(
    phones: Phones, campus: Campus
) -> None:
    host = phones("S0331", "visitors/group")
    host.fill("pasted", "王玥\n李昇 领队\n张喆")
    host.tap("check")
    rows = host.find("members").locator(".cell")
    expect(rows.nth(1)).to_contain_text("领队")
    host.tap("lead-2")
    expect(rows.nth(1)).to_contain_text("设为领队")
    host.fill("purpose", "参观学习")
    host.tap("submit")
    host.tap("open-group")
    shown = host.find("members").locator(".cell")
    expect(shown.nth(2)).to_contain_text("领队")

    [group] = [one for one in campus.orders("S0331") if one["kind"] == "visit_group"]
    king, _, lead = members(campus, "S0331", group["id"])
    assert group["data"]["lead"] == lead["id"]
    step = {"gate": "gate_1", "code": king["data"]["code"], "direction": "in"}
    answer = campus.ask("F0001", "POST", "/visitors/scans", step)
    assert (answer["decision"], answer["visit"]["lead"]) == ("admit", "张*")
    visitor = look(phones, host.house.server + lead["data"]["link"])
    expect(visitor.find("attendance")).to_have_text("已到 1 / 3 人")
    expect(visitor.find("fellows").locator(".cell").nth(0)).to_have_text(re.compile("王.*已到"))
    expect(visitor.page.locator("body")).not_to_contain_text("李昇")
    other = look(phones, host.house.server + king["data"]["link"])
    expect(other.find("pass-name")).to_have_text("王玥")
    expect(other.find("fellows")).to_have_count(0)

    desk = phones("F0001", "gate/desk")
    desk.tap("tab-inside")
    desk.find(f"visit-{king['id']}").get_by_text("张*的团组").click()
    expect(desk.find("visit-sheet")).to_contain_text("张*的团组")


def test_a_list_comes_from_a_sheet(phones: Phones, campus: Campus, tmp_path: Path) -> None:
    sheet = tmp_path / "访客名单.xlsx"
    with xlsxwriter.Workbook(sheet) as book:
        page = book.add_worksheet()
        for row, line in enumerate((("姓名", "手机号"), ("周堃", "13911000315"), ("吴䶮", "139"))):
            page.write_row(row, 0, line)
    host = phones("S0330", "visitors/group")
    with host.page.expect_file_chooser() as chooser:
        host.tap("choose-sheet")
    chooser.value.set_files(sheet)
    expect(host.find("errors")).to_contain_text("第 3 行")
    expect(host.find("members")).to_contain_text("周堃")
    expect(host.find("members").locator(".cell")).to_have_count(1)


def members(campus: Campus, host: str, group: str) -> Any:
    return campus.ask(host, "GET", f"/visitors/groups/{group}")["members"]


def test_who_came_before_is_invited_again_in_three_taps(phones: Phones, campus: Campus) -> None:
    before = invited(campus, "S0323", "13911000321", companions=2)
    campus.ask("S0323", "POST", f"/visitors/{before['id']}/cancel")
    host = phones("S0323", "visitors/home")
    host.tap("tab-past")
    host.tap(f"again-{before['id']}")
    host.tap(f"again-day-{campus.day(2)}")
    host.tap("again-submit")
    expect(host.find("order-state")).to_have_text("待到访")
    expect(line(host, "李玥 等 3 人")).to_be_visible()
    fresh = data_of(campus, "S0323", id_in(host))
    assert fresh["starts_at"] == f"{campus.day(2)}T01:00:00Z"
    assert fresh["visitor"] == {"name": "李玥", "phone": "13911000321"}


def test_a_leader_approves_and_the_link_becomes_a_pass(phones: Phones, campus: Campus) -> None:
    host = phones(OF_THE_LEADER, "visitors/invite")
    host.fill("name", "陈昇")
    host.fill("phone", "13911000331")
    host.fill("purpose", "驻场开发")
    host.tap(f"type-{TYPE_ON_APPROVAL}")
    expect(host.find("type-words")).to_contain_text("须单位负责人审批")
    host.find("lasting").locator("uni-switch").click()
    host.tap("submit")
    expect(host.find("order-state")).to_have_text("待审批")
    visit = id_in(host)
    link = data_of(campus, OF_THE_LEADER, visit)["link"]
    visitor = look(phones, host.house.server + link)
    agree(visitor)
    expect(visitor.find("pass-state")).to_have_text("等待审批")
    expect(visitor.find("qr")).to_have_count(0)

    leader = phones(LEADER, "inbox/inbox")
    leader.tap("tab-waiting")
    leader.tap(f"order-{visit}")
    expect(leader.find("visit-pass")).to_have_count(0)
    leader.tap("act-approve")
    leader.answer("确定")
    expect(host.find("order-state")).to_have_text("待到访")
    expect(line(host, "周一至周五")).to_be_visible()
    visitor.page.reload()
    assert read(visitor.find("qr")).startswith("QJR")


def test_security_decides_after_the_leader(phones: Phones, campus: Campus) -> None:
    visit = invited(campus, OF_THE_LEADER, "13911000333", type=TYPE_IN_TWO_STAGES)
    campus.ask(LEADER, "POST", f"/visitors/{visit['id']}/approve")
    guard = phones("G0001", "inbox/inbox")
    guard.tap("tab-waiting")
    guard.tap(f"order-{visit['id']}")
    guard.tap("act-approve")
    guard.answer("确定")
    expect(guard.find("order-state")).to_have_text("待到访")
    assert campus.ask(OF_THE_LEADER, "GET", f"/orders/{visit['id']}")["state"] == "expected"


def test_a_refusal_says_why(phones: Phones, campus: Campus) -> None:
    visit = invited(campus, OF_THE_LEADER, "13911000332", type=TYPE_ON_APPROVAL)
    leader = phones(LEADER, f"orders/detail?id={visit['id']}")
    leader.tap("act-refuse")
    leader.fill("form-reason", "请改为线上会议")
    leader.tap("form-submit")
    host = phones(OF_THE_LEADER, f"orders/detail?id={visit['id']}")
    expect(host.find("order-state")).to_have_text("未批准")
    expect(host.find("timeline")).to_contain_text("请改为线上会议")
    visitor = look(phones, host.house.server + visit["data"]["link"])
    expect(visitor.find("pass-state")).to_have_text("未获批准")


def test_a_host_says_on_the_phone_whether_a_walk_in_may_come(
    phones: Phones, campus: Campus
) -> None:
    first, second = walk_in(campus, "S0324"), walk_in(campus, "S0324")
    host = phones("S0324", "inbox/inbox")
    host.tap("tab-waiting")
    expect(host.find(f"order-{first}")).to_contain_text("在南门求见")
    host.tap(f"order-{first}")
    expect(host.find("countdown")).to_contain_text("等候剩余")
    host.tap("act-confirm")
    expect(host.find("order-state")).to_have_text("待到访")
    assert campus.ask("F0001", "GET", f"/orders/{first}")["state"] == "expected"

    host.open(f"orders/detail?id={second}")
    host.tap("act-decline")
    host.fill("form-reason", "正在外出")
    host.tap("form-submit")
    expect(host.find("order-state")).to_have_text("未批准")
    shown = campus.ask("F0001", "GET", f"/orders/{second}")
    assert (shown["state"], shown["timeline"][-1]["note"]) == ("refused", "正在外出")


def test_a_cancelled_pass_says_so_and_shows_no_code(phones: Phones, campus: Campus) -> None:
    visit = invited(campus, "S0325", "13911000341")
    host = phones("S0325", f"orders/detail?id={visit['id']}")
    visitor = look(phones, host.house.server + visit["data"]["link"])
    agree(visitor)
    expect(visitor.find("qr")).to_be_visible()
    host.tap("act-cancel")
    host.answer("确定")
    expect(host.find("order-state")).to_have_text("已取消")
    expect(host.find("qr")).to_have_count(0)
    visitor.page.reload()
    expect(visitor.find("pass-state")).to_have_text("来访已取消")
    expect(visitor.find("qr")).to_have_count(0)


def test_a_new_pass_makes_the_former_link_unknown(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    visit = invited(campus, "S0326", "13911000351")
    host = phones("S0326", f"orders/detail?id={visit['id']}")
    visitor = look(phones, host.house.server + visit["data"]["link"])
    expect(visitor.find("asked")).to_be_visible()
    host.tap("act-reissue")
    host.answer("确定")
    expect(host.find("timeline")).to_contain_text("换发凭证")
    fresh = data_of(campus, "S0326", visit["id"])["link"]
    assert fresh != visit["data"]["link"]
    expect_trouble.append("404 GET /api/v1/visitors/passes/")
    visitor.page.reload()
    expect(visitor.find("pass-unknown")).to_be_visible()
    stranger = look(phones, host.house.server + UNKNOWN)
    expect(stranger.find("pass-unknown")).to_contain_text("链接无效")


def test_a_pass_is_shown_without_a_network(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    visit = invited(campus, "S0327", "13911000361")
    known = campus.ask("S0327", "GET", f"/visitors/{visit['id']}/codes")
    visitor = look(phones, campus.stage.server + visit["data"]["link"])
    agree(visitor)
    expect(visitor.find("turning")).to_have_attribute("data-state", "turning")
    expect_trouble.append("ERR_INTERNET_DISCONNECTED")
    visitor.context.set_offline(True)
    visitor.page.evaluate("dispatchEvent(new Event('online'))")  # as if there were one again
    expect(visitor.find("turning")).to_contain_text("没有网络，动态码还能用")
    assert read(visitor.find("qr")) in [one["code"] for one in known["codes"]]


def test_the_picture_of_a_pass_is_for_both_sides_and_holds_the_printed_code(
    phones: Phones, campus: Campus
) -> None:
    visit = invited(campus, "S0328", "13911000371")
    host = phones("S0328", f"orders/detail?id={visit['id']}")
    host.tap("pass-picture")
    expect(host.find("picture-save")).to_be_visible()
    assert read(host.find("picture")) == visit["data"]["code"]
    visitor = look(phones, host.house.server + visit["data"]["link"])
    agree(visitor)
    visitor.tap("save-picture")
    expect(visitor.find("picture").locator("img")).to_have_js_property("complete", True)
    assert read(visitor.find("picture")) == visit["data"]["code"]


def test_another_time_keeps_the_pass_and_another_visitor_does_not(
    phones: Phones, campus: Campus
) -> None:
    visit = invited(campus, "S0329", "13911000381")
    host = phones("S0329", f"orders/detail?id={visit['id']}")
    host.tap("act-change")
    host.tap("length-180")
    host.tap("submit")
    expect(line(host, "09:00–12:00")).to_be_visible()
    same = data_of(campus, "S0329", visit["id"])
    assert (same["code"], same["link"]) == (visit["data"]["code"], visit["data"]["link"])
    host.tap("act-change")
    host.fill("name", "王喆")
    host.tap("submit")
    host.answer("确定")
    expect(line(host, "王喆")).to_be_visible()
    assert data_of(campus, "S0329", visit["id"])["code"] != same["code"]
