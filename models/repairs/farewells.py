"""Whose work others must go on with: of technicians who leave, of vendors whose contract ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from models.base import visibility
from models.base.chores import chore
from models.base.context import CLOCK, Context, House
from models.base.errors import Conflict, Refusal
from models.base.leavings import on_leaving
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.store import Document
from models.base.transitions import transition
from models.base.workflow import Order
from models.repairs import vendors
from models.repairs.parties import KIND, REPORTED, WORK
from models.repairs.vendors import HANDS

BATCH: Final = 100


@on_leaving
async def release_work(ctx: Context, person: str) -> None:
    """A technician who leaves is given nothing more, and his work returns to the dispatcher."""
    await ctx.store.update(HANDS, {"_id": person}, {"$set": {"enabled": False}})
    seen: Document = {"seen_by": visibility.person(person), "kind": KIND}
    where = seen | {"state": {"$in": list(WORK)}, "assignee": person}
    left = await _release(ctx.house, where)
    if left:
        raise Conflict  # somebody was faster: the farewell is said again


@chore
async def hand_back(house: House) -> int:
    """Take what is open from vendors whose contract is over; how much there was."""
    count = 0
    for vendor in await vendors.over(house):
        its = {"seen_by": visibility.vendor(vendor["_id"], Role.DISPATCHER), "kind": KIND}
        count += await _release(house, its | {"state": {"$in": [*REPORTED, *WORK]}})
    return count


async def _release(house: House, where: Document) -> int:
    """Release the tickets that match; how many could not be."""
    found = await house.store.find(ORDERS, where, limit=BATCH)
    return sum([not await _released(house, order) for order in found])


async def _released(house: House, order: Order) -> bool:
    ctx = Context(house=house, actor=CLOCK, now=house.clock())
    try:
        await transition(replace(ctx, if_match=order["version"]), order["_id"], "release")
    except Refusal:  # somebody moved it this moment; it is looked at again
        return False
    return True
