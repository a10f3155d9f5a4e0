"""A long-term pass at the desk, over midnight."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus
from tests.browser.conftest import Phones
from tests.browser.gate_desks import (
    EAST,
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

HOST = "S0474"
COMES_OFTEN = "vty_service"  # of the demo: long-term, and nobody has to approve
USED = "静态码已使用过，请出示动态码或人工核验"


def sleep_until(campus: Campus, clock: str) -> None:
    """Go on to that time of the next day; what is due at midnight happens on the way."""
    wake = datetime.fromisoformat(at(campus, clock, ahead=1))
    campus.stage.forward(seconds=(wake - campus.stage.now()).total_seconds())


def in_and_out(phones: Phones, code: str) -> Any:
    """The desk, after a visitor came and went by their printed code."""
    desk = at_desk(phones)
    scan(desk, code)
    answered(desk, "ok", "请进")
    expect(desk.find("check-face")).to_be_visible()
    desk.tap("way-out")
    scan(desk, code)
    answered(desk, "ok", "请慢走")
    return desk


def test_a_printed_code_of_a_long_term_pass_is_good_once_a_day(
    phones: Phones, campus: Campus
) -> None:
    days = {"until": campus.day(6), "weekdays": [1, 2, 3, 4, 5, 6, 7]}
    visit = invite(campus, HOST, "常来访", type=COMES_OFTEN, repeat=days)
    code = static(campus, HOST, visit)
    desk = in_and_out(phones, code)
    assert state_of(campus, EAST, visit) == "left"
    desk.page.goto("about:blank")  # the shift is over

    sleep_until(campus, "08:40")
    desk = at_desk(phones)
    expect(desk.find(f"visit-{visit['id']}")).to_contain_text("待到")
    again = campus.ask(HOST, "GET", f"/orders/{visit['id']}")
    assert again["data"]["starts_at"] == f"{campus.day(-1)}T16:00:00Z"
    assert again["data"]["code"] == code
    desk.page.goto("about:blank")

    desk = in_and_out(phones, code)
    desk.tap("way-in")
    scan(desk, code)
    answered(desk, "used", USED)
    assert state_of(campus, EAST, visit) == "left"
    scan(desk, rotating(campus, HOST, visit))
    answered(desk, "ok", "请进")
    expect(desk.find("check-face")).to_have_count(0)
