"""Where there is nothing to show, the page says so and what to do."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus
from tests.browser.conftest import Phones

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("orders/list", "还没有订单"),
        ("inbox/inbox", "没有消息"),
        ("home/home", "今天还没有安排"),
    ],
)
def test_a_newcomers_pages_say_that_they_are_empty(phones: Phones, path: str, words: str) -> None:
    phone = phones("S0150", path)
    expect(phone.page.get_by_text(words)).to_be_visible()


def test_nothing_waits_for_a_newcomer(phones: Phones) -> None:
    phone = phones("S0150", "inbox/inbox")
    phone.tap("tab-waiting")
    expect(phone.find("state")).to_contain_text("都处理完了")


def test_an_order_that_is_not_ones_own_is_not_there(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    expect_trouble.append("404 GET /api/v1/orders/")
    phone = phones("S0150", f"orders/detail?id={campus.orders('F0001')[0]['id']}")
    expect(phone.find("state")).to_contain_text("没有加载成功")


def test_a_service_to_come_says_so(phones: Phones) -> None:
    phone = phones("S0150")
    phone.tap("service-library")
    phone.hear("「图书」即将上线")


def test_on_a_day_off_the_strip_says_why(phones: Phones, campus: Campus) -> None:
    phone = phones("S0150", "meals/order")
    saturday = phone.find(f"day-{campus.day(5)}")
    expect(saturday).to_be_visible()
    saturday.click()
    expect(phone.find("canteen-ctn_1")).to_have_count(0)
    expect(phone.page.get_by_text("11:30–12:30")).to_be_visible()


def test_a_member_of_staff_has_no_tools_of_the_canteen(phones: Phones) -> None:
    phone = phones("S0150")
    expect(phone.find("services")).to_be_visible()
    expect(phone.find("tools-canteen")).to_have_count(0)
    expect(phone.find("tools-manager")).to_have_count(0)


def test_a_page_whose_script_cannot_be_fetched_says_so(
    phones: Phones, expect_trouble: list[str]
) -> None:
    phone = phones("A0001")
    expect(phone.find("services")).to_be_visible()
    expect_trouble += ["ERR_FAILED", "Failed to fetch dynamically imported module"]
    phone.context.route("**/assets/pages-manager-audit*", lambda route: route.abort())
    phone.open("manager/audit")
    expect(phone.find("state")).to_contain_text("没有连上网络")
    phone.context.unroute("**/assets/pages-manager-audit*")
    phone.tap("state-action")
    expect(phone.page.locator("uni-page-body:visible")).not_to_contain_text("没有连上网络")
