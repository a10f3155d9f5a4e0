"""Repairs as dispatchers and the administration run them: who, by when, whose time; and assets."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus
from scripts.demo_people import id_of, name_of
from tests.browser.conftest import Phones

pytestmark = pytest.mark.browser

BOSS, DORA, TOM, DREW, LEE = "A0001", "V0100", "V0101", "V0200", "V0201"
SATURDAY = "2026-12-26"
VENDORS = {"ven_1": "安居物业", "ven_2": "通达机电"}
DISPATCHERS = {TOM: DORA, LEE: DREW}


def a_category(campus: Campus, key: str, *able: str) -> str:
    """A category of the test's own, assigned by dispatchers, at any hour; `able` do it."""
    category = f"cat_desk_{key}"
    for vendor, name in VENDORS.items():
        campus.ask(BOSS, "PUT", f"/repairs/vendors/{vendor}", {"name": name})
    body: dict[str, Any] = {"name": f"调度 {key}", "dispatch": "assign", "vendors": list(VENDORS)}
    body |= {"hours": "always", "targets": {"3": {"response": 10, "solution": 600}}}
    campus.ask(BOSS, "PUT", f"/repairs/categories/{category}", body)
    for technician in able:
        dispatcher = DISPATCHERS[technician]
        hands = campus.ask(dispatcher, "GET", "/repairs/hands")["items"]
        [hand] = [each for each in hands if each["employee_no"] == technician]
        said = {"categories": [*hand["categories"], category], "limit": 50}
        campus.ask(dispatcher, "PUT", f"/repairs/hands/{hand['id']}", said)
    return category


def a_ticket(campus: Campus, category: str, owner: str, **more: Any) -> str:
    """The id of what somebody has reported."""
    body = {"category": category, "location": {"building": "调度楼"}, "fault": f"{owner} 的故障"}
    return str(campus.ask(owner, "POST", "/repairs", body | more)["id"])


def step(campus: Campus, who: str, ticket: str, name: str, body: Any = None) -> Any:
    return campus.ask(who, "POST", f"/repairs/{ticket}/{name}", body or {})


def as_it_is(campus: Campus, who: str, ticket: str) -> Any:
    return campus.ask(who, "GET", f"/orders/{ticket}")


def an_asset(campus: Campus, code: str, category: str) -> str:
    asset = f"ast_{code.replace('-', '_')}"
    body = {"code": code, "name": f"水泵 {code}", "category": category}
    campus.ask(BOSS, "PUT", f"/repairs/assets/{asset}", body | {"location": {"building": "调度楼"}})
    return asset


def test_a_late_ticket_is_red_and_goes_to_who_can_do_it(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "late", TOM)
    ticket = a_ticket(campus, category, "S0420")
    campus.stage.forward(minutes=12)
    desk = phones(DORA, "dispatch/board")
    desk.tap(f"category-{category}")
    card = desk.find(f"ticket-{ticket}")
    expect(card.locator('[data-testid="clock"]')).to_have_text("响应已超时")
    card.locator('[data-testid="assign"]').click()
    expect(desk.find("hand-V0102")).to_contain_text("不做该类别")
    desk.tap(f"hand-{TOM}")
    desk.fill("assign-note", "请带阀芯")
    desk.tap("assign-save")
    campus.told(TOM, "派给您")
    desk.tap("column-taken")
    expect(card).to_contain_text(name_of(TOM))
    order = as_it_is(campus, DORA, ticket)
    assert (order["state"], order["assignee"]) == ("taken", id_of(TOM))


def test_two_reports_of_the_same_become_one(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "merge", TOM)
    first, second = (a_ticket(campus, category, who) for who in ("S0421", "S0422"))
    desk = phones(DORA, f"dispatch/merge?id={second}")
    desk.tap(f"ticket-{first}")
    desk.answer("合并")
    expect(desk.find("greeting")).to_be_visible()
    assert as_it_is(campus, "S0422", second)["state"] == "merged"
    assert as_it_is(campus, "S0422", first)["state"] == "reported"


