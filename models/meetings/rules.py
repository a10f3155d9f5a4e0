"""What speaks for and against a meeting in a room: the room's rules, its day, its seats.

Everything here is pure: it judges what the transaction found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from models.base.calendar import Calendar
from models.base.clock import campus_date
from models.base.decisions import Found, Hold
from models.base.spans import minus, overlaps, span
from models.base.store import Document
from models.meetings import days
from models.meetings.days import ROOM_DAYS
from models.meetings.quotas import Quota, Subject
from models.meetings.refusals import (
    BeyondHorizon,
    InThePast,
    LayoutUnknown,
    NotADay,
    NotWholeMinutes,
    OutsideHours,
    RoomBlocked,
    RoomDisabled,
    RoomTaken,
    RoomTooSmall,
    TooLong,
    TooShortNotice,
    WeekendClosed,
)
from models.meetings.rooms import ROOMS, RoomUnknown
from models.meetings.wishes import ServiceWish

GRACE: Final = timedelta(minutes=5)  # so long a form may lie open after the chosen start
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A meeting as somebody wants it. Moments are UTC; `over` are orders that make way with it."""

    room: str
    starts_at: datetime
    ends_at: datetime
    subject: str
    attendees: int
    private: bool = False
    layout: str | None = None
    note: str = ""
    invited: Sequence[Document] = ()  # {id, name}
    guests: Sequence[Document] = ()  # {name, phone}
    wait: bool = False
    services: Sequence[ServiceWish] = ()
    over: frozenset[str] = frozenset()
    more: Mapping[str, Any] = field(default_factory=dict)  # further members of order.data

    @property
    def day(self) -> date:
        """The campus day it begins on."""
        return campus_date(self.starts_at)

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """For whom meetings are booked, and by which rules.

    Whoever is not `bound`, such as meeting services, need not keep notice, horizon, hours, length
    and quotas, and needs no approval.
    """

    subject: Subject
    actor: str
    bound: bool
    quotas: Sequence[Quota]
    calendar: Calendar
    service_notice: timedelta = timedelta()


def judge(asker: Asker, wanted: Wanted, found: Found, now: datetime) -> Document:
    """The room, if its rules allow the meeting; whether it is free is another question."""
    room = found.one(ROOMS, wanted.room)
    if room is None:
        raise RoomUnknown
    if not room["enabled"]:
        raise RoomDisabled(reason=room["disabled_reason"] or "")
    refuse_moments(wanted, now)
    if asker.bound:
        _refuse_by_rules(room, asker.calendar, wanted, now)
    refuse_unfit(room, wanted.attendees, wanted.layout)
    if found.one(ROOM_DAYS, days.key(room["_id"], wanted.day)) is None:
        raise BeyondHorizon(days=room["horizon_days"])
    return room


def refuse_moments(wanted: Wanted, now: datetime) -> None:
    """Refuse what is no interval of whole minutes on a day, or has passed."""
    for moment in (wanted.starts_at, wanted.ends_at):
        if moment.second or moment.microsecond:
            raise NotWholeMinutes
    begins = days.minutes(wanted.day, wanted.starts_at)
    if not begins < days.minutes(wanted.day, wanted.ends_at) <= days.DAY:
        raise NotADay
    if wanted.starts_at + GRACE < now:
        raise InThePast


def _refuse_by_rules(room: Document, calendar: Calendar, wanted: Wanted, now: datetime) -> None:
    """The rules of the room about when, how far ahead and how long."""
    notice = timedelta(minutes=room["notice_minutes"])
    if notice and wanted.starts_at < now + notice:
        raise TooShortNotice(minutes=room["notice_minutes"])
    if wanted.day > campus_date(now) + timedelta(days=room["horizon_days"]):
        raise BeyondHorizon(days=room["horizon_days"])
    refuse_shut(room, calendar, wanted.starts_at, wanted.ends_at)
    if wanted.minutes > room["max_minutes"]:
        raise TooLong(minutes=room["max_minutes"])


def refuse_shut(room: Document, calendar: Calendar, starts_at: datetime, ends_at: datetime) -> None:
    """Refuse a time at which the room is not open."""
    day = campus_date(starts_at)
    if not room["weekends"] and not calendar.is_workday(day):
        raise WeekendClosed(date=day.isoformat())
    begins, ends_ = days.minutes(day, starts_at), days.minutes(day, ends_at)
    if begins < days.clock_minutes(room["opens"]) or ends_ > days.clock_minutes(room["closes"]):
        raise OutsideHours(opens=room["opens"], closes=room["closes"])


def refuse_unfit(room: Document, attendees: int, layout: str | None) -> None:
    """Refuse a room with too few seats, or that cannot be set out so."""
    if attendees > room["seats"]:
        raise RoomTooSmall(seats=room["seats"])
    if layout is not None and layout not in room["layouts"]:
        raise LayoutUnknown


def refuse_taken(
    found: Found, hold: Hold, over: Collection[str] = (), has: Hold | None = None
) -> None:
    """Refuse where somebody else has the room or waits for it, or it is blocked or out of use.

    `over` are orders that make way: nobody waits for what is only handed on. What the order `has`
    of the interval already is not judged.
    """
    day = found.one(ROOM_DAYS, hold.thing)
    had = [span(has, "")] if has is not None and has.thing == hold.thing else []
    parts = minus(span(hold, ""), had)
    if parts and (day is None or not day["enabled"]):
        raise RoomDisabled(reason=_reason(found, hold))
    taken = day["taken"] if day else []
    met = [
        entry
        for entry in taken
        if entry["order"] not in over and any(overlaps(entry, *part) for part in parts)
    ]
    for entry in met:
        if days.is_block(entry):
            raise RoomBlocked(entry["order"])
    unheld = minus(span(hold, ""), [*had, *(each for each in taken if each["order"] in over)])
    waiting = day["queue"] if day else []
    queue = sum(any(overlaps(entry, *part) for part in unheld) for entry in waiting)
    if met or queue:
        raise RoomTaken(queue=queue)


def _reason(found: Found, hold: Hold) -> str:
    room = found.one(ROOMS, hold.thing.partition(":")[0])
    return (room and room["disabled_reason"]) or ""


def ends(hold: Hold) -> tuple[int, int]:
    """An interval's minutes since midnight."""
    assert hold.start is not None
    assert hold.end is not None
    return hold.start, hold.end
