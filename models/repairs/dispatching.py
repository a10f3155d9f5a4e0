"""Who does it: taking from the pool, being assigned or in turn, handing over, giving back.

Whoever gets a ticket is taken himself (models/repairs/hands.py), in the transaction that also reads
his vendor. So exactly one takes it, and nobody gets more than he may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta

from models import people
from models.base.clock import campus_date
from models.base.context import Actor, Context
from models.base.decisions import Found, Hold, Lookup
from models.base.errors import NotFound, Refusal
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import Id, Input
from models.base.store import Document
from models.base.transitions import transition
from models.base.workflow import Effect, Order, Tell
from models.repairs import catalogue, hands, vendors
from models.repairs.duty import on_duty
from models.repairs.parties import KIND, OFFICE, others, own_pools, pools, vendors_of
from models.repairs.refusals import (
    AlreadyTaken,
    HandUnknown,
    NobodyFree,
    OtherVendor,
    WasAssigned,
)
from models.repairs.screening import screen
from models.repairs.vendors import HANDS

index(people.PEOPLE, [("roles", 1), ("active", 1)])

LOSERS_TOLD: Final = timedelta(minutes=10)  # who was in the pool may know who was faster

Note = Annotated[str, Meta(max_length=500)]


class Assignment(Input):
    """To whom, and what he should know."""

    person: Id
    note: Note = ""


class GivingBack(Input):
    """Why it goes back."""

    note: Note = ""


async def take(ctx: Context, order: Order, body: Any) -> Effect:
    """The pool's first."""
    return await given(ctx, order, ctx.actor.id, {"assigned": False})


async def assign(ctx: Context, order: Order, body: Assignment) -> Effect:
    """To whom the dispatcher thinks best."""
    await screen(ctx, body.note)
    effect = await given(ctx, order, body.person, {"assigned": True})
    return replace(effect, note=body.note)


async def hand_over(ctx: Context, order: Order, body: Assignment) -> Effect:
    """To a colleague, with everything as it stands."""
    await screen(ctx, body.note)
    by_dispatcher = order.get("assignee") != ctx.actor.id
    data = {"assigned": True} if by_dispatcher else {}
    effect = await given(ctx, order, body.person, data)
    return replace(effect, note=body.note, facts={"person": body.person})


async def given(ctx: Context, order: Order, person: str, data: Document) -> Effect:
    """The ticket in the hands of `person`, if he may have it. Raises HandUnknown."""
    hand = await ctx.store.get(HANDS, person)
    if hand is None:
        raise HandUnknown(errors=(("/person", "没有该维修人员"),))
    lookups = [Lookup(HANDS, person), Lookup(vendors.VENDORS, hand["vendor"])]

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        return handed(found, order, person, now, data)

    return Effect(settle=settle, lookups=lookups)


def handed(found: Found, order: Order, person: str, now: datetime, data: Document) -> Effect:
    """The decision over it. Raises what speaks against the person or the vendor."""
    if order.get("assignee") == person:
        return Effect()
    hand = hands.refuse_busy(found, person)
    vendor = vendors.refuse_idle(found, hand["vendor"], campus_date(now))
    fits = order["data"]["category"]["id"] in hand["categories"]
    if vendor["_id"] not in vendors_of(order["data"]) or not fits:
        raise OtherVendor
    return Effect(
        holds=[*hands.without_hand(order), Hold(HANDS, person)],
        updates=[(HANDS, {"_id": person}, {"$set": {"last_taken_at": now}})],
        fields={"assignee": person},
        data={
            "vendor": {"id": vendor["_id"], "name": vendor["name"]},
            "hand": {"id": person, "name": hand["name"]},
            "offered": pools(order["data"]) if order["state"] == "reported" else [],
            **data,
        },
    )


async def rotate(ctx: Context, order: Order, body: Any) -> Effect:
    """To the next who is on duty and has room. Where nobody has, the pool and the dispatcher."""
    able = vendors_of(order["data"])
    category = order["data"]["category"]["id"]
    on = await on_duty(ctx.house, able, campus_date(ctx.now))
    fitting = [hand["_id"] for hand in on if category in hand["categories"]]
    lookups = [*(Lookup(HANDS, person) for person in fitting), *vendors.lookups(able)]
    staff = await staff_of(ctx, order)

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        for person in _in_turn(found, fitting):
            try:
                return handed(found, order, person, now, {"assigned": False})
            except Refusal:
                continue
        return Effect(
            target="reported",
            data={"pooled": True},
            note=NobodyFree.zh,
            tells=[Tell("repair-nobody-free", to=lambda order: staff)],
            quiet=True,
        )

    return Effect(settle=settle, lookups=lookups)


