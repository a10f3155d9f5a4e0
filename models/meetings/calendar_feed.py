"""My meetings as a calendar that any calendar application can subscribe to (RFC 5545).

The address is a secret: whoever has it reads the calendar without signing in. It is shown once;
stored is only its fingerprint, and a new address ends the one before. A document of
`calendar_feeds`: {_id: the person, fingerprint, created_at}.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from icalendar import Calendar, Event, Timezone, TimezoneStandard
from msgspec import UNSET, UnsetType

from models import people
from models.base.clock import CAMPUS, campus_date
from models.base.context import Context
from models.base.errors import NotFound
from models.base.ids import new_key
from models.base.indexes import declare as index
from models.base.leavings import on_leaving
from models.base.marks import any_of, months, takes_part
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.signing import fingerprint
from models.base.store import Document, Duplicate
from models.base.workflow import Order

FEEDS: Final = "calendar_feeds"
BACK: Final = timedelta(days=90)  # also how long what was cancelled is kept
AHEAD: Final = timedelta(days=400)
MOST: Final = 2_000  # meetings
SUFFIX: Final = ".ics"
ADDRESS: Final = "/api/v1/meetings/calendar/{name}"
REFRESH: Final = "PT15M"

index(FEEDS, [("fingerprint", 1)], unique=True)
index(ORDERS, [("owner", 1), ("due_at", 1)])

_STATUS: Final = {
    "requested": "TENTATIVE", "waiting": "TENTATIVE", "offered": "TENTATIVE",
    "booked": "CONFIRMED", "in_use": "CONFIRMED", "finished": "CONFIRMED", "rated": "CONFIRMED",
}  # fmt: skip
_CANCELLED: Final = "CANCELLED"  # whatever else became of it
_CONTROLS: Final = dict.fromkeys((*range(10), *range(11, 32), 127))  # all but the line feed


class Feed(Struct):
    """Whether my calendar has an address, and since when."""

    active: bool
    created_at: datetime | UnsetType = UNSET


class FeedAddress(Struct):
    """The address of my calendar on this server, shown this once."""

    url: str


async def mine(ctx: Context) -> Feed:
    """Whether my meetings can be subscribed to."""
    feed = await ctx.store.get(FEEDS, ctx.actor.id)
    return Feed(active=True, created_at=feed["created_at"]) if feed else Feed(active=False)


async def open_feed(ctx: Context) -> FeedAddress:
    """A new address for my calendar; the one before is not good for anything any more."""
    key = new_key()
    sets = {"fingerprint": fingerprint(key), "created_at": ctx.now}
    try:
        await ctx.store.insert(FEEDS, {"_id": ctx.actor.id, **sets})
    except Duplicate:
        await ctx.store.update(FEEDS, {"_id": ctx.actor.id}, {"$set": sets})
    return FeedAddress(url=ADDRESS.format(name=key + SUFFIX))


async def close_feed(ctx: Context) -> None:
    """End the address of my calendar. Harmless where there is none."""
    await ctx.store.delete(FEEDS, {"_id": ctx.actor.id})


@on_leaving
async def end_feed(ctx: Context, person: str) -> None:
    """Whoever has left reads nothing more."""
    await ctx.store.delete(FEEDS, {"_id": person})


async def read(ctx: Context, name: str) -> bytes:
    """The calendar behind an address. Raises `NotFound` for every other one alike."""
    wanted = fingerprint(name.removesuffix(SUFFIX))
    feed = await ctx.store.first(FEEDS, {"fingerprint": wanted})
    if not name.endswith(SUFFIX) or feed is None:
        raise NotFound
    if not hmac.compare_digest(feed["fingerprint"], wanted):
        raise NotFound
    person = await people.by_id(ctx, feed["_id"])
    if not person["active"]:
        raise NotFound
    meetings = await _meetings(ctx, person["_id"])
    names = await people.names(ctx, {meeting["owner"] for meeting in meetings})
    content = _calendar(person, meetings, names, ctx.now)
    ctx.notes["ETag"] = f'"{sha256(content).hexdigest()[:32]}"'
    return content


async def _meetings(ctx: Context, person: str) -> list[Order]:
    """The meetings a person owns or is invited to, by time."""
    first, last = ctx.now - BACK, ctx.now + AHEAD
    reached = months(campus_date(first), campus_date(last))
    within: Document = {"due_at": {"$gte": first, "$lt": last}, "kind": "meeting"}
    found: dict[str, Order] = {}
    for whose in ({"owner": person}, any_of(takes_part(person, each) for each in reached)):
        where = whose | within
        sort, fields = [("due_at", 1)], {"timeline": 0, "private": 0}
        for order in await ctx.store.find(ORDERS, where, sort=sort, limit=MOST, fields=fields):
            found[order["_id"]] = order
    return sorted(found.values(), key=lambda order: (order["due_at"], order["_id"]))


def _calendar(
    person: Document, meetings: list[Order], names: Mapping[str, str], now: datetime
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//qinejia//meetings//ZH")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", f"{person['name']}的会议")
    calendar.add("x-wr-timezone", CAMPUS.key)
    calendar.add("x-published-ttl", REFRESH)
    calendar.add_component(_zone())
    for meeting in meetings:
        gone = status_of(meeting) == _CANCELLED and meeting["updated_at"] < now - BACK
        host = "" if meeting["owner"] == person["_id"] else names.get(meeting["owner"], "…")
        if not gone:
            calendar.add_component(_event(meeting, host))
    return bytes(calendar.to_ical())


def _zone() -> Timezone:
    """The campus zone, which has had one offset since 1991."""
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1991, 9, 15, 1))  # noqa: DTZ001 - a local time, as RFC 5545 wants
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone = Timezone()
    zone.add("tzid", CAMPUS.key)
    zone.add_component(standard)
    return zone


def status_of(meeting: Order) -> str:
    """How certain a meeting is, in the words of RFC 5545."""
    return _STATUS.get(meeting["state"], _CANCELLED)


def _event(meeting: Order, host: str) -> Event:
    """One meeting; `host` is whose it is, if it is not the reader's own."""
    data, status = meeting["data"], status_of(meeting)
    event = Event()
    event.add("uid", f"{meeting['_id']}@qinejia")
    event.add("sequence", data["sequence"] + (status == _CANCELLED))
    # Without a METHOD, the stamp is when this was last revised; a later one would change the ETag.
    for name in ("dtstamp", "last-modified"):
        event.add(name, _whole_seconds(meeting["updated_at"]))
    event.add("created", _whole_seconds(meeting["created_at"]))
    event.add("dtstart", data["starts_at"].astimezone(CAMPUS))
    event.add("dtend", data["ends_at"].astimezone(CAMPUS))
    event.add("status", status)
    event.add("transp", "OPAQUE" if status == "CONFIRMED" else "TRANSPARENT")
    event.add("location", _location(data))
    for name, text in _words(data, host).items():
        event.add(name, text.translate(_CONTROLS))
    return event


def _words(data: Mapping[str, Any], host: str) -> dict[str, str]:
    """What it is about: of a private meeting of somebody else, that one is busy."""
    if data["private"] and host:
        return {"summary": "忙碌", "class": "PRIVATE"}
    lines = [f"预订人：{host}" if host else "", data.get("note") or ""]
    text = "\n".join(line for line in lines if line)
    words = {"summary": data["subject"], "class": "PRIVATE" if data["private"] else "PUBLIC"}
    return words | ({"description": text} if text else {})


def _location(data: Mapping[str, Any]) -> str:
    room = data["room"]
    return f"{room['building']} {room['name']}".translate(_CONTROLS)


def _whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
