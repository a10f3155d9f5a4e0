"""Repairs on the phone: reported, taken, done, accepted and rated; also without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from scripts import client
from scripts.campus import Campus
from scripts.demo_people import id_of, name_of
from scripts.phone import Phone
from tests.browser.conftest import Phones
from tests.browser.tickets import (
    ADVICE,
    TIM,
    TOM,
    a_category,
    a_ticket,
    fill_in,
    state_of,
    step,
    take_photo,
)

pytestmark = pytest.mark.browser

SECONDS = 60.0


def go_down_to_the_cellar(phones: Phones, ticket: str, trouble: list[str]) -> Phone:
    """Tom's phone with a ticket in front and no network; the page to finish it was seen before."""
    tom = phones(TOM, f"repairs/finish?id={ticket}")
    expect(tom.find("note")).to_be_visible()
    tom.open("repairs/work")
    tom.tap(f"job-{ticket}")
    expect(tom.find("order-state")).to_have_text("已接单")
    trouble.append("ERR_INTERNET_DISCONNECTED")
    tom.context.set_offline(True)
    tom.page.evaluate("fetch('/healthz').catch(() => null)")  # so that this comes up for certain
    return tom


def test_a_leak_is_reported_with_a_photo_repaired_accepted_and_rated(
    phones: Phones, campus: Campus
) -> None:
    category = a_category(campus, "story")
    owner = phones("S0401")
    owner.tap("service-repairs")
    fill_in(owner, category)
    owner.fill("fault", "水池下面一直滴水")
    take_photo(owner)
    owner.tap("submit")
    expect(owner.find("advice")).to_contain_text(ADVICE)
    owner.tap("see-ticket")
    expect(owner.find("order-state")).to_have_text("待接单")
    expect(owner.find("photo-0")).to_be_visible()
    expect(owner.find("clock-response")).to_contain_text("还有")

    [ticket] = [one for one in campus.orders("S0401") if one["kind"] == "repair"]
    tom = phones(TOM, "repairs/work")
    tom.tap("tab-pool")
    tom.tap(f"take-{ticket['id']}")
    tom.tap(f"job-{ticket['id']}")
    tom.tap("act-start")
    expect(owner.find("order-state")).to_have_text("维修中")
    tom.tap("act-finish")
    tom.fill("note", "已更换阀芯")
    tom.tap("labour-60")
    take_photo(tom, "after")
    tom.tap("submit")
    expect(tom.find("order-state")).to_have_text("待验收")

    expect(owner.find("order-state")).to_have_text("待验收")
    expect(owner.find("ledger")).to_contain_text("维修方")
    owner.tap("act-accept")
    owner.answer("确定")
    owner.tap("act-rate")
    owner.tap("star-5")
    owner.tap("form-submit")
    expect(owner.find("order-state")).to_have_text("已评价")
    repaired = campus.ask("S0401", "GET", f"/orders/{ticket['id']}")["data"]
    assert (repaired["labour_minutes"], len(repaired["photos_after"])) == (60, 1)


def test_of_two_technicians_one_gets_the_ticket_and_the_other_reads_who(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    ticket = a_ticket(campus, a_category(campus, "race"), "S0402")
    slow = phones(TIM, "repairs/work")
    slow.tap("tab-pool")
    expect(slow.find(f"take-{ticket}")).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)  # his page stays as it is

    slow.page.route("**/api/v1/repairs/board*", hold)
    step(campus, TOM, ticket, "take")
    expect_trouble.append(f"409 POST /api/v1/repairs/{ticket}/take")
    slow.tap(f"take-{ticket}")
    slow.hear(f"已被 {name_of(TOM)} 抢先接单")
    for board in held:
        board.continue_()
    slow.page.unroute("**/api/v1/repairs/board*")
    assert state_of(campus, "S0402", ticket) == "taken"


def test_work_done_without_a_network_is_sent_when_it_is_back(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    ticket = a_ticket(campus, a_category(campus, "offline"), "S0403")
    step(campus, TOM, ticket, "take")
    tom = go_down_to_the_cellar(phones, ticket, expect_trouble)
    tom.tap("act-start")
    tom.hear("没有网络，已存在手机上")
    expect(tom.find("order-state")).to_have_text("维修中")
    tom.tap("act-finish")
    tom.fill("note", "地下室没有信号，已修好")
    take_photo(tom, "after", state="kept")
    tom.tap("submit")
    expect(tom.find("order-state")).to_have_text("待验收")
    expect(tom.find("outbox")).to_contain_text("2 项已存在手机上")
    assert state_of(campus, "S0403", ticket) == "taken"

    tom.context.set_offline(False)
    expect(tom.find("outbox")).to_have_count(0)
    repaired = campus.ask("S0403", "GET", f"/orders/{ticket}")
    assert (repaired["state"], len(repaired["data"]["photos_after"])) == ("fixed", 1)
    assert [one["transition"] for one in repaired["timeline"]][-2:] == ["start", "finish"]


def test_what_cannot_be_sent_any_more_is_shown_and_given_up_by_hand(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    ticket = a_ticket(campus, a_category(campus, "conflict"), "S0404")
    step(campus, TOM, ticket, "take")
    tom = go_down_to_the_cellar(phones, ticket, expect_trouble)
    tom.tap("act-start")
    tom.hear("没有网络，已存在手机上")
    step(campus, TOM, ticket, "give_back")  # from another phone

    expect_trouble.append(f"40[39] POST /api/v1/repairs/{ticket}/start")
    tom.context.set_offline(False)
    tom.page.locator('[data-testid="outbox"]:visible', has_text="没有被接受").click()
    expect(tom.find("why")).to_be_visible()
    tom.tap("give-up")
    tom.answer("放弃")
    expect(tom.find("state")).to_contain_text("都提交了")
    assert state_of(campus, "S0404", ticket) == "reported"


def test_who_has_the_same_fault_joins_instead_of_reporting_it_again(
    phones: Phones, campus: Campus
) -> None:
    category = a_category(campus, "join")
    asset = {"code": "JOIN-01", "name": "茶水间水池", "category": category}
    place = {"building": "后勤楼", "floor": "2", "room": "茶水间"}
    campus.ask("A0001", "PUT", "/repairs/assets/ast_join", asset | {"location": place})
    ticket = a_ticket(campus, category, "S0405", asset_id="ast_join", location=place)
    phone = phones("S0406", "repairs/report")
    phone.tap("scan")
    phone.fill("scan-typed", "qj:asset:JOIN-01")
    phone.page.locator("uni-button:visible", has_text="确定").click()
    expect(phone.find("asset")).to_contain_text("茶水间水池")
    phone.tap(f"join-{ticket}")
    expect(phone.find("order-state")).to_have_text("待接单")
    found = campus.ask("S0405", "GET", f"/orders/{ticket}")
    assert found["data"]["watchers"] == [id_of("S0406")]
    assert not [one for one in campus.orders("S0406") if one["kind"] == "repair"]


def test_the_parts_of_the_client_keep_their_rules() -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        ["npm", "run", "--silent", "test:parts"],
        cwd=client.FOLDER,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
