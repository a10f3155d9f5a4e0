"""Ordering when it does not go straight: no place left, second thoughts, no network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus, sitting_at
from scripts.demo_people import name_of
from tests.browser.conftest import Phones, look_at_lunch

pytestmark = pytest.mark.browser


def test_who_waits_is_offered_the_place_that_somebody_gives_up(
    phones: Phones, campus: Campus
) -> None:
    day = campus.day(2)
    sitting = sitting_at(day, "12:20")
    campus.ask("C0001", "PUT", f"/meals/sittings/{sitting}", {"capacity": 1})
    lucky = campus.order("S0101", sitting)
    phone = phones("S0102", "meals/order")
    look_at_lunch(phone, day)
    expect(phone.find(f"sitting-{sitting}")).to_contain_text("已满")
    phone.tap(f"sitting-{sitting}")
    expect(phone.find("submit")).to_have_text("加入候补")
    phone.tap("submit")
    expect(phone.find("order-state")).to_have_text("候补中")
    expect(phone.page.locator("uni-page-body:visible")).to_contain_text("第 1 位")

    campus.ask("S0101", "POST", f"/meals/{lucky['id']}/cancel")
    expect(phone.find("order-state")).to_have_text("等您确认")
    phone.open("inbox/inbox")
    phone.tap("tab-waiting")
    phone.page.get_by_text("等待您处理").click()
    phone.tap("act-accept")
    expect(phone.find("order-state")).to_have_text("已订餐")
    expect(phone.find("qr")).to_be_visible()


def test_who_is_a_moment_too_late_may_wait_with_one_tap(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    day = campus.day(3)
    sitting = sitting_at(day, "12:20")
    campus.ask("C0001", "PUT", f"/meals/sittings/{sitting}", {"capacity": 1})
    phone = phones("S0103", "meals/order")
    look_at_lunch(phone, day)
    phone.tap(f"sitting-{sitting}")
    expect(phone.find("submit")).to_have_text("提交订餐")
    campus.order("S0104", sitting)

    expect_trouble.append("409 POST /api/v1/meals$")
    phone.tap("submit")
    expect(phone.find("sheet")).to_contain_text("这一场订满了")
    phone.tap("refusal-act")
    expect(phone.find("order-state")).to_have_text("候补中")


def test_where_all_is_full_one_is_told_to_wait(phones: Phones, campus: Campus) -> None:
    saturday = campus.day(5)
    sitting = sitting_at(saturday, "11:30")  # the only one of that day
    places = f"/meals/sittings/{sitting}"
    campus.ask("C0001", "PUT", places, {"capacity": 0})
    phone = phones("S0113", "meals/order")
    phone.tap(f"day-{saturday}")
    expect(phone.page.get_by_text("都订满了")).to_be_visible()
    phone.tap(f"sitting-{sitting}")
    expect(phone.find("submit")).to_have_text("加入候补")
    campus.ask("C0001", "PUT", places, {"capacity": 60})


def test_two_taps_make_one_order(phones: Phones, campus: Campus) -> None:
    phone = phones("S0105", "meals/order")
    look_at_lunch(phone, campus.day(1))
    expect(phone.find("submit")).to_be_visible()
    phone.find("submit").dblclick()
    expect(phone.find("order-state")).to_have_text("已订餐")
    assert [order["state"] for order in campus.orders("S0105")] == ["booked"]


def test_the_same_again_says_what_is_not_on_the_menu(phones: Phones, campus: Campus) -> None:
    dishes = {
        day: campus.dishes(campus.day(day), sitting_at(campus.day(day), "11:20")) for day in (1, 2)
    }
    later = {dish["id"] for dish in dishes[2]}
    gone = next(dish for dish in dishes[1] if dish["id"] not in later)
    chosen = [{"dish_id": gone["id"], "count": 1}]
    campus.order("S0112", sitting_at(campus.day(1), "11:20"), dishes=chosen)
    phone = phones("S0112", "meals/order")
    phone.tap(f"day-{campus.day(2)}")
    phone.tap("repeat-last")
    phone.hear(f"今天没有{gone['name']}")


def test_portions_can_be_changed_until_the_cut_off(phones: Phones, campus: Campus) -> None:
    order = campus.order("S0106", sitting_at(campus.day(1), "11:20"))
    phone = phones("S0106", f"orders/detail?id={order['id']}")
    phone.tap("act-change")
    phone.find("portions").locator('[data-testid="more"]').click()
    expect(phone.find("total")).to_have_text("¥30.00")
    phone.tap("submit")
    phone.hear("已修改")
    changed = campus.orders("S0106")[0]
    assert (changed["state"], changed["data"]["portions"]) == ("booked", 2)


def test_a_meal_is_cancelled_after_a_question(phones: Phones, campus: Campus) -> None:
    order = campus.order("S0107", sitting_at(campus.day(1), "11:20"))
    phone = phones("S0107", f"orders/detail?id={order['id']}")
    phone.tap("act-cancel")
    phone.answer("再想想")
    expect(phone.find("order-state")).to_have_text("已订餐")
    phone.tap("act-cancel")
    phone.answer("确定")
    expect(phone.find("order-state")).to_have_text("已取消")


def test_after_the_cut_off_a_meal_goes_to_a_colleague(phones: Phones, campus: Campus) -> None:
    [order] = campus.orders("S0190")  # dinner today, ordered last week
    phone = phones("S0190", f"orders/detail?id={order['id']}")
    phone.tap("act-hand_over")
    phone.fill("colleague", "S0191")
    phone.tap("colleague-S0191")
    phone.tap("form-submit")
    phone.hear("已转给同事")
    expect(phone.find("qr")).to_have_count(0)

    colleague = phones("S0191", f"orders/detail?id={order['id']}")
    expect(colleague.find("qr")).to_be_visible()
    expect(colleague.find("timeline")).to_contain_text(f"转给同事 · {name_of('S0190')}")


def test_without_a_network_a_list_says_so_and_recovers(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    campus.order("S0108", sitting_at(campus.day(1), "11:20"))
    phone = phones("S0108", "orders/list")
    expect(phone.page.get_by_text("第一食堂 · 午餐")).to_be_visible()
    expect_trouble.append("ERR_INTERNET_DISCONNECTED")
    phone.context.set_offline(True)
    phone.tap("filter-1")
    expect(phone.find("state")).to_contain_text("没有连上网络")
    phone.context.set_offline(False)
    expect(phone.page.get_by_text("第一食堂 · 午餐")).to_be_visible()


def test_what_was_shown_stays_when_the_network_goes(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    campus.order("S0109", sitting_at(campus.day(1), "11:20"))
    phone = phones("S0109")
    expect(phone.find("today-empty")).to_be_visible()
    phone.turn_to("订单")
    expect(phone.page.get_by_text("第一食堂 · 午餐")).to_be_visible()
    expect_trouble.append("ERR_INTERNET_DISCONNECTED")
    phone.context.set_offline(True)
    phone.turn_to("首页")
    phone.turn_to("订单")
    expect(phone.find("stale")).to_contain_text("网络未连接")
    expect(phone.page.get_by_text("第一食堂 · 午餐")).to_be_visible()
    phone.context.set_offline(False)
    expect(phone.find("stale")).to_have_count(0)


def test_a_clerk_orders_for_colleagues_in_one_go(phones: Phones, campus: Campus) -> None:
    lunch = sitting_at(campus.day(), "11:40")
    campus.order("S0012", lunch)
    clerk = phones("S0002", "meals/batch")
    clerk.tap(f"sitting-{lunch}")
    clerk.fill("colleague", "S0011")
    clerk.tap("colleague-S0011")
    clerk.tap("batch-unit")
    clerk.tap("unit-S0012")
    clerk.tap("unit-done")
    clerk.tap("batch-submit")
    results = clerk.find("batch-results")
    expect(results).to_contain_text("已订 1 人，1 人没有订上")
    expect(results).to_contain_text(name_of("S0012"))

    colleague = phones("S0011", "orders/list")
    colleague.page.get_by_text("第一食堂 · 午餐").click()
    expect(colleague.find("qr")).to_be_visible()
    expect(colleague.find("act-cancel")).to_be_visible()
