"""Who is inside, by zone: one tap, to be printed, and kept for when there is no network."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Final

from models.base.context import Actor, Context
from models.base.marks import any_of
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.store import Document
from models.base.workflow import Order
from models.visitors.gates import GATES
from models.visitors.parties import INSIDE_MARK, SECURITY, inside_by

MOST: Final = 5_000


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


class Evacuation(Struct):
    """Everybody inside now."""

    as_of: datetime
    total: int
    zones: list[ZoneInside]


async def listed(ctx: Context) -> Evacuation:
    """Everybody inside, by the zone of the gate they came through."""
    where = any_of(_marks(ctx.actor))
    fields = {"timeline": 0, "outbox": 0}
    found = await ctx.store.find(ORDERS, where, limit=MOST, fields=fields)
    gates = {gate["_id"]: gate for gate in await ctx.store.find(GATES, {}, sort=[("_id", 1)])}
    by_zone: dict[str, list[Order]] = defaultdict(list)
    for order in sorted(found, key=lambda order: (order["data"]["in_at"], order["_id"])):
        by_zone[_zone(order, gates)].append(order)
    zones = [_view(zone, orders, gates) for zone, orders in sorted(by_zone.items())]
    return Evacuation(as_of=ctx.now, total=sum(zone.count for zone in zones), zones=zones)


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
    gate = data["last"]["gate"]
    name = order.get("private", {}).get("visitor", {}).get("name", data["visitor"]["name"])
    return Inside(
        visit=order["_id"],
        visitor=name,  # in full: who calls the roll in front of a building must know it
        companions=data["companions"],
        host=data["host"]["name"],
        type=data["type"]["name"],
        building=data.get("building") or "",
        gate=gates[gate]["name"] if gate in gates else gate,
        in_at=data["in_at"],
    )
