"""When a visit may take place: once, or on some weekdays until a day, at the same hours.

`starts_at` and `ends_at` of a visit are its present window; a long-term pass moves on to the next
one when it was used, or when a day has passed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from models.base.clock import CAMPUS, campus_date, campus_time
from models.base.store import Document

A_DAY: Final = timedelta(days=1)
Window = tuple[datetime, datetime]


def midnight_after(moment: datetime) -> datetime:
    """The end of the campus day of a moment."""
    return campus_time(campus_date(moment) + A_DAY, "00:00")


def of_day(data: Document, day: date) -> Window:
    """The same hours on another day."""
    start, end = (data[name].astimezone(CAMPUS) for name in ("starts_at", "ends_at"))
    first = datetime.combine(day, start.time(), CAMPUS)
    last = datetime.combine(day, end.time(), CAMPUS)
    return first.astimezone(UTC), last.astimezone(UTC)


def following(data: Document, day: date) -> Window | None:
    """The first window of a long-term pass on `day` or later; None where there is none left."""
    repeat = data["repeat"]
    if repeat is None:
        return None
    until = date.fromisoformat(repeat["until"])
    while day <= until:
        if day.isoweekday() in repeat["weekdays"]:
            return of_day(data, day)
        day += A_DAY
    return None


def over_at(data: Document) -> datetime:
    """When the last window of a visit ends."""
    if data["repeat"] is None:
        end: datetime = data["ends_at"]
        return end
    return of_day(data, date.fromisoformat(data["repeat"]["until"]))[1]


def next_day(data: Document, now: datetime) -> Window | None:
    """The window after today's."""
    return following(data, campus_date(now) + A_DAY)
