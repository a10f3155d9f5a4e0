"""A meal from the first sign-in to the stars."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from models.base.clock import CAMPUS
from scripts.campus import Campus, sitting_at
from scripts.demo_people import name_of
from scripts.phone import Phone, film
from tests.browser.conftest import Phones, look_at_lunch

pytestmark = pytest.mark.browser

GREEN = re.compile("redeem-good")
RED = re.compile("redeem-bad")


def test_a_lunch_is_ordered_redeemed_by_camera_and_rated(
    phones: Phones, campus: Campus, camera: Path, expect_trouble: list[str]
) -> None:
    eater, counter = phones(), phones("C0001", "canteen/redeem")
    sign_in_and_agree(eater)
    order_tomorrows_lunch(eater, campus)
    code = eater.find("code").inner_text()
    expect(eater.page.locator("uni-toast")).to_be_hidden()
    film(eater.find("qr").screenshot(), camera)

    counter.tap("scan")
    expect(counter.find("redeem-name")).to_have_text(f"{name_of('S0042')} · 1 份")
    expect(counter.find("redeem-result")).to_have_class(GREEN)
    expect(eater.find("order-state")).to_have_text("已用餐")  # told while the page is open
    counter.tap("undo")
    expect(eater.find("order-state")).to_have_text("已订餐")
    counter.page.locator('[data-testid="code-input"] input').fill(code)
    counter.tap("redeem")
    expect(counter.find("redeem-result")).to_have_class(GREEN)
    expect(eater.find("order-state")).to_have_text("已用餐")

    expect_trouble.append("409 POST /api/v1/meals/redemptions")
    counter.tap("scan")
    expect(counter.find("redeem-result")).to_have_class(RED)
    expect(counter.find("redeem-result")).to_contain_text(f"已于 11-23 {redeemed_at(campus)} 使用")

    rate(eater)
    assert steps(eater) == ["评价", "取餐", "撤销取餐", "取餐", "提交"]
    eater.open("orders/list")
    expect(eater.find(f"order-{campus.orders('S0042')[0]['id']}")).to_contain_text("已评价")


def sign_in_and_agree(eater: Phone) -> None:
    eater.sign_in("S0042", agree=False)
    expect(eater.find("privacy-text")).to_contain_text("手机号")
    eater.tap("agree")
    expect(eater.find("greeting")).to_have_text(f"早上好，{name_of('S0042')}")


def order_tomorrows_lunch(eater: Phone, campus: Campus) -> None:
    """With one dish, at 11:40."""
    tomorrow = campus.day(1)
    eater.tap("service-meals")
    look_at_lunch(eater, tomorrow)
    eater.tap(f"sitting-{sitting_at(tomorrow, '11:40')}")
    eater.page.locator('[data-testid^="dish-"] [data-testid="more"]').first.click()
    eater.tap("submit")
    expect(eater.find("order-state")).to_have_text("已订餐")


def redeemed_at(campus: Campus) -> str:
    told = campus.orders("S0042")[0]["data"]["redeemed_at"]
    return f"{datetime.fromisoformat(told).astimezone(CAMPUS):%H:%M}"


def rate(eater: Phone) -> None:
    eater.tap("act-rate")
    eater.tap("star-4")
    eater.fill("form-comment", "青菜很新鲜")
    eater.tap("form-submit")
    expect(eater.find("order-state")).to_have_text("已评价")
    expect(eater.find("rating")).to_contain_text("青菜很新鲜")


def steps(eater: Phone) -> list[str]:
    """What the timeline says happened, newest first."""
    lines = eater.find("timeline").inner_text().split("\n")
    words = ("提交", "取餐", "撤销取餐", "评价")
    return [word for line in lines if (word := line.partition(" ·")[0]) in words]
