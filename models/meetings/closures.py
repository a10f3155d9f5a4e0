"""Taking a room out of use and back: never silently for those who have booked it.

Whoever disables a room with bookings to come says what becomes of them: they are kept, cancelled,
or moved to another room that is free (and cancelled where none is). The room is closed first, with
all its days; then every meeting is settled by its own transition, so that its people are told. The
room's `resolving` ({choice, reason, by}) stays until none is left, whatever happens on the way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final, Literal

from models.base.audit import record
from models.base.chores import chore
from models.base.clock import campus_date
from models.base.context import Actor, Context, House
from models.base.errors import Conflict, Refusal
from models.base.indexes import declare as index
from models.base.roles import Role
from models.base.shapes import Input, Line
from models.base.store import Document, StoreError
from models.base.transitions import transition
from models.base.visibility import desk
from models.base.workflow import Order
from models.meetings import days, rooms
from models.meetings.blocks import others
from models.meetings.changes import Move
from models.meetings.lifecycle import Reason
from models.meetings.periods import A_DAY
from models.meetings.rooms import ROOMS, Room
from models.meetings.schedules import meetings
from models.meetings.search import Finder

AHEAD: Final = 400 * A_DAY  # beyond what any room can be booked ahead
BOOKED: Final = ("requested", "booked", "waiting", "offered")

index(ROOMS, [("resolving.choice", 1)], sparse=True)


class RoomHasBookings(Conflict):
    """`bookings` meetings are planned: say what becomes of them."""

    code = "room-has-bookings"
    zh = "该会议室还有 {bookings} 场预订，请选择保留、取消或改到其他会议室。"
    en = "The room has {bookings} bookings: keep, cancel or move them."


class Closure(Input):
    """Why the room is out of use, and what becomes of what is booked there."""

    reason: Line
    affected: Literal["keep", "cancel", "move"] | None = None


async def disable(ctx: Context, room_id: str, body: Closure) -> Room:
    """Take a room out of use. Raises RoomUnknown, RoomHasBookings without a choice."""
    room = await rooms.find(ctx, room_id)
    coming = await _coming(ctx.house, room_id)
    if coming and body.affected is None:
        raise RoomHasBookings(bookings=len(coming))
    said: Document = {"enabled": False, "disabled_reason": body.reason, "resolving": None}
    if body.affected in ("cancel", "move"):
        said["resolving"] = {
            "choice": body.affected, "reason": body.reason, "by": ctx.actor.id,
        }  # fmt: skip
    if body.affected is None:
        begun = await _begun(ctx.house, room_id)
        after = await days.turn(ctx, room, said, lambda day: _is_vacant(ctx, day, begun))
    else:
        after = await days.turn(ctx, room, said)
    await _told(ctx, room, after)
    if said["resolving"]:
        await _resolve(ctx.house, after)
    return rooms.view(after)


async def enable(ctx: Context, room_id: str) -> Room:
    """Put a room back into use; what was kept still stands. Raises RoomUnknown."""
    room = await rooms.find(ctx, room_id)
    if room["enabled"]:
        return rooms.view(room)
    said = {"enabled": True, "disabled_reason": None, "resolving": None}
    after = await days.turn(ctx, room, said)
    await _told(ctx, room, after)
    return rooms.view(after)


async def _told(ctx: Context, before: Document, after: Document) -> None:
    names = ("enabled", "disabled_reason", "resolving")
    was, is_ = ({name: room.get(name) for name in names} for room in (before, after))
    await record(ctx, "meetings.room", before["_id"], was, is_)


async def _coming(house: House, room_id: str) -> list[Order]:
    """The meetings that have not begun."""
    now = house.clock()
    today = campus_date(now)
    found = await meetings(house, [room_id], [today, today + AHEAD], BOOKED)
    return [order for order in found if order["data"]["starts_at"] > now]


async def _begun(house: House, room_id: str) -> set[str]:
    """The meetings of today that are on, by id: they end in peace."""
    today = [campus_date(house.clock())]
    return {order["_id"] for order in await meetings(house, [room_id], today, ("booked", "in_use"))}


def _is_vacant(ctx: Context, day: Document, begun: set[str]) -> bool:
    """Whether nobody has booked the day, but for what has begun."""
    minute = days.minutes(date.fromisoformat(day["date"]), ctx.now)
    return all(
        days.is_block(each) or each["order"] in begun or each["to"] <= minute
        for each in day["taken"]
    )


@chore
async def resolve(house: House) -> int:
    """Settle what is booked in rooms out of use; it goes on after a crash until none is left."""
    due = await house.store.find(ROOMS, {"resolving.choice": {"$in": ["cancel", "move"]}}, limit=5)
    for room in due:
        await _resolve(house, room)
    return len(due)


async def _resolve(house: House, room: Document) -> None:
    for order in await _coming(house, room["_id"]):
        try:
            await _settle(house, room["resolving"], order)
        except (Refusal, StoreError):
            return  # the chore tries again
    guard = {"_id": room["_id"], "resolving": room["resolving"]}
    await house.store.update(ROOMS, guard, {"$set": {"resolving": None}})


async def _settle(house: House, resolving: Document, order: Order) -> None:
    """Move a meeting, or end it by the transition that fits its state."""
    ctx = Context(house=house, actor=_desk_of(resolving["by"]), now=house.clock())
    if resolving["choice"] == "move" and order["state"] == "booked":
        if await _moved(ctx, resolving, order):
            return
    step = "refuse" if order["state"] == "requested" else "call_off"
    await transition(ctx, order["_id"], step, Reason(reason=resolving["reason"]))


async def _moved(ctx: Context, resolving: Document, order: Order) -> bool:
    """Whether the meeting is in another room now."""
    finder = await Finder.on(ctx.house, date.fromisoformat(order["data"]["date"]))
    now = replace(ctx, if_match=order["version"])
    for room in others(finder, order):
        body = Move(room_id=room["_id"], note=resolving["reason"])
        try:
            await transition(now, order["_id"], "move", body)
            return True
        except Refusal:  # somebody was faster: the next room
            continue
    return False


def _desk_of(person: str) -> Actor:
    """Whoever administers rooms, serving at the desk of meetings."""
    return Actor(id=person, roles=frozenset({Role.MEETINGS}), tokens=frozenset({desk("meetings")}))
