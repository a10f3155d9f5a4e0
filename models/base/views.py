"""Orders as people read them: what each reader may see, and what each may do next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from models.base.context import CLOCK, Context
from models.base.orders import ORDERS, seen
from models.base.paging import Listing, page
from models.base.shapes import Id, Input, PageQuery, Struct
from models.base.store import Document
from models.base.transitions import available
from models.base.visibility import within
from models.base.workflow import Order, of_kind, workflows

_LISTING: Final = Listing(ORDERS, "created_at", without=("timeline", "private"))
State = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z_]+$")]


class TimelineEntry(Struct, kw_only=True, rename={"from_": "from"}):
    """One step: `by` is a person's id, or "clock"; `facts` is what its service adds."""

    at: datetime
    by: str
    transition: str
    from_: str | None = None
    to: str
    note: str | UnsetType = UNSET
    facts: dict[str, Any] | UnsetType = UNSET


class Rating(Struct):
    """What the owner thought of it: 1 to 5 stars."""

    stars: int
    comment: str | UnsetType = UNSET


class OrderView(Struct, kw_only=True):
    """An order as its reader may see it. `can` lists the transitions open to this reader now."""

    id: str
    kind: str
    state: str
    version: int
    owner: str
    unit: str
    assignee: str | UnsetType = UNSET
    parent: str | UnsetType = UNSET
    data: dict[str, Any]
    price: int | UnsetType = UNSET
    due_at: datetime | UnsetType = UNSET
    created_at: datetime
    updated_at: datetime
    timeline: list[TimelineEntry] | UnsetType = UNSET
    can: list[str]
    rating: Rating | UnsetType = UNSET
    names: dict[str, str] | UnsetType = UNSET


class OrderPage(Struct):
    """Orders, newest first, without their timelines."""

    items: list[OrderView]
    next: str | None = None


class OrderQuery(PageQuery):
    """Which of my orders: of a kind, in a state."""

    kind: Annotated[str, Meta(max_length=32)] | None = None
    state: State | None = None


class RatingInput(Input):
    """Stars, and a sentence if you like."""

    stars: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=500)] | None = None


class OrderRef(Input):
    """An order by its id."""

    order_id: Id


def brief(ctx: Context, order: Order) -> OrderView:
    """An order as a line of a list: without its timeline and names."""
    return OrderView(**_fields(ctx, order))


async def full(ctx: Context, order: Order) -> OrderView:
    """An order with its timeline and the names of those who appear in it."""
    timeline = [_entry(entry) for entry in order["timeline"]]
    people = {order["owner"], order["actor"], *(entry["by"] for entry in order["timeline"])}
    names = await _names(ctx, people)
    fields = _fields(ctx, order)
    detail = of_kind(order["kind"]).detail
    if detail is not None:
        fields["data"] |= await detail(ctx, order)
    return OrderView(**fields, timeline=timeline, names=names)


async def one(ctx: Context, order_id: str) -> OrderView:
    """The order `order_id`, if it exists for this actor."""
    return await full(ctx, await seen(ctx, order_id))


async def mine(ctx: Context, query: OrderQuery) -> OrderPage:
    """The actor's own orders over all services, newest first."""
    where: Document = {"owner": ctx.actor.id}
    if query.kind is not None:
        where["kind"] = query.kind
    if query.state is not None:
        where["state"] = query.state
    return await _page(ctx, where, query)


async def inbox(ctx: Context, query: PageQuery) -> OrderPage:
    """Orders that wait for this actor, over all services."""
    return await _page(ctx, {"waits_for": within(ctx.actor.tokens)}, query)


async def _page(ctx: Context, where: Document, query: PageQuery) -> OrderPage:
    orders, following = await page(ctx.store, _LISTING, where, query)
    return OrderPage(items=[brief(ctx, order) for order in orders], next=following)


def _fields(ctx: Context, order: Order) -> Document:
    workflow = of_kind(order["kind"])
    fields: Document = {
        "id": order["_id"],
        "data": dict(workflow.show(ctx, order)),
        "can": available(order, ctx.actor, ctx.now),
    }
    for name in ("kind", "state", "version", "owner", "unit", "created_at", "updated_at"):
        fields[name] = order[name]
    for name in ("assignee", "parent", "price", "due_at"):
        if order.get(name) is not None:
            fields[name] = order[name]
    if "rating" in order:
        fields["rating"] = Rating(**order["rating"])
    return fields


def _entry(entry: Document) -> TimelineEntry:
    return TimelineEntry(
        at=entry["at"],
        by=entry["by"],
        transition=entry["transition"],
        from_=entry["from"],
        to=entry["to"],
        note=entry.get("note", UNSET),
        facts=entry.get("facts", UNSET),
    )


async def _names(ctx: Context, people: Iterable[str]) -> dict[str, str]:
    wanted = set(people) - {CLOCK.id, ctx.actor.id}
    names = {ctx.actor.id: ctx.actor.name}
    if wanted:
        found = await ctx.store.find("people", {"_id": {"$in": sorted(wanted)}}, fields={"name": 1})
        names |= {person["_id"]: person["name"] for person in found}
    return names


def kinds() -> dict[str, str]:
    """Every kind of order and the service that offers it."""
    return {workflow.kind: workflow.service for workflow in workflows()}
