"""My meetings in a calendar application: what it reads, and who may read it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import vobject
from tornado.httpclient import HTTPResponse

from handlers import meeting_calendar  # noqa: F401 - declares the addresses asked for here
from handlers.base.endpoint import registry
from models.base.leavings import say_farewell
from models.base.signing import fingerprint
from models.base.store import Store
from models.meetings import calendar_feed
from models.meetings.calendar_feed import FEEDS
from models.meetings.lifecycle import Parting, Reason
from models.roster.changes import let_leave
from server.logs import masked
from tests.base.web import Site, problem, serving
from tests.meals_house import ANN, BOB, BOSS, CAT
from tests.meetings_house import (
    DAY,
    DESK,
    ELEVEN,
    NOON,
    TEN,
    Meetings,
    a_room,
    on_approval,
    open_house,
)

BASE = "/api/v1/meetings/calendar"


async def text_of(meetings: Meetings, who: str = ANN) -> str:
    """The calendar of somebody, as an application reads it at a new address."""
    address = await calendar_feed.open_feed(meetings.ctx(who))
    name = address.url.rpartition("/")[2]
    return (await calendar_feed.read(meetings.ctx(who), name)).decode()


async def events_of(meetings: Meetings, who: str = ANN) -> list[Any]:
    """The events that an independent parser finds."""
    calendar = vobject.readOne(await text_of(meetings, who))
    return list(calendar.contents.get("vevent", []))


async def event_of(meetings: Meetings, who: str = ANN) -> Any:
    (event,) = await events_of(meetings, who)
    return event


async def test_a_meeting_is_an_event_at_its_time_in_its_room(store: Store) -> None:
    meetings = await open_house(store)
    meeting = await meetings.book(ANN, subject="周会", note="带上材料")

    event = await event_of(meetings)

    assert event.uid.value == f"{meeting['_id']}@qinejia"
    assert (event.summary.value, event.description.value) == ("周会", "带上材料")
    assert event.location.value == "1号楼 A室"
    assert (event.dtstart.value, event.dtend.value) == (TEN, ELEVEN)
    assert event.dtstart.value.utcoffset() == timedelta(hours=8)
    assert event.dtstart.params["X-VOBJ-ORIGINAL-TZID"] == ["Asia/Shanghai"]
    assert (event.status.value, event.sequence.value) == ("CONFIRMED", "0")
    assert event.last_modified.value == meeting["updated_at"]
    assert event.transp.value == "OPAQUE"


async def test_the_calendar_names_its_zone_and_itself(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN)
    text = await text_of(meetings)
    calendar = vobject.readOne(text)
    (zone,) = calendar.contents["vtimezone"]
    assert zone.tzid.value == "Asia/Shanghai"
    assert "DTSTART;TZID=Asia/Shanghai:20261123T100000\r\n" in text
    assert "TZOFFSETTO:+0800\r\n" in text
    assert calendar.contents["x-wr-calname"][0].value == "ann的会议"
    assert (calendar.version.value, "METHOD" in text) == ("2.0", False)


async def test_another_time_or_room_raises_the_sequence_of_the_same_event(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_d"))
    meeting = await meetings.book(ANN)
    before = await event_of(meetings)
    meetings.clock.forward(minutes=5)
    moved = await meetings.change(ANN, meeting, room_id="room_d", starts_at=ELEVEN, ends_at=NOON)

    event = await event_of(meetings)

    assert event.uid.value == before.uid.value
    assert event.sequence.value == str(moved["data"]["sequence"]) == "1"
    assert (event.dtstart.value, event.location.value) == (ELEVEN, "1号楼 D室")
    assert event.last_modified.value - before.last_modified.value == timedelta(minutes=5)


async def test_what_is_asked_for_is_tentative_and_what_is_refused_is_cancelled(
    store: Store,
) -> None:
    meetings = await open_house(store, on_approval("room_a"))
    meeting = await meetings.book(ANN)
    event = await event_of(meetings)
    assert (event.status.value, event.transp.value) == ("TENTATIVE", "TRANSPARENT")
    await meetings.step(DESK, meeting, "refuse", Reason(reason="检修"))
    gone = await event_of(meetings)
    assert (gone.status.value, gone.sequence.value) == ("CANCELLED", "1")


async def test_what_was_cancelled_stays_ninety_days_so_that_every_calendar_hears_of_it(
    store: Store,
) -> None:
    meetings = await open_house(store, a_room(horizon_days=300))
    meeting = await meetings.book(ANN, starts_at=TEN + 140 * DAY)
    await meetings.step(ANN, meeting, "cancel", Parting())
    meetings.clock.forward(days=90)
    assert (await event_of(meetings)).status.value == "CANCELLED"
    meetings.clock.forward(seconds=1)
    assert await events_of(meetings) == []


async def test_it_reaches_from_ninety_days_ago_to_four_hundred_ahead(store: Store) -> None:
    meetings = await open_house(store)
    meeting = await meetings.book(ANN)
    found = []
    for days in (-90, -91, 400, 399):
        due_at = meetings.clock() + days * DAY
        await store.update("orders", {"_id": meeting["_id"]}, {"$set": {"due_at": due_at}})
        found.append(len(await events_of(meetings)))
    assert found == [1, 0, 0, 1]


async def test_it_has_what_i_own_or_am_invited_to_and_nothing_else(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN, "one", subject="一", invite=["S0004"])
    await meetings.book(BOB, "two", starts_at=ELEVEN, subject="二")
    await meetings.book(CAT, "three", starts_at=NOON, subject="三")
    events = await events_of(meetings, BOB)
    assert [event.summary.value for event in events] == ["一", "二"]
    assert events[0].description.value == "预订人：ann"
    assert "description" not in events[1].contents


async def test_of_a_private_meeting_of_somebody_else_it_says_busy(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN, subject="人事", note="保密", private=True, invite=["S0004"])
    mine, theirs = await text_of(meetings, ANN), await text_of(meetings, BOB)
    assert "SUMMARY:人事\r\n" in mine
    assert "SUMMARY:忙碌\r\n" in theirs
    assert "CLASS:PRIVATE\r\n" in theirs
    for secret in ("人事", "保密"):
        assert secret not in theirs


@pytest.mark.parametrize(
    "subject",
    ["关于" + "进一步加强机关食堂管理工作" * 6, "é" * 100, "a" * 100, "会，议；\\,;:\"' 100%"],
)
async def test_long_lines_are_folded_between_characters_at_seventy_five_octets(
    store: Store, subject: str
) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN, subject=subject, note="第一行\n第二行\r\n第三行\x07")

    text = await text_of(meetings)

    lines = text.encode().split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert lines[-1] == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode()
    event = await event_of(meetings)
    assert event.summary.value == subject
    assert event.description.value == "第一行\n第二行\n第三行"


async def test_a_subject_cannot_pass_for_another_line_of_the_calendar(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(ANN, subject="会\r\nEND:VEVENT\r\nBEGIN:VEVENT\u2028UID:x")
    event = await event_of(meetings)
    assert event.summary.value == "会\nEND:VEVENT\nBEGIN:VEVENT\u2028UID:x"


# --- the address


@asynccontextmanager
async def reading(store: Store) -> AsyncIterator[tuple[Site, Meetings]]:
    """The addresses on a server, with a meeting of Ann's."""
    async with serving(registry, store=store) as site:
        meetings = await open_house(store, house=site.house)
        await meetings.book(ANN)
        yield site, meetings


