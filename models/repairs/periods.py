"""Periods of reports: from one day to another, at most a year, near enough to be meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from models.base.clock import campus_date, campus_time
from models.base.context import Context
from models.base.errors import Unprocessable

LONGEST: Final = 366  # days
REACH: Final = timedelta(days=3660)  # from today, either way
A_DAY: Final = timedelta(days=1)


class PeriodUnusable(Unprocessable):
    """The last day is before the first, they are too far apart, or far from today."""

    code = "period-unusable"
    zh = "结束日期不能早于开始日期，一次最多 {days} 天，且须在前后十年之内。"
    en = "A period ends after it begins, has {days} days at most, and lies within ten years."


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the campus, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}—{self.last}"

    def months(self) -> Period:
        """The whole months that it touches."""
        begins = self.first.replace(day=1)
        ends = (self.last.replace(day=1) + 31 * A_DAY).replace(day=1) - A_DAY
        return Period(begins, ends)

    def moments(self) -> dict[str, Any]:
        """The filter for moments within it."""
        after = campus_time(self.last + A_DAY, "00:00")
        return {"$gte": campus_time(self.first, "00:00"), "$lt": after}


def period(ctx: Context, first: date | None, last: date | None) -> Period:
    """The days asked for; without them the last thirty. Raises PeriodUnusable."""
    today = campus_date(ctx.now)
    ends = last or max(today, first or today)
    if abs(ends - today) > REACH or abs((first or ends) - today) > REACH:
        raise PeriodUnusable(days=LONGEST)
    begins = first or ends - 29 * A_DAY
    if not 0 <= (ends - begins).days < LONGEST:
        raise PeriodUnusable(days=LONGEST)
    return Period(begins, ends)
