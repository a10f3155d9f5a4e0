"""How often something may happen, counted in the database so that all processes agree.

`spend` counts in moving windows: one document per key holds the moments of the last few acts,
newest first, and the guard of the one write that adds another is that the n-th newest lies outside
its window. `draw` counts up to a ceiling that stands for one day. The database decides every race.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from models.base.clock import campus_date, campus_time
from models.base.errors import TooMany
from models.base.expiry import expires
from models.base.store import Document, Duplicate, Store

QUOTAS: Final = "quotas"

expires(QUOTAS, "expires_at")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `times` (up to 100) within any `window`."""

    times: int
    window: timedelta


async def spend(store: Store, key: str, rates: Sequence[Rate], now: datetime) -> None:
    """Count one act of `key`. Raises `TooMany`, and counts nothing, beyond any of `rates`."""
    guard: Document = {"_id": key}
    for rate in rates:
        guard[f"hits.{rate.times - 1}"] = {"$not": {"$gt": now - rate.window}}
    kept, longest = max(rate.times for rate in rates), max(rate.window for rate in rates)
    hit: Document = {
        "$push": {"hits": {"$each": [now], "$position": 0, "$slice": kept}},
        "$set": {"expires_at": now + longest},
    }
    if await store.update(QUOTAS, guard, hit):
        return
    known = await store.get(QUOTAS, key)
    if known is None:
        await _create(store, {"_id": key, "hits": [], "expires_at": now + longest})
        if await store.update(QUOTAS, guard, hit):
            return
        known = await store.get(QUOTAS, key)
    raise TooMany(retry_after=_wait(known or {"hits": []}, rates, now))


def _wait(known: Document, rates: Sequence[Rate], now: datetime) -> int:
    """Seconds until every rate allows one more."""
    opens = [
        known["hits"][rate.times - 1] + rate.window
        for rate in rates
        if len(known["hits"]) >= rate.times
    ]
    return max(1, ceil((max(opens, default=now) - now).total_seconds()))


async def draw(store: Store, key: str, ceiling: int, now: datetime) -> None:
    """Take one of the `ceiling` of this campus day. Raises `TooMany` until midnight."""
    today = campus_date(now)
    midnight = campus_time(today + timedelta(days=1), "00:00")
    name = f"{key}:{today.isoformat()}"
    guard, change = {"_id": name, "drawn": {"$lt": ceiling}}, {"$inc": {"drawn": 1}}
    if await store.update(QUOTAS, guard, change):
        return
    await _create(store, {"_id": name, "drawn": 0, "expires_at": midnight + timedelta(hours=1)})
    if not await store.update(QUOTAS, guard, change):
        raise TooMany(retry_after=ceil((midnight - now).total_seconds()))


async def _create(store: Store, document: Document) -> None:
    try:
        await store.insert(QUOTAS, document)
    except Duplicate:
        return  # somebody else was first
