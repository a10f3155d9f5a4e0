"""The door of a room: its code, by which people check in, and the display that hangs there.

The code says which room one stands at: "qj:door:room_a101:<code>". It is derived, never stored. A
display knows its room by a key in its address; only the key's fingerprint is stored. A new key ends
the old one and makes the former code void.

    door       {kid, version}: from what the code is derived
    display    fingerprint of the key, absent where there is none
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta

from models.base.audit import record
from models.base.clock import campus_date, campus_time
from models.base.context import Context
from models.base.errors import NotFound
from models.base.ids import KEY_LENGTH, new_key, plain_code
from models.base.indexes import declare as index
from models.base.shapes import Input, Struct
from models.base.signing import fingerprint
from models.base.store import Document
from models.base.transitions import available
from models.meetings import rooms
from models.meetings.rooms import ROOMS, Room
from models.meetings.schedules import LIVE, ScheduleLine, blocked, meetings, shown

PREFIX: Final = "qj:door"
PAGE: Final = "/#/pages/door/display?key={key}"

index(ROOMS, [("display", 1)], unique=True, sparse=True)

DoorCode = Annotated[str, Meta(min_length=1, max_length=96)]
DisplayKey = Annotated[
    str, Meta(min_length=KEY_LENGTH, max_length=KEY_LENGTH, pattern=r"^[0-9A-Z]+$")
]


class DoorUnknown(NotFound):
    code = "door-unknown"
    zh = "无法识别该会议室门牌二维码，请扫描门口的最新二维码。"
    en = "This is not the code of a room; scan the one at the door."


class DisplayUnknown(NotFound):
    code = "display-unknown"
    zh = "该门牌屏已停用，请联系会务重新设置。"
    en = "This display has been turned off."


class DoorQuery(Input):
    """What the code at the door says."""

    door: DoorCode


class DisplayMade(Struct):
    """Where the new display is; shown once."""

    url: str
    key: str


class AtDoor(Struct, kw_only=True):
    """A room now: what is on, what comes next today, and until when it is free."""

    room: Room
    now: ScheduleLine | None
    next: ScheduleLine | None
    free_until: datetime | None


class Display(AtDoor, kw_only=True):
    """What a display shows; `door` is what its QR code says."""

    door: str
    at: datetime


class Scanned(AtDoor, kw_only=True):
    """What stands behind a scanned door, and whether the reader can check in to a meeting now."""

    can_check_in: bool


def code_of(ctx: Context, room: Document) -> str:
    """What the QR code at a room's door says."""
    door = room["door"]
    code = ctx.house.keys.code(f"{PREFIX}:{room['_id']}", door["version"], door["kid"])
    return f"{PREFIX}:{room['_id']}:{code}"


async def room_at(ctx: Context, door: str) -> Document:
    """The room whose door it is. Raises DoorUnknown."""
    prefix, _, code = door.strip().rpartition(":")
    start, _, room_id = prefix.rpartition(":")
    room = await ctx.store.get(ROOMS, room_id) if start == PREFIX else None
    if room is None or "door" not in room:
        raise DoorUnknown
    if ctx.house.keys.find(room["door"]["kid"], ctx.now) is None:
        raise DoorUnknown
    right = code_of(ctx, room).rpartition(":")[2]
    if not hmac.compare_digest(right.encode(), plain_code(code).encode()):
        raise DoorUnknown
    return room


async def scanned(ctx: Context, query: DoorQuery) -> Scanned:
    """What who stands at a door can do. Raises DoorUnknown."""
    room = await room_at(ctx, query.door)
    planned = await meetings(ctx.house, [room["_id"]], [campus_date(ctx.now)], LIVE)
    mine = (order for order in planned if "check_in" in available(order, ctx.actor, ctx.now))
    known = _at_door(ctx, room, await _lines(ctx, room, planned))
    return Scanned(**known, can_check_in=next(mine, None) is not None)


async def show(ctx: Context, key: str) -> Display:
    """What the display with this key shows. Raises DisplayUnknown."""
    kept = fingerprint(key)
    room = await ctx.store.first(ROOMS, {"display": kept})
    if room is None or not hmac.compare_digest(room["display"], kept):
        raise DisplayUnknown
    planned = await meetings(ctx.house, [room["_id"]], [campus_date(ctx.now)], LIVE)
    known = _at_door(ctx, room, await _lines(ctx, room, planned))
    return Display(**known, door=code_of(ctx, room), at=ctx.now)


async def _lines(ctx: Context, room: Document, planned: Sequence[Document]) -> list[ScheduleLine]:
    """Today in the room, blocks included, by time."""
    today = [campus_date(ctx.now)]
    lines = [*await shown(ctx, planned), *await blocked(ctx, room, today)]
    return sorted(lines, key=lambda line: line.starts_at)


def _at_door(ctx: Context, room: Document, lines: list[ScheduleLine]) -> dict[str, Any]:
    on = next((line for line in lines if line.starts_at <= ctx.now < line.ends_at), None)
    following = next((line for line in lines if line.starts_at > ctx.now), None)
    closes = campus_time(campus_date(ctx.now), room["closes"])
    until = closes
    if following is not None:
        buffers = timedelta(minutes=room["setup_minutes"] + room["cleanup_minutes"])
        until = min(closes, following.starts_at - buffers)
    free = on is None and room["enabled"] and until > ctx.now
    return {
        "room": rooms.view(room), "now": on, "next": following,
        "free_until": until if free else None,
    }  # fmt: skip


async def make_display(ctx: Context, room_id: str) -> DisplayMade:
    """A new key for the display of a room; the old one, and the code it showed, are void."""
    room = await rooms.find(ctx, room_id)
    key = new_key()
    kid = ctx.house.keys.current.kid
    said = {"display": fingerprint(key), "door.kid": kid}
    change = {"$set": said, "$inc": {"door.version": 1}}
    await ctx.store.update(ROOMS, {"_id": room["_id"]}, change)
    await record(ctx, "meetings.display", room_id, None, {"display": True})
    return DisplayMade(url=PAGE.format(key=key), key=key)


async def end_display(ctx: Context, room_id: str) -> None:
    """The display shows nothing any more; a second time changes nothing."""
    room = await rooms.find(ctx, room_id)
    if "display" in room:
        await ctx.store.update(ROOMS, {"_id": room_id}, {"$unset": {"display": ""}})
        await record(ctx, "meetings.display", room_id, {"display": True}, {"display": False})
