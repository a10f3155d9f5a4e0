"""The two sides of a ticket on their phones: they ask, answer, urge, call, refuse and dispute."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus
from scripts.demo_people import phone_of
from scripts.phone import Phone
from tests.browser.conftest import Phones
from tests.browser.tickets import TOM, a_category, a_photo, a_ticket, fill_in, step, take_photo

pytestmark = pytest.mark.browser

BOSS, DORA = "A0001", "V0100"
OFF = re.compile("q-button-off")
FIXED = {"note": "已更换阀芯"}
AT_REST = """wheel => {
    const place = wheel.querySelector('.uni-picker-view-content').getBoundingClientRect().top
    const [first, before] = [(wheel.first ??= place), wheel.before]
    wheel.before = place
    return place !== first && place === before
}"""


def in_hand(campus: Campus, key: str, owner: str, *steps: str) -> str:
    """A ticket that Tom has taken, and has brought so far."""
    ticket = a_ticket(campus, a_category(campus, key), owner)
    for name in ("take", *steps):
        step(campus, TOM, ticket, name, FIXED if name == "finish" else None)
    return ticket


def look_at(phones: Phones, who: str, ticket: str) -> Phone:
    phone = phones(who, f"orders/detail?id={ticket}")
    expect(phone.find("order-state")).to_be_visible()
    return phone


def press(phone: Phone, name: str) -> None:
    """A button of the ticket, also where it is behind 更多."""
    button, more = phone.find(f"act-{name}"), phone.find("act-more")
    expect(button.or_(more).first).to_be_visible()
    if not button.count():
        more.click()
    button.click()


def say(phone: Phone, name: str, field: str, text: str) -> None:
    """Press a button and fill in what it asks for."""
    press(phone, name)
    phone.fill(f"form-{field}", text)
    phone.tap("form-submit")


def choose_tomorrow(phone: Phone) -> None:
    """In the wheels of a date that stand at today: turn the day by one, and let it come to rest."""
    days = phone.page.locator("uni-picker-view-column:visible").last
    days.evaluate(AT_REST)
    days.locator(".uni-picker-view-group").dispatch_event("wheel", {"deltaY": 20})
    phone.page.wait_for_function(AT_REST, arg=days.element_handle())
    phone.page.locator(".uni-picker-action-confirm:visible").click()


def test_a_fault_is_told_by_voice_and_heard_by_the_technician(
    phones: Phones, campus: Campus
) -> None:
    category = a_category(campus, "voice")
    owner = phones("S0430", "repairs/report")
    fill_in(owner, category)
    owner.fill("fault", "说不清楚，请听录音")
    voice = owner.find("voice")
    voice.locator(".q-voice-button").click()
    expect(voice).to_contain_text(re.compile(r"正在录音 ([2-9]|\d\d) 秒"))
    voice.locator(".q-voice-button").click()
    expect(voice).to_have_attribute("data-state", "sent")
    owner.tap("submit")
    owner.tap("see-ticket")
    expect(owner.find("sound")).to_be_visible()

    [ticket] = [one for one in campus.orders("S0430") if one["kind"] == "repair"]
    step(campus, TOM, ticket["id"], "take")
    tom = look_at(phones, TOM, ticket["id"])
    tom.tap("sound")
    expect(tom.find("sound")).to_contain_text("正在播放")
    expect(tom.find("sound")).to_contain_text("语音说明")


def test_each_calls_the_other_and_neither_reads_a_number(phones: Phones, campus: Campus) -> None:
    ticket = in_hand(campus, "call", "S0431")
    owner, tom = look_at(phones, "S0431", ticket), look_at(phones, TOM, ticket)
    said = []
    for phone, words in ((owner, "联系维修人员"), (tom, "联系报修人")):
        expect(phone.page.get_by_text(words)).to_be_visible()
        phone.tap("call")
        expect(phone.find("call-number")).to_contain_text("请拨打")
        said.append(phone.find("call-number").inner_text())
    assert said[0] == said[1]
    number = re.sub(r"\D", "", said[0])
    assert number
    assert number not in (phone_of("S0431"), phone_of(TOM))


def test_an_urge_reaches_the_technician_and_is_not_repeated_at_once(
    phones: Phones, campus: Campus
) -> None:
    ticket = in_hand(campus, "urge", "S0432")
    owner = look_at(phones, "S0432", ticket)
    press(owner, "urge")
    owner.hear("已提醒维修人员")
    campus.told(TOM, "催")
    expect(owner.find("act-urge")).to_have_count(0)
    assert "urge" not in campus.ask("S0432", "GET", f"/orders/{ticket}")["can"]


def test_a_question_is_answered(phones: Phones, campus: Campus) -> None:
    ticket = in_hand(campus, "ask", "S0433", "start")
    tom, owner = look_at(phones, TOM, ticket), look_at(phones, "S0433", ticket)
    say(tom, "ask", "question", "下午办公室有人吗？")
    expect(tom.find("order-state")).to_have_text("暂停中")
    expect(owner.find("order-state")).to_have_text("暂停中")
    expect(owner.page.get_by_text("等报修人：下午办公室有人吗？")).to_be_visible()
    say(owner, "answer", "note", "两点以后都在")
    expect(owner.find("order-state")).to_have_text("维修中")
    expect(tom.find("order-state")).to_have_text("维修中")
    expect(tom.page.get_by_text("两点以后都在")).to_be_visible()


def test_that_nobody_opened_is_shown_by_a_photo(phones: Phones, campus: Campus) -> None:
    ticket = in_hand(campus, "door", "S0437", "start")
    tom = look_at(phones, TOM, ticket)
    press(tom, "pause")
    tom.tap("form-reason-access")
    tom.fill("form-note", "没人开门")
    submit = tom.find("form-submit").locator(".q-button")
    expect(submit).to_have_class(OFF)
    take_photo(tom)
    expect(submit).not_to_have_class(OFF)
    tom.tap("form-submit")
    expect(look_at(phones, "S0437", ticket).find("order-state")).to_have_text("暂停中")
    shown = campus.ask(BOSS, "GET", f"/orders/{ticket}")["data"]["pause"]
    assert (shown["reason"], len(shown["photos"])) == ("access", 1)


def test_a_second_visit_is_agreed_on(phones: Phones, campus: Campus) -> None:
    ticket = in_hand(campus, "revisit", "S0434", "start")
    tom, owner = look_at(phones, TOM, ticket), look_at(phones, "S0434", ticket)
    press(tom, "revisit")
    tom.tap("form-at-date")
    choose_tomorrow(tom)
    expect(tom.find("form-at-date")).to_contain_text("明天")
    tom.fill("form-note", "带新水泵再来")
    tom.tap("form-submit")
    expect(tom.find("order-state")).to_have_text("暂停中")
    expect(owner.page.get_by_text("约定再次上门")).to_be_visible()
    expect(owner.page.get_by_text("进不了门：带新水泵再来")).to_be_visible()


def test_what_is_not_repaired_goes_back_and_what_breaks_again_is_opened_anew(
    phones: Phones, campus: Campus
) -> None:
    ticket = in_hand(campus, "again", "S0435", "start", "finish")
    owner, tom = look_at(phones, "S0435", ticket), look_at(phones, TOM, ticket)
    say(owner, "refuse", "reason", "还在滴水")
    expect(owner.find("order-state")).to_have_text("已接单")
    expect(tom.find("order-state")).to_have_text("已接单")
    expect(tom.page.get_by_text("还在滴水")).to_be_visible()
    step(campus, TOM, ticket, "start")
    step(campus, TOM, ticket, "finish", FIXED)
    expect(owner.find("order-state")).to_have_text("待验收")
    press(owner, "accept")
    owner.answer("确定")
    expect(owner.find("order-state")).to_have_text("已验收")
    say(owner, "reopen", "reason", "今天早上又开始漏了")
    expect(owner.find("order-state")).to_have_text("已接单")
    expect(tom.page.get_by_text("今天早上又开始漏了")).to_be_visible()
    expect(tom.page.get_by_text("第 1 次返修")).to_be_visible()


def test_a_reporters_dispute_is_seen_by_both_sides_and_settled(
    phones: Phones, campus: Campus
) -> None:
    ticket = a_ticket(campus, a_category(campus, "dispute"), "S0436")
    step(campus, TOM, ticket, "take")
    step(campus, TOM, ticket, "start")
    photo = campus.ask(TOM, "POST", "/repairs/photos", a_photo()["buffer"])["id"]
    step(campus, TOM, ticket, "pause", {"reason": "access", "note": "没人开门", "photos": [photo]})
    campus.stage.forward(minutes=30)
    step(campus, TOM, ticket, "resume")
    owner = look_at(phones, "S0436", ticket)
    owner.tap("ledger-more")
    owner.tap("dispute-pause")
    owner.fill("dispute-reason", "我一直在办公室")
    owner.tap("dispute-submit")
    owner.hear("已提出，等待管理员裁定")
    expect(owner.find("interval-pause")).to_contain_text("有异议，待裁定")
    campus.told(TOM, "计时有异议")
    campus.told(BOSS, "计时有异议")

    tom = look_at(phones, TOM, ticket)
    tom.tap("ledger-more")
    expect(tom.find("interval-pause")).to_contain_text("有异议，待裁定")
    boss = phones(BOSS, "dispatch/disputes")
    expect(boss.find(f"disputed-{ticket}")).to_contain_text("我一直在办公室")
    boss.tap(f"disputed-{ticket}")
    boss.page.get_by_text("异议：我一直在办公室").click()
    boss.tap("party-vendor")
    boss.fill("ledger-reason", "门禁记录属实")
    boss.tap("ledger-save")
    expect(boss.page.get_by_text("已裁定", exact=True)).to_be_visible()
    expect(tom.find("interval-pause")).to_contain_text("维修方 · 已裁定")