async def ask(site: Site, method: str, who: str = ANN) -> Any:
    reply = await site.fetch(method, BASE, token=site.token(who, ver=1))
    return json.loads(reply.body) if reply.body else reply.code


async def get(site: Site, url: str, **headers: str) -> HTTPResponse:
    return await site.fetch("GET", url, token=None, **headers)


async def test_whoever_has_the_address_reads_without_signing_in(store: Store) -> None:
    async with reading(store) as (site, _):
        assert await ask(site, "GET") == {"active": False}
        url = (await ask(site, "POST"))["url"]
        reply = await get(site, url)
    assert reply.code == 200
    assert reply.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert reply.headers["Cache-Control"] == "private, no-cache"
    assert len(list(vobject.readOne(reply.body.decode()).contents["vevent"])) == 1


async def test_an_unchanged_calendar_is_not_sent_again(store: Store) -> None:
    async with reading(store) as (site, meetings):
        url = (await ask(site, "POST"))["url"]
        etag = (await get(site, url)).headers["ETag"]
        site.clock.forward(minutes=10)
        unchanged = await get(site, url, If_None_Match=etag)
        await meetings.book(ANN, "next", starts_at=NOON)
        changed = await get(site, url, If_None_Match=etag)
    assert (unchanged.code, unchanged.body) == (304, b"")
    assert changed.code == 200
    assert changed.headers["ETag"] != etag


async def test_only_a_fingerprint_of_the_address_is_kept(store: Store) -> None:
    async with reading(store) as (site, _):
        url = (await ask(site, "POST"))["url"]
        shown = await ask(site, "GET")
    key = url.rpartition("/")[2].removesuffix(".ics")
    assert len(key) == 26  # 130 bits of base32, 128 of them random
    (feed,) = await store.find(FEEDS, {})
    assert (feed["_id"], feed["fingerprint"]) == (ANN, fingerprint(key))
    assert key not in json.dumps([feed, shown], default=str)
    assert key not in masked(f"GET {url} 200")


async def test_every_wrong_address_is_not_found(store: Store) -> None:
    async with reading(store) as (site, _):
        url = (await ask(site, "POST"))["url"]
        wrong = [url[:-5] + "0.ics", url.removesuffix(".ics"), f"{url}.ics", f"{BASE}/.ics"]
        wrong += [url.lower(), f"{BASE}/{'x' * 64}", f"{BASE}/{'x' * 900}", f"{BASE}/%E4%BC%9A.ics"]
        for each in wrong:
            if each != url:
                assert problem(await get(site, each))["code"] == "not-found", each


async def test_a_new_address_ends_the_one_before_and_deleting_ends_both(store: Store) -> None:
    async with reading(store) as (site, _):
        first, second = (await ask(site, "POST"))["url"], (await ask(site, "POST"))["url"]
        assert (await get(site, first)).code == 404
        assert (await get(site, second)).code == 200
        assert await ask(site, "DELETE") == 204
        assert (await get(site, second)).code == 404
        assert await ask(site, "DELETE") == 204
        assert await ask(site, "GET") == {"active": False}
    assert await store.find(FEEDS, {}) == []


async def test_whoever_leaves_is_read_no_more(store: Store) -> None:
    async with reading(store) as (site, meetings):
        url = (await ask(site, "POST"))["url"]
        await let_leave(meetings.ctx(BOSS), ANN)
        assert (await get(site, url)).code == 404
        await say_farewell(site.house)
    assert await store.find(FEEDS, {}) == []


async def test_asking_too_often_is_refused(store: Store) -> None:
    async with reading(store) as (site, _):
        for _ in range(20):
            url = (await ask(site, "POST"))["url"]
        assert (await ask(site, "POST"))["code"] == "too-many-requests"
        assert (await get(site, url)).code == 200
        while (reply := await get(site, f"{BASE}/guess.ics")).code == 404:
            pass
        assert problem(reply)["code"] == "too-many-requests"
