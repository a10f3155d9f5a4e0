"""Periods as people ask for them: from one day to another, near enough to be meant."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from models.base.clock import campus_date
from models.base.errors import Unprocessable

REACH: Final = timedelta(days=3660)  # from now, either way
A_DAY: Final = timedelta(days=1)


class FarAway(Unprocessable):
    code = "far-away"
    zh = "日期超出可查询的范围。"
    en = "That date is too far from today."


class PeriodWrong(Unprocessable):
    """The last day is before the first, or more than `days` are asked for."""

    code = "period-wrong"
    zh = "结束日期不能早于开始日期，且最多 {days} 天。"
    en = "A period ends after it begins, and has {days} days at most."


def refuse_far(now: datetime, *moments: datetime) -> None:
    """Refuse moments that the calendar of the campus may not be able to tell."""
    if any(abs(moment - now) > REACH for moment in moments):
        raise FarAway


def dates(now: datetime, first: date | None, last: date | None, most: int) -> list[date]:
    """The days from `first` (today) to `last` (the same). Raises FarAway, PeriodWrong."""
    today = campus_date(now)
    begins = first or today
    ends = last or begins
    if abs(begins - today) > REACH or abs(ends - today) > REACH:
        raise FarAway
    count = (ends - begins).days + 1
    if not 1 <= count <= most:
        raise PeriodWrong(days=most)
    return [begins + A_DAY * n for n in range(count)]
