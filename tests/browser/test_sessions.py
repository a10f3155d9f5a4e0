"""Being signed in, and no longer."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus
from scripts.demo_people import phone_of
from scripts.phone import Phone
from tests.browser.conftest import Phones

pytestmark = pytest.mark.browser


def access_token(phone: Phone) -> str:
    """What the client keeps to speak for its person."""
    kept = phone.page.evaluate("localStorage.getItem('session')")
    return str(json.loads(kept)["data"]["accessToken"])


def test_a_wrong_code_is_refused_beside_its_field(
    phones: Phones, expect_trouble: list[str]
) -> None:
    phone = phones()
    phone.open()
    phone.fill("phone", phone_of("S0120"))
    phone.tap("send-code")
    right = phone.read_code(phone_of("S0120"))
    phone.fill("sms-code", "000000" if right != "000000" else "111111")
    expect_trouble.append("4.. POST /api/v1/sessions$")
    phone.tap("sign-in")
    expect(phone.page.locator(".q-field-error")).to_contain_text("验证码")
    phone.fill("sms-code", right)
    phone.tap("sign-in")
    expect(phone.find("privacy-text")).to_be_visible()


def test_who_does_not_agree_is_signed_out(phones: Phones) -> None:
    phone = phones()
    phone.sign_in("S0121", agree=False)
    phone.tap("refuse")
    expect(phone.find("sign-in")).to_be_visible()
    phone.open("orders/list")
    expect(phone.find("sign-in")).to_be_visible()


def test_who_has_not_answered_is_asked_again_and_goes_on(phones: Phones, campus: Campus) -> None:
    phone = phones()
    phone.sign_in("S0125", agree=False)
    expect(phone.find("privacy-text")).to_be_visible()
    phone.page.goto("about:blank")
    phone.open("orders/list")
    expect(phone.find("privacy-text")).to_be_visible()
    phone.tap("agree")
    expect(phone.page).to_have_url(f"{campus.stage.server}/#/pages/orders/list")


def test_an_expired_session_is_renewed_unseen(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    phone = phones("S0122")
    expect(phone.find("greeting")).to_be_visible()
    before = access_token(phone)
    campus.stage.forward(minutes=16)
    phone.turn_to("我的")
    expect(phone.page.get_by_text("138****0122")).to_be_visible()  # only the server tells it
    assert access_token(phone) != before
    refused = "401 GET"  # unless the socket, closed with the token, had it renewed before
    expect_trouble += [refused] if any(refused in each for each in phone.trouble) else []


def test_who_is_signed_out_elsewhere_signs_in_again_and_goes_on(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    phone = phones("S0123")
    expect(phone.find("greeting")).to_be_visible()
    phone.turn_to("订单")
    orders = f"{campus.stage.server}/#/pages/orders/list"
    expect(phone.page).to_have_url(orders)
    campus.send("DELETE", "/sessions/current", token=access_token(phone))
    expect_trouble += ["401 GET", "401 POST /api/v1/sessions/refresh"]
    phone.page.reload()
    expect(phone.find("sign-in")).to_be_visible()
    phone.page.reload()  # as may be told to whoever the news reached before their own first reload
    expect(phone.find("sign-in")).to_be_visible()
    number = phone_of("S0123")
    phone.fill("phone", number)
    phone.tap("send-code")
    phone.fill("sms-code", phone.read_code(number))
    phone.tap("sign-in")
    expect(phone.page).to_have_url(orders)


def test_who_signs_in_for_a_page_has_a_way_back_from_it_also_when_it_is_loaded_anew(
    phones: Phones, campus: Campus
) -> None:
    phone = phones()
    phone.open("meetings/calendar")
    number = phone_of("S0126")
    phone.fill("phone", number)
    phone.tap("send-code")
    phone.fill("sms-code", phone.read_code(number))
    phone.tap("sign-in")
    phone.tap("agree")
    expect(phone.find("make-feed")).to_be_visible()
    phone.page.reload()
    expect(phone.find("make-feed")).to_be_visible()
    phone.page.locator(".uni-page-head-btn:visible").first.click()
    expect(phone.find("greeting")).to_be_visible()


def test_an_order_loaded_anew_has_a_way_back(phones: Phones) -> None:
    phone = phones("S0127", "meals/order")
    phone.tap("submit")
    expect(phone.find("order-state")).to_be_visible()
    phone.page.reload()
    expect(phone.find("order-state")).to_be_visible()
    phone.page.locator(".uni-page-head-btn:visible").first.click()
    expect(phone.find("greeting")).to_be_visible()


def test_signing_out_leaves_nothing_behind(phones: Phones) -> None:
    phone = phones("S0124", "me/me")
    phone.tap("sign-out")
    phone.answer("退出")
    expect(phone.find("sign-in")).to_be_visible()
    assert phone.page.evaluate("localStorage.getItem('session')") is None
