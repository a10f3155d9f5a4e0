"""Technicians as they can be given work: which categories, how much at once, whether on duty.

A document of `repair_hands`, one countable thing for each technician (models/base/holds.py):
    _id, vendor, name        the person's id
    enabled                  whether he may be given work
    limit, left              how many open tickets he may have; how many more
    queue, ranks             as of every countable thing
    categories               what he repairs
    on_duty                  whether his turn comes on working days without a roster
    last_taken_at            when he was last given something: turns go by it

Taking, assigning and handing over a ticket takes one of a technician, so that a race for him, or
against his being disabled, has one answer. What pools he sees stands with the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta

from models import people
from models.base.audit import record
from models.base.context import Context, House
from models.base.decisions import Found, Hold
from models.base.errors import Conflict, NotFound
from models.base.marks import any_of
from models.base.orders import ORDERS
from models.base.placements import held
from models.base.roles import Role
from models.base.shapes import Input, Struct
from models.base.store import Document, Duplicate
from models.base.workflow import Order
from models.repairs import parties
from models.repairs.catalogue import CATEGORIES, CategoryId
from models.repairs.refusals import CategoryUnknown, HandDisabled, HandFull, HandUnknown
from models.repairs.vendors import HANDS, dispatched

USUAL_LIMIT: Final = 8


class HandInput(Input):
    """A technician as the dispatcher sets him up. `limit` is open tickets at once."""

    enabled: bool = True
    limit: Annotated[int, Meta(ge=1, le=500)] = USUAL_LIMIT
    categories: Annotated[list[CategoryId], Meta(max_length=50)] = []
    on_duty: bool = True


class Hand(Struct, kw_only=True):
    """A technician. `set_up`: somebody has said what he does; `open` counts his open tickets."""

    id: str
    employee_no: str
    name: str
    vendor: str
    enabled: bool
    limit: int
    open: int
    categories: list[str]
    on_duty: bool
    last_taken_at: datetime | None
    set_up: bool


class HandList(Struct):
    """The technicians of the dispatcher's vendor, by number."""

    items: list[Hand]


class Load(Struct):
    """What a technician has on hand."""

    id: str
    name: str
    limit: int
    open: int
    working: int
    paused: int
    overdue: int


class LoadList(Struct):
    """The technicians of the dispatcher's vendor, those with most to do first."""

    items: list[Load]


async def listed(ctx: Context) -> HandList:
    """The technicians of the vendors for which the actor dispatches."""
    persons = await _technicians(ctx)
    hands = await _of(ctx.house, (person["_id"] for person, _ in persons))
    shown = [_view(person, vendor, hands.get(person["_id"])) for person, vendor in persons]
    return HandList(items=sorted(shown, key=lambda hand: hand.employee_no))


async def loads(ctx: Context) -> LoadList:
    """How much each technician has on hand."""
    persons = await _technicians(ctx)
    hands = await _of(ctx.house, (person["_id"] for person, _ in persons))
    where = any_of(parties.on_hand(vendor, person["_id"]) for person, vendor in persons)
    fields = {"assignee": 1, "state": 1, "due_at": 1}
    found = await ctx.store.find(ORDERS, where, fields=fields) if hands else []
    items = [
        _load(hand, [order for order in found if order.get("assignee") == key], ctx.now)
        for key, hand in hands.items()
    ]
    return LoadList(items=sorted(items, key=lambda load: (-load.open, load.id)))


def _load(hand: Document, orders: Sequence[Order], now: datetime) -> Load:
    return Load(
        id=hand["_id"],
        name=hand["name"],
        limit=hand["limit"],
        open=len(orders),
        working=sum(order["state"] == "started" for order in orders),
        paused=sum(order["state"] == "paused" for order in orders),
        overdue=sum(order["due_at"] <= now and order["state"] != "paused" for order in orders),
    )


