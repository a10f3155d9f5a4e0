"""My day over all services, on one page."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from models.base.clock import CAMPUS, campus_date
from models.base.context import Context
from models.base.messages import unread
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.views import OrderView, brief
from models.base.workflow import Order, of_kind, workflows

MOST: Final = 20


class ServiceLine(Struct):
    """A service of the campus; one that is not `ready` is shown as coming."""

    service: str
    name: str
    ready: bool


class Today(Struct):
    """The business date, today's orders by time, the services, and how many messages are unread."""

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


async def of(ctx: Context) -> Today:
    """What the actor has ordered for today, in order of time."""
    day = campus_date(ctx.now)
    start = datetime.combine(day, time(), CAMPUS)
    where = {"owner": ctx.actor.id, "due_at": {"$gte": start, "$lt": start + timedelta(days=1)}}
    fields = {"timeline": 0, "private": 0}
    found = await ctx.store.find(ORDERS, where, sort=[("due_at", 1)], limit=MOST, fields=fields)
    ready = {workflow.service for workflow in workflows()}
    return Today(
        date=day.isoformat(),
        orders=[brief(ctx, order) for order in found if not _given_up(order)],
        services=[ServiceLine(service=s, name=name, ready=s in ready) for s, name in SERVICES],
        unread=(await unread(ctx)).count,
    )
