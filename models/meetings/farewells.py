"""Whoever leaves holds no more meetings: what lies ahead is called off, and everyone is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from models.base.context import Context
from models.base.errors import Conflict, Refusal
from models.base.leavings import on_leaving
from models.base.placements import ORDERS
from models.base.transitions import transition
from models.base.workflow import Order
from models.meetings.lifecycle import Reason

AHEAD: Final = ("requested", "waiting", "offered", "booked")
GONE: Final = Reason(reason="预订人已离开本单位")


@on_leaving
async def call_off(ctx: Context, person: str) -> None:
    """Call off the meetings of somebody who has left, but for what has begun."""
    where = {"owner": person, "due_at": {"$gt": ctx.now}, "kind": "meeting"}
    found = await ctx.store.find(ORDERS, where)
    ahead = [order for order in found if order["state"] in AHEAD]
    if not all([await _called_off(ctx, order) for order in ahead]):
        raise Conflict  # somebody was faster: the farewell is said again


async def _called_off(ctx: Context, order: Order) -> bool:
    try:
        await transition(replace(ctx, if_match=order["version"]), order["_id"], "call_off", GONE)
    except Refusal:
        return False
    return True