async def put(ctx: Context, person_id: str, body: HandInput) -> Hand:
    """Say what a technician does and how much at once; what he has on hand stays with him.

    Raises NotFound for anybody but a technician of the dispatcher's vendor, CategoryUnknown.
    """
    person, vendor = await _technician(ctx, person_id)
    await _refuse_unknown(ctx, body.categories)
    categories = list(dict.fromkeys(body.categories))
    said: Document = {"vendor": vendor, "name": person["name"], "enabled": body.enabled}
    said |= {"limit": body.limit, "categories": categories, "on_duty": body.on_duty}
    before = await ctx.store.get(HANDS, person_id)
    after = await _written(ctx, person_id, before, said)
    await _show_pools(ctx, person, [f"{each}:{vendor}" for each in categories])
    if before is None or not said.items() <= before.items():
        await record(ctx, "repairs.hand", person_id, before, after)
    return _view(person, vendor, after)


async def _written(
    ctx: Context, person_id: str, before: Document | None, said: Document
) -> Document:
    """The technician as he is now. Raises Conflict where somebody else changed the limit."""
    if before is None:
        after = {"_id": person_id, **said, "left": said["limit"], "queue": [], "ranks": 0}
        after["last_taken_at"] = None
        try:
            await ctx.store.insert(HANDS, after)
        except Duplicate:
            raise Conflict from None
        return after
    more = {"left": said["limit"] - before["limit"]}
    same = {"_id": person_id, "limit": before["limit"]}
    changed = await ctx.store.change(HANDS, same, {"$set": said, "$inc": more})
    if changed is None:
        raise Conflict
    return changed


async def _show_pools(ctx: Context, person: Document, pools: list[str]) -> None:
    if person.get("pools", []) != pools:
        alteration = people.Alteration(person=person, sets={"pools": pools})
        await people.alter(ctx, [alteration])


async def _refuse_unknown(ctx: Context, categories: Iterable[str]) -> None:
    wanted = sorted(set(categories))
    found = await ctx.store.find(CATEGORIES, {"_id": {"$in": wanted}}) if wanted else []
    if len(found) != len(wanted):
        raise CategoryUnknown


async def _technician(ctx: Context, person_id: str) -> tuple[Document, str]:
    """A technician with the vendor he works for, if the actor dispatches for it."""
    for person, vendor in await _technicians(ctx):
        if person["_id"] == person_id:
            return person, vendor
    raise NotFound


async def _technicians(ctx: Context) -> list[tuple[Document, str]]:
    """Everybody with the vendor he works for, as far as the actor dispatches there."""
    return [
        (person, vendor)
        for vendor in await dispatched(ctx)
        for person in await people.serving(ctx, Role.TECHNICIAN, vendor)
    ]


async def _of(house: House, persons: Iterable[str]) -> dict[str, Document]:
    wanted = sorted(set(persons))
    found = await house.store.find(HANDS, {"_id": {"$in": wanted}}) if wanted else []
    return {hand["_id"]: hand for hand in found}


def _view(person: Document, vendor: str, hand: Document | None) -> Hand:
    known: Mapping[str, object] = hand or {}
    limit = hand["limit"] if hand else USUAL_LIMIT
    return Hand(
        id=person["_id"],
        employee_no=person["employee_no"],
        name=person["name"],
        vendor=vendor,
        enabled=bool(known.get("enabled", False)),
        limit=limit,
        open=limit - hand["left"] if hand else 0,
        categories=hand["categories"] if hand else [],
        on_duty=bool(known.get("on_duty", False)),
        last_taken_at=hand["last_taken_at"] if hand else None,
        set_up=hand is not None,
    )


def refuse_busy(found: Found, person_id: str, vendor: str | None = None) -> Document:
    """The technician, if he can be given one more, of this vendor where one is named. Raises
    HandUnknown, HandDisabled, HandFull.
    """
    hand = found.one(HANDS, person_id)
    if hand is None or vendor not in (None, hand["vendor"]):
        raise HandUnknown
    if not hand["enabled"]:
        raise HandDisabled(name=hand["name"])
    if hand["left"] < 1:
        raise HandFull(name=hand["name"], limit=hand["limit"])
    return hand


def without_hand(order: Order) -> list[Hold]:
    """What a ticket has taken besides its technician, such as parts."""
    return [hold for hold in held(order) if hold.collection != HANDS]
