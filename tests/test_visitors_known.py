"""What a gate remembers of today's visits: one command for a scan, and never a wrong answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from models.base.context import House
from models.base.store import Store
from models.visitors.changing import Change, Parting
from models.visitors.deciding import Reason
from models.visitors.scans import Answer
from server.commands import CommandCounter
from server.database import connect, disconnect
from tests.machinery import a_house
from tests.visits_house import (
    ANN,
    BOB,
    EAST,
    GUARD,
    HOUR,
    LEADER,
    NOON,
    TEN,
    WEST,
    Visits,
    open_house,
)

RACERS = 20


@dataclass
class Gate:
    """Two processes of the house at ten, and a visitor both remember as they were invited."""

    here: Visits
    there: Visits
    order: Any

    async def scan(self, way: str = "in", **more: Any) -> Answer:
        return await self.here.scan(self.here.static(self.order), way, **more)


async def a_gate_that_knows(store: Store, **invited: Any) -> Gate:
    here = await open_house(store)
    there = replace(here, house=another(here))
    order = await here.invite(**invited)
    someone = await here.invite(key="someone", visitor={"phone": "13900009999"})
    here.clock.now = TEN
    for each, way in ((here, "in"), (there, "out")):
        assert (await each.scan(each.static(someone), way)).decision == "admit"
    return Gate(here, there, order)


def another(visits: Visits) -> House:
    """Another process on the same database."""
    return replace(a_house(visits.store, visits.clock), sms_templates=visits.house.sms_templates)


async def test_a_scan_is_one_command(store: Store, database_uri: str) -> None:
    registry = CollectorRegistry()
    counted = connect(database_uri, store.database.name, [CommandCounter(registry)])
    try:
        gate = await a_gate_that_knows(store)
        here = replace(gate.here, house=replace(gate.here.house, store=counted))
        other = await gate.there.invite(key="other", visitor={"phone": "13900008888"})
        await here.scan(here.static(other))  # which has today's visits read
        before = sent(registry)
        for way in ("in", "out"):
            assert (await here.scan(here.static(gate.order), way)).decision == "admit"
        assert {name: n - before.get(name, 0) for name, n in sent(registry).items()} == {
            **dict.fromkeys(before, 0), "update": 2,
        }  # fmt: skip
    finally:
        disconnect(counted)


def sent(registry: CollectorRegistry) -> dict[str, float]:
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    return {s.labels["command"]: s.value for s in samples if s.name.endswith("_total")}


async def test_whoever_was_invited_since_is_known_by_asking(store: Store) -> None:
    gate = await a_gate_that_knows(store)
    late = await gate.there.invite(BOB, "late")
    assert (await gate.here.scan(gate.here.static(late))).decision == "admit"


async def cancelled(gate: Gate) -> None:
    await gate.there.step(ANN, gate.order, "cancel", Parting())


async def put_off(gate: Gate) -> None:
    body = Change(starts_at=TEN + 2 * HOUR, ends_at=NOON + 2 * HOUR)
    await gate.there.step(ANN, gate.order, "change", body)


async def reissued(gate: Gate) -> None:
    await gate.there.step(ANN, gate.order, "reissue")


async def let_in(gate: Gate) -> None:
    await gate.there.scan(gate.there.static(gate.order), who=WEST, gate="gate_2")


async def revoked(gate: Gate) -> None:
    await gate.there.step(GUARD, gate.order, "revoke", Reason(reason="核查"))


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (cancelled, "cancelled"), (put_off, "too-early"), (reissued, "revoked"),
        (let_in, "already-in"), (revoked, "revoked"),
    ],
)  # fmt: skip
async def test_what_another_process_has_changed_since_is_what_counts(
    store: Store, act: Callable[[Gate], Awaitable[None]], reason: str
) -> None:
    gate = await a_gate_that_knows(store)
    await act(gate)
    before = await gate.here.order(gate.order)
    for _ in range(2):
        answer = await gate.scan()
        assert (answer.decision, answer.reason) == ("refuse", reason)
    assert await gate.here.order(gate.order) == before


async def test_who_was_approved_elsewhere_may_come_in(store: Store) -> None:
    gate = await a_gate_that_knows(store, type="vty_leader")
    assert (await gate.scan()).reason == "not-approved"
    await gate.there.step(LEADER, gate.order, "approve")
    assert (await gate.scan()).decision == "admit"


async def test_who_came_in_elsewhere_may_leave_here(store: Store) -> None:
    gate = await a_gate_that_knows(store)
    await let_in(gate)
    assert (await gate.scan("out")).decision == "admit"
    assert await gate.here.state(gate.order) == "left"


async def test_the_same_scan_by_two_processes_is_one(store: Store) -> None:
    gate = await a_gate_that_knows(store)
    first = await gate.there.scan(gate.there.static(gate.order), scan_id="scan-0001")
    again = await gate.scan(scan_id="scan-0001")
    assert (first.repeated, again.decision, again.repeated) == (False, "admit", True)
    assert (await gate.here.order(gate.order))["version"] == 2


async def test_a_scan_repeated_after_security_has_revoked_lets_nobody_in(store: Store) -> None:
    gate = await a_gate_that_knows(store)
    assert (await gate.scan(scan_id="scan-0001")).decision == "admit"
    inside = await gate.here.order(gate.order)
    await gate.there.step(GUARD, inside, "revoke", Reason(reason="核查"))
    again = await gate.scan(scan_id="scan-0001")
    assert (again.decision, again.reason) == ("refuse", "revoked")


async def test_of_many_scans_by_two_processes_that_remember_it_one_admits(store: Store) -> None:
    gate = await a_gate_that_knows(store)
    racers = [(gate.here, EAST, "gate_1"), (gate.there, WEST, "gate_2")] * (RACERS // 2)
    code = gate.here.static(gate.order)
    answers = await asyncio.gather(
        *(visits.scan(code, who=who, gate=place) for visits, who, place in racers)
    )
    steps = [entry["transition"] for entry in (await gate.here.order(gate.order))["timeline"]]
    assert steps == ["place", "admit"]
    assert [each.decision for each in answers if not each.repeated].count("admit") == 1