def test_somebody_is_put_on_duty_on_a_day_off(phones: Phones, campus: Campus) -> None:
    a_category(campus, "duty", TOM)
    desk = phones(DORA, "dispatch/duty")
    for _ in range(6):
        if desk.find(f"duty-{SATURDAY}").count():
            break
        desk.tap("week-next")
        expect(desk.find("skeleton")).to_have_count(0)
    day = desk.find(f"duty-{SATURDAY}")
    expect(day).to_contain_text("无人值班")
    day.click()
    desk.tap(f"duty-hand-{id_of(TOM)}")
    desk.tap("duty-save")
    expect(day).to_contain_text(name_of(TOM))
    day.click()
    desk.tap("duty-usual")
    expect(day).to_contain_text("无人值班")


def test_a_technician_is_set_up_by_thumb(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "hand", TOM)
    desk = phones(DORA, "dispatch/hands")
    desk.tap(f"hand-{TOM}")
    desk.tap(f"category-{category}")
    desk.tap("hand-save")
    expect(desk.find(f"hand-{TOM}")).to_be_visible()
    hands = campus.ask(DORA, "GET", "/repairs/hands")["items"]
    [hand] = [each for each in hands if each["employee_no"] == TOM]
    assert category not in hand["categories"]


def test_what_a_vendor_has_open_goes_to_others_when_its_contract_ends(
    phones: Phones, campus: Campus
) -> None:
    category = a_category(campus, "end", TOM, LEE)
    ticket = a_ticket(campus, category, "S0423")
    step(campus, DREW, ticket, "assign", {"person": id_of(LEE)})
    boss = phones(BOSS, "dispatch/vendors")
    boss.tap("vendor-ven_2")
    boss.tap("vendor-end")
    boss.tap("end-now")
    boss.answer("终止")
    expect(boss.find("vendor-ended")).to_contain_text("合同已结束")
    campus.told(DORA, "已退回")
    order = as_it_is(campus, DORA, ticket)
    assert (order["state"], order["data"].get("vendor")) == ("reported", None)
    boss.tap("vendor-save")
    boss.tap("vendor-ven_2")
    expect(boss.find("vendor-end")).to_be_visible()


def test_a_disputed_interval_is_settled(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "settle", TOM)
    ticket = a_ticket(campus, category, "S0424")
    step(campus, DORA, ticket, "assign", {"person": id_of(TOM)})
    campus.stage.forward(minutes=30)
    step(campus, TOM, ticket, "start")
    desk = phones(DORA, f"orders/detail?id={ticket}")
    desk.tap("ledger-more")
    desk.tap("dispute-assign")
    desk.fill("dispute-reason", "报修人约好第二天")
    desk.tap("dispute-submit")
    desk.hear("已提出，等待管理员裁定")
    before = campus.ask(DORA, "GET", f"/repairs/{ticket}/ledger")["minutes"]

    boss = phones(BOSS, "dispatch/disputes")
    boss.tap(f"disputed-{ticket}")
    disputed = boss.page.get_by_text("异议：报修人约好第二天")
    disputed.click()
    boss.tap("party-requester")
    boss.fill("ledger-reason", "属实")
    boss.tap("ledger-save")
    expect(boss.page.get_by_text("已裁定", exact=True)).to_be_visible()
    after = campus.ask(DORA, "GET", f"/repairs/{ticket}/ledger")
    assert before["requester"] == 0
    assert after["minutes"]["requester"] > 0
    assert after["disputes"][0]["party"] == "requester"


def test_a_figure_leads_to_its_tickets(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "figures", TOM)
    ticket = a_ticket(campus, category, "S0427")
    campus.stage.forward(minutes=12)
    step(campus, DORA, ticket, "assign", {"person": id_of(TOM)})
    step(campus, TOM, ticket, "start")
    step(campus, TOM, ticket, "finish", {"note": "已修好"})
    step(campus, "S0427", ticket, "accept")
    boss = phones(BOSS, "dispatch/figures")
    boss.find("figures-ven_1").locator('[data-testid="response_late"]').click()
    expect(boss.find(f"ticket-{ticket}")).to_contain_text("S0427 的故障")
    boss.page.go_back()
    with boss.page.expect_download() as sheet:
        boss.tap("figures-download")
    assert sheet.value.suggested_filename.endswith(".xlsx")


