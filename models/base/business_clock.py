"""Business time: how much of the time between two moments counts, and when so much has passed.

    clock = BusinessClock(await house.calendars.current(), BusinessHours((("08:30", "17:30"),)))
    clock.between(reported, taken)

A clock remembers the days it has looked at, so that the hundred intervals of one ticket cost little
more than one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from models.base.calendar import ONE_DAY, BusinessHours, Calendar
from models.base.clock import campus_date, campus_time

Spans = tuple[tuple[datetime, datetime], ...]  # in UTC


class BusinessClock:
    """Business time by one calendar and one set of hours."""

    def __init__(self, calendar: Calendar, hours: BusinessHours) -> None:
        self._calendar = calendar
        self._hours = hours
        self._days: dict[date, tuple[datetime, Spans]] = {}

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much of [start, end) is business time; zero where `end` is not later."""
        total = timedelta()
        if end <= start:
            return total
        day = campus_date(start)
        while True:
            over, spans = self._day(day)
            for opens, closes in spans:
                begins = opens if opens > start else start
                ends = closes if closes < end else end
                if begins < ends:
                    total += ends - begins
            if end <= over:
                return total
            day += ONE_DAY

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """The first moment by which `amount` of business time has passed since `start`.

        The inverse of `between`; `start` itself where `amount` is not positive.
        """
        moment, day = start, campus_date(start)
        while amount > timedelta():
            for opens, closes in self._day(day)[1]:
                begins = max(opens, start)
                usable = min(closes - begins, amount)
                if usable > timedelta():
                    moment, amount = begins + usable, amount - usable
            day += ONE_DAY
        return moment

    def _day(self, day: date) -> tuple[datetime, Spans]:
        """When a day is over, and what of it counts."""
        known = self._days.get(day)
        if known is None:
            hours = self._hours.on(day) if self._calendar.is_workday(day) else ()
            spans = tuple((start.astimezone(UTC), end.astimezone(UTC)) for start, end in hours)
            known = self._days[day] = campus_time(day + ONE_DAY, "00:00"), spans
        return known
