"""What goes when: a visitor's details, so many days after the visit, all at once.

The visit is over at `private.over_at`: the end of its last window, or earlier where a pass is
cancelled, revoked or no longer needed. Who was never scanned out is scrubbed like
others, and stays on the evacuation list, without a name, until they are taken out by hand.

Gone are `private`, what lists showed of it, purpose (its group's, too) and notes (the log's, too),
and the claims by which codes and link found the visit. What stays is that somebody came, when,
through which gate, and to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from models.base.chores import seldom
from models.base.context import House
from models.base.decisions import CLAIMS
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.store import Document, Store
from models.base.workflow import Order
from models.visitors import windows
from models.visitors.log import SCANS
from models.visitors.parties import AHEAD, GROUP, KIND, LEFT, OPEN
from models.visitors.rules import VisitRules

BATCH: Final = 50
GONE: Final = "已清除"
WAITS: Final = AHEAD + LEFT  # for a step of the clock, which comes at the end of the day

index(ORDERS, [("private.over_at", 1)], sparse=True)


def over_since(order: Order, now: datetime) -> Mapping[str, Any]:
    """Have the details of a visit that ends early go so long after now, not after the last day it
    was meant for.
    """
    private = order.get("private")
    over = min(windows.over_at(order["data"]), now)
    if private is None or private.get("over_at") == over:
        return {}
    return {"private": {**private, "over_at": over}}


@seldom
async def scrub(house: House) -> int:
    """Remove what has been kept long enough, of up to 50 visits; how many there were."""
    rules = await house.policies.value(VisitRules)
    until = house.clock() - timedelta(days=rules.keep_days)
    where: Document = {"private.over_at": {"$lt": until}, "state": {"$nin": list(WAITS)}}
    over = await house.store.find(ORDERS, where, limit=BATCH)
    for order in over:
        await _scrub(house, order)
    return len(over)


async def date_undated(store: Store) -> int:
    """Say of the details of an older version when their visits are over; how many did not."""
    undated: Document = {"private": {"$exists": True}, "private.over_at": {"$exists": False}}
    fields = {"data": 1, "state": 1, "version": 1, "updated_at": 1}
    found = await store.find(ORDERS, {"kind": KIND, **undated}, fields=fields)
    for order in found:
        same = {"_id": order["_id"], "version": order["version"], **undated}
        await store.update(ORDERS, same, {"$set": {"private.over_at": _over_at(order)}})
    return len(found)


def _over_at(order: Order) -> datetime:
    end = windows.over_at(order["data"])
    return end if order["state"] in OPEN else min(end, order["updated_at"])


async def _scrub(house: House, order: Order) -> None:
    """What only the order leads to first: its claims, what was typed at a gate, the purpose of its
    group. Then one update. Running it twice, or after a kill in between, changes nothing.
    """
    await house.store.delete(CLAIMS, {"_id": {"$in": order["claims"]}})
    house.step("scrub.unclaimed")
    typed = {"order": order["_id"], "note": {"$ne": ""}}
    await house.store.update_all(SCANS, typed, {"$set": {"note": ""}})
    if "parent" in order:
        group = {"_id": order["parent"], "kind": GROUP}
        await house.store.update(ORDERS, group, {"$set": {"data.purpose": GONE}})
    timeline = [{k: v for k, v in e.items() if k != "note"} for e in order["timeline"]]
    sets: Document = {
        "timeline": timeline,
        "claims": [],
        "data.visitor": {"name": GONE},
        "data.purpose": GONE,
        "data.scrubbed_at": house.clock(),
    }
    unchanged = {"_id": order["_id"], "version": order["version"]}
    await house.store.update(ORDERS, unchanged, {"$set": sets, "$unset": {"private": ""}})
