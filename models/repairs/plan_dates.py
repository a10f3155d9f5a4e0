"""When maintenance is due next: pure rules over dates and what a meter has counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from dateutil.relativedelta import relativedelta
from msgspec import Meta
from msgspec.structs import asdict

from models.base.calendar import BY_LAW, Calendar
from models.base.shapes import Input

_Often = Annotated[int, Meta(ge=1, le=1000)]


class Every(Input):
    """How often: exactly one of these; `meter` by what the asset's meter counts."""

    days: _Often | None = None
    weeks: _Often | None = None
    months: _Often | None = None
    years: _Often | None = None
    meter: Annotated[int, Meta(ge=1, le=10**8)] | None = None

    @property
    def is_one(self) -> bool:
        """Whether it says exactly one thing."""
        return sum(value is not None for value in asdict(self).values()) == 1


def following(every: Every, day: date, anchor: int) -> date:
    """The date after `day`. Months and years keep to the day of the month `anchor`, as far as a
    month has it: 31 January is followed by 28 February, and that by 31 March.
    """
    if every.days or every.weeks:
        return day + timedelta(days=every.days or 0, weeks=every.weeks or 0)
    later: date = day + relativedelta(months=every.months or 0, years=every.years or 0, day=anchor)
    return later


def worked_on(calendar: Calendar, day: date) -> date:
    """The day itself; of a public holiday, the first working day after it."""
    known = calendar.is_holiday(day) or (day.month, day.day) in BY_LAW
    is_off = known and not calendar.is_workday(day)
    return calendar.next_workday(day) if is_off else day


def next_count(step: int, last: int, total: int) -> int:
    """The count at which a meter is due again: the first step beyond what it has counted."""
    return last + max(1, (total - last) // step + 1) * step
