"""Messages: what a person is told, as a template and references; the words are made when read.

A message is a document of `deliveries`. It is in the person's in-app list as soon as it exists;
pushing it by WeChat or SMS is an attempt beside that, whose fate is recorded and never fails
anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from string import Formatter
from typing import Annotated, Any, Final

from msgspec import Meta

from models.base.context import Context, House
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.paging import Listing, page
from models.base.shapes import Input, PageQuery, Struct
from models.base.store import Document
from models.base.visibility import sees
from models.base.wechat_fields import MOST_FIELDS, kind_of
from models.base.workflow import Order, Workflow

DELIVERIES: Final = "deliveries"
TITLE_LENGTH: Final = 20  # characters: as a field of WeChat's takes them
TEXT_LENGTH: Final = 120  # characters, before facts are filled in
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,47}")
_PARAMETER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
_LISTING: Final = Listing(DELIVERIES, "at")
_THIRD_PARTY: Final = "guest:"

index(DELIVERIES, [("to", 1), ("at", -1)])
index(DELIVERIES, [("push_at", 1)], sparse=True)
index(DELIVERIES, [("order", 1)], sparse=True)


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of message. `text` is filled from `facts(order)`, or from the message's own facts.

    `wechat` maps the fields of the subscribe template (thing1, time2 ...) to names of facts; what
    a field cannot hold is cut when it is sent. `sms` maps the parameters of the SMS template in the
    same way, each of which shows 35 characters. `urgent` ones are pushed at night too. `sealed`
    facts are added when it is pushed.
    """

    name: str
    title: str
    text: str
    facts: Callable[[Order], Mapping[str, str]] | None = None
    wechat: Mapping[str, str] = field(default_factory=dict)
    sms: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False
    # What only who sends it may know, such as the key of a secret address: never stored or listed.
    sealed: Callable[[House, Order], Mapping[str, str]] | None = None

    @property
    def needs(self) -> set[str]:
        """The names of all facts that its words stand for."""
        return {*_places(self.text), *self.wechat.values(), *self.sms.values()}


# What is shown for a message whose template is declared no more.
_GONE: Final = Template("gone", "通知", "该消息的内容已不再提供。")

_TEMPLATES: Final[dict[str, Template]] = {}


def declare(template: Template) -> Template:
    """Register a template at import. Raises ValueError for what could never be sent."""
    if template.name in _TEMPLATES:
        raise ValueError(f"template {template.name} is declared twice")
    wrong = "; ".join(_faults(template))
    if wrong:
        raise ValueError(f"template {template.name}: {wrong}")
    _TEMPLATES[template.name] = template
    return template


def _faults(template: Template) -> Iterator[str]:
    """Everything that is wrong with a template."""
    if not _NAME.fullmatch(template.name):
        yield "its name is not lower-case words"
    if not 1 <= len(template.title) <= TITLE_LENGTH:
        yield f"its title has more than {TITLE_LENGTH} characters, or none"
    if not 1 <= len(template.text) <= TEXT_LENGTH or "\n" in template.text:
        yield f"its text is not one line of at most {TEXT_LENGTH} characters"
    for place in _places(template.text):
        if not place.isidentifier():
            yield f"{{{place}}} is not the name of a fact"
    if len(template.wechat) > MOST_FIELDS:
        yield f"WeChat shows {MOST_FIELDS} fields at most"
    for name in template.wechat:
        try:
            kind_of(name)
        except ValueError as fault:
            yield str(fault)
    for name in template.sms:
        if not _PARAMETER.fullmatch(name):
            yield f"{name} is no parameter of an SMS template"


def _places(text: str) -> Iterator[str]:
    return (name for _, name, _, _ in Formatter().parse(text) if name is not None)


def check_tells(workflows: Iterable[Workflow]) -> None:
    """Raises ValueError where a transition tells something that no template words."""
    for workflow in workflows:
        for step in workflow.transitions:
            for tell in step.tells:
                if tell.template not in _TEMPLATES:
                    raise ValueError(f"{workflow.kind}.{step.name}: no template {tell.template}")


def is_urgent(name: str) -> bool:
    """Whether messages of that template are pushed at night too."""
    return _TEMPLATES.get(name, _GONE).urgent


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


def third_party(name: str) -> str:
    """Whom to tell who is nobody's account here: the member `name` of the order's `private`.

    They are told by SMS alone. The phone is read when the message is sent, and stands nowhere else;
    where it has been scrubbed, nothing is sent.
    """
    return _THIRD_PARTY + name


async def recipient(house: House, message: Document, order: Order | None) -> Document | None:
    """Who is told: a document of `people`, or as much of one as a third party has."""
    to: str = message["to"]
    if not to.startswith(_THIRD_PARTY):
        return await house.store.get("people", to)
    known = (order or {}).get("private", {}).get(to.removeprefix(_THIRD_PARTY))
    return {"active": True, "phone": known.get("phone")} if known else None


async def notify(
    house: House, person: str, name: str, facts: Mapping[str, str], order: str | None = None
) -> None:
    """Tell a person what no step of an order tells, such as an open appeal; `order` may be what it
    is about.
    """
    message = notice(person, name, facts, house.clock())
    await house.store.insert(DELIVERIES, message | ({"order": order} if order else {}))
    house.post()


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
    """What the messages are about, as far as the reader may still see it."""
    ids = sorted({message["order"] for message in messages if "order" in message})
    if not ids:
        return {}
    found = await ctx.store.find("orders", {"_id": {"$in": ids}})
    return {order["_id"]: order for order in found if sees(ctx.actor, order)}


def _view(message: Document, order: Order | None) -> MessageView:
    kind = _TEMPLATES.get(message["template"], _GONE)
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


def facts(message: Document, order: Order | None) -> dict[str, str]:
    """What fills a message's template: taken from the order as committed, or given with it.

    Of the order's history only what led to the message counts: later notes belong to later ones.
    """
    known = _Facts(message.get("facts", {}))
    about = _TEMPLATES.get(message["template"], _GONE).facts
    if about is not None and order is not None:
        known.update(about({**order, "timeline": _history(message, order)}))
    return known


def spelled_out(house: House, message: Document, order: Order | None) -> Mapping[str, str]:
    """The facts of a message that is being pushed, those among them that are sealed otherwise."""
    known = facts(message, order)
    sealed = _TEMPLATES.get(message["template"], _GONE).sealed
    if sealed is not None and order is not None:
        known.update(sealed(house, order))
    return known


def _history(message: Document, order: Order) -> list[Document]:
    """The history up to the step that the message tells of, of which its id names the version."""
    if ":" not in message.get("_id", ""):
        return list(order["timeline"])
    version = int(message["_id"].split(":")[-2])
    return [entry for entry in order["timeline"] if entry["version"] <= version]
