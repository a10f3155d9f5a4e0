"""My visitors: who is coming, who came, and inviting one of them again."""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import UNSET, UnsetType

from models.base import orders, views
from models.base import workflow as wf
from models.base.context import Context
from models.base.errors import Forbidden, NotFound
from models.base.orders import ORDERS
from models.base.paging import Listing, page
from models.base.shapes import PageQuery, Struct
from models.base.store import Document
from models.base.views import OrderPage
from models.base.workflow import Order
from models.visitors import links, parties
from models.visitors.links import CodeView
from models.visitors.parties import KIND, OPEN
from models.visitors.refusals import Scrubbed

_LISTING: Final = Listing(ORDERS, "created_at", without=("timeline",))


class MineQuery(PageQuery):
    """What lies ahead (or is going on), or what is over."""

    when: Literal["coming", "past", "all"] = "all"


class Again(Struct):
    """An invitation like an earlier one, but for its times."""

    visitor: dict[str, Any]
    companions: int
    purpose: str
    type: str
    belongings: str
    gate: str | UnsetType = UNSET


async def mine(ctx: Context, query: MineQuery) -> OrderPage:
    """My visitors, with their names, the newest invitation first."""
    where: Document = {"found_by": parties.hosted_by(ctx.actor.id)}
    if query.when == "coming":
        where["state"] = {"$in": list(OPEN)}
    elif query.when == "past":
        where["state"] = {"$nin": list(OPEN)}
    asked = PageQuery(after=query.after, limit=query.limit)
    found, following = await page(ctx.store, _LISTING, where, asked)
    return OrderPage(items=[views.brief(ctx, order) for order in found], next=following)


async def visit(ctx: Context, order_id: str) -> Order:
    """A visit the actor sees. Raises NotFound."""
    order = await orders.seen(ctx, order_id)
    if order["kind"] != KIND:
        raise NotFound
    return order


async def hosted(ctx: Context, order_id: str) -> Order:
    """A visit of the actor, or of whom they stand in for. Raises NotFound, Forbidden."""
    order = await visit(ctx, order_id)
    if not (wf.owner(order, ctx.actor) or wf.deputy(order, ctx.actor)):
        raise Forbidden
    return order


async def again(ctx: Context, order_id: str) -> Again:
    """What to send for inviting the same visitor once more. Raises NotFound, Scrubbed."""
    order = await hosted(ctx, order_id)
    if "private" not in order:
        raise Scrubbed
    data, private = order["data"], order["private"]
    return Again(
        visitor={k: v for k, v in private["visitor"].items() if v is not None},
        companions=data["companions"],
        purpose=data["purpose"],
        type=data["type"]["id"],
        belongings=private.get("belongings", ""),
        gate=data["gates"][0]["id"] if len(data["gates"]) == 1 else UNSET,
    )


async def codes(ctx: Context, order_id: str) -> CodeView:
    """What may be shown at a gate. Raises NotFound, Forbidden, PassOver."""
    return links.codes_of(ctx, await hosted(ctx, order_id))
