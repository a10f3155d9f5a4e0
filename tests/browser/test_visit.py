"""One visit from the invitation to the farewell, in the hands of all who have a part in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from scripts.campus import Campus
from scripts.phone import Phone, film
from tests.browser.conftest import Phones
from tests.browser.gate_desks import answered, at_desk
from tests.browser.visit_pages import agree, id_in, line, look, read

pytestmark = pytest.mark.browser

HOST, NUMBER = "S0321", "13911000301"


def test_a_visitor_is_invited_texted_filmed_at_the_desk_fetched_and_seen_out(
    phones: Phones, campus: Campus, camera: Path
) -> None:
    host, desk = phones(HOST), at_desk(phones)
    visit = invite(host)
    address = host.read_text(NUMBER).split("：")[-1]
    assert address == host.house.server + data_of(campus, visit)["link"]
    visitor = look(phones, address)
    fill_in(visitor)
    known = data_of(campus, visit)
    assert (known["visitor"]["plate"], known["belongings"]) == ("苏A12345", "笔记本电脑一台")
    expect(line(host, "笔记本电脑一台")).to_be_visible()

    hold_up(visitor.find("qr"), desk, camera, "请进")
    expect(desk.find("answer-visit")).to_contain_text("李玥")
    expect(desk.find("check-face")).to_have_count(0)  # the code turns: it is no forwarded picture
    expect(host.find("order-state")).to_have_text("已到访")
    campus.told(HOST, "李玥已到")
    host.tap("act-fetch")
    expect(line(host, "已告知前台有人去接")).to_be_visible()
    visitor.page.reload()
    expect(visitor.find("pass-state")).to_have_text("已入场")

    campus.stage.forward(minutes=5)
    visitor.page.reload()
    expect(visitor.find("turning")).to_have_attribute("data-state", "turning")
    desk.tap("way-out")
    hold_up(visitor.find("qr"), desk, camera, "请慢走")
    expect(host.find("order-state")).to_have_text("已离开")
    visitor.page.reload()
    expect(visitor.find("pass-state")).to_have_text("已离开")


def data_of(campus: Campus, visit: str) -> Any:
    return campus.ask(HOST, "GET", f"/orders/{visit}")["data"]


def invite(host: Phone) -> str:
    """The visit to which a member of staff invites in the client: for now, by the usual values."""
    host.tap("service-visitors")
    host.tap("invite-one")
    host.fill("name", "李玥")
    host.fill("phone", NUMBER)
    host.tap("purpose-洽谈")
    host.tap("submit")
    expect(host.find("order-state")).to_have_text("待到访")
    return id_in(host)


def fill_in(visitor: Phone) -> None:
    """What visitors add on their page; only then is there a code, which turns."""
    expect(visitor.find("pass-state")).to_have_text("还差一步")
    expect(visitor.find("qr")).to_have_count(0)
    visitor.fill("plate", "苏a·12345")
    visitor.fill("belongings", "笔记本电脑一台")
    agree(visitor)
    expect(visitor.find("pass-state")).to_have_text("现在可以入场")
    expect(visitor.find("turning")).to_have_attribute("data-state", "turning")


def hold_up(code: Locator, desk: Phone, camera: Path, text: str) -> None:
    """Hold a visitor's phone before the camera of the desk until it has answered `text`."""
    assert read(code).startswith("QJR")
    film(code.screenshot(), camera)
    desk.tap("camera")
    answered(desk, "ok", text)
    desk.tap("camera")
