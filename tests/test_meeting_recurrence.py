"""The dates of a series: against an independent reading of the same patterns, and by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from dateutil import rrule
from hypothesis import assume, given
from hypothesis import strategies as st

from models.base.calendar import Calendar, Decision
from models.base.errors import Refusal
from models.meetings.recurrence import (
    MAX_DATES,
    MAX_SPAN,
    Date,
    Endless,
    NoDates,
    Repeat,
    TooFarApart,
    TooManyDates,
    dates,
)

FIRSTS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
REPEATS = st.builds(
    Repeat,
    frequency=st.sampled_from(["daily", "weekly", "monthly_date", "monthly_weekday"]),
    interval=st.integers(1, 6),
    weekdays=st.lists(st.integers(1, 7), max_size=7),
    count=st.integers(1, MAX_DATES) | st.none(),
)
FREQUENCY = {
    "daily": rrule.DAILY,
    "weekly": rrule.WEEKLY,
    "monthly_date": rrule.MONTHLY,
    "monthly_weekday": rrule.MONTHLY,
}


def days(first: date, calendar: Calendar | None = None, **repeat: Any) -> list[str]:
    """The dates that count, as MM-DD."""
    found = dates(first, Repeat(**repeat), calendar)
    return [f"{each.day:%m-%d}" for each in found if not each.left_out]


def by_the_book(first: date, repeat: Repeat) -> list[date]:
    """The dates as iCalendar defines them."""
    more: dict[str, Any] = {}
    if repeat.frequency == "weekly":
        more["byweekday"] = [day - 1 for day in repeat.weekdays or [first.isoweekday()]]
    if repeat.frequency == "monthly_date":
        more["bymonthday"] = first.day
    if repeat.frequency == "monthly_weekday":
        ordinal = (first.day - 1) // 7 + 1
        more["byweekday"] = rrule.weekday(first.weekday(), -1 if ordinal == 5 else ordinal)
    start = datetime(first.year, first.month, first.day)
    until = repeat.until and datetime.combine(repeat.until, start.time())
    more |= {"dtstart": start, "interval": repeat.interval, "wkst": rrule.MO, "until": until}
    rule = rrule.rrule(FREQUENCY[repeat.frequency], **more)
    return [moment.date() for moment in rule][: repeat.count]


@given(first=FIRSTS, repeat=REPEATS, length=st.integers(0, 366))
def test_the_dates_are_those_of_icalendar(first: date, repeat: Repeat, length: int) -> None:
    repeat.until = first + timedelta(days=length)
    expected = by_the_book(first, repeat)
    try:
        found = [each.day for each in dates(first, repeat) if not each.left_out]
    except NoDates:
        found = []
    except TooManyDates:
        assert len(expected) > MAX_DATES
        return
    assert found == expected


@given(
    first=FIRSTS, repeat=REPEATS, skip=st.sets(FIRSTS), calendar=st.sampled_from([None, Calendar()])
)
def test_dates_stay_in_order_and_within_bounds_whatever_is_asked(
    first: date, repeat: Repeat, skip: set[date], calendar: Calendar | None
) -> None:
    assume(repeat.count is not None)
    try:
        found = dates(first, repeat, calendar, skip)
    except (NoDates, TooFarApart):
        return
    ordered = [each.day for each in found]
    assert ordered == sorted(set(ordered))
    assert ordered[-1] - first <= MAX_SPAN
    booked = [each.day for each in found if not each.left_out]
    assert len(booked) <= MAX_DATES
    assert skip.isdisjoint(booked)
    assert calendar is None or not any(calendar.is_holiday(day) for day in booked)


def test_every_other_week_on_two_weekdays_counts_weeks_from_monday() -> None:
    wednesday = date(2026, 11, 25)
    found = days(wednesday, frequency="weekly", interval=2, weekdays=[5, 1], count=4)
    assert found == ["11-27", "12-07", "12-11", "12-21"]


def test_weekly_without_weekdays_is_on_the_weekday_of_the_first() -> None:
    assert days(date(2026, 11, 24), frequency="weekly", count=3) == ["11-24", "12-01", "12-08"]


def test_a_month_without_the_day_has_no_date_and_says_so() -> None:
    found = dates(date(2026, 12, 31), Repeat(frequency="monthly_date", count=3))
    assert found == [
        Date(date(2026, 12, 31)),
        Date(date(2027, 1, 31)),
        Date(date(2027, 2, 28), "no-such-day"),
        Date(date(2027, 3, 31)),
    ]


def test_the_second_tuesday_stays_the_second_and_the_fifth_monday_is_the_last() -> None:
    second = days(date(2026, 11, 10), frequency="monthly_weekday", count=3)
    assert second == ["11-10", "12-08", "01-12"]
    last = days(date(2026, 11, 30), frequency="monthly_weekday", count=4)
    assert last == ["11-30", "12-28", "01-25", "02-22"]


def test_days_off_are_passed_over_and_make_up_saturdays_are_worked() -> None:
    wednesday = date(2026, 9, 30)
    found = days(wednesday, Calendar(), frequency="daily", count=4)
    assert found == ["09-30", "10-08", "10-09", "10-10"]  # the last is a Saturday
    weekly = days(
        wednesday, Calendar(), frequency="weekly", weekdays=[3, 4], until=date(2026, 10, 8)
    )
    assert weekly == ["09-30", "10-08"]  # 10-01 and 10-07 are holidays
    assert len(days(wednesday, frequency="daily", count=4)) == 4


def test_a_saturday_that_is_named_is_meant_unless_it_is_a_holiday() -> None:
    saturday = date(2026, 9, 26)
    until = date(2026, 10, 17)
    found = days(saturday, Calendar(), frequency="weekly", weekdays=[6], until=until)
    assert found == ["10-10", "10-17"]  # 09-26 belongs to Mid-Autumn, 10-03 to the National Day


def test_what_the_administration_records_is_a_day_off_too() -> None:
    shut = date(2026, 12, 1)
    calendar = Calendar({shut: Decision(day=shut, kind="holiday")})
    found = dates(date(2026, 11, 24), Repeat(frequency="weekly", count=2), calendar)
    assert found == [
        Date(date(2026, 11, 24)),
        Date(shut, "day-off"),
        Date(date(2026, 12, 8)),
    ]


def test_a_date_left_out_on_request_counts_as_one_of_so_many() -> None:
    skip = {date(2026, 12, 1), date(2026, 12, 2)}
    found = dates(date(2026, 11, 24), Repeat(frequency="weekly", count=3), None, skip)
    assert found == [
        Date(date(2026, 11, 24)),
        Date(date(2026, 12, 1), "left-out"),
        Date(date(2026, 12, 8)),
    ]


@pytest.mark.parametrize(
    ("repeat", "refusal"),
    [
        ({"frequency": "daily"}, Endless),
        ({"frequency": "daily", "until": date(2026, 11, 23)}, NoDates),
        ({"frequency": "weekly", "weekdays": [1], "until": date(2026, 11, 29)}, NoDates),
        ({"frequency": "daily", "until": date(2027, 1, 23)}, TooManyDates),
        ({"frequency": "weekly", "count": 54}, TooFarApart),
        ({"frequency": "weekly", "until": date(2027, 11, 30)}, TooFarApart),
    ],
)
def test_a_pattern_without_end_or_date_or_with_too_many_is_refused(
    repeat: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        dates(date(2026, 11, 24), Repeat(**repeat))


def test_sixty_dates_within_a_leap_year_are_one_series() -> None:
    assert len(days(date(2026, 11, 24), frequency="daily", count=60)) == 60
    yearly = days(date(2026, 11, 24), frequency="weekly", until=date(2027, 11, 25))
    assert (len(yearly), yearly[-1]) == (53, "11-23")
