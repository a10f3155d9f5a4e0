"""A group's lead: whom its members come with, and who of them has come.

`data.lead` of every member is the visit of the lead, its own of the lead themselves: who that is
may change, and is read where it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET, UnsetType

from models.base.context import Context
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.store import Document
from models.base.workflow import Order
from models.visitors import passing
from models.visitors.parties import AHEAD, KIND, OPEN

Attendance = Literal["coming", "inside", "left", "off"]


class Fellow(Struct):
    """Another member of the group, as its lead may see them: masked, and whether they have come."""

    name: str
    state: Attendance


def leads(order: Order) -> bool:
    """Whether the visitor leads a group."""
    return bool(order["data"].get("lead") == order["_id"])


async def names(ctx: Context, orders: Sequence[Order]) -> dict[str, str]:
    """The masked names of those who lead these visits, by the visit of the lead."""
    known = {order["_id"]: order for order in orders}
    wanted = {order["data"]["lead"] for order in orders if order["data"].get("lead")}
    missing = sorted(wanted - known.keys())
    if missing:
        found = await ctx.store.find(
            ORDERS, {"_id": {"$in": missing}}, fields={"data.visitor.name": 1}
        )
        known |= {order["_id"]: order for order in found}
    return {each: known[each]["data"]["visitor"]["name"] for each in wanted}


async def name_over(ctx: Context, order: Order) -> str | UnsetType:
    """The masked name of the lead, where somebody else leads the group of the visit."""
    lead = order["data"].get("lead", order["_id"])
    return UNSET if lead == order["_id"] else (await names(ctx, [order]))[lead]


async def fellows(ctx: Context, order: Order) -> list[Fellow] | UnsetType:
    """The other members, in their order, for the lead of a group, as long as they lead it."""
    if not leads(order) or order["state"] not in OPEN:
        return UNSET
    fields = {"kind": 1, "state": 1, "data.visitor.name": 1, "data.out_at": 1, "data.starts_at": 1}
    found = await ctx.store.find(ORDERS, {"parent": order["parent"]}, fields=fields)
    others = [each for each in found if each["kind"] == KIND and each["_id"] != order["_id"]]
    others.sort(key=lambda each: int(each["_id"].rpartition(".")[2]))
    return [_fellow(each) for each in others]


def _fellow(order: Document) -> Fellow:
    return Fellow(name=order["data"]["visitor"]["name"], state=_state(order))


def _state(order: Document) -> Attendance:
    """Whether they have come, and no more: why somebody does not come is not the lead's to know."""
    if order["state"] == "inside":
        return "inside"
    if order["state"] in AHEAD:
        return "coming"
    return "left" if passing.gone(order["data"]) else "off"
