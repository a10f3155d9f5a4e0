"""The canteen's side: what to cook, what has run out, next week's menu, what goes wrong."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from scripts.campus import Campus, sitting_at
from scripts.demo_people import name_of
from scripts.phone import Phone
from tests.browser.conftest import Phones

pytestmark = pytest.mark.browser


def test_after_the_print_the_cook_sees_what_changed(phones: Phones, campus: Campus) -> None:
    today = campus.day()
    sitting = sitting_at(today, "12:20")
    dish = campus.dishes(today, sitting)[0]
    chosen = [{"dish_id": dish["id"], "count": 1}]
    campus.order("S0131", sitting, dishes=chosen)
    cook = phones("C0001", "canteen/cook")
    cook.tap(f"desk-sitting-{sitting}")
    expect(cook.find(f"cook-{dish['id']}")).to_contain_text(dish["name"])
    cook.tap("print")
    cook.answer("打印")
    expect(cook.page.get_by_text("已打印")).to_be_visible()

    campus.order("S0132", sitting, dishes=chosen)
    expect(cook.find(f"cook-{dish['id']}")).to_contain_text("+1")
    with cook.page.expect_download() as sheet:
        cook.tap("cook-sheet")
    assert sheet.value.suggested_filename.endswith(".xlsx")


def test_a_dish_that_has_run_out_can_no_longer_be_chosen(phones: Phones, campus: Campus) -> None:
    today = campus.day()
    sitting = sitting_at(today, "17:30", "dinner")
    dish = campus.dishes(today, sitting)[0]["id"]
    campus.order("S0133", sitting, dishes=[{"dish_id": dish, "count": 1}])
    cook = phones("C0001", "canteen/cook")
    cook.tap(f"desk-sitting-{sitting}")
    cook.tap(f"sold-out-{dish}")
    expect(cook.find(f"sold-out-{dish}")).to_have_text("已售罄")

    eater = phones("S0134", "meals/order")
    eater.tap("meal-dinner")
    eater.tap(f"sitting-{sitting}")
    expect(eater.find(f"dish-{dish}")).to_contain_text("售罄")
    cook.tap(f"sold-out-{dish}")
    expect(cook.find(f"sold-out-{dish}")).to_have_text("供应中")


def test_next_weeks_menu_is_copied_and_published(phones: Phones, campus: Campus) -> None:
    monday = date.fromisoformat(campus.day(21))  # the demo has published the weeks before
    cook = phones("C0001", "canteen/menus")
    for _ in range(3):
        expect(cook.find("publish")).to_be_visible()
        cook.tap("week-next")
    expect(cook.find(f"menu-{monday}")).to_contain_text("待排菜")
    cook.tap("copy-week")
    cook.answer("复制")
    expect(cook.find(f"menu-{monday}")).not_to_contain_text("待排菜")
    cook.tap("publish")
    cook.answer("发布")
    expect(cook.page.get_by_text("已发布").first).to_be_visible()
    path = f"/meals/sittings?date={monday + timedelta(days=1)}&canteen=ctn_1"
    assert len(campus.ask("S0135", "GET", path)["items"]) == 9


def test_who_ordered_is_told_that_a_sitting_is_cancelled(phones: Phones, campus: Campus) -> None:
    sitting = sitting_at(campus.day(), "18:00", "dinner")
    order = campus.order("S0136", sitting)
    eater = phones("S0136", f"orders/detail?id={order['id']}")
    expect(eater.find("order-state")).to_have_text("已订餐")
    cook = phones("C0001", "canteen/cook")
    cook.tap(f"desk-sitting-{sitting}")
    cook.tap("cancel-sitting")
    cook.fill("cancel-reason", "停水检修")
    cook.tap("cancel-confirm")
    expect(eater.find("order-state")).to_have_text("本餐停供")
    campus.told("S0136", "停水检修")
    eater.open("inbox/inbox")
    expect(eater.page.get_by_text("停水检修")).to_be_visible()


def test_meals_that_arrived_are_ticked_off(phones: Phones, campus: Campus) -> None:
    [order] = campus.orders("S0189")  # dinner today, ordered last week
    driver = phones("C0002", "canteen/deliveries")
    driver.tap(f"desk-sitting-{order['data']['sitting_id']}")
    stop = driver.find(f"delivery-{order['id']}")
    expect(stop).to_contain_text(f"{name_of('S0189')} · 2 份")
    stop.locator('[data-testid="delivered"]').click()
    expect(stop).to_contain_text("已用餐")


def test_a_mistaken_redemption_is_undone_after_the_page_was_left(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    code = campus.order("S0145", sitting_at(campus.day(), "12:20"))["data"]["code"]
    counter = phones("C0001", "canteen/redeem")
    result = counter.find("redeem-result")
    type_code(counter, code)
    expect(result).to_contain_text(name_of("S0145"))
    counter.page.reload()
    expect_trouble.append("409 POST /api/v1/meals/redemptions")
    type_code(counter, code)
    expect(result).to_contain_text("不能重复取餐")
    counter.tap("undo")
    counter.hear("已撤销")
    assert campus.orders("S0145")[0]["state"] == "booked"


def type_code(counter: Phone, code: str) -> None:
    counter.page.locator('[data-testid="code-input"] input').fill(code)
    counter.tap("redeem")


def test_somebody_without_an_order_is_seated(phones: Phones, campus: Campus) -> None:
    counter = phones("C0001", "canteen/walk-in")
    counter.tap(f"desk-sitting-{sitting_at(campus.day(), '12:40')}")
    counter.fill("colleague", "S0138")
    counter.tap("colleague-S0138")
    counter.tap("walk-in")
    counter.hear("已登记")
    assert campus.orders("S0138")[0]["state"] == "eaten"


def open_again(cook: Phone) -> bool:
    """Whether the day opens; it is refused as long as somebody is still to be called off."""
    with cook.page.expect_response(lambda reply: reply.request.method == "DELETE") as answered:
        cook.tap("open-day")
    return bool(answered.value.ok)


def test_who_ordered_is_told_that_a_day_is_closed(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    day = campus.day(4)
    order = campus.order("S0139", sitting_at(day, "11:30", canteen=2))
    eater = phones("S0139", f"orders/detail?id={order['id']}")
    expect(eater.find("order-state")).to_have_text("已订餐")
    cook = phones("C0002", "canteen/menus")
    cook.tap(f"menu-{day}")
    cook.tap("close-day")
    cook.fill("close-note", "设备检修")
    cook.tap("close-confirm")
    expect(eater.find("order-state")).to_have_text("本餐停供")
    expect(cook.page.get_by_text("设备检修", exact=True)).to_be_visible()
    expect(cook.find("open-day")).to_be_visible()
    campus.told("S0139", "设备检修")
    for _ in range(10):
        if open_again(cook):
            break
        expect_trouble[:] = ["409 DELETE /api/v1/meals/closing-days"]
        cook.hear("请稍后再试")
        expect(cook.page.locator("uni-toast")).to_be_hidden()
    expect(cook.find("close-day")).to_be_visible()
    expect(cook.page.get_by_text("午餐", exact=True)).to_be_visible()  # its menu is still there


def test_the_days_report_counts_who_ate(phones: Phones) -> None:
    desk = phones("C0001", "canteen/report")
    expect(desk.find("report")).to_contain_text("午餐 11:20")
    with desk.page.expect_download() as sheet:
        desk.tap("report-sheet")
    assert sheet.value.suggested_filename.endswith(".xlsx")
