"""Clocks and levels: each fires once, at its moment, and what stops a clock moves it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models.base.calendar import Decision
from models.base.policies import PolicyWrong
from models.base.store import Store
from models.repairs import board, catalogue
from models.repairs.disputes import Dispute, Recategory, Settlement, Span
from models.repairs.refusals import IntervalWrong
from tests.machinery import MONDAY
from tests.repairs_house import (
    ANN,
    BOSS,
    DAY,
    DORA,
    HOUR,
    LEVELS,
    MINUTE,
    PARTS,
    TIM,
    TOM,
    WATER,
    Repairs,
    a_category,
    back,
    because,
    open_house,
    to,
)


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store, levels=LEVELS)


def late(told: list[str]) -> list[str]:
    return [each for each in told if each.startswith(("repair-due", "repair-late"))]


async def test_a_ticket_is_due_by_business_hours(repairs: Repairs) -> None:
    """Reported at nine: an hour to respond, four business hours to repair, lunch not counted."""
    order = await repairs.report()
    assert order["data"]["ledger"]["response"]["due_at"] == MONDAY + HOUR
    assert order["due_at"] == MONDAY + 6 * HOUR  # 15:00: three hours before noon, one after two
    assert order["data"]["ledger"]["minutes"] == {
        "vendor": 0, "requester": 0, "parts": 0, "access": 0,
    }  # fmt: skip


async def test_each_level_is_told_once_and_nobody_twice(repairs: Repairs) -> None:
    order = await repairs.report()
    for _ in range(12):
        repairs.clock.forward(hours=1)
        await repairs.work()
        await repairs.work()
    told = {who: late(await repairs.told(who)) for who in (TOM, DORA, BOSS)}
    # nobody has taken it, so that what is the technician's to know goes to the dispatcher
    assert told[DORA] == ["repair-late-response", "repair-due-soon", "repair-late-solution"]
    assert told[BOSS] == ["repair-late-solution"]
    found = await repairs.order(order["_id"])
    assert len(found["data"]["escalated"]) == len(set(found["data"]["escalated"])) == 4
    assert "wake_at" not in found


async def test_a_day_off_that_is_decided_later_moves_a_level_and_does_not_lose_it(
    repairs: Repairs,
) -> None:
    repairs.clock.now = MONDAY + 8 * HOUR  # 17:00: half an hour of today, and half of tomorrow
    await repairs.report()
    tomorrow = Decision(day=MONDAY.date() + timedelta(days=1), kind="holiday", note="停电检修")
    await repairs.house.calendars.record([tomorrow])
    repairs.clock.now = MONDAY + DAY
    await repairs.work()
    assert late(await repairs.told(DORA)) == []
    repairs.clock.now = MONDAY + 2 * DAY - MINUTE
    await repairs.work()
    assert late(await repairs.told(DORA)) == []
    repairs.clock.forward(minutes=1)
    for _ in range(2):
        await repairs.work()
    assert late(await repairs.told(DORA)) == ["repair-late-response"]


async def test_a_level_comes_at_its_very_minute(repairs: Repairs) -> None:
    """An hour of business before three is noon."""
    await repairs.started()
    repairs.clock.now = MONDAY + 3 * HOUR - MINUTE
    await repairs.work()
    assert late(await repairs.told(TOM)) == []
    repairs.clock.forward(minutes=1)
    await repairs.work()
    assert late(await repairs.told(TOM)) == ["repair-due-soon"]


async def test_a_pause_moves_what_is_due_and_no_level_comes_meanwhile(repairs: Repairs) -> None:
    order = await repairs.started()
    repairs.clock.forward(hours=1)
    order = await repairs.step(TOM, order, "pause", PARTS)
    repairs.clock.forward(hours=5)  # 15:00, two business hours on from twelve
    await repairs.work()
    assert late(await repairs.told(TOM)) == []
    order = await repairs.step(TOM, order, "resume")
    ledger = order["data"]["ledger"]
    assert ledger["minutes"]["parts"] == 180  # ten to twelve, two to three
    assert ledger["solution"]["used"] == 60
    assert order["due_at"] == MONDAY + 24 * HOUR  # two hours and a half today, the rest tomorrow


async def test_the_response_clock_runs_once_whatever_comes_later(repairs: Repairs) -> None:
    order = await repairs.report()
    repairs.clock.forward(minutes=30)
    order = await repairs.take(TOM, order)
    repairs.clock.forward(minutes=30)
    order = await repairs.step(TOM, order, "give_back", back())
    repairs.clock.forward(minutes=60)
    order = await repairs.take(TIM, order)
    ledger = order["data"]["ledger"]
    assert ledger["response"]["used"] == 30
    assert ledger["response"]["met"]
    assert ledger["solution"]["used"] == 120


async def test_another_category_brings_its_own_targets_and_the_log_stays(repairs: Repairs) -> None:
    order = await repairs.report()
    slow = {str(n): catalogue.Target(response=60, solution=960) for n in range(1, 6)}
    body = a_category("慢", targets=slow)
    await catalogue.put(await repairs.ctx(BOSS), "cat_slow", body)
    await repairs.hand(DORA, TOM, categories=["cat_slow"])
    # what the administration decides later leaves the ticket alone
    await catalogue.put(await repairs.ctx(BOSS), WATER, a_category("水暖", targets=slow))
    repairs.clock.forward(hours=1)
    same = await repairs.step(ANN, order, "urge")
    assert same["data"]["ledger"]["solution"]["target"] == 240
    change = Recategory(category="cat_slow")
    order = await repairs.step(DORA, order, "change_category", change)
    assert order["data"]["ledger"]["solution"]["target"] == 960
    assert order["data"]["ledger"]["solution"]["used"] == 60
    assert (await repairs.take(TOM, order))["state"] == "taken"


async def test_time_after_a_refusal_is_the_vendors_again(repairs: Repairs) -> None:
    order = await repairs.fixed()
    repairs.clock.forward(hours=1)
    order = await repairs.step(ANN, order, "refuse", because())
    assert (order["state"], order["assignee"]) == ("taken", TOM)
    repairs.clock.forward(hours=1)
    order = await repairs.step(TOM, order, "start")
    assert order["data"]["ledger"]["minutes"] == {
        "vendor": 60, "requester": 60, "parts": 0, "access": 0,
    }  # fmt: skip


async def test_a_manager_gives_an_interval_to_another_party_and_the_log_stays(
    repairs: Repairs,
) -> None:
    order = await repairs.started()
    repairs.clock.forward(hours=2)
    span = Span(from_=MONDAY, to=MONDAY + HOUR)
    order = await repairs.step(TOM, order, "dispute", Dispute(interval=span, reason="门锁着"))
    assert order["data"]["disputes"][0]["party"] is None
    before = len(order["timeline"])
    body = Settlement(interval=span, party="access", reason="监控属实")
    order = await repairs.step(BOSS, order, "settle", body)
    assert len(order["timeline"]) == before + 1
    assert order["data"]["ledger"]["minutes"] == {
        "vendor": 60, "requester": 0, "parts": 0, "access": 60,
    }  # fmt: skip
    assert order["due_at"] == MONDAY + 7 * HOUR
    shown = await board.ledger(await repairs.ctx(TOM), order["_id"])
    assert [(each.party, each.minutes, each.settled) for each in shown.intervals] == [
        ("access", 60, True), ("vendor", 60, False),
    ]  # fmt: skip
    assert [each.party for each in shown.disputes] == ["access"]
    assert "repair-settled" in await repairs.told(ANN)


async def test_only_what_lies_in_the_tickets_life_is_disputed(repairs: Repairs) -> None:
    order = await repairs.started()
    repairs.clock.forward(hours=1)
    for start, end in (
        (MONDAY - HOUR, MONDAY),
        (MONDAY, MONDAY + 2 * HOUR),
        (MONDAY + HOUR, MONDAY),
    ):
        body = Dispute(interval=Span(from_=start, to=end), reason="不对")
        refusal = await repairs.refused(repairs.step(ANN, order, "dispute", body))
        assert isinstance(refusal, IntervalWrong)


async def test_handing_over_changes_nobodys_minutes(repairs: Repairs) -> None:
    order = await repairs.started()
    repairs.clock.forward(minutes=40)
    order = await repairs.step(TOM, order, "hand_over", to(TIM))
    repairs.clock.forward(minutes=20)
    order = await repairs.step(TIM, order, "pause", PARTS)
    assert order["data"]["ledger"]["solution"]["used"] == 60


async def test_a_weekend_costs_nothing(repairs: Repairs) -> None:
    repairs.clock.now = MONDAY + timedelta(days=4, hours=8)  # Friday 17:00
    order = await repairs.report()
    assert order["due_at"] == MONDAY + timedelta(days=7) + 3 * HOUR  # Monday noon


@pytest.mark.parametrize(
    "spans",
    [
        [["12:00", "08:30"]],
        [["08:30", "08:30"]],
        [["14:00", "17:30"], ["08:30", "12:00"]],
        [["08:30", "14:30"], ["14:00", "17:30"]],
        [["08:30", "24:01"]],
    ],
)
async def test_hours_that_make_no_sense_are_not_decided(repairs: Repairs, spans: Any) -> None:
    """Else nobody could report anything from the day on which they are in force."""
    value = {"hours": {"office": {"spans": spans}}}
    decided = repairs.house.policies.decide("repairs", "", value, MONDAY.date(), BOSS)
    assert isinstance(await repairs.refused(decided), PolicyWrong)
    await repairs.report()