def test_a_long_pause_is_confirmed(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "pause", TOM)
    ticket = a_ticket(campus, category, "S0425")
    step(campus, DORA, ticket, "assign", {"person": id_of(TOM)})
    step(campus, TOM, ticket, "start")
    step(campus, TOM, ticket, "pause", {"reason": "parts", "note": "阀芯缺货"})
    boss = phones(BOSS, "dispatch/pauses")
    waiting = boss.find(f"ticket-{ticket}")
    expect(waiting).to_contain_text("等配件：阀芯缺货")
    waiting.locator('[data-testid="confirm-pause"]').click()
    boss.answer("确认")
    expect(waiting).to_have_count(0)
    assert as_it_is(campus, BOSS, ticket)["data"]["pause"]["confirmed"] is True


def test_a_category_is_set_up_by_the_administration(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "rules")
    boss = phones(BOSS, f"dispatch/category?id={category}")
    target = boss.find("target-5")
    target.locator('[data-testid="response"] input').fill("9999")
    expect(boss.page.get_by_text("修复时限不能短于响应时限")).to_be_visible()
    target.locator('[data-testid="response"] input').fill("10")
    boss.tap("dispatch-rotate")
    boss.tap("symptom-add")
    boss.find("symptom-0").locator("input").fill("跳闸")
    boss.tap("category-save")
    expect(boss.find("greeting")).to_be_visible()
    known = campus.ask(BOSS, "GET", "/repairs/catalogue")["items"]
    [saved] = [each for each in known if each["id"] == category]
    assert saved["dispatch"] == "rotate"
    assert saved["targets"]["5"] == {"response": 10, "solution": 240}
    assert [each["name"] for each in saved["symptoms"]] == ["跳闸"]


def test_labels_are_printed_for_the_assets_chosen(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "assets", TOM)
    asset = an_asset(campus, "PUMP-1", category)
    an_asset(campus, "PUMP-2", category)
    boss = phones(BOSS, "assets/list")
    boss.fill("assets-search", "pump-")
    boss.tap("labels")
    boss.tap("asset-PUMP-1")
    expect(boss.find("labels-print")).to_have_text("打印 1 张标签")
    with boss.page.expect_download() as sheet:
        boss.tap("labels-print")
    assert sheet.value.path().read_bytes().startswith(b"%PDF-")

    ticket = a_ticket(campus, category, "S0426", asset_id=asset)
    boss.tap("asset-PUMP-1")
    boss.tap(f"ticket-{ticket}")
    expect(boss.find("order-state")).to_be_visible()


def test_parts_are_handed_out_and_maintenance_is_planned(phones: Phones, campus: Campus) -> None:
    category = a_category(campus, "parts", TOM)
    an_asset(campus, "PUMP-3", category)
    campus.ask(BOSS, "PUT", "/repairs/parts/prt_seal", {"name": "密封圈", "low": 100, "high": 200})
    desk = phones(DORA, "assets/stock")
    mine = desk.find(f"stock-{TOM}")
    mine.locator('[data-testid="check-out"]').click()
    desk.tap("part-prt_seal")
    desk.find("stock-count").locator('[data-testid="more"]').click()
    desk.tap("stock-save")
    expect(mine.locator('[data-testid="has-prt_seal"]')).to_contain_text("2")

    boss = phones(BOSS, "assets/plan")
    boss.fill("asset-field", "PUMP-3")
    boss.tap("pick-PUMP-3")
    boss.fill("plan-title", "润滑轴承")
    boss.tap("plan-save")
    expect(boss.find("greeting")).to_be_visible()
    plans = campus.ask(BOSS, "GET", "/repairs/maintenance")["items"]
    [plan] = [each for each in plans if each["title"] == "润滑轴承"]
    assert (plan["every"]["months"], plan["based_on"]) == (3, "scheduled")
