"""The desk at a gate without a network, and the evacuation list."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route, expect

from scripts.campus import Campus
from scripts.phone import Phone
from scripts.processes import until
from tests.browser.conftest import Phones
from tests.browser.gate_desks import (
    EAST,
    GATE,
    GUARD,
    answered,
    at_desk,
    invite,
    rotating,
    scan,
    state_of,
    static,
)

pytestmark = pytest.mark.browser

CUT = ("ERR_INTERNET_DISCONNECTED",)
LOG_SECONDS = 15.0
COPY = """async () => {
    const open = indexedDB.open('kept')
    const base = await new Promise((done) => (open.onsuccess = () => done(open.result)))
    const ask = base.transaction('files').objectStore('files').getAllKeys()
    const keys = await new Promise((done) => (ask.onsuccess = () => done(ask.result)))
    return keys.map(String).filter((key) => key.startsWith('gate:')).sort()
}"""
PAGES = """async () => {
    const opened = await Promise.all((await caches.keys()).map((name) => caches.open(name)))
    const requests = (await Promise.all(opened.map((cache) => cache.keys()))).flat()
    return requests.map(({ url }) => new URL(url).pathname)
}"""
AGE = """async () => {
    const open = indexedDB.open('kept')
    const base = await new Promise((done) => (open.onsuccess = () => done(open.result)))
    const store = base.transaction('files', 'readwrite').objectStore('files')
    const ask = store.get('gate:copy:gate_1')
    const copy = await new Promise((done) => (ask.onsuccess = () => done(ask.result)))
    const put = store.put({ ...copy, expires_at: '2026-01-01T00:00:00Z' }, 'gate:copy:gate_1')
    await new Promise((done) => (put.onsuccess = done))
}"""


def go_offline(desk: Phone, trouble: list[str]) -> None:
    desk.context.set_offline(True)
    trouble.extend(CUT)
    expect(desk.find("gate-status")).to_have_attribute("data-state", "copy")


def enable(desk: Phone, name: str) -> None:
    """Register the computer, so that it has a copy and its pages are kept."""
    desk.tap("enable-offline")
    desk.fill("device-name", name)
    desk.tap("enable-confirm")
    expect(desk.find("copy-at")).to_be_visible()
    desk.page.evaluate("navigator.serviceWorker.ready.then((r) => r.active.state)")


def device_of(campus: Campus, name: str) -> Any:
    found = campus.ask(GUARD, "GET", "/visitors/devices")["items"]
    return next(each for each in found if each["name"] == name)


def test_a_desk_goes_on_without_a_network_and_settles_up_afterwards(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    names = ("秦脱机", "许取消", "何动态")
    good, called_off, turning = (invite(campus, "S0467", name) for name in names)
    away = invite(campus, "S0467", "白走错", gate="gate_2")
    codes = [static(campus, "S0467", each) for each in (good, called_off)]
    desk = at_desk(phones)
    enable(desk, "脱机电脑")
    go_offline(desk, expect_trouble)
    scan(desk, static(campus, "S0467", away))
    answered(desk, "wrong-gate", "请走北门")
    scan(desk, codes[0])
    answered(desk, "ok", "请进")
    expect(desk.find("answer-visit")).to_contain_text("秦**")
    expect(desk.find("answer-visit")).not_to_contain_text("秦脱机")
    desk.page.reload()
    expect(desk.find("gate-status")).to_have_attribute("data-state", "copy")
    expect(desk.find("scans-waiting")).to_have_text("待上传 2 条")
    scan(desk, codes[0])
    expect(desk.find("answer")).to_have_attribute("data-reason", "already-in")
    scan(desk, codes[1])
    answered(desk, "ok", "请进")
    scan(desk, rotating(campus, "S0467", turning))
    expect(desk.find("unverified")).to_have_text("未核验")
    scan(desk, "QJS00000000000Z")
    answered(desk, "unknown", "无效的码")
    desk.tap("way-out")
    scan(desk, codes[0])
    answered(desk, "ok", "请慢走")
    expect(desk.find("scans-waiting")).to_have_text("待上传 7 条")
    assert state_of(campus, "S0467", good) == "expected"

    campus.ask("S0467", "POST", f"/visitors/{called_off['id']}/cancel", {})
    desk.context.set_offline(False)
    expect(desk.find("conflict-cancelled")).to_contain_text("许** · 入场 · 来访已取消")
    expect(desk.find("gate-status")).to_have_attribute("data-state", "ready")
    states = [state_of(campus, "S0467", each) for each in (good, called_off, turning)]
    assert states == ["left", "cancelled", "inside"]
    logged(campus, good, ["in admit", "in refuse", "out admit"])
    guard = phones(GUARD, "gate/evacuation")
    expect(guard.find(f"let-in-{called_off['id']}")).to_contain_text("许取消")
    expect(guard.find(f"let-in-{called_off['id']}")).to_contain_text("来访已取消")
    desk.find("conflict-cancelled").get_by_text("已核实").click()
    expect(desk.find("conflicts")).to_have_count(0)


def test_a_passage_by_hand_whose_reply_was_lost_is_no_conflict(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    visit = invite(campus, "S0473", "柏丢失")
    desk = at_desk(phones)
    enable(desk, "丢回音的电脑")
    arrived: list[Any] = []

    def lost(route: Route) -> None:
        arrived.append(route.fetch().json()["state"])
        route.abort("internetdisconnected")

    desk.page.route("**/admit", lost)
    desk.tap(f"visit-{visit['id']}")
    expect_trouble.extend(CUT)
    desk.tap("admit")
    answered(desk, "ok", "请进")
    expect(desk.find("gate-status")).to_have_attribute("data-state", "ready")
    expect(desk.find("scans-waiting")).to_have_count(0)
    expect(desk.find("conflicts")).to_have_count(0)
    assert arrived == ["inside"]
    logged(campus, visit, ["in admit"], "manual")


def test_without_a_network_a_revoked_visitor_gets_out_and_not_in_again(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    visit = invite(campus, "S0473", "岑撤销")
    code = static(campus, "S0473", visit)
    body = {"code": code, "gate": GATE, "direction": "in"}
    campus.ask(EAST, "POST", "/visitors/scans", body)
    campus.ask(GUARD, "POST", f"/visitors/{visit['id']}/revoke", {"reason": "核查"})
    desk = at_desk(phones)
    enable(desk, "撤销时的电脑")
    go_offline(desk, expect_trouble)
    desk.tap("tab-inside")
    expect(desk.find(f"visit-{visit['id']}")).to_contain_text("已撤销，请其离开")
    scan(desk, code)
    answered(desk, "revoked", "凭证已失效")
    desk.tap("way-out")
    scan(desk, code)
    answered(desk, "ok", "请慢走")
    desk.tap("way-in")
    scan(desk, code)
    answered(desk, "revoked", "凭证已失效")
    desk.context.set_offline(False)
    expect(desk.find("gate-status")).to_have_attribute("data-state", "ready")
    expect(desk.find("conflicts")).to_have_count(0)
    assert state_of(campus, "S0473", visit) == "revoked"
    wanted = ["in admit", "in refuse", "in refuse", "out admit"]
    logged(campus, visit, wanted, "offline", "static")


def logged(campus: Campus, visit: Any, wanted: list[str], *hows: str) -> None:
    """The log comes to have exactly this of a visit, all of it kept by a desk without a network or
    as `hows` says; a line may follow its scan by a moment.
    """
    path = f"/visitors/log?order={visit['id']}&limit=10"

    def lines() -> list[Any]:
        return list(campus.ask(GUARD, "GET", path)["items"])

    def acts() -> list[str]:
        return sorted(f"{each['direction']} {each['decision']}" for each in lines())

    until(lambda: acts() == wanted, LOG_SECONDS)
    assert acts() == wanted
    assert {each["how"] for each in lines()} == set(hows or ("offline",))


def test_what_a_desk_keeps_is_gone_after_sign_out_and_after_a_day(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    invite(campus, "S0468", "吕清除")
    desk = at_desk(phones)
    enable(desk, "会清除的电脑")
    pages = desk.page.evaluate(PAGES)
    assert "/" in pages
    assert [each for each in pages if each.startswith(("/api", "/p/"))] == []
    kept = ["gate:copy:gate_1", "gate:device:gate_1", "gate:evacuation"]
    assert desk.page.evaluate(COPY) == kept

    desk.page.evaluate(AGE)
    desk.context.set_offline(True)
    expect_trouble.extend(CUT)
    desk.page.reload()
    expect(desk.find("gate-status")).to_have_attribute("data-state", "cut")
    assert "gate:copy:gate_1" not in desk.page.evaluate(COPY)
    desk.context.set_offline(False)
    expect(desk.find("gate-status")).to_have_attribute("data-state", "ready")
    assert desk.page.evaluate(COPY) == kept

    desk.open("me/me")
    desk.tap("sign-out")
    desk.answer("退出")
    expect(desk.find("phone")).to_be_visible()
    assert desk.page.evaluate(COPY) == ["gate:device:gate_1"]
    asked = "401 GET /api/v1/visitors/desk/visits"  # where its list was under way just then
    expect_trouble += [asked] if asked in desk.trouble else []


def test_a_revoked_key_takes_everything_from_the_desk(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    invite(campus, "S0469", "施停用")
    desk = at_desk(phones)
    enable(desk, "要停用的电脑")
    guard = phones(GUARD, "gate/devices")
    device = device_of(campus, "要停用的电脑")
    guard.find(f"device-{device['id']}").locator('[data-testid="device-revoke"]').click()
    guard.answer("停用")
    expect(guard.find(f"device-{device['id']}")).to_contain_text("已停用")
    expect_trouble.append("404 POST /api/v1/visitors/desk/copy")
    desk.page.reload()
    expect(desk.find("gate-status")).to_have_attribute("data-state", "revoked")
    assert desk.page.evaluate(COPY) == ["gate:evacuation", "gate:revoked:gate_1"]
    desk.page.reload()  # whoever comes next is told, too
    expect(desk.find("gate-status")).to_have_attribute("data-state", "revoked")
    enable(desk, "要停用的电脑")
    assert "gate:revoked:gate_1" not in desk.page.evaluate(COPY)


def test_the_evacuation_list_is_there_with_and_without_a_network(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    inside, leaving = (invite(campus, "S0470", name, companions=2) for name in ("张在内", "孔离开"))
    later = invite(campus, "S0470", "曹后来")
    codes = {each["id"]: static(campus, "S0470", each) for each in (inside, leaving, later)}
    for each in (inside, leaving):
        body = {"code": codes[each["id"]], "gate": GATE, "direction": "in"}
        campus.ask(EAST, "POST", "/visitors/scans", body)
    guard = at_desk(phones, GUARD)
    enable(guard, "安保电脑")
    guard.tap("evacuation")
    line = guard.find(f"inside-{inside['id']}")
    expect(line).to_contain_text("张在内 等 3 人")
    expect(guard.find("zone-南区")).to_contain_text("1号楼")
    guard.page.emulate_media(media="print")
    expect(guard.find("print")).to_have_count(0)
    expect(line).to_be_visible()
    guard.page.emulate_media(media="screen")
    guard.page.go_back()

    go_offline(guard, expect_trouble)
    scan(guard, codes[later["id"]])
    answered(guard, "ok", "请进")
    guard.tap("way-out")
    scan(guard, codes[leaving["id"]])
    answered(guard, "ok", "请慢走")
    guard.page.reload()
    guard.tap("evacuation")
    expect(guard.find("evacuation-offline")).to_be_visible()
    expect(guard.find(f"inside-{inside['id']}")).to_contain_text("张在内 等 3 人")
    expect(guard.find(f"inside-{later['id']}")).to_contain_text("曹**")
    expect(guard.find(f"inside-{leaving['id']}")).to_have_count(0)
