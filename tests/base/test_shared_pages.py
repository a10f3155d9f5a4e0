"""A page for everyone is read once a second, however many ask."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from handlers.base.pages import MAX_PAGES, SharedPages
from handlers.base.replies import matches


class Shelf:
    """A page that counts its readings, on a clock moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.reads = 0
        self.content: Any = ["米饭"]
        self.held: asyncio.Event | None = None
        self.pages = SharedPages(lambda: self.now)

    async def load(self) -> Any:
        self.reads += 1
        if self.held:
            await self.held.wait()
        if isinstance(self.content, Exception):
            raise self.content
        return self.content

    async def read(self, key: str = "menu") -> bytes:
        return (await self.pages.read(key, 1.0, self.load)).content


async def test_within_a_second_the_page_is_read_once() -> None:
    shelf = Shelf()
    assert await shelf.read() == '["米饭"]'.encode()
    shelf.content = ["面条"]
    shelf.now += 0.99
    assert await shelf.read() == '["米饭"]'.encode()
    assert shelf.reads == 1
    shelf.now += 0.01
    assert await shelf.read() == '["面条"]'.encode()
    assert shelf.reads == 2


async def test_a_hundred_at_once_wait_for_one_reading() -> None:
    shelf = Shelf()
    shelf.held = asyncio.Event()
    asking = [asyncio.create_task(shelf.read()) for _ in range(100)]
    await asyncio.sleep(0)
    shelf.held.set()
    assert set(await asyncio.gather(*asking)) == {'["米饭"]'.encode()}
    assert shelf.reads == 1


async def test_age_counts_from_before_the_reading() -> None:
    shelf = Shelf()
    shelf.held = asyncio.Event()
    asking = asyncio.create_task(shelf.read())
    while not shelf.reads:
        await asyncio.sleep(0)
    shelf.now += 2  # the reading takes this long
    shelf.held.set()
    await asking
    await shelf.read()
    assert shelf.reads == 2


async def test_one_who_goes_away_does_not_fail_the_others() -> None:
    shelf = Shelf()
    shelf.held = asyncio.Event()
    first, second = asyncio.create_task(shelf.read()), asyncio.create_task(shelf.read())
    await asyncio.sleep(0)
    first.cancel()
    shelf.held.set()
    assert await second == '["米饭"]'.encode()


async def test_a_failed_reading_fails_those_who_waited_and_is_not_kept() -> None:
    shelf = Shelf()
    shelf.content = RuntimeError("gone")
    replies = await asyncio.gather(shelf.read(), shelf.read(), return_exceptions=True)
    assert [str(reply) for reply in replies] == ["gone", "gone"]
    shelf.content = []
    assert await shelf.read() == b"[]"


async def test_keys_are_apart_and_few() -> None:
    shelf = Shelf()
    for number in range(MAX_PAGES + 1):
        await shelf.read(f"day {number}")
    assert shelf.reads == MAX_PAGES + 1
    await shelf.read(f"day {MAX_PAGES}")
    assert shelf.reads == MAX_PAGES + 1
    await shelf.read("day 0")  # the oldest was forgotten
    assert shelf.reads == MAX_PAGES + 2


async def test_the_same_content_has_the_same_etag() -> None:
    shelf = Shelf()
    first = await shelf.pages.read("menu", 1.0, shelf.load)
    shelf.now += 5
    again = await shelf.pages.read("menu", 1.0, shelf.load)
    shelf.now += 5
    shelf.content = ["面条"]
    other = await shelf.pages.read("menu", 1.0, shelf.load)
    assert first.etag == again.etag != other.etag


@pytest.mark.parametrize(
    ("header", "same"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("", False),
        ("a", False),
    ],
)
def test_if_none_match_is_read_as_the_standard_says(header: str, same: bool) -> None:
    assert matches(header, '"a"') is same
