"""What became of an asset: its tickets, what they cost, and how reliable it is.

MTTR, the mean time to repair: from the report of a failure to its (last) fix, the mean over all
failures that were fixed. MTBF, the mean time between failures: from the fix of one failure to the
report of the next, the mean over all such gaps; a failure reported before the last was fixed leaves
no gap. Both are minutes of the clock on the wall. Planned maintenance is no failure, nor is what
was cancelled or merged; both need what they are the mean of, else they are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from models.base.context import Context
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.store import Document
from models.base.visibility import within
from models.repairs import assets, parties
from models.repairs.assets import AssetLine

MOST: Final = 500  # tickets looked at, from the newest
NO_FAILURES: Final = ("cancelled", "merged")
MINUTE: Final = timedelta(minutes=1)


class AssetTicket(Struct):
    """A ticket of the asset; cost of parts in fen."""

    order_id: str
    state: str
    fault: str
    planned: bool
    created_at: datetime
    fixed_at: datetime | None
    labour_minutes: int
    cost: int


class PartsUsed(Struct):
    """How many of a part went into the asset."""

    part: str
    name: str
    unit: str
    count: int


class History(Struct):
    """The tickets that the reader may see, newest first, and what follows from them (fen,
    minutes).
    """

    asset: AssetLine
    items: list[AssetTicket]
    failures: int
    labour_minutes: int
    cost: int
    mttr_minutes: int | None
    mtbf_minutes: int | None
    parts: list[PartsUsed]


async def history(ctx: Context, asset_id: str) -> History:
    """The asset's history as far as the actor sees its tickets. Raises AssetUnknown."""
    asset = await assets.find(ctx, asset_id)
    where = {"found_by": parties.about(asset_id), "seen_by": within(ctx.actor.tokens)}
    fields = {"timeline": 0, "outbox": 0, "seen_by": 0}
    sort = [("created_at", -1)]
    found = await ctx.store.find(ORDERS, where, sort=sort, limit=MOST, fields=fields)
    items = [_ticket(order) for order in found]
    failures = [each for each in items if not each.planned and each.state not in NO_FAILURES]
    times = [(each.created_at, each.fixed_at) for each in reversed(failures)]
    return History(
        asset=assets.line(asset),
        items=items,
        failures=len(failures),
        labour_minutes=sum(each.labour_minutes for each in items),
        cost=sum(each.cost for each in items),
        mttr_minutes=mttr(times),
        mtbf_minutes=mtbf(times),
        parts=_parts(found),
    )


def mttr(failures: Sequence[tuple[datetime, datetime | None]]) -> int | None:
    """The mean time to repair of (reported, fixed), in minutes."""
    return _mean([fixed - reported for reported, fixed in failures if fixed is not None])


def mtbf(failures: Sequence[tuple[datetime, datetime | None]]) -> int | None:
    """The mean time between failures of (reported, fixed), oldest first, in minutes."""
    gaps = [
        reported - fixed
        for (_, fixed), (reported, _) in pairwise(failures)
        if fixed is not None and fixed < reported
    ]
    return _mean(gaps)


def _mean(times: Sequence[timedelta]) -> int | None:
    return round(sum(times, timedelta()) / len(times) / MINUTE) if times else None


def _ticket(order: Document) -> AssetTicket:
    data = order["data"]
    return AssetTicket(
        order_id=order["_id"],
        state=order["state"],
        fault=data["fault"],
        planned="plan" in data,
        created_at=order["created_at"],
        fixed_at=data.get("fixed_at"),
        labour_minutes=data.get("labour_minutes", 0),
        cost=data.get("cost", 0),
    )


def _parts(orders: Sequence[Document]) -> list[PartsUsed]:
    used: dict[str, PartsUsed] = {}
    for order in orders:
        for each in order["data"].get("materials", ()):
            name, unit = each.get("name", each["part"]), each.get("unit", "")
            line = PartsUsed(part=each["part"], name=name, unit=unit, count=0)
            used.setdefault(each["part"], line).count += each["count"]
    return sorted(used.values(), key=lambda each: (-each.count, each.part))
