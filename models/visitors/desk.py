"""The desk's lists of a day: expected, inside, left, not come; and finding somebody by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from models.base.clock import campus_date
from models.base.context import Context
from models.base.orders import ORDERS
from models.base.shapes import Day, Input, Struct
from models.base.store import Document
from models.base.transitions import available
from models.base.workflow import Order
from models.visitors import gates, leading, parties, passing
from models.visitors.gates import GateId
from models.visitors.shapes import MaskedVisitor

ListName = Literal["expected", "inside", "left", "no_show", "all"]
MOST: Final = 1_000
LISTS: Final = ("expected", "inside", "left", "no_show")
_LIST: Final = {
    "expected": "expected", "requested": "expected", "announced": "expected", "inside": "inside",
    "left": "left", "missed": "no_show",
}  # fmt: skip
_OVER: Final = ("ended", "revoked")  # left, where they had come at all
_FIELDS: Final = {"timeline": 0, "outbox": 0}


class DeskQuery(Input):
    """Which list of a gate on a day (today). `q` finds by part of a name or plate, or the last
    digits of a phone.
    """

    gate: GateId
    list: ListName = "all"
    date: Day | None = None
    q: Annotated[str, Meta(max_length=32)] = ""


class DeskLine(Struct, kw_only=True):
    """A visit as the desk's lists show it: masked. `can` are the buttons; `once_out` is the state
    in which somebody inside leaves: left, or for good ended or revoked. `lead` is the lead's masked
    name, of a member of a group; `leads` says that it is this visitor.
    """

    id: str
    state: str
    version: int
    visitor: MaskedVisitor
    companions: int
    host: str
    purpose: str
    type: str
    gates: list[str]
    starts_at: datetime
    ends_at: datetime
    in_at: datetime | UnsetType = UNSET
    out_at: datetime | UnsetType = UNSET
    overstayed: bool = False
    walk_in: bool = False
    once_out: str
    lead: str | UnsetType = UNSET
    leads: bool = False
    can: list[str]


class DeskCounts(Struct):
    """How many of today stand where."""

    expected: int
    inside: int
    left: int
    no_show: int


class DeskList(Struct):
    """Visits by time; `as_of` is when they were read."""

    items: list[DeskLine]
    counts: DeskCounts
    as_of: datetime
    next: str | None = None


async def listed(ctx: Context, query: DeskQuery) -> DeskList:
    """Today at a gate. Raises NotYourGate."""
    gates.refuse_elsewhere(ctx, query.gate)
    found = await today(ctx, query.gate, query.date)
    places = Counter(_place(order, ctx.now) for order in found)
    shown = [order for order in found if _wanted(query, order, ctx.now)]
    names = await leading.names(ctx, found)
    return DeskList(
        items=[line(ctx, order, names) for order in shown],
        counts=DeskCounts(**{name: places[name] for name in LISTS}),
        as_of=ctx.now,
    )


async def today(ctx: Context, gate: str, date: date | None = None) -> list[Order]:
    """Everything of a day (today) at a gate, and today whoever is still inside, by time."""
    day = date or campus_date(ctx.now)
    wanted = [parties.due_at(gate, day)]
    if day == campus_date(ctx.now):
        wanted.append(parties.inside_by(gate))
    orders: dict[str, Order] = {}
    for mark in wanted:
        found = await ctx.store.find(ORDERS, {"found_by": mark}, limit=MOST, fields=_FIELDS)
        orders |= {order["_id"]: order for order in found}
    return sorted(orders.values(), key=lambda order: (order["data"]["starts_at"], order["_id"]))


async def by_plate(ctx: Context, gate: str, plate: str) -> Order | None:
    """The visit of today whose visitor comes by this car; who is inside or expected first."""
    its = [order for order in await today(ctx, gate) if _comes_by(order, plate)]
    its.sort(key=lambda order: order["state"] not in ("inside", "expected"))
    return await ctx.store.get(ORDERS, its[0]["_id"]) if its else None


def _comes_by(order: Order, plate: str) -> bool:
    return bool(order.get("private", {}).get("visitor", {}).get("plate") == plate)


def _place(order: Order, now: datetime) -> str:
    """The list a visit stands in; whose time is over and who has not come is a no-show already."""
    if order["state"] in _OVER:
        return "left" if passing.gone(order["data"]) else ""
    place = _LIST.get(order["state"], "")
    over = now >= order["data"]["ends_at"]
    return "no_show" if order["state"] == "expected" and over else place


def _wanted(query: DeskQuery, order: Order, now: datetime) -> bool:
    if query.list != "all" and _place(order, now) != query.list:
        return False
    text = query.q.strip().upper()
    return not text or _matches(order, text)


def _matches(order: Order, text: str) -> bool:
    """By the visitor's own name, phone and plate, which the list itself does not show."""
    private = order.get("private", {})
    persons = [private.get("visitor", {}), *private.get("companions", ())]
    return any(_is_meant(person, text) for person in persons)


def _is_meant(person: Document, text: str) -> bool:
    if text.isdigit() and len(text) >= 3 and (person.get("phone") or "").endswith(text):
        return True
    return text in (person.get("name") or "").upper() or text in (person.get("plate") or "")


def line(ctx: Context, order: Order, leads: Mapping[str, str]) -> DeskLine:
    """A visit as a line; `leads` are the names of those who lead groups."""
    data = order["data"]
    return DeskLine(
        id=order["_id"],
        state=order["state"],
        version=order["version"],
        visitor=MaskedVisitor(**data["visitor"]),
        companions=data["companions"],
        host=data["host"]["name"],
        purpose=data["purpose"],
        type=data["type"]["name"],
        gates=[gate["id"] for gate in data["gates"]],
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        in_at=data.get("in_at") or UNSET,
        out_at=data.get("out_at") or UNSET,
        overstayed=bool(data.get("overstayed")),
        walk_in=bool(data.get("walk_in")),
        once_out=passing.once_out(data),
        lead=leads.get(data.get("lead", ""), UNSET),
        leads=leading.leads(order),
        can=available(order, ctx.actor, ctx.now),
    )
