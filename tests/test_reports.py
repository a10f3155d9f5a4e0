"""The day report: places in portions, money in fen, and what people thought of it."""

from __future__ import annotations

from typing import Any

from models.base.errors import Forbidden
from models.base.store import Store
from models.base.views import RatingInput
from models.meals import reports, sittings
from models.meals.reports import Figures, ReportQuery
from models.meals.sittings import Reason
from tests.canteen_house import MONDAY, Canteen, later, lunch, noon, open_canteen
from tests.meals_house import ANN, BOB, BOSS, CAT, CLERK, DAN, DESK, WEST_DESK

FIRST, SECOND = "sit_1_20261123_lunch_1130", "sit_1_20261123_lunch_1200"
QUERY = ReportQuery(canteen="ctn_1", date=MONDAY)


async def a_day(store: Store) -> Canteen:
    """Two sittings: redeemed and rated, missed, given up, walked in; and one called off."""
    house = await open_canteen(store)
    house.clock.forward(hours=-1)
    await house.publish(lunch(noon(walk_ins=True), later(), on=MONDAY))
    ann = await house.book(ANN, sitting_id=FIRST, portions=2)
    bob = await house.book(BOB, sitting_id=FIRST)
    await house.book(CAT, sitting_id=FIRST)
    dan = await house.book(DAN, sitting_id=FIRST)
    await house.step(DAN, dan, "cancel")
    await house.book(CLERK, sitting_id=SECOND, portions=3)
    await sittings.cancel(house.ctx(DESK), SECOND, Reason(reason="停气"))
    await house.work()
    house.clock.forward(hours=3, minutes=40)  # 11:40
    await rated(house, ANN, await house.step(DESK, ann, "redeem"), 5)
    await rated(house, BOB, await house.step(DESK, bob, "redeem"), 4)
    await house.walk_in(DAN, sitting_id=FIRST)
    house.clock.forward(hours=2)
    await house.work()
    return house


async def rated(house: Canteen, who: str, order: Any, stars: int) -> None:
    await house.step(who, order, "rate", RatingInput(stars=stars))


async def test_a_day_is_told_in_numbers(store: Store) -> None:
    house = await a_day(store)
    report = await reports.day(house.ctx(DESK), QUERY)
    assert (report.date, report.canteen.name) == (MONDAY, "东食堂")
    first, second = report.sittings
    assert (first.sitting_id, first.meal.name, first.state) == (FIRST, "午餐", "open")
    assert figures(first) == (10, 4, 3, 1, 1, 1, 3 * 1500 + 1500)
    assert (second.state, figures(second)) == ("cancelled", (5, 0, 0, 0, 0, 3, 0))
    assert figures(report.totals) == (15, 4, 3, 1, 1, 4, 6000)
    assert (report.ratings.count, report.ratings.average) == (2, 4.5)


def figures(line: Figures) -> tuple[int, ...]:
    return (
        line.capacity, line.booked, line.redeemed, line.missed,
        line.walk_ins, line.cancelled, line.revenue,
    )  # fmt: skip


async def test_a_day_without_meals_has_an_empty_report(store: Store) -> None:
    house = await open_canteen(store)
    report = await reports.day(house.ctx(BOSS), QUERY)
    assert (report.sittings, report.totals) == ([], Figures())
    assert (report.ratings.count, report.ratings.average) == (0, None)


async def test_the_sheet_ends_with_totals_and_ratings(store: Store) -> None:
    house = await a_day(store)
    lines = (await reports.sheet(house.ctx(DESK), QUERY)).decode().splitlines()
    assert lines[0] == "时间,餐次,名额,预订,已取餐,未就餐,散客,取消,金额（元）"
    assert len(lines) == 5
    assert lines[3] == "合计,,15,4,3,1,1,4,60.0"
    assert lines[4] == "评价,2 条,4.5"
    exported = {"act": "meals.export", "object": "ctn_1:2026-11-23"}
    assert await store.count("audit", exported) == 1


async def test_a_report_is_for_its_own_canteen(store: Store) -> None:
    house = await open_canteen(store)
    for act in (reports.day, reports.sheet):
        assert isinstance(await house.refused(act(house.ctx(WEST_DESK), QUERY)), Forbidden)
