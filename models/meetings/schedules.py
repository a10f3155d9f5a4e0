"""What is planned in a room: as its meetings' people, and as everybody else may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from msgspec import UNSET, UnsetType, field

from models import people
from models.base.context import Actor, Context, House
from models.base.marks import any_of
from models.base.orders import ORDERS
from models.base.shapes import Day, Input, Struct
from models.base.store import Document
from models.base.visibility import sees
from models.base.workflow import Order
from models.meetings import days, rooms
from models.meetings.periods import A_DAY, dates

AT_ONCE: Final = 500  # days of rooms that are read together
BLOCKS: Final = "room_blocks"  # see models/meetings/blocks.py
LONGEST: Final = 31  # days
LIVE: Final = ("booked", "in_use", "offered")  # has the room
PLANNED: Final = (*LIVE, "requested")
SHOWN: Final = (*PLANNED, "finished", "rated")
NEEDED: Final = {"timeline": 0, "private": 0, "outbox": 0}


class ScheduleQuery(Input, kw_only=True):
    """From which day (today by default) to which (the same)."""

    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class ScheduleLine(Struct, kw_only=True):
    """Something planned. What only its people may know is absent for others.

    `busy` is false for what is only asked for; `block` is why the room is blocked.
    """

    starts_at: datetime
    ends_at: datetime
    state: str
    busy: bool
    mine: bool = False
    order_id: str | UnsetType = UNSET
    subject: str | UnsetType = UNSET
    owner_name: str | UnsetType = UNSET
    unit_name: str | UnsetType = UNSET
    block: str | UnsetType = UNSET


class Schedule(Struct):
    """What is planned, by time."""

    items: list[ScheduleLine]
    next: str | None = None


async def meetings(
    house: House, room_ids: Sequence[str], wanted: Sequence[date], states: Iterable[str]
) -> list[Order]:
    """The meetings in these rooms and states, from the first of the days to the last, by time."""
    first, last = wanted[0], wanted[-1]
    between = [first + A_DAY * n for n in range((last - first).days + 1)]
    marks = [days.mark_of_day(days.key(room, day)) for room in room_ids for day in between]
    parts = [marks[start : start + AT_ONCE] for start in range(0, len(marks), AT_ONCE)]
    reads = (house.store.find(ORDERS, any_of(part), fields=NEEDED) for part in parts)
    found = [order for read in await asyncio.gather(*reads) for order in read]
    among = set(states)
    planned = (each for each in found if each["state"] in among)
    return sorted(planned, key=lambda order: (order["data"]["starts_at"], order["_id"]))


async def of_room(ctx: Context, room_id: str, query: ScheduleQuery) -> Schedule:
    """A room's schedule. Raises RoomUnknown, FarAway, PeriodWrong."""
    wanted = dates(ctx.now, query.from_, query.to, LONGEST)
    room = await rooms.find(ctx, room_id)
    planned = await meetings(ctx.house, [room["_id"]], wanted, SHOWN)
    lines = await shown(ctx, planned) + await blocked(ctx, room, wanted)
    return Schedule(items=sorted(lines, key=lambda line: (line.starts_at, line.ends_at)))


async def shown(ctx: Context, planned: Sequence[Order]) -> list[ScheduleLine]:
    """Meetings as this reader may see them."""
    open_ = [order for order in planned if discloses(order, ctx.actor)]
    names = await owner_names(ctx, open_)
    units = await people.unit_names(ctx, {order["unit"] for order in open_})
    return [_line(ctx.actor, order, names, units) for order in planned]


def discloses(order: Order, actor: Actor) -> bool:
    """Whether the actor may know what the meeting is about."""
    return not order["data"]["private"] or sees(actor, order)


async def owner_names(ctx: Context, planned: Iterable[Order]) -> dict[str, str]:
    """The names of those the meetings are for, by id."""
    wanted = sorted({order["owner"] for order in planned})
    where = {"_id": {"$in": wanted}}
    found = await ctx.store.find(people.PEOPLE, where, fields={"name": 1}) if wanted else []
    return dict.fromkeys(wanted, "") | {person["_id"]: person["name"] for person in found}


def _line(actor: Actor, order: Order, names: dict[str, str], units: dict[str, str]) -> ScheduleLine:
    data, more = order["data"], dict[str, Any]()
    if discloses(order, actor):
        more = {"order_id": order["_id"], "subject": data["subject"]}
        more |= {"owner_name": names[order["owner"]], "unit_name": units[order["unit"]]}
    return ScheduleLine(
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        state=order["state"],
        busy=order["state"] != "requested",
        mine=order["owner"] == actor.id,
        **more,
    )


async def blocked(ctx: Context, room: Document, wanted: Sequence[date]) -> list[ScheduleLine]:
    """The times at which meeting services keep the room."""
    found = await days.of_room(ctx.house, room["_id"], wanted[0], wanted[-1])
    entries = [(day, each) for day in found for each in day["taken"] if days.is_block(each)]
    reasons = await reasons_of(ctx, {entry["order"] for _, entry in entries})
    return [
        ScheduleLine(
            starts_at=days.moment(date.fromisoformat(day["date"]), entry["from"]),
            ends_at=days.moment(date.fromisoformat(day["date"]), entry["to"]),
            state="blocked",
            busy=True,
            block=reasons.get(entry["order"], ""),
        )
        for day, entry in entries
    ]


async def reasons_of(ctx: Context, blocks: set[str]) -> dict[str, str]:
    """Why rooms are blocked, by block."""
    where = {"_id": {"$in": sorted(blocks)}}
    found = await ctx.store.find(BLOCKS, where, fields={"reason": 1}) if blocks else []
    return {block["_id"]: block["reason"] for block in found}
