"""A phone with the client open, in the machine's Chromium: for pictures and browser tests."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from scripts.demo_people import phone_of
from scripts.processes import Failed, until
from scripts.staged import Stage

DEVICE: Final = "iPhone 13"
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
FRAME: Final = (640, 480)
FRAMES: Final = 4
NOTHING: Final = b""  # what a camera sees that is held at a wall
SMS_SECONDS: Final = 30.0  # a short message may take, behind those of a whole weekend
DATE: Final = """{
    const Machine = Date
    Date = class extends Machine {
        constructor(...given) { super(...(given.length ? given : [Machine.now() + AHEAD])) }
        static now() { return Machine.now() + AHEAD }
    }
}"""
# A toast is gone in two seconds, and a busy machine looks away for longer: each is written down.
TOASTS: Final = """{
    window.toasts = []
    let shown = ''
    new MutationObserver(() => {
        const toast = document.querySelector('uni-toast')
        const words = toast && toast.style.display !== 'none' ? toast.textContent : ''
        if (words && words !== shown) window.toasts.push(words)
        shown = words
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true,
                           attributeFilter: ['style'] })
}"""
HEARD: Final = """words => {
    const at = window.toasts.findIndex(each => each.includes(words))
    if (at >= 0) window.toasts.splice(0, at + 1)
    return at >= 0
}"""
# On a slow line a tap may come before what it is about: every request sets out so much later.
SLOW_LINE: Final = """{
    const send = XMLHttpRequest.prototype.send
    XMLHttpRequest.prototype.send = function (...given) {
        setTimeout(() => this.readyState === XMLHttpRequest.OPENED && send.apply(this, given), MS)
    }
}"""
OWN_HOST: Final = "127.0.0.1"
# Chromium logs every refusal it is answered with; those are looked at one by one.
LOGGED_ANSWER: Final = "Failed to load resource: the server responded with a status of"


@dataclass
class Phone:
    """One person's phone. `trouble` lists what no page may do: see `_watch`."""

    page: Page
    house: Stage
    trouble: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def find(self, test_id: str) -> Locator:
        """The elements of that `data-testid` on the page in front."""
        return self.page.locator(f'[data-testid="{test_id}"]:visible')

    def tap(self, test_id: str) -> None:
        """Tap the one element of that id, once the button in it takes a tap."""
        target = self.find(test_id)
        target.wait_for()
        expect(target.locator('[aria-disabled="true"]')).to_have_count(0)
        target.click()

    def fill(self, test_id: str, text: str) -> None:
        """Type into the field of that id."""
        self.find(test_id).locator("input, textarea").fill(text)

    def open(self, path: str = "home/home") -> None:
        """Go to a page by its address."""
        self.page.goto(f"{self.house.server}/#/pages/{path}")

    def read_code(self, number: str) -> str:
        """The code in the short message that comes to a number no message has come to before."""
        return str(self._texted(number)["params"]["code"])

    def read_text(self, number: str) -> str:
        """The short message that comes to such a number, as it is read."""
        return str(self._texted(number)["text"])

    def _texted(self, number: str) -> Any:
        address = f"{self.house.simulator}/control/sent?kind=sms&phone={number}"

        def came() -> list[Any]:
            with urlopen(address) as reply:  # noqa: S310 - ours, on loopback
                return list(json.load(reply)["items"])

        found = until(came, SMS_SECONDS)
        if not found:
            raise Failed(f"No short message came to {number}.")
        return found[0]

    def sign_in(self, employee_no: str, *, agree: bool = True) -> None:
        """From the first page to home, as a person new to the client does."""
        number = phone_of(employee_no)
        self.open()
        self.fill("phone", number)
        self.tap("send-code")
        self.fill("sms-code", self.read_code(number))
        self.tap("sign-in")
        if agree:
            self.tap("agree")
            self.find("greeting").wait_for()

    def hear(self, words: str) -> None:
        """Wait for a toast of such words: one that came since the last that was heard."""
        self.page.wait_for_function(HEARD, arg=words)

    def turn_to(self, tab: str) -> None:
        """Tap one of the four tabs at the foot, by its word."""
        self.page.locator(".uni-tabbar__item:visible", has_text=tab).click()

    def answer(self, word: str) -> None:
        """Tap a button of the question that is asked, by its word."""
        self.page.locator(".uni-modal__btn:visible", has_text=word).click()


@contextmanager
def chromium(camera: Path | None = None) -> Iterator[tuple[Browser, dict[str, Any]]]:
    """A browser whose camera sees the file `camera`, and the make of phone to open in it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise Failed("Chromium is missing: `make browser` installs it.")
    seen = [f"--use-file-for-fake-video-capture={camera}"] if camera else []
    with sync_playwright() as playwright:
        device = dict(playwright.devices[DEVICE])
        device.pop("default_browser_type", None)
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *seen])
        try:
            yield browser, device | {"locale": "zh-CN", "permissions": ["camera", "microphone"]}
        finally:
            browser.close()


def new_phone(browser: Browser, device: dict[str, Any], house: Stage) -> Phone:
    """A phone nobody has used yet, its clock set by that of the house.

    `SLOW_LINE_MS` in the environment says how much later its requests set out.
    """
    context = browser.new_context(**device)
    context.add_init_script(DATE.replace("AHEAD", str(round(house.ahead() * 1000))))
    context.add_init_script(TOASTS)
    if late := os.environ.get("SLOW_LINE_MS"):
        context.add_init_script(SLOW_LINE.replace("MS", str(int(late))))
    phone = Phone(context.new_page(), house)
    _watch(phone)
    return phone


def signed_in(house: Stage, granted: dict[str, Any]) -> dict[str, Any]:
    """What `new_phone` takes to be signed in already, by what `POST /sessions` has granted."""
    session = {
        "accessToken": granted["access_token"],
        "refreshToken": granted["refresh_token"],
        "person": granted["person"],
        "consentNeeded": False,
    }
    value = json.dumps({"type": "object", "data": session})
    origin = {"origin": house.server, "localStorage": [{"name": "session", "value": value}]}
    return {"storage_state": {"cookies": [], "origins": [origin]}}


def _watch(phone: Phone) -> None:
    """Note requests to other hosts, refusals, failures, errors in the console and in scripts."""

    def host(where: str, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != OWN_HOST:
            phone.trouble.append(f"{where} {url}")

    def asked(request: Request) -> None:
        host("request to", request.url)

    def answered(reply: Response) -> None:
        if reply.status >= 400:
            path = urlsplit(reply.url).path
            phone.trouble.append(f"{reply.status} {reply.request.method} {path}")

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(LOGGED_ANSWER):
            phone.trouble.append(f"console: {message.text}")

    phone.context.on("request", asked)
    phone.context.on("response", answered)
    phone.page.on("console", said)
    phone.page.on("pageerror", lambda error: phone.trouble.append(f"script: {error}"))
    phone.page.on("websocket", lambda socket: host("socket to", socket.url))


def film(picture: bytes, path: Path) -> None:
    """Have the camera at `path` see a picture, amid grey: a few frames of it."""
    frame = Image.new("RGB", FRAME, "#8a8a8a")
    if picture:
        shown = Image.open(io.BytesIO(picture)).convert("RGB")
        shown.thumbnail((FRAME[1] - 80, FRAME[1] - 80))
        frame.paste(shown, ((FRAME[0] - shown.width) // 2, (FRAME[1] - shown.height) // 2))
    kept = io.BytesIO()
    frame.save(kept, "JPEG", quality=90)
    path.write_bytes(kept.getvalue() * FRAMES)
