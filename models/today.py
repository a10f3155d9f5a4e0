"""My day over all services, on one page: what I have ordered, what I am invited to, and what of
those I stand in for.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from msgspec import structs

from models import people
from models.base.clock import CAMPUS, campus_date
from models.base.context import Context
from models.base.errors import Unprocessable
from models.base.indexes import declare as index
from models.base.marks import month, takes_part
from models.base.messages import unread
from models.base.orders import ORDERS
from models.base.shapes import Day, Input, Struct
from models.base.views import OrderView, brief
from models.base.visibility import absent, sees
from models.base.workflow import Order, of_kind, workflows

MOST: Final = 50
FARTHEST: Final = timedelta(days=400)
NOT_SHOWN: Final = {"timeline": 0, "private": 0}

index(ORDERS, [("owner", 1), ("due_at", 1)])


class DayTooFar(Unprocessable):
    """Nothing is kept or planned so far away."""

    code = "day-too-far"
    zh = "只能查看前后 {days} 天内的安排。"
    en = "Choose a day within {days} days."


class TodayQuery(Input):
    """Which day; today if nothing is said."""

    date: Day | None = None


class ServiceLine(Struct):
    """A service of the campus; one that is not `ready` is shown as coming."""

    service: str
    name: str
    ready: bool


class Today(Struct):
    """The business date, its orders by time, the services, and how many messages are unread.

    An order of somebody else has their name in `names`: I am invited, or stand in for them.
    """

    date: str
    orders: list[OrderView]
    services: list[ServiceLine]
    unread: int


# Every service of the campus in the order people look for them; one is ready once it has orders.
SERVICES: Final = (
    ("meals", "订餐"),
    ("meetings", "会议室"),
    ("repairs", "报修"),
    ("visitors", "访客"),
    ("library", "图书"),
    ("kitchen", "厨房快递"),
)


def _given_up(order: Order) -> bool:
    """Whether nothing will come of it: it is over, and what it had taken is given back."""
    return order["state"] in of_kind(order["kind"]).finals and not order["holds"]


async def of(ctx: Context, query: TodayQuery) -> Today:
    """What the actor has on a day, in order of time. Raises `DayTooFar`."""
    today = campus_date(ctx.now)
    day = query.date or today
    if abs(day - today) > FARTHEST:
        raise DayTooFar(days=FARTHEST.days)
    found = await _orders(ctx, day)
    ids = {order["_id"] for order in found}
    # What belongs to another line of the day, such as a meeting's tea, is seen there.
    shown = [order for order in found if order.get("parent") not in ids][:MOST]
    ready = {workflow.service for workflow in workflows()}
    return Today(
        date=day.isoformat(),
        orders=await _lines(ctx, shown),
        services=[ServiceLine(service=s, name=name, ready=s in ready) for s, name in SERVICES],
        unread=(await unread(ctx)).count,
    )


async def _orders(ctx: Context, day: date) -> list[Order]:
    """Everything of the day that the actor has to do with and may see, by time."""
    owners = [ctx.actor.id, *absent(ctx.actor.tokens)]
    start = datetime.combine(day, time(), CAMPUS)
    within = {"due_at": {"$gte": start, "$lt": start + timedelta(days=1)}}
    found: dict[str, Order] = {}
    for whose in ({"owner": {"$in": owners}}, {"found_by": takes_part(ctx.actor.id, month(start))}):
        orders = await ctx.store.find(ORDERS, {**whose, **within}, fields=NOT_SHOWN)
        found |= {order["_id"]: order for order in orders}
    shown = (order for order in found.values() if sees(ctx.actor, order) and not _given_up(order))
    return sorted(shown, key=lambda order: (order["due_at"], order["_id"]))


async def _lines(ctx: Context, orders: list[Order]) -> list[OrderView]:
    """The orders as lines; those of others with the owner's name."""
    others = sorted({order["owner"] for order in orders} - {ctx.actor.id})
    names = await people.names(ctx, others)
    return [
        structs.replace(brief(ctx, order), names={order["owner"]: names[order["owner"]]})
        if order["owner"] in names
        else brief(ctx, order)
        for order in orders
    ]
