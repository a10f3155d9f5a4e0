"""Business time on the campus: holidays, working Saturdays, several spans a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.base.business_clock import BusinessClock
from models.base.calendar import ONE_DAY, BusinessHours, Calendar
from models.base.clock import campus_time

HOURS = BusinessHours((("08:30", "12:00"), ("14:00", "17:30")))
CLOCK = BusinessClock(Calendar(), HOURS)
MOMENTS = st.datetimes(datetime(2026, 9, 20), datetime(2027, 2, 20), timezones=st.just(UTC))
AMOUNTS = st.timedeltas(timedelta(), timedelta(hours=60))


def test_four_hours_from_late_afternoon_end_on_the_next_morning() -> None:
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    start = campus_time(monday, "16:00")
    end = CLOCK.after(start, timedelta(hours=4))
    assert end == campus_time(tuesday, "11:00")
    assert CLOCK.between(start, end) == timedelta(hours=4)


def test_time_outside_business_hours_does_not_count() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    noon, evening = campus_time(friday, "12:00"), campus_time(friday, "18:00")
    assert CLOCK.between(noon, evening) == timedelta(hours=3, minutes=30)
    assert CLOCK.between(evening, campus_time(monday, "08:00")) == timedelta()
    assert CLOCK.between(evening, noon) == timedelta()


def test_an_amount_that_ends_with_a_span_ends_there_and_not_at_the_next_one() -> None:
    monday = date(2026, 11, 23)
    end = CLOCK.after(campus_time(monday, "11:00"), timedelta(hours=1))
    assert end == campus_time(monday, "12:00")


@given(start=MOMENTS, amount=AMOUNTS)
def test_so_much_business_time_later_exactly_so_much_has_passed(
    start: datetime, amount: timedelta
) -> None:
    end = CLOCK.after(start, amount)
    assert end >= start
    assert CLOCK.between(start, end) == amount
    tick = timedelta(microseconds=1)
    assert amount == timedelta() or CLOCK.between(start, end - tick) == amount - tick


@given(moments=st.lists(MOMENTS, min_size=3, max_size=3).map(sorted))
def test_business_time_adds_up_over_any_moment_between(moments: list[datetime]) -> None:
    one, two, three = moments
    parts = CLOCK.between(one, two) + CLOCK.between(two, three)
    assert parts == CLOCK.between(one, three)


def test_a_working_saturday_counts_and_a_holiday_does_not() -> None:
    saturday, holiday = date(2026, 2, 28), date(2026, 2, 17)  # made up for the Spring Festival
    whole = timedelta(hours=7)
    for day, counted in ((saturday, whole), (holiday, timedelta())):
        assert CLOCK.between(campus_time(day, "00:00"), campus_time(day, "23:59")) == counted


def test_over_new_year_only_working_days_count() -> None:
    start = campus_time(date(2026, 12, 31), "17:00")
    assert CLOCK.after(start, timedelta(hours=1)) == campus_time(date(2027, 1, 4), "09:00")


def test_a_day_round_the_clock_has_24_hours() -> None:
    midnight = campus_time(date(2026, 11, 23), "00:00")
    whole = BusinessHours((("00:00", "24:00"),))
    assert BusinessClock(Calendar(), whole).between(midnight, midnight + ONE_DAY) == ONE_DAY
