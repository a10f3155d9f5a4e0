"""Canteens: cut-offs, weeks, what is set up and by whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.clock import CAMPUS
from models.base.errors import Forbidden
from models.base.store import Store
from models.meals import canteens
from models.meals.canteens import (
    Cutoff,
    DayCutoff,
    MealPolicy,
    WeekCutoff,
    closes_at,
    week_named,
)
from models.meals.refusals import CanteenUnknown, CanteenWrong, WeekUnknown
from tests.canteen_house import EAST, fails, lunch, noon, open_canteen
from tests.meals_house import BOSS, DESK, WEST_DESK

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
TIMES = st.times().map(lambda time: f"{time:%H:%M}")


def campus(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CAMPUS)


@pytest.mark.parametrize(
    ("cutoff", "day", "closes"),
    [
        (DayCutoff(at="09:30"), "2026-11-23", "2026-11-23T09:30"),
        (DayCutoff(days_before=1, at="20:00"), "2027-01-01", "2026-12-31T20:00"),
        (DayCutoff(days_before=2, at="08:00"), "2028-03-01", "2028-02-28T08:00"),
        (WeekCutoff(weekday=4, at="17:00"), "2026-11-23", "2026-11-19T17:00"),
        (WeekCutoff(weekday=4, at="17:00"), "2026-11-29", "2026-11-19T17:00"),
        # 2026 has a week 53, from Monday, 28 December to Sunday, 3 January
        (WeekCutoff(weekday=4, at="17:00"), "2026-12-28", "2026-12-24T17:00"),
        (WeekCutoff(weekday=4, at="17:00"), "2027-01-01", "2026-12-24T17:00"),
        (WeekCutoff(weekday=4, at="17:00"), "2027-01-03", "2026-12-24T17:00"),
        (WeekCutoff(weekday=4, at="17:00"), "2027-01-04", "2026-12-31T17:00"),
        (WeekCutoff(weekday=5, at="12:00"), "2027-01-04", "2027-01-01T12:00"),
        (WeekCutoff(weekday=1, at="00:00"), "2024-12-30", "2024-12-23T00:00"),
        (WeekCutoff(weekday=7, at="23:59"), "2025-01-05", "2024-12-29T23:59"),
    ],
)
def test_orders_close_when_the_rule_says(cutoff: Cutoff, day: str, closes: str) -> None:
    assert closes_at(cutoff, date.fromisoformat(day)) == campus(closes)


@given(DAYS, st.integers(1, 7), TIMES)
def test_a_week_closes_once_and_in_the_week_before(day: date, weekday: int, at: str) -> None:
    cutoff = WeekCutoff(weekday=weekday, at=at)
    monday = day - timedelta(days=day.weekday())
    moments = {closes_at(cutoff, monday + timedelta(days=n)) for n in range(7)}
    assert len(moments) == 1
    closes = moments.pop().astimezone(CAMPUS)
    assert closes.isoweekday() == weekday
    assert f"{closes:%H:%M}" == at
    assert monday - timedelta(days=7) <= closes.date() < monday
    following = closes_at(cutoff, monday + timedelta(days=7))
    assert following - closes == timedelta(days=7)


@given(DAYS, st.integers(0, 30), TIMES)
def test_a_day_closes_so_many_days_before(day: date, days_before: int, at: str) -> None:
    closes = closes_at(DayCutoff(days_before=days_before, at=at), day).astimezone(CAMPUS)
    assert day - closes.date() == timedelta(days=days_before)
    assert f"{closes:%H:%M}" == at


@given(DAYS)
def test_a_week_has_one_name(day: date) -> None:
    year, number, _ = day.isocalendar()
    week = week_named(f"{year}-W{number:02}")
    assert day in week.days
    assert str(week) == f"{year}-W{number:02}"


def test_only_long_years_have_a_week_53() -> None:
    assert week_named("2026-W53").days[4] == date(2027, 1, 1)
    for name in ("2027-W53", "2026-W00", "2026-W54"):
        with pytest.raises(WeekUnknown) as refusal:
            week_named(name)
        assert refusal.value.facts == {"week": name}


async def test_a_canteen_is_listed_as_it_was_set_up(store: Store) -> None:
    house = await open_canteen(store)
    page = await canteens.listed(house.house)
    assert [canteen.id for canteen in page.items] == ["ctn_1", "ctn_2"]
    assert page.items[0].meals == EAST.meals
    assert page.items[0].delivery_places == EAST.delivery_places


async def test_setting_up_a_canteen_is_on_record_once(store: Store) -> None:
    house = await open_canteen(store)
    moved = msgspec.structs.replace(EAST, location="2号楼")
    await canteens.put(house.ctx(BOSS), "ctn_1", moved)
    await canteens.put(house.ctx(BOSS), "ctn_1", moved)
    acts = await store.find("audit", {"object": "ctn_1"}, sort=[("place", 1)])
    assert len(acts) == 2
    locations = [(act.get("before", {}).get("location"), act["after"]["location"]) for act in acts]
    assert sorted(locations, key=str) == [("1号楼", "2号楼"), (None, "1号楼")]


async def test_what_contradicts_itself_is_named_by_pointer(store: Store) -> None:
    house = await open_canteen(store)
    twice = msgspec.structs.replace(EAST, meals=[EAST.meals[0], EAST.meals[0]])
    refusal = await house.refused(canteens.put(house.ctx(BOSS), "ctn_1", twice))
    assert isinstance(refusal, CanteenWrong)
    assert refusal.errors == (("/meals/1/id", "重复"), ("/meals/1/name", "重复"))


async def test_a_canteen_is_for_its_own_people(store: Store) -> None:
    house = await open_canteen(store)
    assert (await canteens.own(house.ctx(DESK), "ctn_1")).name == "东食堂"
    assert (await canteens.own(house.ctx(BOSS), "ctn_2")).name == "西食堂"
    await fails(canteens.own(house.ctx(WEST_DESK), "ctn_1"), Forbidden)
    await fails(canteens.own(house.ctx(DESK), "ctn_9"), Forbidden)
    await fails(canteens.own(house.ctx(BOSS), "ctn_9"), CanteenUnknown)


async def test_the_rule_of_a_canteen_reaches_its_sittings_when_published(store: Store) -> None:
    house = await open_canteen(store)
    value = {"max_portions": 2, "no_show_limit": 5}
    await house.house.policies.decide("meals", "ctn_1", value, date(2026, 11, 24), BOSS)
    await house.publish(lunch(noon()), lunch(noon(), on=date(2026, 11, 23)))
    tuesday = await house.sitting("sit_1_20261124_lunch_1130")
    monday = await house.sitting("sit_1_20261123_lunch_1130")
    assert tuesday["max_portions"] == 2
    assert tuesday["no_show"] == {"limit": 5, "days": 30, "pause": 7, "appeal": 7}
    assert monday["max_portions"] == MealPolicy().max_portions


def test_the_policy_explains_itself_in_chinese_with_bounds() -> None:
    (_,), components = msgspec.json.schema_components([MealPolicy])
    fields = components["MealPolicy"]["properties"]
    assert all(field["title"] and "minimum" in field for field in fields.values())
