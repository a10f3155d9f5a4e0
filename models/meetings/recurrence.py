"""The dates of a series: every day, every n weeks on some weekdays, or monthly by date or weekday.

A month without the 31st has no date, which is said; the fifth Monday of a month is its last one, so
that every month has one. Holidays may be left out. Pure: nothing here reads or knows the time.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Annotated, Final, Literal

from msgspec import Meta

from models.base.calendar import ONE_DAY, SATURDAY, Calendar
from models.base.errors import Unprocessable
from models.base.shapes import Day, Input

MAX_DATES: Final = 60  # of a series
MAX_SPAN: Final = timedelta(days=366)  # from the first day to the last
LAST: Final = 5  # the fifth of its kind in a month is the last of them

Frequency = Literal["daily", "weekly", "monthly_date", "monthly_weekday"]
Weekday = Annotated[int, Meta(ge=1, le=7)]  # Monday is 1


class Endless(Unprocessable):
    """A pattern needs an end."""

    code = "series-endless"
    zh = "请填写重复的截止日期或次数。"
    en = "Say until when, or how often, it repeats."


class NoDates(Unprocessable):
    """No day fits the pattern."""

    code = "series-empty"
    zh = "按该重复方式没有可用的日期，请检查星期、截止日期和跳过的日期。"
    en = "No date fits this pattern; check weekdays, end and the dates left out."


class TooManyDates(Unprocessable):
    """More dates than one series may have."""

    code = "series-too-many"
    zh = "一次最多预订 {limit} 场，请缩短周期后分次预订。"
    en = "A series has at most {limit} dates; book it in parts."


class TooFarApart(Unprocessable):
    """The last date lies more than a year after the first."""

    code = "series-too-long"
    zh = "首场与末场相隔不能超过 {days} 天。"
    en = "First and last date may be at most {days} days apart."


class Repeat(Input):
    """How often, and until when: `until` (that day included), `count`, or whichever is first.

    `interval` counts days, weeks from Monday, or months. `weekdays` is of a weekly pattern, and the
    first day's own where it is left out.
    """

    frequency: Frequency
    interval: Annotated[int, Meta(ge=1, le=52)] = 1
    weekdays: Annotated[list[Weekday], Meta(max_length=7)] = []
    until: Day | None = None
    count: Annotated[int, Meta(ge=1, le=MAX_DATES)] | None = None


@dataclass(frozen=True, slots=True)
class Date:
    """A date of the pattern. `left_out` says why nothing is booked for it: "" where it counts,
    else "day-off", "left-out" (as asked), or "no-such-day" (`day` is then the month's last).
    """

    day: date
    left_out: Literal["", "day-off", "left-out", "no-such-day"] = ""


def dates(
    first: date,
    repeat: Repeat,
    calendar: Calendar | None = None,
    skip: Collection[date] = (),
) -> list[Date]:
    """The dates from `first` on. With a calendar, days off are left out and count as none.

    Raises Endless, NoDates, TooManyDates and TooFarApart.
    """
    if repeat.until is None and repeat.count is None:
        raise Endless
    found: list[Date] = []
    counted = 0
    for each in _pattern(first, repeat):
        if repeat.until is not None and each.day > repeat.until:
            break
        if each.day - first > MAX_SPAN:
            raise TooFarApart(days=MAX_SPAN.days)
        each = _judged(each, repeat, calendar, skip)
        found.append(each)
        counted += each.left_out in ("", "left-out")
        if counted > MAX_DATES:
            raise TooManyDates(limit=MAX_DATES)
        if counted == repeat.count:
            break
    if not any(each.left_out == "" for each in found):
        raise NoDates
    return found


def _judged(each: Date, repeat: Repeat, calendar: Calendar | None, skip: Collection[date]) -> Date:
    if each.left_out:
        return each
    if calendar is not None and _is_off(each.day, repeat, calendar):
        return Date(each.day, "day-off")
    return Date(each.day, "left-out") if each.day in skip else each


def _is_off(day: date, repeat: Repeat, calendar: Calendar) -> bool:
    """A holiday, and a weekend unless the pattern names that very weekday."""
    named = repeat.frequency in ("weekly", "monthly_weekday")
    if named and day.weekday() >= SATURDAY:
        return calendar.is_holiday(day)
    return not calendar.is_workday(day)


def _pattern(first: date, repeat: Repeat) -> Iterator[Date]:
    """Every date from `first` on, without end."""
    if repeat.frequency == "daily":
        yield from (Date(first + n * ONE_DAY) for n in count(0, repeat.interval))
    elif repeat.frequency == "weekly":
        yield from _weekly(first, repeat)
    else:
        for year, month in _months(first, repeat.interval):
            if repeat.frequency == "monthly_date":
                yield _by_date(year, month, first.day)
            else:
                yield Date(_by_weekday(year, month, first))


def _weekly(first: date, repeat: Repeat) -> Iterator[Date]:
    monday = first - first.weekday() * ONE_DAY
    weekdays = sorted(set(repeat.weekdays or [first.isoweekday()]))
    for week in count(0, repeat.interval):
        for weekday in weekdays:
            day = monday + (7 * week + weekday - 1) * ONE_DAY
            if day >= first:
                yield Date(day)


def _months(first: date, interval: int) -> Iterator[tuple[int, int]]:
    for n in count(first.month - 1, interval):
        yield first.year + n // 12, n % 12 + 1


def _by_date(year: int, month: int, day: int) -> Date:
    last = monthrange(year, month)[1]
    return (
        Date(date(year, month, day))
        if day <= last
        else Date(date(year, month, last), "no-such-day")
    )


def _by_weekday(year: int, month: int, first: date) -> date:
    """The same weekday of the month: the second Tuesday, or the last."""
    ordinal = (first.day - 1) // 7 + 1
    days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
    same = [day for day in days if day.weekday() == first.weekday()]
    return same[-1] if ordinal == LAST else same[ordinal - 1]
