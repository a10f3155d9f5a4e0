"""The desk of a gate in the browser, and who comes to it."""

from __future__ import annotations

import io
import time
from typing import Any

import qrcode
from playwright.sync_api import ViewportSize, expect

from scripts.campus import Campus
from scripts.phone import Phone
from tests.browser.conftest import Phones

EAST, GUARD = "F0001", "G0001"
GATE = "gate_1"
KEY_SECONDS = 0.008
WIDE: ViewportSize = {"width": 1366, "height": 768}


def at(campus: Campus, clock: str, ahead: int = 0) -> str:
    return f"{campus.day(ahead)}T{clock}:00+08:00"


def invite(campus: Campus, who: str, name: str, **body: Any) -> Any:
    """The visit of somebody who is invited for all of today, or as `body` says."""
    usual = {"starts_at": at(campus, "00:00"), "ends_at": at(campus, "23:30"), "purpose": "洽谈"}
    visitor = {"name": name, **body.pop("visitor", {})}
    return campus.ask(who, "POST", "/visitors", {**usual, "visitor": visitor, **body})


def static(campus: Campus, who: str, visit: Any) -> str:
    return str(campus.ask(who, "GET", f"/visitors/{visit['id']}/codes")["code"])


def rotating(campus: Campus, who: str, visit: Any) -> str:
    return str(campus.ask(who, "GET", f"/visitors/{visit['id']}/codes")["codes"][0]["code"])


def state_of(campus: Campus, who: str, visit: Any) -> str:
    return str(campus.ask(who, "GET", f"/orders/{visit['id']}")["state"])


def at_desk(phones: Phones, who: str = EAST) -> Phone:
    """The desk's computer, signed in, with its list on the screen."""
    desk = phones(who, "gate/desk")
    desk.page.set_viewport_size(WIDE)
    expect(desk.find("gate-name")).to_be_visible()
    expect(desk.find("skeleton")).to_have_count(0)
    return desk


def scan(desk: Phone, code: str) -> None:
    """What a hand scanner does: a key every few milliseconds, however busy this machine is."""
    keyboard = desk.context.new_cdp_session(desk.page)
    start = time.time()
    for number, letter in enumerate([*code, "Enter"]):
        key = {"key": letter, "text": "\r" if letter == "Enter" else letter}
        key |= {"timestamp": start + number * KEY_SECONDS, "type": "keyDown"}
        keyboard.send("Input.dispatchKeyEvent", key)
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": letter})
    keyboard.detach()


def answered(desk: Phone, reason: str, text: str) -> None:
    expect(desk.find("answer")).to_have_attribute("data-reason", reason)
    expect(desk.find("answer-text")).to_have_text(text)


def picture_of(code: str) -> bytes:
    kept = io.BytesIO()
    qrcode.make(code).save(kept)
    return kept.getvalue()
