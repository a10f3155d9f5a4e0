"""Rivals: other requests for the same room at the same time, which an approval refuses."""

from __future__ import annotations

from datetime import datetime

from models.base.context import Context
from models.base.orders import seen
from models.base.placements import ORDERS
from models.base.shapes import Struct
from models.base.spans import overlaps
from models.base.workflow import Order
from models.meetings import days
from models.meetings.schedules import owner_names


class Rival(Struct):
    """Another request, as the desk weighs it."""

    order_id: str
    subject: str
    owner_name: str
    starts_at: datetime
    ends_at: datetime
    state: str


class Rivals(Struct):
    """The rivals of a request, oldest first."""

    items: list[Rival]


async def of(ctx: Context, order: Order) -> list[Order]:
    """Other requests for the room at an overlapping time, buffers included, oldest first."""
    where = {"found_by": days.mark_of_day(order["data"]["room_day"]), "state": "requested"}
    found = await ctx.store.find(ORDERS, where, sort=[("created_at", 1), ("_id", 1)])
    span = order["data"]["span"]
    return [
        each
        for each in found
        if each["_id"] != order["_id"] and overlaps(each["data"]["span"], span["from"], span["to"])
    ]


async def listed(ctx: Context, order_id: str) -> Rivals:
    """The rivals of a request that the actor sees. Raises NotFound."""
    order = await seen(ctx, order_id)
    found = await of(ctx, order) if order["state"] == "requested" else []
    names = await owner_names(ctx, found)
    return Rivals(items=[_rival(each, names[each["owner"]]) for each in found])


def _rival(order: Order, name: str) -> Rival:
    data = order["data"]
    return Rival(
        order_id=order["_id"],
        subject=data["subject"],
        owner_name=name,
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        state=order["state"],
    )
