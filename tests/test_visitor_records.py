"""The log, passages of staff and vehicles, who is inside, and what is gone after the days."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.base.store import Store
from models.visitors import desk, evacuation, events, groups, records, vehicles
from models.visitors.changing import Change, Parting
from models.visitors.events import EVENTS, EventQuery
from models.visitors.groups import GroupInput
from models.visitors.links import FillIn, fill_in
from models.visitors.records import ExportQuery, LogQuery
from models.visitors.retention import GONE, scrub
from models.visitors.shapes import GroupMember, Repeat
from models.visitors.vehicles import VehicleInput
from server.migrations import MIGRATIONS, Migration
from tests.visits_house import (
    ANN,
    BOB,
    DAY,
    EAST,
    GUARD,
    MINUTE,
    NOON,
    PHONE,
    SENTINEL,
    TEN,
    WEST,
    a_gate,
    open_house,
)

PLATE = "苏A12345"


async def test_staff_and_vehicles_pass_by_number_and_plate(store: Store) -> None:
    visits = await open_house(store)
    body = VehicleInput(label="公务用车", owner="S0003")
    await vehicles.put(visits.ctx(GUARD), PLATE, body)
    staff = await visits.scan("s0003")
    assert (staff.decision, staff.who, staff.visit) == ("admit", "ann S0003", None)
    car = await visits.scan("苏A·12345", "out", WEST, "gate_2")
    assert (car.decision, car.who) == ("admit", "公务用车 苏A***45")
    assert (await visits.scan("S9999")).reason == "unknown"
    assert (await visits.scan("苏B99999")).reason == "unknown"
    assert await store.count("orders", {}) == 0
    found = await events.listed(visits.ctx(GUARD), EventQuery(gate="gate_2"))
    assert [(e.kind, e.who, e.direction) for e in found.items] == [
        ("vehicle", "苏A***45", "out")
    ]  # fmt: skip


async def test_a_visitor_s_car_is_known_by_its_plate(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(visitor={"plate": PLATE})
    assert (await visits.scan(PLATE)).reason == "too-early"
    visits.clock.now = TEN
    answer = await visits.scan(PLATE)
    assert (answer.decision, answer.check_face) == ("admit", True)
    assert answer.visit is not None
    assert answer.visit.id == order["_id"]
    visits.clock.forward(minutes=1)
    assert (await visits.scan(PLATE)).reason == "already-in"
    assert (await visits.scan(PLATE, "out")).decision == "admit"
    assert PLATE not in str(await store.find("scans", {}))


async def test_a_vehicle_passes_until_its_last_day(store: Store) -> None:
    visits = await open_house(store)
    body = VehicleInput(label="租用车辆", until=TEN.date())
    await vehicles.put(visits.ctx(GUARD), PLATE, body)
    assert (await visits.scan(PLATE)).decision == "admit"
    visits.clock.forward(days=1)
    assert (await visits.scan(PLATE)).reason == "unknown"


async def test_whoever_works_for_a_vendor_needs_a_pass(store: Store) -> None:
    visits = await open_house(store)
    person = {**visits.persons[BOB], "_id": "per_v", "employee_no": "V0101"}
    person |= {"roles": ["technician"], "posts": []}
    await store.insert("people", person)
    assert (await visits.scan("V0101")).reason == "no-entry"


async def test_a_passage_scanned_twice_within_seconds_is_one(store: Store) -> None:
    visits = await open_house(store)
    answers = await asyncio.gather(*(visits.scan("S0003") for _ in range(5)))
    assert {answer.decision for answer in answers} == {"admit"}
    assert await store.count(EVENTS, {}) == 1
    visits.clock.forward(seconds=10)
    await visits.scan("S0003")
    assert await store.count(EVENTS, {}) == 2


async def test_sixteen_desks_at_once_lose_no_scan(store: Store) -> None:
    visits = await open_house(store)
    orders = [await visits.invite(key=f"visit-{n:02}-", visitor={"phone": None}) for n in range(16)]
    visits.clock.now = TEN
    answers = await asyncio.gather(*(visits.scan(visits.static(order)) for order in orders))
    assert {answer.decision for answer in answers} == {"admit"}
    assert len(await visits.log()) == 16


async def test_the_log_is_read_by_gate_and_visit_and_exported(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    await visits.scan(visits.static(order))
    await visits.scan("QJS" + "0" * 12)
    await visits.log()
    page = await records.listed(visits.ctx(GUARD), LogQuery(gate="gate_1"))
    assert sorted(line.reason for line in page.items) == ["ok", "unknown"]
    only = await records.listed(visits.ctx(GUARD), LogQuery(order=order["_id"]))
    assert [line.order for line in only.items] == [order["_id"]]
    sheet = (await records.sheet(visits.ctx(GUARD), ExportQuery())).decode()
    assert "放行" in sheet
    assert "未放行" in sheet
    assert SENTINEL not in sheet
    [act] = await store.find("audit", {"act": "visitors.export"})
    assert act["after"] == {"gate": None, "rows": 2}


async def test_who_is_inside_is_known_by_zone(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(companions=2, building="1号楼")
    gone = await visits.invite(BOB, key="gone")
    visits.clock.now = TEN
    await visits.scan(visits.static(order))
    await visits.scan(visits.static(gone))
    visits.clock.forward(minutes=1)
    await visits.scan(visits.static(gone), "out")
    found = await evacuation.listed(visits.ctx(GUARD))
    assert (found.total, [zone.zone for zone in found.zones]) == (3, ["主楼区"])
    assert found.zones[0].by_building == {"1号楼": 3}
    [person] = found.zones[0].people
    assert (person.visitor, person.companions, person.gate) == (SENTINEL, 2, "1号门")


async def test_security_knows_who_is_inside_through_a_gate_it_has_no_post_at(store: Store) -> None:
    visits = await open_house(store)
    await store.insert("gates", a_gate("gate_3", zone="新楼区"))
    order = await visits.invite(gate="gate_3")
    visits.persons[EAST] |= {"posts": [{"role": "front_desk", "at": "gate_3"}]}
    visits.clock.now = TEN
    assert (await visits.scan(visits.static(order), gate="gate_3")).decision == "admit"
    found = await evacuation.listed(visits.ctx(GUARD))
    assert [(zone.zone, zone.people[0].visit) for zone in found.zones] == [
        ("新楼区", order["_id"])
    ]  # fmt: skip
    assert (await evacuation.listed(visits.ctx(EAST))).total == 1
    assert (await evacuation.listed(visits.ctx(WEST))).total == 0


async def everything(store: Store) -> dict[str, list[Any]]:
    """Every document of every collection."""
    names = await store.database.list_collection_names()
    return {name: await store.find(name, {}) for name in names if "chunks" not in name}


async def test_a_visitor_s_details_are_gone_from_everywhere_after_the_days(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(
        visitor={"plate": PLATE}, purpose=f"见{SENTINEL}", belongings=f"{SENTINEL}的箱子"
    )
    await visits.work()
    nobody = visits.ctx(ANN).acting_as(visits.ctx(BOB).actor)
    await fill_in(nobody, visits.link(order), FillIn(agree=True, name=f"{SENTINEL}子"))
    visits.clock.now = TEN
    order = await visits.order(order)
    await visits.by_hand(EAST, order, note=f"{SENTINEL}的证件")
    visits.clock.forward(minutes=1)
    await visits.scan(visits.static(order), "out", scan_id="scan-0001")
    visits.clock.forward(days=1)
    await visits.work()
    cancelled = await visits.invite(
        key="later", starts_at=visits.clock(), ends_at=visits.clock() + timedelta(hours=1)
    )
    await visits.step(ANN, cancelled, "cancel", Parting(note=f"{SENTINEL}不来了"))
    await visits.work()
    assert SENTINEL in str(await everything(store))
    visits.clock.forward(days=29, hours=3)
    assert await scrub(visits.house) == 1
    visits.clock.forward(days=2)
    assert await scrub(visits.house) == 1
    assert await scrub(visits.house) == 0
    left = str(await everything(store))
    for secret in (SENTINEL, PHONE, PLATE, "喆**", "1234"):
        assert secret not in left, secret
    assert (await visits.order(order))["data"]["in_at"] == TEN
    assert await visits.log() != []


async def test_a_long_term_pass_is_scrubbed_so_long_after_its_last_day(store: Store) -> None:
    visits = await open_house(store)
    every_day = Repeat(until=(TEN + 20 * DAY).date())
    order = await visits.invite(type="vty_long", repeat=every_day)
    ends = order["data"]["ends_at"]
    assert order["private"]["over_at"] == ends + 20 * DAY
    longer = await visits.step(ANN, order, "change", Change(ends_at=ends + 60 * MINUTE))
    assert longer["private"]["over_at"] == ends + 60 * MINUTE + 20 * DAY


async def test_a_long_term_pass_that_is_cancelled_is_scrubbed_so_long_after_that(
    store: Store,
) -> None:
    visits = await open_house(store)
    every_day = Repeat(until=(TEN + 60 * DAY).date())
    order = await visits.invite(type="vty_long", repeat=every_day)
    running = await visits.invite(key="running", type="vty_long", repeat=every_day)
    visits.clock.now = TEN - 10 * MINUTE
    order = await visits.step(ANN, order, "cancel")
    assert order["private"]["over_at"] == TEN - 10 * MINUTE
    visits.clock.now = TEN - 10 * MINUTE + 30 * DAY
    assert await scrub(visits.house) == 0
    visits.clock.forward(seconds=1)
    assert await scrub(visits.house) == 1
    assert "private" not in await visits.order(order)
    assert (await visits.order(running))["private"] == running["private"]


async def test_the_purpose_of_a_group_goes_with_its_members(store: Store) -> None:
    visits = await open_house(store)
    members = [GroupMember(name=SENTINEL), GroupMember(name=f"{SENTINEL}二")]
    body = GroupInput(starts_at=TEN, ends_at=NOON, purpose=f"{SENTINEL}一行", members=members)
    await groups.invite(visits.ctx(ANN, "group"), body)
    await visits.work()
    assert SENTINEL in str(await everything(store))
    visits.clock.now = NOON + 30 * DAY
    await visits.work()
    visits.clock.forward(seconds=1)
    await visits.work()
    assert SENTINEL not in str(await everything(store))
    group = await store.first("orders", {"kind": "visit_group"})
    assert group is not None
    assert group["data"]["purpose"] == GONE


async def test_a_visit_that_ends_in_time_keeps_the_end_it_was_meant_to_have(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.forward(days=1)
    await visits.work()
    missed = await visits.order(order)
    assert (missed["state"], missed["private"]) == ("missed", order["private"])
    assert missed["private"]["over_at"] == NOON


async def test_whoever_was_never_scanned_out_is_scrubbed_and_still_inside(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    code = visits.static(order)
    assert (await visits.scan(code)).decision == "admit"
    visits.clock.now = NOON + 30 * DAY
    assert await scrub(visits.house) == 0
    visits.clock.forward(seconds=1)
    await visits.work()
    left = await visits.order(order)
    assert (left["state"], left["data"]["visitor"], left["claims"]) == (
        "inside",
        {"name": GONE},
        [],
    )
    assert SENTINEL not in str(await everything(store))
    [zone] = (await evacuation.listed(visits.ctx(GUARD))).zones
    assert [(each.visit, each.visitor) for each in zone.people] == [(order["_id"], GONE)]
    assert (await visits.scan(code, "out")).reason == "unknown"
    found = await desk.listed(visits.ctx(EAST), desk.DeskQuery(gate="gate_1", list="inside"))
    assert [(each.id, each.can) for each in found.items] == [(order["_id"], ["leave"])]
    await visits.by_hand(EAST, left, "out")
    assert (await evacuation.listed(visits.ctx(GUARD))).total == 0
    visits.clock.forward(days=1)
    await visits.work()
    ended = await visits.order(order)
    assert (ended["state"], "private" in ended) == ("ended", False)


def migration(words: str) -> Migration:
    [found] = [each for each in MIGRATIONS if words in each.name]
    return found


async def test_details_of_an_older_version_are_dated_by_migration(
    store: Store,
) -> None:
    visits = await open_house(store)
    every_day = Repeat(until=(TEN + 20 * DAY).date())
    running = await visits.invite(type="vty_long", repeat=every_day)
    ended = await visits.invite(key="ended", type="vty_long", repeat=every_day)
    ended = await visits.step(ANN, ended, "cancel")
    scrubbed = await visits.invite(key="scrubbed")
    await store.update("orders", {"_id": scrubbed["_id"]}, {"$unset": {"private": ""}})
    await visits.work()
    before = await store.find("orders", {}, sort=[("_id", 1)])
    known = {order["_id"]: order.get("private", {}).get("over_at") for order in before}
    assert known[running["_id"]] == NOON + 20 * DAY
    assert known[ended["_id"]] == visits.clock()
    undate = {"$unset": {"private.over_at": ""}}
    for _ in range(2):
        await store.update_all("orders", {"private": {"$exists": True}}, undate)
        await migration("when it is over").run(store)
        assert await store.find("orders", {}, sort=[("_id", 1)]) == before


async def test_a_visit_of_an_older_version_is_dated_by_the_step_that_ends_it(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    undate = {"$unset": {"private.over_at": ""}}
    await store.update("orders", {"_id": order["_id"]}, undate)
    order = await visits.step(ANN, order, "cancel")
    assert (await visits.order(order))["private"]["over_at"] == visits.clock()


async def test_a_pass_an_older_version_ended_early_is_over_since_then(store: Store) -> None:
    visits = await open_house(store)
    running = await visits.invite()
    order = await visits.step(ANN, await visits.invite(key="ended"), "cancel")
    planned = {"$set": {"private.over_at": NOON}}
    await store.update("orders", {"_id": order["_id"]}, planned)
    for _ in range(2):
        await migration("ended early").run(store)
        assert await visits.order(order) == order
    assert (await visits.order(running))["private"]["over_at"] == NOON


async def test_what_an_older_version_promised_the_log_is_kept_and_no_more_tried(
    store: Store,
) -> None:
    visits = await open_house(store)
    order, other = await visits.invite(), await visits.invite(key="other")
    await visits.work()
    visits.clock.now = TEN
    await visits.scan(visits.static(order))
    await visits.work()
    order, other = await visits.order(order), await visits.order(other)
    [line] = await store.find("scans", {})
    await store.delete("scans", {})
    mend = {"reaction": "models.visitors.log.mend", "n": "2.1", "tries": 7}
    told = {"template": "visit-arrived", "to": ANN, "sms": False, "n": "2.0", "tries": 1}
    for each, entries in ((order, [mend]), (other, [told, mend])):
        promised = {"outbox": entries, "outbox_at": TEN, "outbox_key": f"{each['_id']}:2"}
        await store.update("orders", {"_id": each["_id"]}, {"$set": promised})
    for _ in range(2):
        await migration("mend the log").run(store)
        assert await visits.order(order) == order
        assert (await visits.order(other))["outbox"] == [told]
        assert await store.find("scans", {}) == [line]
    await visits.work()
    assert await visits.order(other) == other


async def test_scrubbing_that_was_killed_is_done_the_next_time(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.step(ANN, await visits.invite(), "cancel")
    visits.clock.forward(days=31)

    def power_cut(step: str) -> None:
        raise RuntimeError(step)

    with pytest.raises(RuntimeError, match=r"scrub\.unclaimed"):
        await scrub(replace(visits.house, step=power_cut))
    assert "private" in await visits.order(order)
    assert await scrub(visits.house) == 1
    assert "private" not in await visits.order(order)
    assert await store.count("claims", {}) == 0


async def test_whoever_is_still_expected_is_not_scrubbed(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(starts_at=TEN + 60 * DAY, ends_at=TEN + 60 * DAY + 60 * MINUTE)
    visits.clock.forward(days=59)
    assert await scrub(visits.house) == 0
    assert "private" in await visits.order(order)
    assert EAST in visits.persons
