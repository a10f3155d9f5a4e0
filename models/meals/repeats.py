"""The same again: what somebody ordered last, to start the next order from."""

from __future__ import annotations

from typing import Any

from models.base.context import Context
from models.base.errors import NotFound
from models.base.orders import ORDERS
from models.base.shapes import Struct


class NothingYet(NotFound):
    code = "nothing-yet"
    zh = "您还没有订过餐。"
    en = "You have not ordered a meal yet."


class Last(Struct):
    """The latest meal: where, which, how many, with what, and where it went."""

    canteen: dict[str, str]
    meal: dict[str, str]
    date: str
    sitting_id: str
    portions: int
    dishes: list[dict[str, Any]]
    deliver_to: dict[str, str] | None


async def last(ctx: Context) -> Last:
    """The actor's latest meal but those they took back themselves. Raises NothingYet."""
    where = {"owner": ctx.actor.id, "kind": "meal", "state": {"$ne": "cancelled"}}
    order = await ctx.store.first(ORDERS, where, sort=[("created_at", -1)])
    if order is None:
        raise NothingYet
    return Last(**{name: order["data"].get(name) for name in Last.__struct_fields__})
