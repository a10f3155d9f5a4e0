"""A campus with two gates, those who invite, come, decide and keep the gates, and a clock moved by
hand.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from models import people
from models.base import clockwork, orders
from models.base.chores import chores, seldom_chores
from models.base.clock import campus_date
from models.base.context import CLOCK, Context, House
from models.base.delivery import hand_over, push
from models.base.errors import Refusal
from models.base.store import Document, Store
from models.base.transitions import available, transition
from models.visitors import codes, scans, walk_ins
from models.visitors.blacklist import BLOCKS
from models.visitors.gates import GATES
from models.visitors.log import SCANS
from models.visitors.passing import Passing
from models.visitors.scans import Answer, Scan
from models.visitors.shapes import Invitation, Visitor
from models.visitors.types import NOTICE, TYPES
from models.visitors.walk_ins import WalkIn
from tests.machinery import MONDAY, FakeSms, MovingClock, a_context, a_house
from tests.meals_house import a_person

ANN, BOB, LEADER, DAN = "per_ann", "per_bob", "per_leader", "per_dan"
EAST, WEST, GUARD, BOSS = "per_east", "per_west", "per_guard", "per_boss"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TEN, NOON = MONDAY + HOUR, MONDAY + 3 * HOUR  # on the campus
PHONE, OTHER_PHONE = "13900001234", "13900005678"
SENTINEL = "喆玥䶮"  # a name that stands nowhere else

KEPT = ("orders", "claims", SCANS, "deliveries", "audit", BLOCKS, GATES, TYPES)


def everybody() -> list[Document]:
    """Hosts, a leader, a desk at each gate, a guard at both, the administration."""
    gates = ("gate_1", "gate_2", "security")
    return [
        a_person(ANN, "S0003"),
        a_person(BOB, "S0004"),
        a_person(LEADER, "S0001", "leader"),
        a_person(DAN, "S0103", unit="unt_2"),
        a_person(EAST, "F0001", "front_desk", posts=[{"role": "front_desk", "at": "gate_1"}]),
        a_person(WEST, "F0002", "front_desk", posts=[{"role": "front_desk", "at": "gate_2"}]),
        a_person(GUARD, "G0001", "security", posts=[{"role": "security", "at": g} for g in gates]),
        a_person(BOSS, "A0001", "manager"),
    ]


def a_gate(name: str = "gate_1", **fields: Any) -> Document:
    """A gate of the main zone, open from seven to ten at night on every day."""
    gate: Document = {"_id": name, "name": f"{name[-1]}号门", "zone": "主楼区"}
    gate |= {"buildings": ["1号楼"], "opens": "07:00", "closes": "22:00", "enabled": True}
    return (
        gate
        | {"days": [1, 2, 3, 4, 5, 6, 7], "vehicles": True, "side": "south", "way": "地铁口出"}
        | fields
    )


def a_type(name: str = "vty_guest", **fields: Any) -> Document:
    """A type that nobody has to approve."""
    kind: Document = {"_id": name, "name": "普通访客", "enabled": True, "approval": []}
    kind |= {"zones": [], "long_term": False, "plate": False, "fetch": True, "notice": NOTICE}
    return kind | fields


def usual_types() -> list[Document]:
    return [
        a_type(),
        a_type("vty_leader", approval=["leader"]),
        a_type("vty_both", approval=["leader", "security"]),
        a_type("vty_long", long_term=True, fetch=False),
        a_type("vty_service", long_term=True, fetch=False),
    ]


@dataclass
class Visits:
    """The running service, and short words for what people do with it."""

    house: House
    clock: MovingClock
    persons: dict[str, Document]

    @property
    def store(self) -> Store:
        return self.house.store

    @property
    def sms(self) -> FakeSms:
        assert isinstance(self.house.ports.sms, FakeSms)
        return self.house.ports.sms

    def ctx(self, who: str, key: str = "", **changes: Any) -> Context:
        """A turn of a person, or of the clock."""
        if who == CLOCK.id:
            return a_context(self.house, key="", actor=CLOCK, **changes)
        actor = people.actor(self.persons[who], campus_date(self.clock()))
        return a_context(self.house, key=key and key.ljust(16, "0"), actor=actor, **changes)

    async def invite(self, who: str = ANN, key: str = "visit", **body: Any) -> Any:
        """The order, after inviting somebody from ten to noon, or as `body` says."""
        visitor = Visitor(**{"name": SENTINEL, "phone": PHONE, **body.pop("visitor", {})})
        usual: dict[str, Any] = {"starts_at": TEN, "ends_at": NOON, "purpose": "洽谈"}
        invitation = Invitation(**{**usual, "visitor": visitor, **body})
        return await orders.place(self.ctx(who, key), "visit", invitation)

    async def walk_in(self, who: str = EAST, key: str = "walk", **body: Any) -> Any:
        usual: dict[str, Any] = {"visitor": Visitor(name=SENTINEL), "host": "S0003"}
        usual |= {"gate": "gate_1", "purpose": "送文件"}
        return await walk_ins.announce(self.ctx(who, key), WalkIn(**{**usual, **body}))

    async def step(
        self, who: str, order: Document, name: str, body: Any = None, **more: Any
    ) -> Any:
        """The order after a transition, taken on the version the person has seen."""
        more.setdefault("if_match", order["version"])
        return await transition(self.ctx(who, **more), order["_id"], name, body)

    async def scan(
        self, code: str, way: str = "in", who: str = EAST, gate: str = "gate_1", **more: Any
    ) -> Answer:
        body = Scan(code=code, gate=gate, direction=way, scan_id=more.pop("scan_id", None))  # type: ignore[arg-type]
        return await scans.scan(self.ctx(who, **more), body)

    def static(self, order: Document) -> str:
        return codes.static(self.house.keys, order["_id"], order["data"])

    def rotating(self, order: Document, moment: datetime | None = None) -> str:
        step = codes.step_at(moment or self.clock())
        return codes.rotating(self.house.keys, order["_id"], order["data"], step)

    def link(self, order: Document) -> str:
        return codes.link_of(self.house.keys, order["_id"], order["data"])

    async def by_hand(self, who: str, order: Document, way: str = "in", **said: Any) -> Any:
        """The order after letting somebody in or out who was found by name."""
        body = Passing(gate="gate_1", **said)
        return await scans.by_hand(self.ctx(who), order["_id"], way, body)  # type: ignore[arg-type]

    async def work(self) -> None:
        """What the workers do until nothing is due any more."""
        for job in (hand_over, clockwork.tick, *chores(), *seldom_chores(), hand_over, push):
            await job(self.house)

    async def order(self, order: Document) -> Document:
        found = await self.store.get("orders", order["_id"])
        assert found is not None
        return found

    async def state(self, order: Document) -> str:
        return str((await self.order(order))["state"])

    async def can(self, who: str, order: Document) -> list[str]:
        """What a person may do with the order just now."""
        return available(await self.order(order), self.ctx(who).actor, self.clock())

    async def told(self, who: str) -> list[str]:
        """The messages a person has got, oldest first."""
        await hand_over(self.house)
        found = await self.store.find("deliveries", {"to": who}, sort=[("at", 1), ("_id", 1)])
        return [message["template"] for message in found]

    async def log(self) -> list[tuple[str, str, str]]:
        """(direction, decision, reason) of every scan, oldest first."""
        await hand_over(self.house)
        found = await self.store.find(SCANS, {}, sort=[("at", 1), ("_id", 1)])
        return [(each["direction"], each["decision"], each["reason"]) for each in found]

    async def everything(self) -> dict[str, list[Document]]:
        """All that this service stores."""
        return {name: await self.store.find(name, {}, sort=[("_id", 1)]) for name in KEPT}

    async def refused(self, act: Awaitable[Any]) -> Refusal:
        """The refusal of an act, after making sure that it changed nothing."""
        before = await self.everything()
        with pytest.raises(Refusal) as refusal:
            await act
        assert await self.everything() == before
        return refusal.value


async def open_house(store: Store, *types: Document, house: House | None = None) -> Visits:
    """The service with two gates and these types; without any, the usual ones."""
    clock = MovingClock()
    persons = everybody()
    await store.insert("people", *persons)
    await store.insert("units", {"_id": "unt_1", "name": "办公室"})
    await store.insert(GATES, a_gate(), a_gate("gate_2"))
    await store.insert(TYPES, *(types or usual_types()))
    plain = house or a_house(store, clock)
    templates = {"visit-invited": "SMS_1002", "notice": "SMS_1003"}
    served = replace(plain, sms_templates=templates)
    return Visits(served, clock, {p["_id"]: p for p in persons})
