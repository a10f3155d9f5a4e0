"""Checking in by the code at the door: whoever stands there need not look for their meeting."""

from __future__ import annotations

from typing import Any

from models.base.clock import campus_date
from models.base.context import Context
from models.base.errors import Conflict
from models.base.orders import seen
from models.base.placements import ORDERS
from models.base.store import Document
from models.base.transitions import transition
from models.base.visibility import sees
from models.base.workflow import Order
from models.meetings import days, doors
from models.meetings.lifecycle import PARTICIPANTS
from models.meetings.moments import clock_time
from models.meetings.refusals import NothingToCheckIn


async def check_in(ctx: Context, body: doors.DoorQuery) -> Order:
    """Check in to my meeting in this room; again, where somebody has done so already.

    Raises DoorUnknown, and NothingToCheckIn with `from` where one of mine opens later today.
    """
    room = await doors.room_at(ctx, body.door)
    mine = await _mine(ctx, room)
    here = [order for order in mine if _is_now(ctx, order)]
    if not here:
        raise _nothing(ctx, mine)
    order = here[0]
    if order["state"] == "in_use":
        return order
    try:
        return await transition(ctx, order["_id"], "check_in")
    except Conflict:  # a colleague was faster by a moment
        present = await seen(ctx, order["_id"])
        if present["state"] != "in_use":
            raise
        return present


async def _mine(ctx: Context, room: Document) -> list[Order]:
    """My meetings of today in the room that people check in to, by time."""
    day = days.key(room["_id"], campus_date(ctx.now))
    found = await ctx.store.find(ORDERS, {"found_by": days.mark_of_day(day)})
    mine = [
        order
        for order in found
        if order["state"] in ("booked", "in_use")
        and order["data"]["check_in"]
        and sees(ctx.actor, order)
        and any(by(order, ctx.actor) for by in PARTICIPANTS)
    ]
    return sorted(mine, key=lambda order: order["data"]["starts_at"])


def _is_now(ctx: Context, order: Order) -> bool:
    window = order["data"]["check_in"]
    if order["state"] == "in_use":
        return bool(window["from"] <= ctx.now < order["data"]["ends_at"])
    return bool(window["from"] <= ctx.now < window["until"])


def _nothing(ctx: Context, mine: list[Order]) -> NothingToCheckIn:
    opens = [order["data"]["check_in"]["from"] for order in mine if order["state"] == "booked"]
    later = [moment for moment in opens if moment > ctx.now]
    facts: dict[str, Any] = {"from": clock_time(min(later))} if later else {}
    return NothingToCheckIn(**facts)
