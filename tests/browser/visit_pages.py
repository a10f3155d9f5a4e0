"""A visitor's page, and what a page of a visit says."""

from __future__ import annotations

import io
import re
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, expect

from scripts.phone import Phone
from tests.browser.conftest import Phones


def id_in(phone: Phone) -> str:
    """The order whose page is open."""
    found = re.search(r"id=([\w.]+)", phone.page.url)
    assert found
    return found[1]


def look(phones: Phones, address: str) -> Phone:
    """The page behind a link, on the phone of somebody without an account."""
    phone = phones()
    phone.page.goto(address)
    return phone


def agree(visitor: Phone) -> None:
    visitor.tap("agree")
    visitor.find("fill").locator("uni-button").click()
    expect(visitor.find("asked")).to_have_count(0)


def read(code: Locator) -> str:
    """What a scanner reads in a picture on the screen."""
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(code.screenshot())))
    return str(found.text)


def line(phone: Phone, words: str) -> Any:
    """What the page in front says somewhere."""
    return phone.page.locator("uni-page-body:visible").get_by_text(words)