def _in_turn(found: Found, persons: list[str]) -> list[str]:
    """Those who have waited longest first; who has had nothing yet before all others."""
    known = [hand for hand in (found.one(HANDS, person) for person in persons) if hand]

    def waited(hand: Document) -> tuple[bool, float, str]:
        last = hand["last_taken_at"]
        return last is not None, last.timestamp() if last else 0.0, hand["_id"]

    return [hand["_id"] for hand in sorted(known, key=waited)]


async def give_back(ctx: Context, order: Order, body: GivingBack) -> Effect:
    """Into the pool again, of every vendor of the category."""
    await screen(ctx, body.note)
    effect = await _returned(ctx, order, except_for=None)
    return replace(effect, note=body.note)


async def release(ctx: Context, order: Order, body: Any) -> Effect:
    """Away from who can do it no longer: from a technician who leaves to his dispatcher, from a
    vendor whose contract has ended to the others.
    """
    vendor = order["data"]["vendor"]
    if vendor is None:
        return await _returned(ctx, order, except_for=None)
    known = await ctx.store.get(vendors.VENDORS, vendor["id"])
    if vendors.works(known, campus_date(ctx.now)):
        return Effect(
            target="reported",
            holds=hands.without_hand(order),
            fields={"assignee": None},
            data={"hand": None, "pooled": False, "pause": None},
            tells=await returned_to(ctx, [vendor["id"]]),
        )
    return await _returned(ctx, order, except_for=vendor["id"])


async def _returned(ctx: Context, order: Order, *, except_for: str | None) -> Effect:
    """Reported again, to all vendors of the category that may be given work now."""
    category = await catalogue.find(ctx, order["data"]["category"]["id"])
    left_over = [each for each in category["vendors"] if each != except_for]
    tells = await returned_to(ctx, left_over)

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        day = campus_date(now)
        able = [each for each in left_over if vendors.works(found.one(vendors.VENDORS, each), day)]
        return Effect(
            target="reported",
            holds=hands.without_hand(order),
            fields={"assignee": None},
            data={
                "vendor": None,
                "hand": None,
                "pause": None,
                "vendors": able,
                "pooled": category["dispatch"] != "assign",
            },
            tells=tells,
        )

    return Effect(settle=settle, lookups=vendors.lookups(left_over))


def unless_assigned(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    return WasAssigned() if order["data"].get("assigned") else None


async def take_first(ctx: Context, order_id: str) -> Order:
    """Take a ticket from the pool. Who was too late hears from AlreadyTaken who was faster."""
    try:
        return await transition(ctx, order_id, "take")
    except NotFound:
        order = await ctx.store.get(ORDERS, order_id)
        if order is None or not _was_in_pool(ctx, order):
            raise
        raise AlreadyTaken(by=order["data"]["hand"]["name"]) from None


def _was_in_pool(ctx: Context, order: Order) -> bool:
    """Whether the ticket stood in a pool of the actor's when somebody took it a moment ago."""
    if order["kind"] != KIND or order["state"] != "taken":
        return False
    last = order["timeline"][-1]
    lately = ctx.now - last["at"] <= LOSERS_TOLD
    return lately and not set(order["data"]["offered"]).isdisjoint(own_pools(ctx.actor))


async def staff_of(ctx: Context, order: Order) -> list[str]:
    """The dispatchers of those vendors that have a ticket, or might."""
    return await _dispatchers(ctx, vendors_of(order["data"]))


async def managers(ctx: Context) -> list[str]:
    """Those of the administration who decide on repairs."""
    where = {"roles": Role.MANAGER.value, "active": True}
    found = await ctx.store.find(people.PEOPLE, where)
    return [person["_id"] for person in found if OFFICE in people.tokens(person)]


async def _dispatchers(ctx: Context, vendor_ids: Sequence[str]) -> list[str]:
    found = [
        person["_id"]
        for vendor in vendor_ids
        for person in await people.serving(ctx, Role.DISPATCHER, vendor)
    ]
    return list(dict.fromkeys(found))


async def returned_to(ctx: Context, vendor_ids: Sequence[str]) -> list[Tell]:
    """Tells the dispatchers of these vendors that a ticket has come back."""
    staff = await _dispatchers(ctx, vendor_ids)
    return [Tell("repair-returned", to=lambda order: others(staff, order))]
