"""People who leave, or serve elsewhere: what a service does then is registered here and done at
least once.

    @on_leaving
    async def cancel_meals(ctx: Context, person: str) -> None: ...

Whoever makes a person leave inserts `leaving(...)` in the same transaction, whoever changes their
roles or posts `moving(...)`; workers do the rest.
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
_MOVES: Final[dict[str, Farewell]] = {}

index(LEAVINGS, [("due_at", 1)])


def on_leaving(farewell: Farewell) -> Farewell:
    """Have `farewell` run for each person who leaves, with the clock as the actor."""
    _FAREWELLS[f"{farewell.__module__}.{farewell.__qualname__}"] = farewell
    return farewell


def on_moving(farewell: Farewell) -> Farewell:
    """Have `farewell` run for each person whose roles or posts have changed."""
    _MOVES[f"{farewell.__module__}.{farewell.__qualname__}"] = farewell
    return farewell


def leaving(person: str, version: int, now: datetime) -> Document:
    """That `person` has left with this version of theirs; people may come back and leave again."""
    return {"_id": f"{person}:{version}", "person": person, "due_at": now, "done": []}


def moving(person: str, version: int, now: datetime) -> Document:
    """That `person` serves elsewhere since this version of theirs."""
    return leaving(person, version, now) | {"stays": True}


@chore
async def say_farewell(house: House) -> int:
    """Run what is registered for up to 20 people who have left or moved; how many there were."""
    due = await house.store.find(
        LEAVINGS, {"due_at": {"$lte": house.clock()}}, sort=[("due_at", 1)], limit=BATCH
    )
    for entry in due:
        await _say_farewell(house, entry)
    return len(due)


async def _say_farewell(house: House, entry: Document) -> None:
    ctx = Context(house=house, actor=CLOCK, now=house.clock())
    done = list(entry["done"])
    farewells = _MOVES if entry.get("stays") else _FAREWELLS
    for name, farewell in sorted(farewells.items()):
        if name in done:
            continue
        try:
            await farewell(ctx, entry["person"])
            done.append(name)
        except Exception:  # the others must not wait for this one, which is tried again
            log.exception("%s failed for %s", name, entry["person"])
    if set(farewells) <= set(done):
        await house.store.delete(LEAVINGS, {"_id": entry["_id"]})
    else:
        retry = {"done": done, "due_at": house.clock() + RETRY}
        await house.store.update(LEAVINGS, {"_id": entry["_id"]}, {"$set": retry})
