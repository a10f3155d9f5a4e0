"""Whoever leaves the campus receives nobody: visits that lie ahead are called off, with a word."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from models.base.context import Context
from models.base.errors import Conflict, Refusal
from models.base.leavings import on_leaving
from models.base.orders import ORDERS
from models.base.transitions import transition
from models.base.visibility import within
from models.base.workflow import Order
from models.visitors.changing import Parting
from models.visitors.parties import AHEAD, hosted_by

GONE: Final = Parting(note="接待人已离开本单位")


@on_leaving
async def call_off(ctx: Context, person: str) -> None:
    """Call off the visits of a host who has left."""
    where = {"found_by": hosted_by(person), "state": within(AHEAD)}
    found = await ctx.store.find(ORDERS, where)
    if not all([await _called_off(ctx, order) for order in found]):
        raise Conflict  # somebody was faster: the farewell is said again


async def _called_off(ctx: Context, order: Order) -> bool:
    turn = replace(ctx, if_match=order["version"])
    try:
        await transition(turn, order["_id"], "cancel", GONE)
    except Refusal:
        return False
    return True
