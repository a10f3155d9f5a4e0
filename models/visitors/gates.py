"""Gates: where people come in, when, and to which buildings.

A document of `gates`:
    _id, name, zone          "gate_1"; the part of the campus it leads to, by name
    buildings                of that zone, as the evacuation list groups them
    opens, closes, days      when it takes people in; ISO weekdays
    enabled, vehicles        in use; whether cars pass
    side, way                where it is on the sketch; how to get there, for the visitor
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from models.base.audit import record
from models.base.clock import CAMPUS
from models.base.context import Context, House
from models.base.errors import Conflict
from models.base.indexes import declare as index
from models.base.shapes import HourMinute, Input, Name, Struct
from models.base.store import Document, Duplicate
from models.base.visibility import desk
from models.visitors.refusals import GateUnknown, GateWrong, NotYourGate

GATES: Final = "gates"

index(GATES)

GateId = Annotated[str, Meta(min_length=6, max_length=32, pattern=r"^gate_[a-z0-9_]+$")]
Side = Literal["north", "east", "south", "west"]
Weekday = Annotated[int, Meta(ge=1, le=7)]


class GateInput(Input):
    """A gate as security sets it up."""

    name: Name
    zone: Name
    buildings: Annotated[list[Name], Meta(max_length=40)] = []
    opens: HourMinute = "07:00"
    closes: HourMinute = "22:00"
    days: Annotated[list[Weekday], Meta(min_length=1, max_length=7)] = msgspec.field(
        default_factory=lambda: [1, 2, 3, 4, 5, 6, 7]
    )
    enabled: bool = True
    vehicles: bool = True
    side: Side = "south"
    way: Annotated[str, Meta(max_length=200)] = ""


class Gate(Struct, kw_only=True):
    """A gate."""

    id: str
    name: str
    zone: str
    buildings: list[str]
    opens: str
    closes: str
    days: list[int]
    enabled: bool
    vehicles: bool
    side: Side
    way: str


class GateList(Struct):
    """All gates, by id."""

    items: list[Gate]
    next: str | None = None


def view(gate: Document) -> Gate:
    return msgspec.convert({**gate, "id": gate["_id"]}, Gate)


async def listed(ctx: Context) -> GateList:
    """Every gate, by id."""
    found = await ctx.store.find(GATES, {}, sort=[("_id", 1)])
    return GateList(items=[view(gate) for gate in found])


async def in_use(ctx: Context) -> list[Document]:
    """The gates that take visitors at all, by id."""
    found = await ctx.store.find(GATES, {}, sort=[("_id", 1)])
    return [gate for gate in found if gate["enabled"]]


async def every(house: House) -> dict[str, Document]:
    """All gates; a scan asks for one, and there are few."""
    return {gate["_id"]: gate for gate in await house.store.find(GATES, {}, sort=[("_id", 1)])}


async def find(ctx: Context, gate_id: str) -> Document:
    """The gate, as it was a second ago at most. Raises GateUnknown."""
    gate = (await ctx.house.recent(every).get()).get(gate_id)
    if gate is None:
        raise GateUnknown(errors=(("/gate", "没有该出入口"),))
    return gate


async def put(ctx: Context, gate_id: str, body: GateInput) -> Gate:
    """Set a gate up, or change it; it counts from the next scan on."""
    if gate_id != gate_id.strip():  # the `$` of a pattern lets a final newline pass
        raise GateUnknown
    if body.opens >= body.closes:
        raise GateWrong(errors=(("/closes", "关闭时间须晚于开放时间"),))
    said: Document = msgspec.to_builtins(body)
    before = await ctx.store.get(GATES, gate_id)
    if before is not None and said.items() <= before.items():
        return view(before)
    after = await ctx.store.change(GATES, {"_id": gate_id}, {"$set": said})
    if after is None:
        after = {"_id": gate_id, **said}
        try:
            await ctx.store.insert(GATES, after)
        except Duplicate:  # somebody else has made it this moment
            raise Conflict from None
    ctx.house.recent(every).forget()
    await record(ctx, "visitors.gate", gate_id, before, after)
    return view(after)


def place(gate: Document) -> Document:
    """What a visit keeps of a gate: {id, name, zone}."""
    return {"id": gate["_id"], "name": gate["name"], "zone": gate["zone"]}


def is_open(gate: Document, now: datetime) -> bool:
    """Whether a gate lets people in just now."""
    local = now.astimezone(CAMPUS)
    within = gate["opens"] <= local.strftime("%H:%M") <= gate["closes"]
    return bool(gate["enabled"] and local.isoweekday() in gate["days"] and within)


def refuse_elsewhere(ctx: Context, gate_id: str) -> None:
    """Raises NotYourGate unless the actor serves there."""
    if desk(gate_id) not in ctx.actor.tokens:
        raise NotYourGate


def names(data: Document) -> str:
    """The gates of a visit, as people call them."""
    return "、".join(gate["name"] for gate in data["gates"])


def own(ctx: Context, gates: Sequence[Document]) -> list[Document]:
    """Those of `gates` at which the actor serves."""
    return [gate for gate in gates if desk(gate["_id"]) in ctx.actor.tokens]
