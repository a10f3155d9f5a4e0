"""Now, in UTC; and what now means on the campus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

CAMPUS: Final = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]  # returns an aware UTC time with whole milliseconds


def system_clock() -> datetime:
    """The present, cut to the millisecond the database can keep."""
    return whole_milliseconds(datetime.now(UTC))


def whole_milliseconds(moment: datetime) -> datetime:
    """`moment` without what BSON would drop, so that a value equals itself after a round trip."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def campus_date(moment: datetime) -> date:
    """The business date on the campus at `moment`."""
    return moment.astimezone(CAMPUS).date()


def campus_time(day: date, hour_minute: str) -> datetime:
    """The UTC moment of `"11:30"` on `day` in the campus zone."""
    hour, minute = map(int, hour_minute.split(":"))
    return datetime.combine(day, time(hour, minute), CAMPUS).astimezone(UTC)
