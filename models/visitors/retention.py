"""What goes when: a visitor's details, so many days after the visit, all at once.

Gone are `private`, what lists showed of it, purpose and notes, and the claims by which codes and
link found the visit. What stays is that somebody came, when, through which gate, and to whom.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from models.base.chores import chore
from models.base.context import House
from models.base.decisions import CLAIMS
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.store import Document
from models.base.workflow import Order
from models.visitors.parties import OPEN
from models.visitors.rules import VisitRules

BATCH: Final = 50
GONE: Final = "已清除"

index(ORDERS, [("private.over_at", 1)], sparse=True)


@chore
async def scrub(house: House) -> int:
    """Remove what has been kept long enough, of up to 50 visits; how many there were."""
    rules = await house.policies.value(VisitRules)
    until = house.clock() - timedelta(days=rules.keep_days)
    where: Document = {"private.over_at": {"$lt": until}, "state": {"$nin": list(OPEN)}}
    over = await house.store.find(ORDERS, where, limit=BATCH)
    for order in over:
        await _scrub(house, order)
    return len(over)


async def _scrub(house: House, order: Order) -> None:
    """One update, and deletes by the order's id; running it twice changes nothing."""
    timeline = [{k: v for k, v in e.items() if k != "note"} for e in order["timeline"]]
    sets: Document = {
        "timeline": timeline,
        "claims": [],
        "data.visitor": {"name": GONE},
        "data.purpose": GONE,
        "data.scrubbed_at": house.clock(),
    }
    unchanged = {"_id": order["_id"], "version": order["version"]}
    if await house.store.update(ORDERS, unchanged, {"$set": sets, "$unset": {"private": ""}}):
        await house.store.delete(CLAIMS, {"_id": {"$in": order["claims"]}})
