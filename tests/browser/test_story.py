"""A meal from the first sign-in to the stars."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from models.base.clock import CAMPUS
from scripts.demo_people import name_of
from scripts.phone import Phone, film
from tests.browser.campus import Campus, sitting_at
from tests.browser.conftest import Phones

pytestmark = pytest.mark.browser

GREEN = re.compile("redeem-good")
RED = re.compile("redeem-bad")


def show(eater: Phone, camera: Path) -> None:
    """Hold the eater's phone before the counter's camera."""
    expect(eater.page.locator("uni-toast")).to_be_hidden()
    film(eater.find("qr").screenshot(), camera)


def test_a_lunch_is_ordered_redeemed_by_camera_and_rated(
    phones: Phones, campus: Campus, camera: Path, expect_trouble: list[str]
) -> None:
    eater, counter = phones(), phones("C0001", "canteen/redeem")
    tomorrow = campus.day(1)

    eater.sign_in("S0042", agree=False)
    expect(eater.find("privacy-text")).to_contain_text("手机号")
    eater.tap("agree")
    expect(eater.find("greeting")).to_have_text(f"早上好，{name_of('S0042')}")
    eater.tap("service-meals")
    eater.tap(f"day-{tomorrow}")
    eater.tap(f"sitting-{sitting_at(tomorrow, '11:40')}")
    eater.find("more").nth(1).click()  # the first dish
    eater.tap("submit")
    expect(eater.find("order-state")).to_have_text("已订餐")
    code = eater.find("code").inner_text()
    show(eater, camera)

    counter.tap("scan")
    expect(counter.find("redeem-name")).to_have_text(f"{name_of('S0042')} · 1 份")
    expect(counter.find("redeem-result")).to_have_class(GREEN)
    expect(eater.find("order-state")).to_have_text("已用餐")  # told while the page is open

    counter.tap("undo")
    expect(eater.find("order-state")).to_have_text("已订餐")
    counter.page.locator('[data-testid="code-input"] input').fill(code)
    counter.tap("redeem")
    expect(counter.find("redeem-result")).to_have_class(GREEN)
    redeemed = datetime.fromisoformat(campus.orders("S0042")[0]["data"]["redeemed_at"])

    expect_trouble.append("409 POST /api/v1/meals/redemptions")
    counter.tap("scan")
    expect(counter.find("redeem-result")).to_have_class(RED)
    expect(counter.find("redeem-result")).to_contain_text("不能取餐")
    expect(counter.find("redeem-result")).to_contain_text(f"{redeemed.astimezone(CAMPUS):%H:%M}")

    eater.tap("act-rate")
    eater.tap("star-4")
    eater.fill("form-comment", "青菜很新鲜")
    eater.tap("form-submit")
    expect(eater.find("order-state")).to_have_text("已评价")
    expect(eater.find("rating")).to_contain_text("青菜很新鲜")
    steps = ["评价", "取餐", "撤销取餐", "取餐", "提交"]
    lines = eater.find("timeline").inner_text().split("\n")
    assert [line.split(" ·")[0] for line in lines if line.split(" ·")[0] in steps] == steps

    eater.open("orders/list")
    expect(eater.find(f"order-{campus.orders('S0042')[0]['id']}")).to_contain_text("已评价")
