"""Whose work others must go on with: of technicians who leave or serve elsewhere, of vendors whose
contract ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from models import people
from models.base.chores import chore
from models.base.context import CLOCK, Context, House
from models.base.errors import Conflict, Refusal
from models.base.leavings import on_leaving, on_moving
from models.base.marks import any_of
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.store import Document
from models.base.transitions import transition
from models.base.workflow import Order
from models.people.standing import posts_of
from models.repairs import parties, vendors
from models.repairs.vendors import HANDS, VENDORS

BATCH: Final = 50


@on_leaving
@on_moving
async def release_work(ctx: Context, person: str) -> None:
    """Where a technician serves no longer he is given nothing more, and his work returns to the
    dispatcher. By then he sees none of it any more.
    """
    serves = posts_of(await people.by_id(ctx, person), Role.TECHNICIAN)
    gone = [vendor["_id"] for vendor in await ctx.store.find(VENDORS, {})]
    gone = [vendor for vendor in gone if vendor not in serves]
    idle = {"$set": {"enabled": False}}
    await ctx.store.update(HANDS, {"_id": person, "vendor": {"$in": gone}}, idle)
    await _release_all(ctx.house, any_of(parties.on_hand(vendor, person) for vendor in gone))


@chore
async def hand_back(house: House) -> int:
    """Take what is open from vendors whose contract is over; how much there was."""
    count = 0
    for vendor in await vendors.over(house):
        its = {"found_by": parties.open_for(vendor["_id"])}
        found = await house.store.find(ORDERS, its, limit=BATCH)
        for order in found:
            await _released(house, order)
        count += len(found)
    return count


async def _release_all(house: House, where: Document) -> None:
    """Release all tickets that match. Raises Conflict where somebody was faster."""
    while found := await house.store.find(ORDERS, where, limit=BATCH):
        if not all([await _released(house, order) for order in found]):
            raise Conflict  # the farewell is said again


async def _released(house: House, order: Order) -> bool:
    ctx = Context(house=house, actor=CLOCK, now=house.clock())
    try:
        await transition(replace(ctx, if_match=order["version"]), order["_id"], "release")
    except Refusal:  # somebody moved it this moment; it is looked at again
        return False
    return True
