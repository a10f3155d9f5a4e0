"""What is of no use any more is removed by the clock of the house.

    expires(SESSIONS, "expires_at")          # once that moment has come
    expires(REVOCATIONS, "at", after=KEPT)   # so much later

The database could do it by itself, but by a clock of its own: here one clock decides everything,
also where it is moved. No reader relies on it: what has expired counts as gone before it goes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.base.indexes import declare as index
from models.base.store import Store

_EXPIRING: Final[dict[tuple[str, str], timedelta]] = {}  # (collection, field of the moment)


def expires(collection: str, field: str, *, after: timedelta = timedelta(0)) -> None:
    """Have documents of `collection` removed `after` the moment in their `field`."""
    index(collection, [(field, 1)])
    _EXPIRING[collection, field] = after


async def remove_expired(store: Store, now: datetime) -> int:
    """Remove all that has expired by `now`; how many documents that were."""
    removed = 0
    for (collection, field), after in _EXPIRING.items():
        removed += await store.delete(collection, {field: {"$lte": now - after}})
    return removed
