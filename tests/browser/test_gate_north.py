"""Another gate with a desk of its own: whom it sees, closing hours, and what comes of guessing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus
from tests.browser.conftest import Phones
from tests.browser.gate_desks import GUARD, answered, at_desk, invite, scan, state_of, static

pytestmark = pytest.mark.browser

NORTH, GATE = "F0002", "gate_2"
GUESSES = 20  # unknown codes of one desk within five minutes; one more locks it


def test_a_desk_sees_and_admits_the_visitors_of_its_own_gate(
    phones: Phones, campus: Campus
) -> None:
    mine = invite(campus, "S0472", "北门客", gate=GATE)
    others = invite(campus, "S0472", "南门客", gate="gate_1")
    desk = at_desk(phones, NORTH)
    expect(desk.find("gate-name")).to_have_text("北门")
    desk.fill("search", "门客")
    expect(desk.find(f"visit-{mine['id']}")).to_be_visible()
    expect(desk.find(f"visit-{others['id']}")).to_have_count(0)
    scan(desk, static(campus, "S0472", others))
    answered(desk, "wrong-gate", "请走南门")
    scan(desk, static(campus, "S0472", mine))
    answered(desk, "ok", "请进")
    assert state_of(campus, "S0472", others) == "expected"
    campus.told("S0472", "北门客已到")


def test_a_closed_gate_says_when_it_is_open(phones: Phones, campus: Campus) -> None:
    visit = invite(campus, "S0473", "来晚了", gate=GATE)
    found = campus.ask(GUARD, "GET", "/visitors/gates")["items"]
    gate = next(each for each in found if each["id"] == GATE)
    usual = {name: value for name, value in gate.items() if name != "id"}
    desk = at_desk(phones, NORTH)
    campus.ask(GUARD, "PUT", f"/visitors/gates/{GATE}", usual | {"closes": "00:01"})
    try:
        scan(desk, static(campus, "S0473", visit))
        answered(desk, "gate-closed", "本出入口已关闭，开放时间 00:00–00:01")
    finally:
        campus.ask(GUARD, "PUT", f"/visitors/gates/{GATE}", usual)
    assert state_of(campus, "S0473", visit) == "expected"
    scan(desk, static(campus, "S0473", visit))
    answered(desk, "ok", "请进")


def test_who_guesses_codes_is_locked_out_and_security_is_told(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    visit = invite(campus, "S0474", "猜不到", gate=GATE)
    for number in range(GUESSES):
        body = {"code": f"QJS{number:012}", "gate": GATE, "direction": "in"}
        campus.ask(NORTH, "POST", "/visitors/scans", body)
    desk = at_desk(phones, NORTH)
    expect_trouble.append("429 POST /api/v1/visitors/scans")
    scan(desk, "QJS99999999999Z")
    expect(desk.find("answer")).to_contain_text("暂停扫码")
    scan(desk, static(campus, "S0474", visit))  # a right code is of no use either
    expect(desk.find("answer")).to_contain_text("安保已收到提醒")
    assert state_of(campus, "S0474", visit) == "expected"
    campus.told(GUARD, "多次扫描无效的码")
