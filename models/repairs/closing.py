"""How a ticket ends: accepted or refused, rated, reopened, cancelled, or merged into another.

What a reporter thinks of it stands in the ticket's data and is shown to the reporter alone: see
models/repairs/ratings.py for what others learn of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from models.base import visibility
from models.base.clock import campus_date
from models.base.context import Actor, Context
from models.base.decisions import Found, Hold, Lookup
from models.base.errors import Refusal
from models.base.orders import ORDERS
from models.base.shapes import Id, Input
from models.base.store import Document
from models.base.views import RatingInput
from models.base.workflow import Also, Effect, Order, Tell
from models.repairs import hands, parties, vendors
from models.repairs.dispatching import returned_to, staff_of
from models.repairs.parties import OPEN
from models.repairs.refusals import NotMergeable, ReopenTooLate, UrgedLately
from models.repairs.screening import screen
from models.repairs.vendors import HANDS
from models.repairs.working import Text

A_DAY: Final = timedelta(days=1)


class Reason(Input):
    """Why; the other side reads it."""

    reason: Text


class Merging(Input):
    """The ticket in which this one goes on."""

    into: Id


class Remark(Input):
    """What everybody on the ticket should know."""

    text: Text


async def accept(ctx: Context, order: Order, body: Any) -> Effect:
    until = ctx.now + order["data"]["terms"]["reopen_days"] * A_DAY
    return Effect(data={"accepted_at": ctx.now, "reopen_until": until})


async def refuse(ctx: Context, order: Order, body: Reason) -> Effect:
    """Back to the same hands; to the dispatcher, where they cannot take it."""
    await screen(ctx, body.reason)
    again = await _again(ctx, order, {"refused": order["data"].get("refused", 0) + 1})
    return replace(again, note=body.reason)


async def reopen(ctx: Context, order: Order, body: Reason) -> Effect:
    """The same, after the fix had been accepted."""
    await screen(ctx, body.reason)
    again = await _again(ctx, order, {"round": order["data"]["round"] + 1})
    return replace(again, note=body.reason)


async def _again(ctx: Context, order: Order, data: Document) -> Effect:
    person, vendor = order["assignee"], order["data"]["vendor"]["id"]
    tells = await returned_to(ctx, [vendor])
    lookups = [Lookup(HANDS, person), *vendors.lookups([vendor])]

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        try:
            hands.refuse_busy(found, person, vendor)
            vendors.refuse_idle(found, vendor, campus_date(now))
        except Refusal:
            gone = {"hand": None, "pooled": False, **data}
            fields = {"assignee": None}
            return Effect(target="reported", fields=fields, data=gone, tells=tells)
        return Effect(holds=[*hands.without_hand(order), Hold(HANDS, person)], data=data)

    return Effect(settle=settle, lookups=lookups)


async def rate(ctx: Context, order: Order, body: RatingInput) -> Effect:
    await screen(ctx, body.comment)
    """The opinion is of the vendor that repaired it now, whoever has it after a reopening."""
    vendor = order["data"]["vendor"]["id"]
    rating: Document = {"stars": body.stars, "at": ctx.now, "vendor": vendor}
    if body.comment:
        rating["comment"] = body.comment
    return Effect(data={"rating": rating})


async def cancel(ctx: Context, order: Order, body: Any) -> Effect:
    return Effect(holds=hands.without_hand(order))


async def merge(ctx: Context, order: Order, body: Merging) -> Effect:
    """Everybody on this ticket follows the other from now on. Raises NotMergeable."""
    into = await ctx.store.get(ORDERS, body.into)
    if into is None or not visibility.sees(ctx.actor, into) or into["_id"] == order["_id"]:
        raise NotMergeable(errors=(("/into", "没有该工单"),))

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        other = found.one(ORDERS, body.into)
        if other is None or other["kind"] != parties.KIND or other["state"] not in OPEN:
            raise NotMergeable(errors=(("/into", "该工单已结束"),))
        return Effect(
            holds=hands.without_hand(order),
            data={"merged_into": body.into},
            also=[Also(body.into, "absorb", _absorbed(other, order))],
        )

    return Effect(settle=settle, lookups=[Lookup(ORDERS, body.into)])


def _absorbed(into: Order, order: Order) -> Effect:
    """The other ticket with the people of this one."""
    known = [into["owner"], *into["data"]["watchers"]]
    new = [each for each in (order["owner"], *order["data"]["watchers"]) if each not in known]
    data = {**into["data"], "watchers": [*into["data"]["watchers"], *new]}
    tokens = parties.seen_by(into["owner"], data, into["state"], into.get("assignee"))
    return Effect(
        target=into["state"],
        data={"watchers": data["watchers"]},
        fields={"seen_by": tokens},
    )


async def join(ctx: Context, order: Order, body: Any) -> Effect:
    """One more who has the same fault."""
    watchers = list(dict.fromkeys([*order["data"]["watchers"], body.person]))
    return Effect(data={"watchers": watchers}, facts={"person": body.person})


async def urge(ctx: Context, order: Order, body: Any) -> Effect:
    """While nobody has it on hand, those are told who might give it to somebody."""
    tells = []
    if not order.get("assignee"):
        staff = await staff_of(ctx, order)
        tells.append(Tell("repair-urged", to=lambda order: staff))
    data = {"urged_at": ctx.now, "urged": order["data"].get("urged", 0) + 1}
    return Effect(data=data, tells=tells)


async def remark(ctx: Context, order: Order, body: Remark) -> Effect:
    await screen(ctx, body.text)
    return Effect(note=body.text)


def not_lately(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """Urging twice in a row says nothing new."""
    last, minutes = order["data"].get("urged_at"), order["data"]["terms"]["urge_minutes"]
    if last is not None and now < last + timedelta(minutes=minutes):
        return UrgedLately(minutes=minutes)
    return None


def within_days(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """Some days after the fix was accepted it is another fault."""
    late = now > order["data"]["reopen_until"]
    return ReopenTooLate(days=order["data"]["terms"]["reopen_days"]) if late else None
