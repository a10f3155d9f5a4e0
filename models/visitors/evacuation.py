"""Who is inside, by zone: one tap, to be printed, and kept for when there is no network."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET, UnsetType, structs

from models.base.context import Actor, Context
from models.base.marks import any_of
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.store import Document
from models.base.visibility import desk
from models.base.workflow import Order
from models.visitors.gates import GATES
from models.visitors.log import SCANS
from models.visitors.parties import INSIDE_MARK, SECURITY, inside_by

MOST: Final = 5_000
A_DAY: Final = timedelta(days=1)
_FIELDS: Final = {"timeline": 0, "outbox": 0}


class Inside(Struct):
    """Somebody who is inside, with so many companions; `building` is empty where nobody said."""

    visit: str
    visitor: str
    companions: int
    host: str
    type: str
    building: str
    gate: str
    in_at: datetime


class ZoneInside(Struct):
    """Who is inside of a zone, through its gates; counts include companions, and who goes to no
    particular building counts under "".
    """

    zone: str
    buildings: list[str]
    count: int
    by_building: dict[str, int]
    people: list[Inside]


class LetIn(Struct, kw_only=True):
    """Somebody whom a desk without network let in although it was not to be (`reason`, a word of
    the log), and whom no gate has seen out since; without `visit`, nobody knows who it was.
    """

    scan: str
    at: datetime
    gate: str
    reason: str
    visit: str | UnsetType = UNSET
    visitor: str = ""
    companions: int = 0
    host: str = ""


class Evacuation(Struct):
    """Everybody inside now; `let_in` may be, and are not in `total`."""

    as_of: datetime
    total: int
    zones: list[ZoneInside]
    let_in: list[LetIn]


async def listed(ctx: Context) -> Evacuation:
    """Everybody inside, by the zone of the gate they came through."""
    where = any_of(_marks(ctx.actor)) | {"state": "inside"}
    found = await ctx.store.find(ORDERS, where, limit=MOST, fields=_FIELDS)
    gates = {gate["_id"]: gate for gate in await ctx.store.find(GATES, {}, sort=[("_id", 1)])}
    by_zone: dict[str, list[Order]] = defaultdict(list)
    for order in sorted(found, key=lambda order: (order["data"]["in_at"], order["_id"])):
        by_zone[_zone(order, gates)].append(order)
    zones = [_view(zone, orders, gates) for zone, orders in sorted(by_zone.items())]
    return Evacuation(
        as_of=ctx.now,
        total=sum(zone.count for zone in zones),
        zones=zones,
        let_in=await _let_in(ctx, gates),
    )


async def _let_in(ctx: Context, gates: dict[str, Document]) -> list[LetIn]:
    """Whom desks without network let in within a day, as far as this actor serves there."""
    where: Document = {"let_in_at": {"$gte": ctx.now - A_DAY}}
    found = await ctx.store.find(SCANS, where, sort=[("let_in_at", 1), ("_id", 1)])
    if SECURITY not in ctx.actor.tokens:
        found = [scan for scan in found if desk(scan["gate"]) in ctx.actor.tokens]
    ids = sorted({scan["order"] for scan in found if "order" in scan})
    if not found:
        return []
    read = await ctx.store.find(ORDERS, {"_id": {"$in": ids}}, fields=_FIELDS)
    orders = {order["_id"]: order for order in read}
    outs = await ctx.store.find(SCANS, {"order": {"$in": ids}, "direction": "out"})
    latest = {scan.get("order", scan["_id"]): scan for scan in found}
    return [
        _view_of(scan, orders.get(scan.get("order", "")), gates)
        for key, scan in latest.items()
        if not any(out["order"] == key and out["at"] > scan["at"] for out in outs)
        and orders.get(key, {}).get("state") != "inside"  # they stand among the others
    ]


def _view_of(scan: Document, order: Order | None, gates: dict[str, Document]) -> LetIn:
    said = LetIn(
        scan=scan["_id"],
        at=scan["at"],
        gate=_gate_name(scan["gate"], gates),
        reason=scan["reason"],
    )
    if order is None:
        return said
    return structs.replace(
        said,
        visit=order["_id"],
        visitor=_name(order),
        companions=order["data"]["companions"],
        host=order["data"]["host"]["name"],
    )


def _marks(actor: Actor) -> list[str]:
    """Security asks for every gate, also for one that was made just now; a desk for its own."""
    if SECURITY in actor.tokens:
        return [INSIDE_MARK]
    gates = (
        token.removeprefix("desk:") for token in actor.tokens if token.startswith("desk:gate_")
    )
    return [inside_by(gate) for gate in gates]


def _zone(order: Order, gates: dict[str, Document]) -> str:
    gate = gates.get(order["data"]["last"]["gate"])
    return str(gate["zone"] if gate else order["data"]["gates"][0]["zone"])


def _view(zone: str, orders: list[Order], gates: dict[str, Document]) -> ZoneInside:
    by_building: Counter[str] = Counter()
    for order in orders:
        by_building[order["data"].get("building") or ""] += 1 + order["data"]["companions"]
    buildings = [b for gate in gates.values() if gate["zone"] == zone for b in gate["buildings"]]
    return ZoneInside(
        zone=zone,
        buildings=list(dict.fromkeys(buildings)),
        count=by_building.total(),
        by_building=dict(by_building),
        people=[_person(order, gates) for order in orders],
    )


def _person(order: Order, gates: dict[str, Document]) -> Inside:
    data = order["data"]
    return Inside(
        visit=order["_id"],
        visitor=_name(order),
        companions=data["companions"],
        host=data["host"]["name"],
        type=data["type"]["name"],
        building=data.get("building") or "",
        gate=_gate_name(data["last"]["gate"], gates),
        in_at=data["in_at"],
    )


def _gate_name(gate: str, gates: dict[str, Document]) -> str:
    return str(gates[gate]["name"]) if gate in gates else gate


def _name(order: Order) -> str:
    """In full: who calls the roll in front of a building must know it."""
    shown: str = order["data"]["visitor"]["name"]
    return str(order.get("private", {}).get("visitor", {}).get("name", shown))
