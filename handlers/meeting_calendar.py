"""The address of my calendar, and what a calendar application reads there."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from handlers.base.content import Empty, File
from handlers.base.endpoint import delete, get, post
from models.base.context import Context
from models.base.roles import EVERYONE, PUBLIC
from models.meetings import calendar_feed
from models.meetings.calendar_feed import Feed, FeedAddress

CALENDAR = "text/calendar; charset=utf-8"
FeedName = Annotated[str, Meta(max_length=64)]  # any: a wrong one is not found, not explained


@get("/api/v1/meetings/calendar", allow=EVERYONE)
async def mine(ctx: Context) -> Feed:
    """Tell whether my meetings can be subscribed to."""
    return await calendar_feed.mine(ctx)


@post("/api/v1/meetings/calendar", allow=EVERYONE, status=201, limit="20/hour")
async def open_feed(ctx: Context) -> FeedAddress:
    """Give my calendar a new address, shown this once; the one before ends."""
    return await calendar_feed.open_feed(ctx)


@delete("/api/v1/meetings/calendar", allow=EVERYONE)
async def close_feed(ctx: Context) -> Empty:
    """End the address of my calendar."""
    await calendar_feed.close_feed(ctx)


@get("/api/v1/meetings/calendar/{name}", allow=PUBLIC, limit="600/minute")
async def read(ctx: Context, name: FeedName) -> File:
    """Read a calendar (iCalendar) by its secret address, `<key>.ics`."""
    content = await calendar_feed.read(ctx, name)
    return File(content, CALENDAR, filename="meetings.ics", cache="private, no-cache")
