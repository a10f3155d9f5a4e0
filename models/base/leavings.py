"""People who leave: what a service does then is registered here and done at least once.

    @on_leaving
    async def cancel_meals(ctx: Context, person: str) -> None: ...

Whoever makes a person leave inserts `leaving(...)` in the same transaction; workers do the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from models.base.chores import chore
from models.base.context import CLOCK, Context, House
from models.base.indexes import declare as index
from models.base.store import Document

log = logging.getLogger(__name__)

LEAVINGS: Final = "leavings"
BATCH: Final = 20
RETRY: Final = timedelta(minutes=1)

Farewell = Callable[[Context, str], Awaitable[None]]  # given the person's id; safe to repeat

_FAREWELLS: Final[dict[str, Farewell]] = {}

index(LEAVINGS, [("due_at", 1)])


def on_leaving(farewell: Farewell) -> Farewell:
    """Have `farewell` run for each person who leaves, with the clock as the actor."""
    _FAREWELLS[f"{farewell.__module__}.{farewell.__qualname__}"] = farewell
    return farewell


def leaving(person: str, version: int, now: datetime) -> Document:
    """That `person` has left with this version of theirs; people may come back and leave again."""
    return {"_id": f"{person}:{version}", "person": person, "due_at": now, "done": []}


@chore
async def say_farewell(house: House) -> int:
    """Run what is registered for up to 20 people who have left; how many there were."""
    due = await house.store.find(
        LEAVINGS, {"due_at": {"$lte": house.clock()}}, sort=[("due_at", 1)], limit=BATCH
    )
    for entry in due:
        await _say_farewell(house, entry)
    return len(due)


async def _say_farewell(house: House, entry: Document) -> None:
    ctx = Context(house=house, actor=CLOCK, now=house.clock())
    done = list(entry["done"])
    for name, farewell in sorted(_FAREWELLS.items()):
        if name in done:
            continue
        try:
            await farewell(ctx, entry["person"])
            done.append(name)
        except Exception:  # the others must not wait for this one, which is tried again
            log.exception("%s failed for %s", name, entry["person"])
    if set(_FAREWELLS) <= set(done):
        await house.store.delete(LEAVINGS, {"_id": entry["_id"]})
    else:
        retry = {"done": done, "due_at": house.clock() + RETRY}
        await house.store.update(LEAVINGS, {"_id": entry["_id"]}, {"$set": retry})
