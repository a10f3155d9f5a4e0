"""Tickets for stories of repairs: a category of one's own, and what phones fill in."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from playwright.sync_api import FilePayload, expect

from scripts.campus import Campus
from scripts.phone import Phone

TOM, TIM = "V0101", "V0102"
ADVICE = "请先关闭角阀，并用桶接水。"
SYMPTOMS = [{"id": "leak", "name": "漏水"}, {"id": "blocked", "name": "堵塞"}]


def a_category(campus: Campus, key: str) -> str:
    """A category that only these stories know, taken from the pool by Tom or Tim of vendor 1."""
    category = f"cat_browser_{key}"
    vendor = {"name": "安居物业"}
    campus.ask("A0001", "PUT", "/repairs/vendors/ven_1", vendor)
    body = {"name": f"给排水 {key}", "icon": "water", "vendors": ["ven_1"], "advice": ADVICE}
    campus.ask("A0001", "PUT", f"/repairs/categories/{category}", body | {"symptoms": SYMPTOMS})
    for hand in campus.ask("V0100", "GET", "/repairs/hands")["items"]:
        said = {"categories": [*hand["categories"], category], "limit": 50, "enabled": True}
        campus.ask("V0100", "PUT", f"/repairs/hands/{hand['id']}", said)
    return category


def a_ticket(campus: Campus, category: str, owner: str, **more: Any) -> str:
    """The id of what somebody has reported."""
    body = {"category": category, "location": {"building": "后勤楼"}, "fault": "水龙头漏水"}
    return str(campus.ask(owner, "POST", "/repairs", body | more)["id"])


def step(campus: Campus, who: str, ticket: str, name: str, body: Any = None) -> Any:
    return campus.ask(who, "POST", f"/repairs/{ticket}/{name}", body or {})


def state_of(campus: Campus, who: str, ticket: str) -> str:
    return str(campus.ask(who, "GET", f"/orders/{ticket}")["state"])


def a_photo() -> FilePayload:
    """A picture as a phone's camera makes it: too large to be sent as it is."""
    kept = io.BytesIO()
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(kept, "JPEG", quality=90)
    return {"name": "leak.jpg", "mimeType": "image/jpeg", "buffer": kept.getvalue()}


def take_photo(phone: Phone, test_id: str = "photos", *, state: str = "sent") -> None:
    with phone.page.expect_file_chooser() as chooser:
        phone.tap(f"{test_id}-add")
    chooser.value.set_files([a_photo()])
    expect(phone.find(f"{test_id}-0")).to_have_attribute("data-state", state)


def fill_in(phone: Phone, category: str, building: str = "后勤楼") -> None:
    """Category, symptom and place of a report."""
    phone.tap(f"category-{category}")
    phone.tap("symptom-leak")
    other, typed = phone.find("building-其他"), phone.find("building-typed")
    expect(other.or_(typed)).to_be_visible()
    if other.count():
        other.click()
    phone.fill("building-typed", building)
