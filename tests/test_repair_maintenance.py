"""Maintenance: every date has its ticket, ahead of time, exactly once, never on a holiday."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import date, timedelta
from typing import Any

import pytest

from models.base.calendar import Calendar
from models.base.clock import campus_date, campus_time
from models.base.errors import Refusal
from models.base.store import Document, Store
from models.repairs import assets, catalogue, maintenance, meters, plans
from models.repairs.assets import AssetInput, Place
from models.repairs.maintenance import PLANS
from models.repairs.meters import MeterBackwards, NoMeter, Reading
from models.repairs.plan_dates import Every, following, next_count, worked_on
from models.repairs.plans import NotDue, Plan, PlanInput, PlanQuery, PlanWrong, Skip
from models.repairs.proofs import Checked, ProofMissing
from models.repairs.refusals import CategoryDisabled
from models.repairs.working import Finish
from tests.machinery import a_house
from tests.repairs_house import (
    ANN,
    BOSS,
    DONE,
    DORA,
    DREW,
    LIGHT,
    TOM,
    WATER,
    Repairs,
    a_category,
    open_house,
)

PUMP, PLAN = "ast_pump", "mnt_pump"
TUESDAY, NEXT_WEEK = date(2026, 11, 24), date(2026, 11, 30)
KEPT = (PLANS, "orders", "assets", "audit")


async def a_pump(store: Store) -> Repairs:
    """A house with a pump that counts its hours."""
    repairs = await open_house(store)
    body = AssetInput(
        code="PUMP-1", name="生活水泵", category=WATER, meter_unit="小时",
        location=Place(building="1号楼", floor="B1", room="泵房"),
    )  # fmt: skip
    await assets.put(await repairs.ctx(BOSS), PUMP, body)
    return repairs


async def set_plan(repairs: Repairs, **said: Any) -> Plan:
    """A plan for the pump: every week from Tuesday on, or as `said`."""
    usual: dict[str, Any] = {"asset": PUMP, "title": "水泵周检", "every": Every(weeks=1)}
    usual |= {"next_on": None if "every" in said and said["every"].meter else TUESDAY}
    return await plans.put(await repairs.ctx(BOSS), PLAN, PlanInput(**usual | said))


async def the_plan(repairs: Repairs) -> Plan:
    return await plans.one(await repairs.ctx(BOSS), PLAN)


async def to(repairs: Repairs, day: date, hour: str = "08:00") -> None:
    """Let it be so late, and the workers work until nothing is due."""
    repairs.clock.now = campus_time(day, hour)
    while await maintenance.open_due(repairs.house):
        pass


async def tickets(repairs: Repairs) -> list[Document]:
    return await repairs.store.find("orders", {"kind": "repair"}, sort=[("created_at", 1)])


async def dates(repairs: Repairs) -> list[str]:
    """What the tickets that were opened are for."""
    return [ticket["data"]["plan"]["due"] for ticket in await tickets(repairs)]


async def refused(repairs: Repairs, act: Awaitable[Any]) -> Refusal:
    async def everything() -> dict[str, list[Document]]:
        return {name: await repairs.store.find(name, {}) for name in KEPT}

    before = await everything()
    with pytest.raises(Refusal) as refusal:
        await act
    assert await everything() == before
    return refusal.value


async def accepted(repairs: Repairs, ticket: Document) -> None:
    """The ticket from the pool to its end."""
    order = await repairs.take(TOM, ticket)
    order = await repairs.step(TOM, order, "start")
    order = await repairs.step(TOM, order, "finish", DONE)
    await repairs.step(BOSS, order, "accept")


@pytest.mark.parametrize(
    ("every", "days"),
    [
        (Every(days=10), ["2026-02-10", "2026-02-20", "2026-03-02"]),
        (Every(weeks=2), ["2026-02-14", "2026-02-28", "2026-03-14"]),
        (Every(months=1), ["2026-02-28", "2026-03-31", "2026-04-30"]),
        (Every(months=13), ["2027-02-28", "2028-03-31", "2029-04-30"]),
        (Every(years=1), ["2027-01-31", "2028-01-31", "2029-01-31"]),
    ],
)
def test_dates_follow_the_rule_and_keep_to_their_day_of_the_month(
    every: Every, days: list[str]
) -> None:
    day, found = date(2026, 1, 31), []
    for _ in days:
        day = following(every, day, 31)
        found.append(day.isoformat())
    assert found == days


def test_a_public_holiday_moves_the_work_to_the_next_working_day() -> None:
    calendar = Calendar()
    assert worked_on(calendar, date(2026, 10, 1)) == date(2026, 10, 8)
    assert worked_on(calendar, date(2027, 1, 1)) == date(2027, 1, 4)  # before the yearly notice
    assert worked_on(calendar, date(2026, 11, 28)) == date(2026, 11, 28)  # an ordinary Saturday
    assert worked_on(calendar, date(2026, 11, 24)) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("last", "total", "due"),
    [(500, 0, 1000), (500, 500, 1000), (500, 999, 1000), (500, 2100, 2500)],
)
def test_a_meter_is_due_at_the_first_step_beyond_what_it_has_counted(
    last: int, total: int, due: int
) -> None:
    assert next_count(500, last, total) == due


async def test_each_date_has_its_ticket_on_its_morning(store: Store) -> None:
    repairs = await a_pump(store)
    plan = await set_plan(repairs)
    assert (plan.next_on, plan.planned_for, plan.due) == (TUESDAY, TUESDAY, "2026-11-24")
    await to(repairs, TUESDAY, "07:59")
    assert await dates(repairs) == []
    await to(repairs, TUESDAY)
    await to(repairs, NEXT_WEEK)
    assert await dates(repairs) == ["2026-11-24"]
    await to(repairs, TUESDAY + timedelta(days=14))
    assert await dates(repairs) == ["2026-11-24", "2026-12-01", "2026-12-08"]
    plan = await the_plan(repairs)
    assert (plan.next_on, plan.last_order) == (
        date(2026, 12, 15),
        (await tickets(repairs))[-1]["_id"],
    )


async def test_however_many_workers_there_are_a_date_has_one_ticket(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs, every=Every(days=1))
    repairs.clock.now = campus_time(date(2026, 11, 26), "08:00")
    houses = [repairs.house, *(a_house(store, repairs.clock) for _ in range(3))]
    for _ in range(4):
        await asyncio.gather(*(maintenance.open_due(house) for house in houses))
    assert await dates(repairs) == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert (await the_plan(repairs)).next_on == date(2026, 11, 27)


async def test_a_worker_that_stops_after_opening_the_ticket_opens_no_second_one(
    store: Store,
) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs)
    before = await store.get(PLANS, PLAN)
    await to(repairs, TUESDAY)
    assert before is not None
    await store.upsert(PLANS, before)  # as it was when the worker had not come so far
    await to(repairs, TUESDAY, "08:30")
    assert await dates(repairs) == ["2026-11-24"]
    assert (await the_plan(repairs)).next_on == date(2026, 12, 1)


async def test_the_ticket_asks_for_what_the_plan_asks_for_and_is_its_owners(store: Store) -> None:
    repairs = await a_pump(store)
    checklist = ["轴承无异响", "无渗漏"]
    await set_plan(repairs, checklist=checklist, photos=True, urgency=3, category=LIGHT)
    await to(repairs, TUESDAY)
    (ticket,) = await tickets(repairs)
    data = ticket["data"]
    assert (ticket["owner"], ticket["state"], ticket["actor"]) == (BOSS, "reported", "clock")
    assert (data["fault"], data["category"]["id"], data["urgency"]) == (
        "计划保养：水泵周检",
        LIGHT,
        3,
    )
    assert (data["checklist"], data["requires"]) == (
        checklist,
        {"photos": True, "signature": False},
    )
    assert data["asset"] == {"id": PUMP, "name": "生活水泵", "code": "PUMP-1"}
    assert data["location"] == {"building": "1号楼", "floor": "B1", "room": "泵房", "text": ""}
    due = {"id": PLAN, "title": "水泵周检", "due": "2026-11-24", "planned_for": "2026-11-24"}
    assert data["plan"] == due


async def test_a_fix_shows_what_the_plan_asked_for(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs, checklist=["轴承无异响", "无渗漏"], photos=True, signature=True)
    await to(repairs, TUESDAY)
    (ticket,) = await tickets(repairs)
    order = await repairs.step(TOM, await repairs.take(TOM, ticket), "start")
    half = Finish(note="已检", checklist=[Checked(item="无渗漏")])
    refusal = await refused(repairs, repairs.step(TOM, order, "finish", half))
    assert isinstance(refusal, ProofMissing)
    assert [at for at, _ in refusal.errors] == ["/photos", "/signature", "/checklist"]
    assert refusal.detail() == "请补齐：修后照片、签字、检查项“轴承无异响”。"


async def test_what_was_checked_stands_in_the_ticket(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs, checklist=["无渗漏"])
    await to(repairs, TUESDAY)
    (ticket,) = await tickets(repairs)
    order = await repairs.step(TOM, await repairs.take(TOM, ticket), "start")
    done = Finish(note="已检", checklist=[Checked(item="无渗漏", ok=False, note="轻微渗水")])
    order = await repairs.step(TOM, order, "finish", done)
    assert order["data"]["checked"] == [{"item": "无渗漏", "ok": False, "note": "轻微渗水"}]


async def test_a_ticket_opened_ahead_is_timed_from_its_day(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs, next_on=NEXT_WEEK, lead_days=6)
    await to(repairs, TUESDAY)
    (ticket,) = await tickets(repairs)
    assert campus_date(ticket["created_at"]) == TUESDAY
    assert ticket["data"]["ledger"]["solution"]["due_at"] == campus_time(NEXT_WEEK, "14:30")


async def test_what_falls_on_a_holiday_is_postponed_but_the_rule_is_not(store: Store) -> None:
    repairs = await a_pump(store)
    plan = await set_plan(repairs, next_on=date(2027, 1, 1), every=Every(months=1), lead_days=1)
    monday = date(2027, 1, 4)
    assert (plan.next_on, plan.planned_for) == (date(2027, 1, 1), monday)
    await to(repairs, monday - timedelta(days=1), "07:00")
    assert await dates(repairs) == []
    await to(repairs, monday - timedelta(days=1))
    (ticket,) = await tickets(repairs)
    assert ticket["data"]["plan"]["planned_for"] == monday.isoformat()
    assert (await the_plan(repairs)).next_on == date(2027, 2, 1)


async def test_from_the_completed_date_the_next_one_follows_the_fix(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs, based_on="completed", every=Every(days=7))
    await to(repairs, TUESDAY)
    (ticket,) = await tickets(repairs)
    plan = await the_plan(repairs)
    assert (plan.open, plan.next_on, plan.due) == (ticket["_id"], None, None)
    await to(repairs, date(2026, 12, 1), "09:00")
    assert len(await tickets(repairs)) == 1
    await accepted(repairs, ticket)
    repairs.clock.forward(minutes=10)
    await maintenance.open_due(repairs.house)
    plan = await the_plan(repairs)
    assert (plan.open, plan.next_on) == (None, date(2026, 12, 8))
    await to(repairs, date(2026, 12, 8))
    assert await dates(repairs) == ["2026-11-24", "2026-12-08"]


async def test_a_cancelled_ticket_counts_as_skipped(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs, based_on="completed")
    await to(repairs, TUESDAY)
    (ticket,) = await tickets(repairs)
    await repairs.step(BOSS, ticket, "cancel")
    await to(repairs, TUESDAY, "09:00")
    assert (await the_plan(repairs)).next_on == date(2026, 12, 1)


async def test_a_skipped_date_has_no_ticket_and_is_skipped_once(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs)
    skip = Skip(due="2026-11-24", reason="设备停机检修")
    plan = await plans.skip(await repairs.ctx(BOSS), PLAN, skip)
    assert plan.next_on == date(2026, 12, 1)
    again = plans.skip(await repairs.ctx(BOSS), PLAN, skip)
    assert isinstance(await refused(repairs, again), NotDue)
    await to(repairs, date(2026, 12, 1))
    assert await dates(repairs) == ["2026-12-01"]


async def test_a_meter_opens_one_ticket_however_far_it_has_gone(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs, every=Every(meter=500))
    boss = await repairs.ctx(BOSS)
    await meters.read(boss, PUMP, Reading(value=499))
    await to(repairs, TUESDAY)
    assert (await dates(repairs), (await the_plan(repairs)).meter_left) == ([], 1)
    await meters.read(boss, PUMP, Reading(value=1700))
    await to(repairs, TUESDAY)
    assert (await dates(repairs), (await the_plan(repairs)).meter_left) == (["m500"], 300)


async def test_a_new_meter_goes_on_from_where_the_old_one_was(store: Store) -> None:
    repairs = await a_pump(store)
    ctx = await repairs.ctx(TOM)
    await meters.read(ctx, PUMP, Reading(value=900))
    refusal = await refused(repairs, meters.read(ctx, PUMP, Reading(value=20)))
    assert isinstance(refusal, MeterBackwards)
    for _ in range(2):  # the second says nothing new
        pump = await meters.read(ctx, PUMP, Reading(value=20, replaced=True))
    assert pump.meter is not None
    assert (pump.meter.reading, pump.meter.total) == (20, 920)


async def test_a_thing_without_a_meter_has_no_reading_and_no_plan_by_it(store: Store) -> None:
    repairs = await a_pump(store)
    boss = await repairs.ctx(BOSS)
    body = AssetInput(code="LAMP-1", name="路灯", category=LIGHT, location=Place(building="院内"))
    await assets.put(boss, "ast_lamp", body)
    assert isinstance(
        await refused(repairs, meters.read(boss, "ast_lamp", Reading(value=1))), NoMeter
    )
    plan = set_plan(repairs, asset="ast_lamp", every=Every(meter=5))
    assert isinstance(await refused(repairs, plan), PlanWrong)


async def test_a_disabled_plan_opens_nothing_until_it_is_enabled(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs, enabled=False)
    await to(repairs, TUESDAY)
    assert await dates(repairs) == []
    await set_plan(repairs)
    await to(repairs, TUESDAY)
    assert await dates(repairs) == ["2026-11-24"]


async def test_a_plan_nobody_can_carry_out_says_why_and_tries_again(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs)
    boss = await repairs.ctx(BOSS)
    await catalogue.put(boss, WATER, a_category("水暖", enabled=False))
    await to(repairs, TUESDAY)
    plan = await the_plan(repairs)
    assert (plan.fault, plan.next_on, await dates(repairs)) == (CategoryDisabled.code, TUESDAY, [])
    await catalogue.put(boss, WATER, a_category("水暖"))
    await to(repairs, TUESDAY, "08:10")
    assert ((await the_plan(repairs)).fault, await dates(repairs)) == (None, ["2026-11-24"])


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"every": Every()}, "/every"),
        ({"every": Every(days=1, weeks=1)}, "/every"),
        ({"next_on": None}, "/next_on"),
        ({"asset": "ast_none"}, "/asset"),
        ({"category": "cat_none"}, "/category"),
    ],
)
async def test_a_plan_that_contradicts_itself_is_refused(
    store: Store, said: dict[str, Any], pointer: str
) -> None:
    repairs = await a_pump(store)
    refusal = await refused(repairs, set_plan(repairs, **said))
    assert isinstance(refusal, PlanWrong)
    assert [at for at, _ in refusal.errors] == [pointer]


async def test_maintenance_is_nobodys_to_see_who_would_not_see_a_ticket(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs)
    await to(repairs, TUESDAY)
    (ticket,) = await tickets(repairs)
    assert [await repairs.sees(who, ticket) for who in (BOSS, TOM, ANN)] == [True, True, False]


async def test_a_plan_names_its_ticket_to_those_who_see_it(store: Store) -> None:
    repairs = await a_pump(store)
    await set_plan(repairs)
    await to(repairs, TUESDAY)
    [ticket] = await tickets(repairs)
    await repairs.take(TOM, ticket)
    for who, sees in ((BOSS, True), (DORA, True), (TOM, True), (DREW, False)):
        ctx = await repairs.ctx(who)
        plan = await plans.one(ctx, PLAN)
        [listed] = (await plans.listed(ctx, PlanQuery())).items
        assert plan == listed
        named = ticket["_id"] if sees else None
        assert plan.last_order == named, who
