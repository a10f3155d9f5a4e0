"""The client in a real browser against the whole house, and what no page may ever do.

Whatever a test is about, its phones must have asked nothing of another host, met no fault in a
script, no word of the content policy and no refusal but those the test names.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from scripts import client
from scripts.campus import Campus, sitting_at
from scripts.phone import NOTHING, Phone, chromium, film, new_phone, signed_in
from scripts.staged import MONDAY, Stage, stage

WEEKEND = timedelta(days=3)
HERE = Path(__file__).parent
MOVING = (
    "test_dispatch.py", "test_meeting_desk.py", "test_meetings.py", "test_repair_sides.py",
    "test_repairs.py", "test_visit.py", "test_visitors_days.py",
)  # fmt: skip
PATIENCE = 30_000  # milliseconds for anything to appear; the machine may be busy

expect.set_options(timeout=PATIENCE)

Phones = Callable[..., Phone]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps a loop running that others could not run beside.

    They share one house, whose clock only goes forward, and so follow each other as written; those
    that move it come after the meals, whose orders close at half past nine.
    """
    items.sort(key=lambda item: _place(item) if HERE in item.path.parents else (0, "", 0))


def _place(item: pytest.Item) -> tuple[int, str, int]:
    """Where a story stands: whether its file moves the clock, the file, and the line."""
    return 1 + (item.path.name in MOVING), str(item.path), item.location[1] or 0


@pytest.fixture(scope="package")
def house() -> Iterator[Stage]:
    """Database, simulator and server with the demo's data, on a Monday at half past eight.

    S0190 and S0189 have ordered that day's dinner on Friday, in time: its orders closed then.
    """
    assert client.build("h5")
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="qinejia-", dir=memory if memory.is_dir() else None))
    try:
        with stage(folder, MONDAY - WEEKEND) as running:
            dinner = sitting_at("2026-11-23", "17:40", "dinner", canteen=2)
            Campus(running).order("S0190", dinner)
            Campus(running).order("S0189", dinner, deliver_to="dlv_5a", portions=2)
            running.forward(seconds=WEEKEND.total_seconds())
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def campus(house: Stage) -> Campus:
    """Everybody else."""
    return Campus(house)


@pytest.fixture(scope="package")
def camera(house: Stage) -> Path:
    """The file that every phone's camera sees."""
    return house.folder / "camera.mjpeg"


@pytest.fixture(scope="package")
def chrome(camera: Path) -> Iterator[tuple[Browser, dict[str, Any]]]:
    with chromium(camera) as running:
        yield running


@pytest.fixture
def expect_trouble() -> list[str]:
    """Patterns of what the test means to bring about; each must come up, and nothing else may."""
    return []


@pytest.fixture
def phones(
    house: Stage,
    campus: Campus,
    chrome: tuple[Browser, dict[str, Any]],
    camera: Path,
    expect_trouble: list[str],
) -> Iterator[Phones]:
    """`phones()` is a phone nobody has used; `phones("S0042")` is signed in already.

    The camera sees nothing yet: a code left from the story before would be read at once.
    """
    browser, device = chrome
    film(NOTHING, camera)
    opened: list[Phone] = []

    def phone(employee_no: str = "", path: str = "home/home") -> Phone:
        kept = signed_in(house, campus.sign_in(employee_no)) if employee_no else {}
        one = new_phone(browser, {**device, **kept}, house)
        one.page.set_default_timeout(PATIENCE)
        opened.append(one)
        if employee_no:
            one.open(path)
        return one

    yield phone
    trouble = [line for one in opened for line in one.trouble]
    for one in opened:
        one.context.close()
    unexpected = [x for x in trouble if not any(re.search(each, x) for each in expect_trouble)]
    absent = [each for each in expect_trouble if not any(re.search(each, x) for x in trouble)]
    assert not unexpected, unexpected
    assert not absent, f"never came up: {absent}"


def look_at_lunch(phone: Phone, day: str) -> None:
    """On the page for ordering, choose a day and its lunch."""
    phone.tap(f"day-{day}")
    phone.tap("meal-lunch")
