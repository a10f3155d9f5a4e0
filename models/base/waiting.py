"""Waiting lists: first come, first offered, with a hold while one decides.

Joining pushes a rank into the thing's `queue` and places the order `waiting`. While anybody waits,
only the promoter takes: the first waiter whose number fits is `offered` the places until `OFFER`
has passed (never past the thing's cut-off), then the next. Everything is a transition, so a crash
leaves nothing half done.

Of an exclusive thing one waits for an interval: only the promoter takes what meets it, and the
first waiter whose interval is free is offered it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from models.base.context import CLOCK, Context, House
from models.base.decisions import Found, Hold, Lookup, Rank
from models.base.errors import Conflict, Refusal
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.spans import overlaps
from models.base.store import Document, StoreError
from models.base.transitions import leaving, transition
from models.base.visibility import deputy, person
from models.base.workflow import Effect, Order, Timer

log = logging.getLogger(__name__)

OFFER: Final = timedelta(minutes=10)
_COLLECTIONS: Final[list[str]] = []


class WaitedTooLong(Conflict):
    """The cut-off has passed, so that nothing can be offered any more."""

    code = "waited-too-long"
    zh = "已过截止时间，不再递补。"
    en = "The cut-off has passed; nothing is offered any more."


def has_waiting_list(collection: str) -> None:
    """Declare that things of `collection` have a waiting list.

    Its orders need the states `waiting` and `offered`, and a transition `offer` by the clock whose
    rule is `offer` below.
    """
    index(collection, [("queued", 1)], sparse=True)
    _COLLECTIONS.append(collection)


def join(
    collection: str, thing: Document, start: int | None = None, end: int | None = None
) -> Rank:
    """The next place in the waiting list of `thing`, as the group sees it; of an exclusive thing,
    for the interval from `start` to `end` (minutes since midnight).
    """
    return Rank(collection, thing["_id"], thing["ranks"], start, end)


async def place_in_queue(ctx: Context, order: Order) -> int:
    """Where a waiting order stands just now: 1 is the first, 0 is no longer in the list. For an
    interval, only those count who want some of the same minutes.
    """
    waits = order["waits"]
    thing = await ctx.store.get(waits["in"], waits["thing"])
    queue = thing["queue"] if thing else []
    if "from" in waits:
        start, end = waits["from"], waits["to"]
        queue = [entry["rank"] for entry in queue if overlaps(entry, start, end)]
    return sum(rank <= waits["rank"] for rank in queue) if waits["rank"] in queue else 0


async def offer(ctx: Context, order: Order, body: Any) -> Effect:
    """Hold what a waiting order wants for it, and let it go again when nobody takes it up."""
    hold = Hold.of(order["waits"])

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        if now >= order["due_at"]:
            raise WaitedTooLong
        until = min(now + OFFER, order["due_at"])
        return Effect(
            holds=[hold],
            leaves=leaving(order),
            promotes=True,
            data={"offer_until": until},
            fields={"waits_for": _takers(order)},
            timers=[Timer(until, "lapse")],
        )

    return Effect(settle=settle, lookups=[Lookup(hold.collection, hold.thing)])


def _takers(order: Order) -> list[str]:
    """Who may take an offer up: the owner, and whoever stands in for them where they see it."""
    owner, stand_in = person(order["owner"]), deputy(order["owner"])
    return [owner, stand_in] if stand_in in order["seen_by"] else [owner]


async def promote(house: House) -> int:
    """Offer what has become free to those who wait; how many offers were made."""
    made = 0
    for collection in _COLLECTIONS:
        for thing in await house.store.find(collection, {"queued": True}):
            made += await _promote(house, collection, thing)
    return made


async def _promote(house: House, collection: str, thing: Document) -> int:
    if not thing["queue"]:
        empty = {"_id": thing["_id"], "queue": []}
        await house.store.update(collection, empty, {"$unset": {"queued": ""}})
        return 0
    made, left = 0, _Left(thing)
    if not thing["enabled"] or left.nothing():
        return 0
    for order in await _waiters(house, thing["_id"]):
        if left.fits(order["waits"]) and await _offer(house, order):
            left.take(order["waits"])
            made += 1
    return made


class _Left:
    """What of a thing is still to be offered in this turn."""

    def __init__(self, thing: Document) -> None:
        self._queue = thing["queue"]
        self._places: int | None = thing.get("left")  # None: intervals
        self._taken = list(thing.get("taken", ()))

    def nothing(self) -> bool:
        """Whether nobody need be asked what they wait for."""
        if self._places is not None:
            return self._places <= 0
        return not any(self.fits(entry) for entry in self._queue)

    def fits(self, waits: Document) -> bool:
        if self._places is not None:
            return bool(waits["n"] <= self._places)
        return not any(overlaps(taken, waits["from"], waits["to"]) for taken in self._taken)

    def take(self, waits: Document) -> None:
        if self._places is not None:
            self._places -= waits["n"]
        else:
            self._taken.append(waits)


async def _waiters(house: House, thing: str) -> Sequence[Order]:
    return await house.store.find(ORDERS, {"waits.thing": thing}, sort=[("waits.rank", 1)])


async def _offer(house: House, order: Order) -> bool:
    try:
        await transition(
            Context(house=house, actor=CLOCK, now=house.clock()), order["_id"], "offer"
        )
    except (Refusal, StoreError) as fault:  # it left meanwhile, or the next turn will do
        log.info("no offer to %s: %r", order["_id"], fault)
        return False
    return True
