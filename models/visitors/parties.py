"""Who takes part in a visit: its host, those who decide, the desks of its gates, the office."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from models import people
from models.base import workflow as wf
from models.base.clock import campus_date
from models.base.context import Actor, Context
from models.base.indexes import declare as index
from models.base.marks import mark
from models.base.roles import Role
from models.base.store import Document
from models.base.visibility import deputy, desk, leader, office, person
from models.base.workflow import By, Order
from models.people import PEOPLE

KIND: Final = "visit"
GROUP: Final = "visit_group"  # the kind of the order above the visits of a group
SECURITY_PLACE: Final = "security"
SECURITY: Final = desk(SECURITY_PLACE)
OFFICE: Final = office("visitors")
MOST_MANAGERS: Final = 5  # told where nobody else can decide

index(PEOPLE, [("unit", 1), ("roles", 1)])

REQUESTED, ANNOUNCED, EXPECTED = ("requested",), ("announced",), ("expected",)
INSIDE, LEFT = ("inside",), ("left",)
AHEAD: Final = REQUESTED + ANNOUNCED + EXPECTED
OPEN: Final = AHEAD + INSIDE + LEFT


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who decides a stage: the tokens that may, and the people who are told."""

    tokens: Sequence[str]
    persons: Sequence[str]


async def of_stage(ctx: Context, stage: str, unit: str) -> Deciders:
    """Who decides `leader` or `security`; the office where there is nobody else."""
    found = await (leaders(ctx, unit) if stage == "leader" else guards(ctx))
    if not found:
        return await the_office(ctx)
    if stage == "security":
        return Deciders([SECURITY], found)
    return Deciders([leader(unit), *map(deputy, found)], found)


async def the_office(ctx: Context) -> Deciders:
    """Security and the administration together: one of them is always there."""
    managers = {"roles": Role.MANAGER.value, "active": True}
    found = await ctx.store.find(PEOPLE, managers, limit=MOST_MANAGERS, fields={"_id": 1})
    persons = [*await guards(ctx), *(each["_id"] for each in found)]
    return Deciders([SECURITY, OFFICE], persons)


async def leaders(ctx: Context, unit: str) -> list[str]:
    """Those who lead a unit."""
    where = {"unit": unit, "roles": Role.LEADER.value, "active": True}
    found = await ctx.store.find(PEOPLE, where, fields={"_id": 1})
    return sorted(each["_id"] for each in found)


async def guards(ctx: Context) -> list[str]:
    """Those who serve as security."""
    found = await people.serving(ctx, Role.SECURITY, SECURITY_PLACE)
    return sorted(each["_id"] for each in found)


async def deputies_of(ctx: Context, absent: str) -> list[str]:
    """Those who stand in for a person today."""
    found = await ctx.store.find(PEOPLE, {"stands_in.for": absent, "active": True})
    today = people_day(ctx)
    standing = (each for each in found for entry in each["stands_in"] if _now(entry, absent, today))
    return sorted({each["_id"] for each in standing})


def people_day(ctx: Context) -> str:
    """The campus date, as deputyships are written."""
    return campus_date(ctx.now).isoformat()


def _now(entry: Document, absent: str, today: str) -> bool:
    return bool(entry["for"] == absent and entry["from"] <= today <= entry["to"])


def gate_desks(data: Document) -> list[str]:
    """The desks at which a visit of this data is known."""
    return [desk(gate["id"]) for gate in data["gates"]]


def seen_by(owner: str, data: Document, more: Iterable[str] = ()) -> list[str]:
    """Who sees a visit: the host's side, the gates it is for, security, and who decides."""
    tokens = [person(owner), deputy(owner), SECURITY, OFFICE, *gate_desks(data), *more]
    return list(dict.fromkeys(tokens))


def found_by(order: Order) -> Iterator[str]:
    """The marks of a visit: whose it is, the gates that know it on its day, and who is inside."""
    gates = [gate["id"] for gate in order["data"]["gates"]]
    yield hosted_by(order["owner"])
    for gate in gates:
        yield due_at(gate, campus_date(order["due_at"]))
    if order["state"] in INSIDE:
        yield INSIDE_MARK
        yield from map(inside_by, gates)


INSIDE_MARK: Final = mark(KIND, "inside")


def hosted_by(person_id: str) -> str:
    """The visits of a host."""
    return mark(KIND, "hosted_by", person_id)


def due_at(gate: str, day: date) -> str:
    """Visits for a gate that begin on a day."""
    return mark(KIND, "due_at", gate, day)


def inside_by(gate: str) -> str:
    """Visitors inside whose visit is for a gate."""
    return mark(KIND, "inside_by", gate)


def leads(order: Order, actor: Actor) -> bool:
    """The leader of the host's unit, where it is their turn."""
    token = leader(order["unit"])
    return token in order.get("waits_for", ()) and token in actor.tokens


def stands_in(order: Order, actor: Actor) -> bool:
    """Whoever stands in for somebody whose turn it is."""
    turns = (token for token in order.get("waits_for", ()) if token.startswith("d:"))
    return not actor.tokens.isdisjoint(turns)


def _in_turn(role: Role, token: str) -> By:
    def by(order: Order, actor: Actor) -> bool:
        return token in order.get("waits_for", ()) and role in actor.roles and token in actor.tokens

    by.__name__ = role.value
    return by


def _at_gate(role: Role) -> By:
    """Somebody of `role` who serves at one of the visit's gates."""

    def by(order: Order, actor: Actor) -> bool:
        return role in actor.roles and not actor.tokens.isdisjoint(gate_desks(order["data"]))

    by.__name__ = role.value
    return by


DECIDERS: Final = (
    leads,
    stands_in,
    _in_turn(Role.SECURITY, SECURITY),
    _in_turn(Role.MANAGER, OFFICE),
)
ATTENDANTS: Final = (_at_gate(Role.FRONT_DESK), _at_gate(Role.SECURITY))
GATEKEEPERS: Final = (*ATTENDANTS, _at_gate(Role.DEVICE))
HOST: Final = (wf.owner, wf.deputy)
security = wf.at(Role.SECURITY, lambda order: SECURITY)


def any_of(parties: Iterable[By], order: Order, actor: Actor) -> bool:
    """Whether the actor is one of these."""
    return any(by(order, actor) for by in parties)
