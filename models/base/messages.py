"""Messages: what a person is told, as a template and references; the words are made when read.

A message is a document of `deliveries`. It is in the person's in-app list as soon as it exists;
pushing it by WeChat or SMS is an attempt beside that, whose fate is recorded and never fails
anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta

from models.base.context import Context, House
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.paging import Listing, page
from models.base.shapes import Input, PageQuery, Struct
from models.base.store import Document
from models.base.workflow import Order

DELIVERIES: Final = "deliveries"
_LISTING: Final = Listing(DELIVERIES, "at")

index(DELIVERIES, [("to", 1), ("at", -1)])
index(DELIVERIES, [("push_at", 1)], sparse=True)
index(DELIVERIES, [("order", 1)], sparse=True)


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of message. `text` is filled from `facts(order)`, or from the message's own facts.

    `wechat` maps the fields of the subscribe template (thing1, time2 ...) to names of facts.
    `sms` maps the parameters of the SMS template in the same way.
    """

    name: str
    title: str
    text: str
    facts: Callable[[Order], Mapping[str, str]] | None = None
    wechat: Mapping[str, str] = field(default_factory=dict)
    sms: Mapping[str, str] = field(default_factory=dict)


_TEMPLATES: Final[dict[str, Template]] = {}


def declare(template: Template) -> Template:
    """Register a template at import; a second one of the same name is a mistake."""
    if template.name in _TEMPLATES:
        raise ValueError(f"template {template.name} is declared twice")
    _TEMPLATES[template.name] = template
    return template


def template(name: str) -> Template:
    """The template of that name. Raises KeyError where none is declared."""
    return _TEMPLATES[name]


def templates() -> list[Template]:
    return [_TEMPLATES[name] for name in sorted(_TEMPLATES)]


class MessageView(Struct):
    """A line of the in-app list."""

    id: str
    at: datetime
    kind: str
    title: str
    text: str
    order_id: str | None
    read: bool


class MessagePage(Struct):
    """Messages, newest first."""

    items: list[MessageView]
    next: str | None = None


class Unread(Struct):
    """How many messages have not been read."""

    count: int


class ReadUpTo(Input):
    """The newest message that has been read."""

    up_to: Annotated[str, Meta(min_length=1, max_length=64)]


async def notify(house: House, person: str, name: str, facts: Mapping[str, str]) -> None:
    """Tell a person something that is not about an order, such as an open appeal."""
    await house.store.insert(DELIVERIES, notice(person, name, facts, house.clock()))
    house.wake()


def notice(
    person: str, name: str, facts: Mapping[str, str], now: datetime, *, sms: bool = False
) -> Document:
    """The document of such a message, to be inserted together with what it tells of."""
    return {
        "_id": new_id("msg"), "to": person, "template": name, "facts": dict(facts),
        "at": now, "sms": sms, "push_at": now, "tries": 0,
    }  # fmt: skip


async def listed(ctx: Context, query: PageQuery) -> MessagePage:
    """The actor's messages, newest first."""
    shown, following = await page(ctx.store, _LISTING, {"to": ctx.actor.id}, query)
    orders = await _orders(ctx, shown)
    items = [_view(message, orders.get(message.get("order", ""))) for message in shown]
    return MessagePage(items=items, next=following)


async def mark_read(ctx: Context, up_to: str) -> None:
    """Mark the message `up_to` and everything before it as read."""
    last = await ctx.store.first(DELIVERIES, {"_id": up_to, "to": ctx.actor.id})
    if last is not None:
        unread = {"to": ctx.actor.id, "at": {"$lte": last["at"]}, "read_at": None}
        await ctx.store.update_all(DELIVERIES, unread, {"$set": {"read_at": ctx.now}})


async def unread(ctx: Context) -> Unread:
    count = await ctx.store.count(DELIVERIES, {"to": ctx.actor.id, "read_at": None})
    return Unread(count=count)


async def _orders(ctx: Context, messages: list[Document]) -> dict[str, Order]:
    ids = sorted({message["order"] for message in messages if "order" in message})
    if not ids:
        return {}
    found = await ctx.store.find("orders", {"_id": {"$in": ids}})
    return {order["_id"]: order for order in found}


def _view(message: Document, order: Order | None) -> MessageView:
    kind = template(message["template"])
    return MessageView(
        id=message["_id"],
        at=message["at"],
        kind=kind.name,
        title=kind.title,
        text=kind.text.format_map(facts(message, order)),
        order_id=message.get("order"),
        read=message.get("read_at") is not None,
    )


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"  # an order that has since been scrubbed says less, not nothing


def facts(message: Document, order: Order | None) -> Mapping[str, str]:
    """What fills a message's template: taken from the order as committed, or given with it."""
    known = _Facts(message.get("facts", {}))
    about = template(message["template"]).facts
    if about is not None and order is not None:
        known.update(about(order))
    return known
