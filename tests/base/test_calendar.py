"""Working days, working time and weeks, across make-up days and New Year."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.calendar import (
    ONE_DAY,
    BusinessHours,
    Calendar,
    CalendarDay,
    Calendars,
    Decision,
    Week,
)
from models.base.store import Store
from tests.machinery import MovingClock

NOTICE = Decision(day=date(2027, 2, 8), kind="holiday", note="春节", source="国务院通知")
DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))


def test_make_up_saturdays_are_worked_and_holidays_are_not() -> None:
    calendar = Calendar()
    assert calendar.is_workday(date(2026, 10, 10))  # a Saturday, for the National Day
    assert not calendar.is_workday(date(2026, 10, 1))
    assert not calendar.is_workday(date(2026, 10, 17))


def test_a_holiday_is_a_day_off_by_record_or_notice_never_a_mere_weekend() -> None:
    shut = date(2026, 11, 24)
    calendar = Calendar({shut: Decision(day=shut, kind="holiday")})
    assert calendar.is_holiday(shut)
    assert calendar.is_holiday(date(2026, 10, 3))  # a Saturday of the National Day
    assert not calendar.is_holiday(date(2026, 10, 10))  # worked to make up for it
    assert not calendar.is_holiday(date(2026, 10, 17))  # an ordinary Saturday
    assert not calendar.is_holiday(date(2031, 10, 1))  # no notice yet


def test_a_year_without_a_notice_is_monday_to_friday_and_says_so() -> None:
    calendar = Calendar()
    friday, saturday = date(2027, 1, 8), date(2027, 1, 2)
    assert calendar.look_up(friday) == CalendarDay(friday, True, provisional=True)
    assert not calendar.is_workday(date(2027, 1, 1))  # by law, notice or none
    assert calendar.look_up(saturday) == CalendarDay(saturday, False, provisional=True)
    assert not calendar.look_up(date(2026, 12, 31)).provisional


def test_a_recorded_day_wins_over_the_published_one() -> None:
    shut, open_ = date(2026, 11, 24), date(2026, 10, 1)
    decided = {
        shut: Decision(day=shut, kind="holiday", note="停电检修"),
        open_: Decision(day=open_, kind="workday"),
    }
    calendar = Calendar(decided)
    assert calendar.look_up(shut) == CalendarDay(shut, False, note="停电检修")
    assert calendar.is_workday(open_)


def test_working_days_are_counted_over_holidays_and_make_up_days() -> None:
    calendar = Calendar()
    before = date(2026, 9, 30)  # the last day before the National Day
    assert calendar.next_workday(before) == date(2026, 10, 8)
    assert calendar.plus_workdays(before, 3) == date(2026, 10, 10)
    assert calendar.minus_workdays(date(2026, 10, 8), 1) == before
    assert calendar.minus_workdays(date(2026, 10, 1), 0) == date(2026, 10, 1)


@given(day=DAYS, count=st.integers(1, 30))
def test_going_back_and_forth_the_same_number_of_working_days_ends_where_it_began(
    day: date, count: int
) -> None:
    calendar = Calendar()
    start = calendar.next_workday(day)
    assert calendar.minus_workdays(calendar.plus_workdays(start, count), count) == start


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 1), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2024, 12, 30), "2025-W01"),
        (date(2021, 1, 3), "2020-W53"),
    ],
)
def test_a_week_belongs_to_the_year_of_its_thursday(day: date, week: str) -> None:
    assert str(Week.of(day)) == week


def test_the_week_after_the_last_of_a_year_is_the_first_of_the_next() -> None:
    assert Week(2026, 53).plus(1) == Week(2027, 1)
    assert Week(2027, 1).plus(-1) == Week(2026, 53)
    assert Week(2026, 53).monday == date(2026, 12, 28)
    assert Week(2026, 53).days[-1] == date(2027, 1, 3)


@given(day=DAYS, weeks=st.integers(-60, 60))
def test_weeks_are_seven_days_apart_and_ordered_by_time(day: date, weeks: int) -> None:
    week = Week.of(day)
    assert day in week.days
    assert week.plus(weeks).monday - week.monday == 7 * weeks * ONE_DAY
    assert (week.plus(weeks) > week) == (weeks > 0)


@pytest.mark.parametrize(
    "spans",
    [
        (),
        (("12:00", "08:00"),),
        (("08:00", "12:00"), ("11:00", "13:00")),
        (("08:00", "08:00"),),
        (("20:00", "24:01"),),
    ],
)
def test_business_hours_out_of_order_are_a_mistake(spans: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="out of order"):
        BusinessHours(spans)


async def test_a_decision_of_another_process_is_known_within_a_minute(store: Store) -> None:
    clock = MovingClock()
    here, there = Calendars(store, clock), Calendars(store, clock)
    assert (await here.current()).is_workday(NOTICE.day)
    await there.record([NOTICE])
    assert not (await there.current()).is_workday(NOTICE.day)
    clock.forward(seconds=60)
    assert (await here.current()).look_up(NOTICE.day) == CalendarDay(NOTICE.day, False, note="春节")


async def test_a_later_record_of_a_day_replaces_the_earlier_one(store: Store) -> None:
    calendars = Calendars(store, MovingClock())
    await calendars.record([NOTICE])
    await calendars.record([Decision(day=NOTICE.day, kind="workday", source="更正")])
    assert (await calendars.current()).is_workday(NOTICE.day)
    assert await store.count("calendar_days", {}) == 1
