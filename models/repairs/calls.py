"""Calls between a reporter and the technician: neither sees the other's number.

A document of `repair_calls`, one for each binding of two numbers behind a third:
    _id                      the operator's id of the binding
    order, people            whose numbers: [owner, assignee]
    number                   what both of them dial
    expires_at               when the operator ends it by itself

It is ended before that once the ticket is closed or in other hands. A binding that became known too
late for that, or to nobody because the process died, lives for its minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.base import orders, quotas
from models.base.context import Context
from models.base.errors import Conflict, Forbidden, NotFound, Unavailable
from models.base.expiry import expires
from models.base.indexes import declare as index
from models.base.outbox import reacts
from models.base.ports import BoundNumber, PortError
from models.base.quotas import Rate
from models.base.shapes import Struct
from models.base.store import Document
from models.base.workflow import Order
from models.people import PEOPLE
from models.repairs.parties import KIND, OPEN
from models.repairs.refusals import TicketClosed

CALLS: Final = "repair_calls"
LASTS: Final = timedelta(minutes=15)
WORTH: Final = timedelta(minutes=5)  # a number that still lasts so long is given again
RATES: Final = (Rate(6, timedelta(minutes=10)), Rate(30, timedelta(days=1)))  # of one person

index(CALLS, [("order", 1)])
expires(CALLS, "expires_at")


class NobodyToCall(Conflict):
    code = "nobody-to-call"
    zh = "尚无维修人员接单，暂时无法通话。"
    en = "Nobody has taken this ticket yet."


class NoNumber(Conflict):
    """One of the two has no mobile number on record, or both have the same."""

    code = "no-number"
    zh = "对方或您未登记手机号，无法通话。"
    en = "One of you has no mobile number on record."


class CallsDown(Unavailable):
    code = "calls-down"
    zh = "通话服务暂不可用，请稍后重试，或在工单中留言。"
    en = "Calls are not possible just now; try again later, or leave a remark."


class CallView(Struct):
    """What to dial, and until when it reaches the other."""

    number: str
    expires_at: datetime


async def call(ctx: Context, order_id: str) -> CallView:
    """A number that reaches the other one of reporter and technician. Raises NotFound, Forbidden,
    TicketClosed, NobodyToCall, NoNumber, TooMany, CallsDown.
    """
    order = await orders.seen(ctx, order_id)
    pair = _pair(ctx, order)
    where: Document = {"order": order_id, "people": pair, "expires_at": {"$gt": ctx.now + WORTH}}
    known = await ctx.store.first(CALLS, where)
    if known is None:
        known = await _bind(ctx, order_id, pair)
    return CallView(number=known["number"], expires_at=known["expires_at"])


def _pair(ctx: Context, order: Order) -> list[str]:
    """Reporter and technician, one of whom is the actor."""
    if order["kind"] != KIND:
        raise NotFound
    people = [order["owner"], order.get("assignee")]
    if ctx.actor.id not in people:
        raise Forbidden
    if order["state"] not in OPEN:
        raise TicketClosed
    if people[1] is None:
        raise NobodyToCall
    return people


async def _bind(ctx: Context, order_id: str, pair: list[str]) -> Document:
    """A new binding, kept."""
    one, other = await _phones(ctx, pair)
    await quotas.spend(ctx.store, f"repair-calls:{ctx.actor.id}", RATES, ctx.now)
    try:
        bound = await ctx.house.ports.calls.bind(one, other, LASTS, order_id)
    except PortError as fault:
        raise CallsDown(retry_after=fault.retry_after) from None
    call: Document = {"_id": bound.binding, "order": order_id, "people": pair}
    call |= {"number": bound.number, "expires_at": ctx.now + LASTS}
    await ctx.store.insert(CALLS, call)
    return call


async def _phones(ctx: Context, pair: list[str]) -> list[str]:
    """Their numbers, in the same order. Raises NoNumber."""
    where: Document = {"_id": {"$in": pair}, "active": True}
    found = await ctx.store.find(PEOPLE, where, fields={"phone": 1})
    phones = {person["_id"]: person["phone"] for person in found if person.get("phone")}
    if len(set(phones.values())) < len(pair):
        raise NoNumber
    return [phones[each] for each in pair]


@reacts(KIND, "accept")
@reacts(KIND, "cancel")
@reacts(KIND, "merge")
@reacts(KIND, "give_back")
@reacts(KIND, "hand_over")
@reacts(KIND, "release")
@reacts(KIND, "refuse")
async def hang_up(ctx: Context, order: Order, entry: Document) -> None:
    """End the bindings of people who have nothing more to do with each other in this ticket."""
    pair = [order["owner"], order.get("assignee")] if order["state"] in OPEN else []
    for each in await ctx.store.find(CALLS, {"order": order["_id"], "people": {"$ne": pair}}):
        if ctx.now < each["expires_at"]:
            await ctx.house.ports.calls.unbind(BoundNumber(each["number"], each["_id"]))
        await ctx.store.delete(CALLS, {"_id": each["_id"]})
