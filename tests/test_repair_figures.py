"""Vendors' figures: every number is right, names its tickets, and is shown to whom it concerns."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.base.errors import NotFound
from models.base.store import Document, Store
from models.base.views import RatingInput
from models.repairs import export, figures
from models.repairs.disputes import Dispute, Settlement, Span
from models.repairs.export import ExportQuery
from models.repairs.figures import FiguresQuery, OrdersQuery, RatingFigures, VendorFigures
from models.repairs.periods import PeriodUnusable
from models.repairs.refusals import VendorUnknown
from models.repairs.reporting import Location
from tests.machinery import MONDAY
from tests.repairs_house import (
    ANN,
    BOSS,
    DONE,
    DORA,
    DREW,
    HOUR,
    LEE,
    PARTS,
    TOM,
    Repairs,
    because,
    open_house,
)

NOVEMBER = FiguresQuery(from_=date(2026, 11, 1), to=date(2026, 11, 30))
DECEMBER = FiguresQuery(from_=date(2026, 12, 1), to=date(2026, 12, 31))


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


async def seen(repairs: Repairs, who: str, query: FiguresQuery = NOVEMBER) -> list[VendorFigures]:
    return (await figures.figures(await repairs.ctx(who), query)).items


async def first(repairs: Repairs, query: FiguresQuery = NOVEMBER) -> VendorFigures:
    """What the administration sees of vendor 1."""
    return (await seen(repairs, BOSS, query))[0]


async def closed(repairs: Repairs, key: str, who: str = TOM, **body: Any) -> Document:
    """A ticket of a room of its own whose fix was accepted."""
    order: Document = await repairs.accepted(who, key, **{"location": room(key), **body})
    return order


def room(name: str) -> Location:
    return Location(building="2号楼", room=name)


async def rate(repairs: Repairs, order: Document, stars: int) -> None:
    await repairs.step(ANN, order, "rate", RatingInput(stars=stars))


async def test_closed_tickets_count_for_the_vendor_that_repaired(repairs: Repairs) -> None:
    one, two = await closed(repairs, "one"), await closed(repairs, "two", LEE)
    await repairs.started(key="open")
    mine, other = await seen(repairs, BOSS)
    assert (mine.vendor, mine.name, mine.tickets) == ("ven_1", "安居物业", 1)
    assert mine.orders["tickets"] == [one["_id"]]
    assert (other.vendor, other.tickets, other.orders["tickets"]) == ("ven_2", 1, [two["_id"]])


async def test_a_vendor_without_tickets_has_figures_of_nothing(repairs: Repairs) -> None:
    found = await first(repairs)
    assert (found.tickets, found.rework, found.disputes.opened) == (0, 0, 0)
    assert found.ratings == RatingFigures(count=0, average=None)
    assert found.minutes == {"vendor": 0, "requester": 0, "parts": 0, "access": 0}


async def test_targets_are_met_or_missed_as_the_ledger_says(repairs: Repairs) -> None:
    quick = await closed(repairs, "quick")
    slow = await repairs.report(key="slow", location=room("slow"))
    repairs.clock.forward(hours=2)  # one was allowed
    slow = await repairs.step(TOM, await repairs.take(TOM, slow), "start")
    repairs.clock.forward(hours=5)  # until four, when four and a half have been worked
    await repairs.step(TOM, slow, "finish", DONE)
    await repairs.step(ANN, slow, "accept")
    found = await first(repairs)
    assert found.tickets == 2
    assert found.orders["response_met"] == found.orders["solution_met"] == [quick["_id"]]
    assert (found.response_met, found.solution_met) == (1, 1)


async def test_minutes_are_added_up_by_whose_they_were(repairs: Repairs) -> None:
    order = await repairs.started()
    repairs.clock.forward(minutes=30)
    await repairs.step(TOM, order, "pause", PARTS)
    repairs.clock.forward(minutes=45)
    await repairs.step(TOM, order, "resume")
    await repairs.step(TOM, order, "finish", DONE)
    repairs.clock.forward(minutes=15)
    await repairs.step(ANN, order, "accept")
    minutes = (await first(repairs)).minutes
    assert minutes == {"vendor": 30, "requester": 15, "parts": 45, "access": 0}


async def test_a_ticket_counts_in_the_period_in_which_it_was_closed(repairs: Repairs) -> None:
    order = await repairs.fixed()
    repairs.clock.forward(days=10)
    await repairs.step(ANN, order, "accept")
    assert (await first(repairs)).tickets == 0
    assert (await first(repairs, DECEMBER)).orders["tickets"] == [order["_id"]]


async def test_a_period_ends_at_midnight_on_the_campus(repairs: Repairs) -> None:
    one, two = await repairs.fixed(key="one"), await repairs.fixed(key="two", location=room("2"))
    repairs.clock.now = MONDAY.replace(day=30, hour=15, minute=59)
    await repairs.step(ANN, one, "accept")
    repairs.clock.forward(minutes=1)
    await repairs.step(ANN, two, "accept")
    assert (await first(repairs)).orders["tickets"] == [one["_id"]]
    assert (await first(repairs, DECEMBER)).orders["tickets"] == [two["_id"]]


async def test_what_is_open_again_counts_only_once_it_is_closed_again(repairs: Repairs) -> None:
    order = await closed(repairs, "again")
    await repairs.step(ANN, order, "reopen", because())
    assert (await first(repairs)).tickets == 0
    await repairs.step(TOM, order, "start")
    await repairs.step(TOM, order, "finish", DONE)
    repairs.clock.forward(days=9)
    await repairs.step(ANN, order, "accept")
    assert (await first(repairs)).tickets == 0
    found = await first(repairs, DECEMBER)
    assert (found.tickets, found.reopened, found.repeated, found.rework) == (1, 1, 0, 1)
    assert found.orders["reopened"] == [order["_id"]]


async def test_a_fault_that_comes_back_counts_against_the_first_fix(repairs: Repairs) -> None:
    before = await closed(repairs, "before", symptom="leak")
    after = await closed(repairs, "after", LEE, symptom="leak", location=room("before"))
    assert after["data"]["repeat_of"] == before["_id"]
    mine, other = await seen(repairs, BOSS)
    assert (mine.repeated, mine.rework, mine.orders["repeated"]) == (1, 1, [before["_id"]])
    assert (other.tickets, other.repeated, other.rework) == (1, 0, 0)


async def test_a_repeat_that_was_cancelled_counts_against_nobody(repairs: Repairs) -> None:
    await closed(repairs, "before", symptom="leak")
    after = await repairs.report(key="after", symptom="leak", location=room("before"))
    assert (await first(repairs)).rework == 1
    await repairs.step(ANN, after, "cancel")
    assert (await first(repairs)).rework == 0


async def test_disputes_are_counted_by_whom_they_were_given_to(repairs: Repairs) -> None:
    order = await repairs.report(location=room("disputed"))
    repairs.clock.forward(hours=1)
    order = await repairs.step(TOM, await repairs.take(TOM, order), "start")
    span = Span(from_=MONDAY, to=MONDAY + HOUR)
    await repairs.step(TOM, order, "dispute", Dispute(interval=span, reason="门锁着"))
    half = Span(from_=MONDAY, to=MONDAY + HOUR / 2)
    await repairs.step(ANN, order, "dispute", Dispute(interval=half, reason="有人在"))
    await repairs.step(TOM, order, "finish", DONE)
    await repairs.step(ANN, order, "accept")
    body = Settlement(interval=half, party="access", reason="监控属实")
    await repairs.step(BOSS, order, "settle", body)
    found = await first(repairs)
    assert found.disputes.opened == 2
    assert found.disputes.settled == {"vendor": 0, "requester": 0, "parts": 0, "access": 1}
    assert found.orders["disputed"] == [order["_id"]]
    assert (found.minutes["access"], found.minutes["vendor"]) == (30, 30)


async def test_a_vendor_sees_ratings_from_three_on_and_never_of_which_tickets(
    repairs: Repairs,
) -> None:
    orders = [await closed(repairs, f"rated{n}") for n in range(3)]
    for order, stars in zip(orders[:2], (5, 4), strict=True):
        await rate(repairs, order, stars)
    (own,) = await seen(repairs, DORA)
    assert own.ratings is None
    assert (await first(repairs)).ratings == RatingFigures(count=2, average=4.5)
    await rate(repairs, orders[2], 2)
    (own,) = await seen(repairs, DORA)
    assert own.ratings == RatingFigures(count=3, average=3.67)
    repairs.clock.forward(minutes=1)
    await rate(repairs, await closed(repairs, "single"), 1)
    (own,) = await seen(repairs, DORA)
    assert own.ratings == RatingFigures(count=3, average=3.67)
    assert "rated" not in own.orders
    named = (await first(repairs)).orders["rated"]
    assert {order["_id"] for order in orders} < set(named)
    which = OrdersQuery(from_=NOVEMBER.from_, to=NOVEMBER.to, figure="rated")
    refusal = await repairs.refused(figures.orders_of(await repairs.ctx(DORA), which))
    assert isinstance(refusal, VendorUnknown)


async def test_a_dispatcher_sees_his_own_vendor_alone(repairs: Repairs) -> None:
    await closed(repairs, "one")
    assert [line.vendor for line in await seen(repairs, DORA)] == ["ven_1"]
    assert [(line.vendor, line.tickets) for line in await seen(repairs, DREW)] == [("ven_2", 0)]
    asked = FiguresQuery(vendor="ven_1")
    for act in (figures.figures, figures.sheet):
        refusal = await repairs.refused(act(await repairs.ctx(DREW), asked))
        assert isinstance(refusal, VendorUnknown)
    refusal = await repairs.refused(figures.figures(await repairs.ctx(TOM), FiguresQuery()))
    assert isinstance(refusal, VendorUnknown)


async def test_the_tickets_of_a_figure_are_read_page_by_page(repairs: Repairs) -> None:
    ids = sorted([(await closed(repairs, f"paged{n}"))["_id"] for n in range(3)])
    boss = await repairs.ctx(BOSS)
    page = await figures.orders_of(boss, OrdersQuery(vendor="ven_1", figure="tickets", limit=2))
    assert (page.items, page.next) == (ids[:2], ids[1])
    rest = OrdersQuery(vendor="ven_1", figure="tickets", limit=2, after=page.next)
    page = await figures.orders_of(boss, rest)
    assert (page.items, page.next) == (ids[2:], None)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (date(2026, 11, 2), date(2026, 11, 1)),
        (date(2025, 11, 1), date(2026, 11, 2)),
        (date.min, date(1, 1, 2)),
        (date(9999, 1, 1), date.max),
    ],
)
async def test_a_period_has_an_order_and_an_end(repairs: Repairs, begins: date, ends: date) -> None:
    boss = await repairs.ctx(BOSS)
    for act in (
        figures.figures(boss, FiguresQuery(from_=begins, to=ends)),
        export.sheet(boss, ExportQuery(from_=begins, to=ends)),
    ):
        assert isinstance(await repairs.refused(act), PeriodUnusable)


async def test_a_year_is_not_too_long(repairs: Repairs) -> None:
    order = await closed(repairs, "one")
    year = FiguresQuery(from_=date(2025, 11, 24), to=date(2026, 11, 24))
    assert (await first(repairs, year)).orders["tickets"] == [order["_id"]]


async def test_the_sheet_of_figures_is_put_on_record(repairs: Repairs) -> None:
    await rate(repairs, await closed(repairs, "one"), 4)
    lines = (await figures.sheet(await repairs.ctx(BOSS), NOVEMBER)).decode().splitlines()
    assert lines[0] == ",".join(figures.HEADER)
    assert lines[1] == "安居物业,1,1,1,1.0,1.0,0,0.0,0,0,1,4.0,0,0,0,0,0,0,0,0,0"
    assert lines[2].startswith("通达机电,0,0,0,None,None,")
    last = await repairs.store.first("audit", {"act": "repairs.export"})
    assert last is not None
    assert last["object"] == "figures:2026-11-01:2026-11-30"
    assert last["actor"]["id"] == BOSS


async def test_the_tickets_of_a_period_are_exported_and_that_is_put_on_record(
    repairs: Repairs,
) -> None:
    done, still_open = await closed(repairs, "one"), await repairs.report(key="two")
    query = ExportQuery(from_=date(2026, 11, 23), to=date(2026, 11, 23))
    lines = (await export.sheet(await repairs.ctx(BOSS), query)).decode().splitlines()
    assert lines[0] == ",".join(export.HEADER)
    rows = {line.split(",")[0]: line.split(",") for line in lines[1:]}
    assert set(rows) == {done["_id"], still_open["_id"]}
    assert rows[done["_id"]][1] == "已验收"
    assert rows[done["_id"]][10:14] == ["安居物业", "tom", "是", "是"]
    assert rows[still_open["_id"]][1] == "待受理"
    assert rows[still_open["_id"]][10:12] == ["None", "None"]
    last = await repairs.store.first("audit", {"act": "repairs.export"})
    assert last is not None
    assert last["object"] == "tickets:2026-11-23:2026-11-23"
    assert last["after"] == {"vendor": None, "rows": 2}


async def test_only_the_administration_exports_tickets(repairs: Repairs) -> None:
    for who in (DORA, TOM, ANN):
        refusal = await repairs.refused(export.sheet(await repairs.ctx(who), ExportQuery()))
        assert type(refusal) is NotFound
