"""Blocks: meeting services keep rooms for a period, and settle what was booked there before.

A document of `room_blocks`:
    _id                    "blk_…", which is also how it stands in the days it takes
    rooms                  ids
    starts_at, ends_at     UTC; may span days
    reason, by, at         people read the reason; who blocked it when
    state                  active, or lifted
    todo, unsettled        rooms whose days do not agree with the state yet; whether there are any
    kept                   orders that stay although they collide

A block takes its time whatever stands there: from then on nobody can book. The meetings it meets
are listed until each was moved, called off or kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated, Final

from msgspec import Meta

from models.base.audit import record
from models.base.chores import chore
from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.decisions import Found, Hold, Lookup, Outcome
from models.base.errors import Conflict, NotFound
from models.base.holds import Unit
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.paging import Listing, page
from models.base.shapes import Id, Input, Line, Moment, PageQuery, Struct
from models.base.store import Document
from models.base.workflow import Order
from models.meetings import days
from models.meetings.days import ROOM_DAYS
from models.meetings.periods import A_DAY, PeriodWrong, refuse_far
from models.meetings.refusals import InThePast, NotWholeMinutes
from models.meetings.rooms import ROOMS, RoomId, RoomUnknown
from models.meetings.schedules import BLOCKS, PLANNED, discloses, meetings, owner_names
from models.meetings.search import Finder, wish

LONGEST: Final = 31  # days
MOST_ROOMS: Final = 60
SUGGESTED: Final = 3  # rooms per meeting
WITH_SUGGESTIONS: Final = 50  # meetings; who has settled those sees the next
_LISTING: Final = Listing(BLOCKS, "at")

index(BLOCKS, [("at", -1)])
index(BLOCKS, [("state", 1), ("ends_at", 1)])
index(BLOCKS, [("unsettled", 1)], sparse=True)


class BlockUnknown(NotFound):
    code = "block-unknown"
    zh = "没有找到该停用安排。"
    en = "There is no such block."


class BlockLifted(Conflict):
    code = "block-lifted"
    zh = "该停用安排已解除。"
    en = "This block has been lifted."


class NotColliding(Conflict):
    """The order is not among those that the block meets, or not any more."""

    code = "not-colliding"
    zh = "该会议与停用时段没有冲突，请刷新查看。"
    en = "This meeting does not collide with the block; reload."


class NewBlock(Input):
    """Which rooms are kept from when to when, and why."""

    rooms: Annotated[list[RoomId], Meta(min_length=1, max_length=MOST_ROOMS)]
    starts_at: Moment
    ends_at: Moment
    reason: Line


class Keep(Input):
    """A meeting that stays although the room is blocked."""

    order_id: Id


class Collision(Struct):
    """A meeting in a blocked room. `suggestions` are rooms that are free at its time."""

    order_id: str
    room: str
    subject: str
    owner_name: str
    starts_at: datetime
    ends_at: datetime
    state: str
    suggestions: list[str]


class Block(Struct):
    """A block, and the meetings that are still to be settled, by time."""

    id: str
    rooms: list[str]
    starts_at: datetime
    ends_at: datetime
    reason: str
    by: str
    at: datetime
    state: str
    kept: list[str]
    collisions: list[Collision]


class BlockPage(Struct):
    """Blocks, newest first."""

    items: list[Block]
    next: str | None = None


async def add(ctx: Context, body: NewBlock) -> Block:
    """Block rooms; a second time, the same block is shown. Raises RoomUnknown, PeriodWrong …"""
    block = _drafted(ctx, body)
    same = {name: block[name] for name in ("state", "ends_at", "starts_at", "rooms")}
    there = await ctx.store.first(BLOCKS, same)
    if there is not None:
        return await _one(ctx, there)
    await _known(ctx, block["rooms"])
    await ctx.store.insert(BLOCKS, block)
    await record(ctx, "meetings.block", block["_id"], None, _told(block))
    return await _one(ctx, await _carry_out(ctx.house, block))


def _drafted(ctx: Context, body: NewBlock) -> Document:
    """The block, if its period makes sense."""
    refuse_far(ctx.now, body.starts_at, body.ends_at)
    starts_at, ends_at = body.starts_at.astimezone(UTC), body.ends_at.astimezone(UTC)
    if any(moment.second or moment.microsecond for moment in (starts_at, ends_at)):
        raise NotWholeMinutes
    if not starts_at < ends_at <= starts_at + LONGEST * A_DAY:
        raise PeriodWrong(days=LONGEST)
    if ends_at <= ctx.now:
        raise InThePast
    return {
        "_id": new_id("blk"), "rooms": sorted(set(body.rooms)), "starts_at": starts_at,
        "ends_at": ends_at, "reason": body.reason, "by": ctx.actor.id, "at": ctx.now,
        "state": "active", "kept": [], "todo": sorted(set(body.rooms)), "unsettled": True,
    }  # fmt: skip


async def _known(ctx: Context, ids: Sequence[str]) -> None:
    if await ctx.store.count(ROOMS, {"_id": {"$in": list(ids)}}) < len(ids):
        raise RoomUnknown


@chore
async def carry_out(house: House) -> int:
    """Go on with blocks that a crash has left half placed or half lifted."""
    due = await house.store.find(BLOCKS, {"unsettled": True}, limit=5)
    for block in due:
        await _carry_out(house, block)
    return len(due)


async def _carry_out(house: House, block: Document) -> Document:
    """The block once the days of all its rooms agree with its state.

    Room by room, so that a large block keeps nobody waiting who books meanwhile.
    """
    while block["todo"]:
        room = block["todo"][0]
        await days.ensure(house, {"_id": room}, *(day for day, _, _ in parts(block)))
        things = [Lookup(ROOM_DAYS, hold.thing) for hold in holds(block, room)]
        unit = Unit([Lookup(BLOCKS, block["_id"]), *things], partial(_settle, block["_id"], room))
        block = await house.queues.of("meetings").submit(unit)
    done = {"_id": block["_id"], "todo": []}
    await house.store.update(BLOCKS, done, {"$unset": {"unsettled": ""}})
    return block


def _settle(block_id: str, room: str, found: Found, now: datetime) -> Outcome:
    """Place or lift the block in one room, whichever its state says by now."""
    block = found.one(BLOCKS, block_id)
    if block is None:
        raise BlockUnknown
    if room not in block["todo"]:
        return Outcome(answer=block)
    moves = [(block_id, hold) for hold in holds(block, room)]
    is_active = block["state"] == "active"
    guard = {"_id": block_id, "state": block["state"], "todo": room}
    return Outcome(
        answer=block | {"todo": [other for other in block["todo"] if other != room]},
        takes=moves if is_active else [],
        gives=[] if is_active else moves,
        updates=[(BLOCKS, guard, {"$pull": {"todo": room}})],
    )


def _told(block: Document) -> Document:
    return {name: block[name] for name in ("rooms", "starts_at", "ends_at", "reason")}


def parts(block: Document) -> list[tuple[date, int, int]]:
    """The days of a block, with its minutes on each."""
    first = campus_date(block["starts_at"])
    last = campus_date(block["ends_at"] - timedelta(minutes=1))
    return [
        (
            day,
            max(0, days.minutes(day, block["starts_at"])),
            min(days.DAY, days.minutes(day, block["ends_at"])),
        )
        for day in (first + A_DAY * n for n in range((last - first).days + 1))
    ]


def holds(block: Document, room: str) -> list[Hold]:
    """What a block takes of a room, on every day."""
    return [
        Hold(ROOM_DAYS, days.key(room, day), start=start, end=end, over=True)
        for day, start, end in parts(block)
    ]


async def listed(ctx: Context, query: PageQuery) -> BlockPage:
    """Blocks with what is to be settled, without suggestions."""
    found, following = await page(ctx.store, _LISTING, {}, query)
    open_ = await asyncio.gather(*(_open(ctx, block) for block in found))
    names = await owner_names(ctx, [order for orders in open_ for order in orders])
    items = [
        _view(block, [_collision(ctx, order, names, []) for order in orders])
        for block, orders in zip(found, open_, strict=True)
    ]
    return BlockPage(items=items, next=following)


async def one(ctx: Context, block_id: str) -> Block:
    """A block. Raises BlockUnknown."""
    return await _one(ctx, await _find(ctx, block_id))


async def _find(ctx: Context, block_id: str) -> Document:
    block = await ctx.store.get(BLOCKS, block_id)
    if block is None:
        raise BlockUnknown
    return block


async def _one(ctx: Context, block: Document) -> Block:
    orders = await _open(ctx, block)
    names = await owner_names(ctx, orders)
    rooms_for = await _suggestions(ctx, orders[:WITH_SUGGESTIONS])
    shown = [_collision(ctx, each, names, rooms_for.get(each["_id"], [])) for each in orders]
    return _view(block, shown)


async def _open(ctx: Context, block: Document) -> list[Order]:
    """The meetings to come that an active block meets and that nobody has settled."""
    if block["state"] != "active" or block["ends_at"] <= ctx.now:
        return []
    return [each for each in await _met(ctx, block) if each["_id"] not in block["kept"]]


async def _met(ctx: Context, block: Document) -> list[Order]:
    taken = {day.isoformat(): (start, end) for day, start, end in parts(block)}
    wanted = [day for day, _, _ in parts(block)]
    found = await meetings(ctx.house, block["rooms"], wanted, PLANNED)
    return [
        order
        for order in found
        if order["data"]["ends_at"] > ctx.now
        and order["data"]["span"]["from"] < taken[order["data"]["date"]][1]
        and order["data"]["span"]["to"] > taken[order["data"]["date"]][0]
    ]


async def _suggestions(ctx: Context, orders: Sequence[Order]) -> dict[str, list[str]]:
    """For each meeting, rooms that are free at its time."""
    wanted = sorted({date.fromisoformat(order["data"]["date"]) for order in orders})
    finders = await asyncio.gather(*(Finder.on(ctx.house, day) for day in wanted))
    of_day = dict(zip((day.isoformat() for day in wanted), finders, strict=True))
    return {
        order["_id"]: [room["_id"] for room in others(of_day[order["data"]["date"]], order)]
        for order in orders
    }


def others(finder: Finder, order: Order) -> list[Document]:
    """A few rooms that a meeting could move to, the smallest first."""
    data = order["data"]
    wanted = wish(data["room"]["id"], data["starts_at"], data["ends_at"], data["attendees"])
    wanted = replace(wanted, over=frozenset({order["_id"]}))
    return finder.others(wanted)[:SUGGESTED]


def _collision(
    ctx: Context, order: Order, names: dict[str, str], suggestions: list[str]
) -> Collision:
    data, known = order["data"], discloses(order, ctx.actor)
    return Collision(
        order_id=order["_id"],
        room=data["room"]["id"],
        subject=data["subject"] if known else "",
        owner_name=names[order["owner"]],
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        state=order["state"],
        suggestions=suggestions,
    )


def _view(block: Document, collisions: list[Collision]) -> Block:
    same = {name: block[name] for name in Block.__struct_fields__ if name in block}
    return Block(id=block["_id"], collisions=collisions, **same)


async def keep(ctx: Context, block_id: str, body: Keep) -> Block:
    """Let a meeting stay. Raises BlockUnknown, BlockLifted, NotColliding."""
    block = await _find(ctx, block_id)
    if block["state"] != "active":
        raise BlockLifted
    if body.order_id not in {order["_id"] for order in await _met(ctx, block)}:
        raise NotColliding
    guard = {"_id": block_id, "state": "active"}
    more = {"$addToSet": {"kept": body.order_id}}
    kept = await ctx.store.change(BLOCKS, guard, more)
    if kept is None:
        raise BlockLifted
    await record(ctx, "meetings.keep", block_id, None, {"order": body.order_id})
    return await _one(ctx, kept)


async def lift(ctx: Context, block_id: str) -> None:
    """Give the rooms free again; a second time changes nothing. Raises BlockUnknown."""
    block = await _find(ctx, block_id)
    said = {"state": "lifted", "todo": block["rooms"], "unsettled": True}
    guard = {"_id": block_id, "state": "active"}
    lifted = await ctx.store.change(BLOCKS, guard, {"$set": said})
    if lifted is not None:
        await record(ctx, "meetings.unblock", block_id, _told(block))
        await _carry_out(ctx.house, lifted)
