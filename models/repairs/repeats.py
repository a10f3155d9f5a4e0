"""What is known already: open tickets of the same thing, and repairs that did not hold.

A fault that comes back counts against the first fix: the same asset, or the same room and category,
with the same symptom within 30 days (policy `repairs`). The new ticket names that one as
`repeat_of`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

from models.base.audit import masked
from models.base.context import CLOCK, Context
from models.base.errors import Conflict, NotFound
from models.base.orders import ORDERS
from models.base.shapes import Id, Input, Name, Struct
from models.base.store import Document
from models.base.transitions import transition
from models.base.visibility import sees, within
from models.base.workflow import Order
from models.repairs import parties
from models.repairs.catalogue import CategoryId
from models.repairs.parties import DONE, FIXED, KIND, OPEN
from models.repairs.refusals import TicketClosed, WatchingAlready

SHOWN: Final = 20
MOST_AT_ONCE: Final = 32  # who join the same ticket in the same moment


class SimilarQuery(Input):
    """Of what: an asset, or a place, as it would be reported; there one category or all."""

    category: CategoryId | None = None
    building: Name | None = None
    floor: Annotated[str, Meta(max_length=16)] | None = None
    room: Annotated[str, Meta(max_length=64)] | None = None
    asset_id: Id | None = None


class SimilarTicket(Struct):
    """An open ticket without names; `watching`: the reader sees it already."""

    order_id: str
    category: str
    location: str
    fault: str
    state: str
    created_at: datetime
    watchers: int
    watching: bool


class SimilarList(Struct):
    """Open tickets of the same thing or place, newest first."""

    items: list[SimilarTicket]


class Joining(Input):
    """Whoever has the same fault."""

    person: Id


async def similar(ctx: Context, query: SimilarQuery) -> SimilarList:
    """What is reported already of the same thing; nothing where none is named."""
    if query.asset_id is not None:
        where: Document = {"found_by": parties.about(query.asset_id), "state": within(OPEN)}
    elif query.building is not None:
        where = _at(query, query.building)
    else:
        return SimilarList(items=[])
    fields = {"timeline": 0, "private": 0}
    sort = [("created_at", -1)]
    found = await ctx.store.find(ORDERS, where, sort=sort, limit=SHOWN, fields=fields)
    return SimilarList(items=[_masked(ctx, order) for order in found])


def _at(query: SimilarQuery, building: str) -> Document:
    room = query.room or ""
    where: Document = {"found_by": parties.open_at(building, room)}
    where |= {"data.location.building": building, "data.location.room": room}
    if query.floor:
        where["data.location.floor"] = query.floor
    return where | ({"data.category.id": query.category} if query.category else {})


def _masked(ctx: Context, order: Order) -> SimilarTicket:
    place = order["data"]["location"]
    return SimilarTicket(
        order_id=order["_id"],
        category=order["data"]["category"]["name"],
        location=" ".join(place[name] for name in ("building", "floor", "room") if place[name]),
        fault=masked(order["data"]["fault"]),
        state=order["state"],
        created_at=order["created_at"],
        watchers=len(order["data"]["watchers"]),
        watching=sees(ctx.actor, order),
    )


async def join(ctx: Context, order_id: str) -> Order:
    """Follow an open ticket of somebody else: "me too". Raises NotFound, TicketClosed,
    WatchingAlready.
    """
    clock = ctx.acting_as(CLOCK)  # the ticket is not the joiner's to see, until the step is taken
    for _ in range(MOST_AT_ONCE):
        order = await ctx.store.get(ORDERS, order_id)
        if order is None or order["kind"] != KIND:
            raise NotFound
        if ctx.actor.id in order["data"]["watchers"]:
            return order
        if order["state"] not in OPEN:
            raise TicketClosed if sees(ctx.actor, order) else NotFound
        if sees(ctx.actor, order):
            raise WatchingAlready
        turn = replace(clock, if_match=order["version"], idempotency_key="")
        try:
            return await transition(turn, order_id, "join", Joining(person=ctx.actor.id))
        except Conflict:
            continue
    raise Conflict


async def first_fix(ctx: Context, subject: str, symptom: str | None, days: int) -> str | None:
    """The latest ticket of the same thing and symptom that was repaired within so many days."""
    if symptom is None:
        return None
    where = {
        "found_by": parties.about(subject),
        "data.fixed_at": {"$gte": ctx.now - timedelta(days=days)},
        "data.symptom.id": symptom,
        "state": within([*FIXED, *DONE]),
    }
    latest = [("data.fixed_at", -1)]
    order = await ctx.store.first(ORDERS, where, sort=latest, fields={"_id": 1})
    return order["_id"] if order else None
